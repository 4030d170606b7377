"""One run, from a validated config to a directory that stands on its own."""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.environment import describe_environment
from runner.errors import DataError, RunnerError
from runner.evaluate import Refit, out_of_fold, predict, refit, score_folds, test_scores
from runner.manifest import describe_model
from runner.path import PathSettings
from runner.pipeline import Specs, prepare
from runner.randomness import derive_seed, generator
from runner.search import Resolver, SearchSpace
from runner.search.score import OK, Objective, Scorer, choose_best
from runner.store import RunDirectory, fingerprint_of
from runner.tables import predictions_table, summarise_folds, trials_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from runner.config import Composed, ExperimentConfig
    from runner.folds import Folds
    from runner.records import Table, Trial
    from runner.report.screen import Screen
    from runner.workspace import Workspace

log = logging.getLogger("runner")


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
        """Hash of what determines the result: the config less its report, the data, the code."""
        sections = {k: v for k, v in self.composed.sections.items() if k != "report"}
        return fingerprint_of([sections, data_hash, describe_environment()["versions"]])


@dataclass(frozen=True)
class Outcome:
    """A finished run: its record, and what the summary shows beside it."""

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
    watch = Stopwatch()
    with watch.stage("dataset"):
        table = workspace.table(job.config.dataset, job.config.general.seed)
        _check_complete(job.config, table)
    with watch.stage("split"):
        folds = workspace.folds(job.config.dataset, job.config.split, job.config.general.seed)
    directory = RunDirectory.open(job.folder, job.fingerprint(table.data_hash), chosen=job.chosen)
    record = _opening(job, table)
    with directory.logging():
        try:
            directory.write_record(record)
            coefficients = _run_in(directory, job, folds, watch, screen, record)
        except Exception as error:  # noqa: BLE001 - the one boundary of a run
            _record_failure(directory, record, error)
            return Outcome(directory.folder, record, error=error)
        except BaseException as error:  # an interrupt ends the program, but not unrecorded
            _record_failure(directory, record, error)
            raise
    return Outcome(directory.folder, record, coefficients)


def record_failure(job: Job, error: Exception) -> Outcome:
    """Leave a failed run's directory for a run that failed before it had one."""
    directory = RunDirectory.open(job.folder, job.fingerprint(""), chosen=job.chosen)
    record = _opening(job, None)
    _write_composed(directory, job)
    _record_failure(directory, record, error)
    return Outcome(directory.folder, record, error=error)


def _run_in(
    directory: RunDirectory,
    job: Job,
    folds: Folds,
    watch: Stopwatch,
    screen: Screen,
    record: dict[str, Any],
) -> pd.DataFrame:
    """Search, refit, evaluate and write; fills in the record and returns the coefficients."""
    config, table, split = job.config, folds.table, folds.split
    seed = config.general.seed
    with watch.stage("write"):
        _write_composed(directory, job)
        environment = {**describe_environment(), "data_hash": table.data_hash}
        environment["seeds"] = {name: derive_seed(seed, name) for name in ("split", "search")}
        directory.write_json("environment.json", {"seed": seed, **environment})
    with watch.stage("search"):
        trials = _search(directory, job, folds, screen)
        best = choose_best(trials)
    specs = job.specs.having(best.candidate.values)
    preparation = prepare(specs, table, seed)
    with watch.stage("refit"):
        final = refit(specs, best.candidate, preparation, table, split.train)
    with watch.stage("evaluate"):
        problems = folds.problems(preparation, fit_intercept=specs.model.fit_intercept)
        settings = PathSettings(
            tol=specs.model.tol, max_iter=specs.model.max_iter, positive=specs.model.positive
        )
        held_out = out_of_fold(problems, best.candidate, settings)
        tested = predict(final.pipeline, table, split.test) if len(split.test) else split.test[:0]
        record["cv"] = summarise_folds({**score_folds(problems, held_out), **best.scores})
        record["test"] = _tested(config, table, split.test, tested)
    with watch.stage("write"):
        directory.write_table("trials.csv", trials_table(trials))
        directory.write_table("coefficients.csv", final.coefficients)
        directory.write_table(
            "predictions.csv", predictions_table(table, split, problems, held_out, tested)
        )
        _save_model(directory, config, final, table, split.train[:1])
    record |= _closing(trials, best, final)
    record["warnings"] = [*folds.warnings, *final.warnings, *_search_warnings(trials, best)]
    for warning in record["warnings"]:
        log.warning("%s", warning)
    record |= {"status": "finished", "finished": _now(), "timings": watch.seconds}
    directory.write_record(record)
    log.info("finished: %s", record["best"])
    return final.coefficients


def _search(
    directory: RunDirectory, job: Job, folds: Folds, screen: Screen
) -> list[Trial]:
    config = job.config
    space = config.search_space
    objective = Objective(config.general.metric, config.trial_metrics)
    with screen.progress("search", config.search.size(space)) as progress:
        scorer = Scorer(
            folds, job.specs, objective, seed=config.general.seed, progress=progress
        )
        return config.search.run(
            Resolver(space, scorer.alpha_max),
            scorer,
            seed=config.general.seed,
            folder=directory.folder,
        )


def _check_complete(config: ExperimentConfig, table: Table) -> None:
    """Refuse missing numeric values where nothing fills them."""
    if config.imputer.fills:
        return
    counts = table.features[list(table.numeric)].isna().sum()
    gappy = counts[counts > 0]
    if len(gappy):
        named = ", ".join(f"{name} ({count})" for name, count in gappy.items())
        raise DataError(f"imputer=none, but values are missing in {named}: choose an imputer")


def _opening(job: Job, table: Table | None) -> dict[str, Any]:
    """The record of a run that has just begun."""
    record: dict[str, Any] = {
        "status": "running",
        "fingerprint": job.fingerprint(table.data_hash if table is not None else ""),
        "started": _now(),
        "overrides": job.composed.overrides,
        "choices": job.composed.choices,
        "metric": job.config.general.metric,
    }
    if table is not None:
        gaps = table.features.isna().to_numpy()
        record["dataset"] = {
            "rows": table.n_rows,
            "dropped": table.dropped,
            "numeric": len(table.numeric),
            "categorical": len(table.categorical),
            "missing_share": float(gaps.mean()),
            "rows_with_missing": int(gaps.any(axis=1).sum()),
        }
    return record


def _closing(trials: list[Trial], best: Trial, final: Refit) -> dict[str, Any]:
    """What the record says of the search and of the model."""
    return {
        "search": {
            "trials": len(trials),
            "not_converged": sum(t.status not in {OK} and "failed" not in t.status for t in trials),
            "failed": sum("failed" in trial.status for trial in trials),
        },
        "best": {"trial": best.number, "parameters": best.candidate.values},
        "n_features": len(final.coefficients),
        "n_selected": int(final.coefficients["selected"].sum()),
        "intercept": final.intercept,
    }


def _tested(
    config: ExperimentConfig, table: Table, rows: Any, tested: Any  # noqa: ANN401
) -> dict[str, Any] | None:
    if not len(rows):
        return None
    intervals = test_scores(
        table,
        rows,
        tested,
        resamples=config.general.bootstrap.resamples,
        level=config.general.bootstrap.level,
        rng=generator(config.general.seed, "bootstrap"),
    )
    return {
        "rows": len(rows),
        "level": config.general.bootstrap.level,
        **{str(name): vars(interval) for name, interval in intervals.items()},
    }


def _search_warnings(trials: list[Trial], best: Trial) -> list[str]:
    said = []
    if best.status != OK:
        said.append(f"the best candidate has {best.status}: raise model.max_iter or model.tol")
    failed = [trial for trial in trials if "failed" in trial.status]
    if failed:
        said.append(f"{len(failed)} candidates failed, the first one: {failed[0].status}")
    return said


def _save_model(
    directory: RunDirectory, config: ExperimentConfig, final: Refit, table: Table, example: Any  # noqa: ANN401
) -> None:
    suffix = config.persistence.suffix
    if suffix is None:
        return
    path = directory.write(
        f"model{suffix}", lambda file: config.persistence.dump(final.pipeline, file)
    )
    manifest = describe_model(config.persistence.name, path, final, table, example)
    directory.write_json("model.json", manifest)


def _write_composed(directory: RunDirectory, job: Job) -> None:
    for name, text in job.composed.yaml.items():
        directory.write_text(f".hydra/{name}.yaml", text)


def _record_failure(
    directory: RunDirectory, record: dict[str, Any], error: BaseException
) -> None:
    message = str(error) if isinstance(error, RunnerError) else repr(error)
    record |= {"status": "failed", "finished": _now(), "error": message}
    log.error("failed: %s", message, exc_info=error)
    directory.write_record(record)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
