"""One run, from a validated config to a directory that stands on its own."""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from runner import record as say
from runner.bootstrap import Scored, score_intervals
from runner.environment import describe_environment, versions
from runner.errors import DataError
from runner.evaluate import Refit, disagreement, hold_out, predict, refit
from runner.manifest import describe_model
from runner.pipeline import Specs, prepare
from runner.randomness import derive_seed, generator
from runner.search import Resolver
from runner.search.score import Objective, Scorer, choose_best
from runner.store import RunDirectory, fingerprint_of
from runner.tables import predictions_table, summarise_folds, trials_table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

    from runner.config import Composed, ExperimentConfig
    from runner.evaluate import HeldOut
    from runner.folds import Folds
    from runner.record import RunRecord
    from runner.records import Floats, Table, Trial
    from runner.report.screen import Screen
    from runner.workspace import Workspace

log = logging.getLogger("runner")
GUARD = 1e-6  # largest relative difference between scores from moments and from rows


@dataclass(frozen=True)
class Job:
    """One config to run, and where."""

    config: ExperimentConfig
    composed: Composed
    folder: Path
    chosen: bool  # whether the user named the folder

    @property
    def specs(self) -> Specs:
        """What a candidate may change."""
        return Specs(self.config.imputer, self.config.features, self.config.model)

    def fingerprint(self, data_hash: str) -> str:
        """Hash of what determines the result: config less report and cache, data, versions."""
        volatile = {"report", "cache"}
        sections = {k: v for k, v in self.composed.sections.items() if k not in volatile}
        return fingerprint_of([sections, data_hash, versions()])


@dataclass(frozen=True)
class Outcome:
    """A run that has ended: its record, and the coefficients or the error."""

    folder: Path
    record: dict[str, Any]
    coefficients: pd.DataFrame | None = None
    error: Exception | None = None


@dataclass
class Stopwatch:
    """Seconds by stage, in the order of the stages."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time of a block to a stage."""
        started = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - started
            self.seconds[name] = round(self.seconds.get(name, 0.0) + spent, 6)


def run(job: Job, workspace: Workspace, screen: Screen) -> Outcome:
    """Run one experiment. What fails once the run has a directory is recorded and returned.

    Raises:
        DataError: the data cannot be used; no directory is made.
        RunDirectoryError: the directory cannot be made.
    """
    config = job.config
    watch = Stopwatch()
    with watch.stage("dataset"):
        table = workspace.table(config)
        _check_complete(config, table)
    with watch.stage("split"):
        folds = workspace.folds(config)
    fingerprint = job.fingerprint(table.data_hash)
    directory = RunDirectory.open(job.folder, fingerprint, chosen=job.chosen)
    record = _begin(job, fingerprint)
    record.add(dataset=say.describe_data(table))
    with directory.logging():
        try:
            coefficients = _Run(directory, job, folds, record, watch).go(screen)
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
    """The stages of a run that write to its directory."""

    directory: RunDirectory
    job: Job
    folds: Folds
    record: RunRecord
    watch: Stopwatch

    def go(self, screen: Screen) -> pd.DataFrame:
        """Search, refit, evaluate and write; returns the coefficients."""
        table, split, stage = self.folds.table, self.folds.split, self.watch.stage
        with stage("write"):
            self._write_origin()
        with stage("search"):
            trials, best, held_out = self._search(screen)
        specs = self.job.specs.having(best.candidate.values)
        preparation = prepare(specs, table, self.job.config.general.seed)
        with stage("refit"):
            final = refit(specs, best.candidate, preparation, table, split.train)
        with stage("evaluate"):
            tested = predict(final.pipeline, table, split.test)
            self._score(held_out.scores | best.scores, tested)
        with stage("write"):
            predictions = predictions_table(table, split, held_out.predictions, tested)
            self._write_results(trials, final, predictions)
        self.record.add(**say.describe_search(trials, best), **say.describe_fit(final))
        self.record.warnings += [*self.folds.warnings, *final.warnings]
        self.record.warnings += say.search_warnings(trials, best)
        for warning in self.record.warnings:
            log.warning("%s", warning)
        self.record.finish(self.watch.seconds)
        self.directory.write_json("run.json", self.record.content)
        return final.coefficients

    def _search(self, screen: Screen) -> tuple[list[Trial], Trial, HeldOut]:
        """The trials, the best of them, and what it predicts out of fold.

        The best one's scores are computed again from rows. Where moments gave others, they are
        distrusted, and all candidates scored from rows.
        """
        config, space = self.job.config, self.job.config.search_space
        objective = Objective(config.general.metric, config.trial_metrics)
        seed = config.general.seed
        with screen.progress("search", config.search.size(space)) as progress:
            scorer = Scorer(self.folds, self.job.specs, objective, seed=seed, progress=progress)
            resolver = Resolver(space, scorer.alpha_max)
            trials = config.search.run(resolver, scorer, seed=seed, folder=self.directory.folder)
        best = choose_best(trials)
        held_out = hold_out(*scorer.solution(best))
        off = disagreement(best.scores, held_out.scores)
        if off > GUARD:
            reason = f"the best candidate's scores differ by {off:.1e} when computed from rows"
            self.folds.distrust_moments(reason)
            trials = scorer.rescore(trials)
            best = choose_best(trials)
            held_out = hold_out(*scorer.solution(best))
        return trials, best, held_out

    def _score(self, cv: dict[str, Floats], tested: Floats) -> None:
        general, table = self.job.config.general, self.folds.table
        rows = self.folds.split.test
        self.record.add(cv=summarise_folds(cv), test=None)
        if len(rows):
            weight = None if table.weight is None else table.weight[rows]
            group = None if table.group is None else table.group[rows]
            scored = Scored(table.target[rows], tested, weight, group)
            rng = generator(general.seed, "bootstrap")
            intervals = score_intervals(scored, general.bootstrap, rng)
            scores = {str(metric): vars(interval) for metric, interval in intervals.items()}
            self.record.add(test={"rows": len(rows), "level": general.bootstrap.level, **scores})

    def _write_origin(self) -> None:
        """What is needed to run this again."""
        seed = self.job.config.general.seed
        seeds = {name: derive_seed(seed, name) for name in ("split", "search", "imputer")}
        self.directory.write_composed(self.job.composed.yaml)
        self.directory.write_json(
            "environment.json",
            {
                **describe_environment(),
                "data_hash": self.folds.table.data_hash,
                "seeds": {"seed": seed, **seeds},
            },
        )
        self.directory.write_json("run.json", self.record.content)

    def _write_results(self, trials: list[Trial], final: Refit, predictions: pd.DataFrame) -> None:
        directory, persistence = self.directory, self.job.config.persistence
        directory.write_table("trials.csv", trials_table(trials))
        directory.write_table("coefficients.csv", final.coefficients)
        directory.write_table("predictions.csv", predictions)
        if persistence.suffix is not None:
            name = f"model{persistence.suffix}"
            path = directory.write(name, lambda file: persistence.dump(final.pipeline, file))
            example = self.folds.split.train[:1]
            manifest = describe_model(persistence.name, path, final, self.folds.table, example)
            directory.write_json("model.json", manifest)


def _check_complete(config: ExperimentConfig, table: Table) -> None:
    """Refuse missing numeric values where nothing fills them."""
    if config.imputer.fills:
        return
    counts = table.features[list(table.numeric)].isna().sum()
    gappy = counts[counts > 0]
    if len(gappy):
        named = ", ".join(f"{name} ({count})" for name, count in gappy.items())
        raise DataError(f"imputer=none, but values are missing in {named}: choose an imputer")


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
