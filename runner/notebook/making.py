"""Overrides come in, as on the command line; what was run goes out as a record."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from runner.config import Plan, composer
from runner.errors import ConfigError
from runner.experiment.job import Job
from runner.experiment.run import run as make_run
from runner.experiment.sweep import run_sweep
from runner.experiment.workspace import Workspace
from runner.notebook.frames import data_overrides, quoted
from runner.notebook.records_shown import Run, Sweep, load_run
from runner.report.terminal.screen import Screen
from runner.store.sweep_directory import Command

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runner.notebook.frames import Frame

CONFIG = "config"  # the packaged one


def run(  # noqa: PLR0913 - what a command line has
    overrides: Sequence[str] = (),
    *,
    data: Frame = None,
    target: str | Sequence[str] | None = None,
    folder: Path | str | None = None,
    config_dir: Path | str | None = None,
    show: bool = False,
) -> Run:
    """Run one experiment; what `enet OVERRIDES` does.

    Args:
        overrides: as on the command line, such as `["imputer=knn", "family=binomial"]`.
        data: a pandas, polars or Arrow table in the place of a dataset; it is kept as a Parquet
            file in outputs/data, so that the run can be reproduced.
        target: the column, or columns, of `data` that are predicted.
        folder: the run's directory; by default one below outputs named by the time.
        config_dir: a folder of configs of your own.
        show: whether progress and tables are printed.

    Raises:
        ConfigError: an override is wrong, or asks for several runs.
        DataError: the data cannot be used.
        RunnerError: the run failed.
    """
    given = [*data_overrides(data, target), *overrides, *_placed("run", folder)]
    with _planned(given, config_dir, multirun=False) as plan:
        if plan.swept:
            raise ConfigError("the overrides ask for several runs: use runner.sweep")
        config, composed = plan.first
    job = Job(config, composed, composed.run_dir, chosen=folder is not None)
    screen = Screen(config.report if show else None)
    outcome = make_run(job, Workspace(), screen)
    if outcome.error is not None:
        raise outcome.error
    if show:
        screen.show_run(outcome.folder, outcome.record, 0)
    return load_run(outcome.folder.resolve())


def sweep(  # noqa: PLR0913 - as `run`
    overrides: Sequence[str],
    *,
    data: Frame = None,
    target: str | Sequence[str] | None = None,
    folder: Path | str | None = None,
    config_dir: Path | str | None = None,
    show: bool = False,
) -> Sweep:
    """Run an experiment for every combination; what `enet -m OVERRIDES` does.

    A run that fails is a row of the results, and does not stop the others. What is finished in
    `folder` already is not made again.

    Args:
        overrides: as on the command line: `["imputer=mean,knn", "model=lasso,ridge"]`.
        data: as `run` takes it.
        target: as `run` takes it.
        folder: the sweep's directory; by default one below outputs named by the time.
        config_dir: a folder of configs of your own.
        show: whether progress is printed.

    Raises:
        ConfigError: an override is wrong.
        KeyboardInterrupt: it was interrupted; what is finished stays.
        ClusterLostError: the scheduler of its cluster is gone; what is finished stays.
    """
    given = [*data_overrides(data, target), *overrides, *_placed("sweep", folder)]
    command = Command(
        overrides=tuple(given),
        multirun=True,
        config_dir=None if config_dir is None else str(config_dir),
        config_name=CONFIG,
        working_directory=str(Path.cwd()),
    )
    with _planned(given, config_dir, multirun=True) as plan:
        config, composed = plan.first
        screen = Screen(config.report if show else None)
        made = run_sweep(plan, composed.sweep_dir, command, screen, chosen=folder is not None)
    if made.stopped is not None:
        raise made.stopped
    return Sweep(made.folder.resolve())


@contextmanager
def _planned(
    overrides: list[str], config_dir: Path | str | None, *, multirun: bool
) -> Iterator[Plan]:
    """The runs that overrides ask for."""
    folder = None if config_dir is None else Path(config_dir)
    with composer(folder, CONFIG) as composing:
        yield Plan(composing, *composing.jobs(overrides, multirun=multirun))


def _placed(what: str, folder: Path | str | None) -> list[str]:
    """The override that puts a run or a sweep into a folder."""
    return [] if folder is None else [f"hydra.{what}.dir={quoted(str(folder))}"]
