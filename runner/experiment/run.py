"""One run, from a validated config to a directory that stands on its own."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runner.errors import ConfigError, DataError
from runner.evaluation import imputation_error
from runner.evaluation.winner import disagreement
from runner.experiment.artefacts import Artefacts
from runner.experiment.stopwatch import Stopwatch
from runner.features.pipeline import prepare
from runner.search import Resolver
from runner.search.scorer import Objective, Scorer, choose_best
from runner.store import run_record as say
from runner.store.directory import RunDirectory
from runner.store.tables import summarise_folds

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from runner.config import ExperimentConfig
    from runner.core.folds import Preparation
    from runner.evaluation.winner import HeldOut
    from runner.experiment.job import Job
    from runner.experiment.workspace import Data, Workspace
    from runner.imputer import Imputer
    from runner.records import Trial
    from runner.report.screen import Screen
    from runner.store.run_record import RunRecord

log = logging.getLogger("runner")
NAMED = 10  # columns that a message names
GUARD = 1e-6  # largest relative difference between scores from moments and from rows


@dataclass(frozen=True)
class Outcome:
    """A run that has ended: its record, and the coefficients or the error."""

    folder: Path
    record: dict[str, Any]
    coefficients: pd.DataFrame | None = None
    error: Exception | None = None


def run(job: Job, workspace: Workspace, screen: Screen) -> Outcome:
    """Run one experiment. What fails once the run has a directory is recorded and returned.

    Raises:
        ConfigError: the dataset lacks what the imputer needs; no directory is made.
        DataError: the data cannot be used; no directory is made.
        RunDirectoryError: the directory cannot be made.
    """
    config = job.config
    _check_roles(config)
    watch = Stopwatch()
    with watch.stage("data"):
        data = workspace.data(config, screen.progress)
        _check_complete(config, data)
        _check_rows(job, data)
    fingerprint = job.fingerprint(data.data_hash)
    directory = RunDirectory.open(job.folder, fingerprint, chosen=job.chosen)
    record = _begin(job, fingerprint)
    training, validation = zip(*data.fold_sizes(), strict=True)
    record.add(dataset=data.describe(), folds={"training": training, "validation": validation})
    with directory.logging():
        try:
            log.info("run with %s", job.composed.overrides or "the defaults")
            coefficients = _Run(directory, job, data, record, watch).go(screen)
        except Exception as error:  # noqa: BLE001 - the one boundary of a run
            _fail(directory, record, error)
            return Outcome(directory.folder, record.content, error=error)
        except BaseException as error:  # an interrupt ends the program, but not unrecorded
            _fail(directory, record, error)
            raise
    return Outcome(directory.folder, record.content, coefficients)


def record_failure(job: Job, error: Exception) -> Outcome:
    """Leave a failed run's directory for a run that failed before it had one."""
    fingerprint = job.fingerprint("")
    directory = RunDirectory.open(job.folder, fingerprint, chosen=job.chosen)
    record = _begin(job, fingerprint)
    directory.write_composed(job.composed.yaml)
    _fail(directory, record, error)
    return Outcome(directory.folder, record.content, error=error)


@dataclass(frozen=True)
class _Run:
    """The stages of a run that has a directory."""

    directory: RunDirectory
    job: Job
    data: Data
    record: RunRecord
    watch: Stopwatch

    @property
    def artefacts(self) -> Artefacts:
        """What writes to the directory."""
        return Artefacts(self.directory, self.job, self.data, self.record)

    def go(self, screen: Screen) -> pd.DataFrame:
        """Search, refit, evaluate and write; returns the coefficients."""
        general, data, stage = self.job.config.general, self.data, self.watch.stage
        with stage("write"):
            self.artefacts.write_origin()
            self.artefacts.write_missingness()
        with stage("search"):
            trials, best, held_out = self._search(screen)
        specs = self.job.specs.having(best.candidate.values)
        preparation = prepare(specs, data.folds.table, general.seed, data.folds.gappy)
        with stage("refit"):
            final = data.refit(specs, best.candidate, preparation)
        with stage("evaluate"):
            tested, test = data.score_test(final, preparation, general.bootstrap, seed=general.seed)
            self.record.add(cv=summarise_folds(held_out.scores | best.scores), test=test)
        with stage("write"):
            self.artefacts.write_results(
                trials, final, data.predictions(held_out, tested, preparation)
            )
            self.artefacts.write_model(final, preparation)
        if self.job.config.dataset.mask is not None:
            self._measure_imputation(specs.imputer, preparation)
        if specs.imputer.rows.drop is not None:
            self.record.add(rows_left_out=data.left_out(preparation))
        self.record.add(**say.describe_search(trials, best), **say.describe_fit(final))
        self._warn(
            [*data.folds.warnings, *say.refit_warnings(final), *say.search_warnings(trials, best)]
        )
        log.info("best of %d candidates: %s", len(trials), best.candidate.values)
        self.record.finish(self.watch.seconds)
        self.directory.write_json("run.json", self.record.content)
        return final.coefficients

    def _warn(self, warnings: list[str]) -> None:
        """Record and log what a reader should know."""
        ignored = self.job.config.ignored_space
        self.record.warnings += warnings
        self.record.warnings += [
            f"search.space.{key} is not a parameter of what was chosen" for key in ignored
        ]
        for warning in self.record.warnings:
            log.warning("%s", warning)

    def _search(self, screen: Screen) -> tuple[list[Trial], Trial, HeldOut]:
        """The trials, the best of them, and what it predicts out of fold.

        The best one's scores are computed again from rows. Where moments gave others, they are
        distrusted, and all candidates scored from rows.
        """
        config, space = self.job.config, self.job.config.search_space
        objective = Objective(config.general.metric, config.trial_metrics)
        seed, folds = config.general.seed, self.data.folds
        with screen.progress("search", config.search.size(space)) as progress:
            scorer = Scorer(folds, self.job.specs, objective, seed=seed, progress=progress)
            resolver = Resolver(space, scorer.alpha_max)
            log.info(
                "search %s: at most %d candidates", config.search.name, config.search.size(space)
            )
            trials = config.search.run(resolver, scorer, seed=seed, folder=self.directory.folder)
        best = choose_best(trials)
        held_out = self.data.hold_out(*scorer.solution(best))
        off = disagreement(best.scores, held_out.scores)
        if off > GUARD:
            reason = f"the best candidate's scores differ by {off:.1e} when computed from rows"
            folds.distrust_moments(reason)
            trials = scorer.rescore(trials)
            best = choose_best(trials)
            held_out = self.data.hold_out(*scorer.solution(best))
        return trials, best, held_out

    def _measure_imputation(self, imputer: Imputer, preparation: Preparation) -> None:
        """Compare what the winner's imputer fills in with what the mask has hidden."""
        reason = imputation_error.reason_for_none(imputer)
        with self.watch.stage("imputation"):
            errors = None if reason else self.data.imputation_errors(preparation)
        if errors is None:
            self.record.add(imputation={"nrmse": None, "reason": reason})
            return
        scores = imputation_error.by_fold(errors, len(self.data.folds.split.folds))
        self.record.add(imputation=summarise_folds(scores))
        self.directory.write_table("imputation.csv", imputation_error.by_column(errors))


def _check_roles(config: ExperimentConfig) -> None:
    """Refuse an imputer along time where the dataset names none.

    This is no part of what is checked of all configs of a sweep before the first of them runs, as
    one that varies datasets and imputers has such a pair, and goes on with the others.
    """
    dataset, imputer = config.dataset, config.imputer
    if not imputer.uses_roles:
        return
    roles = {key: getattr(dataset, key, None) for key in ("time", "group")}
    for key, column in roles.items():
        if column is not None and column in (getattr(dataset, "features", None) or []):
            raise ConfigError(
                f"imputer={imputer.name} needs dataset.{key} as it is, but dataset.features has "
                f"{column} too: leave it out of them"
            )
    if roles["time"] is not None:
        return
    if "time" in type(dataset).model_fields:
        remedy = "name the column that holds it"
    else:
        remedy = f"dataset={dataset.name} has no times, so choose another imputer"
    raise ConfigError(f"imputer={imputer.name} needs dataset.time: {remedy}")


def _check_complete(config: ExperimentConfig, data: Data) -> None:
    """Refuse missing numeric values where nothing fills them."""
    imputer = config.imputer
    if imputer.fills or imputer.columns.drop is not None:
        return
    if imputer.rows.drop is not None:
        if imputer.rows.predict == "impute":
            raise ConfigError(
                "imputer=none fills nothing in the rows that imputer.rows.drop keeps from "
                "training: set imputer.rows.predict=skip or refuse, or choose an imputer"
            )
        return
    gappy = data.missing_numeric()
    if gappy:
        named = ", ".join(f"{name} ({count})" for name, count in list(gappy.items())[:NAMED])
        more = len(gappy) - NAMED
        named += f" and {more} other columns" if more > 0 else ""
        raise DataError(f"imputer=none, but values are missing in {named}: choose an imputer")


def _check_rows(job: Job, data: Data) -> None:
    """Refuse now what the rule for rows would refuse after the search, in the test rows."""
    if job.config.imputer.rows.drop is not None:
        folds = data.folds
        data.left_out(prepare(job.specs, folds.table, job.config.general.seed, folds.gappy))


def _begin(job: Job, fingerprint: str) -> RunRecord:
    return say.RunRecord.begin(
        fingerprint=fingerprint,
        overrides=job.composed.overrides,
        choices=job.composed.choices,
        metric=job.config.general.metric,
    )


def _fail(directory: RunDirectory, record: RunRecord, error: BaseException) -> None:
    reason = record.fail(error)
    log.error("failed: %s", reason, exc_info=error)
    directory.write_json("run.json", record.content)
