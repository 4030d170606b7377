"""Many runs from one command: each in a folder of its own, and one table over all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.errors import ClusterLostError
from runner.experiment.pages import PageStyle, try_sweep_page
from runner.experiment.shared_search import refuse_workers
from runner.experiment.sweep_runs import SweepRuns
from runner.statistics import baseline_comparison
from runner.store.directory import DONE
from runner.store.sweep_directory import open_sweep

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from runner.config import Plan
    from runner.report.terminal.screen import Screen
    from runner.store.sweep_directory import Command


@dataclass(frozen=True)
class SweepOutcome:
    """What came of a sweep."""

    folder: Path
    results: pd.DataFrame  # a row per run that has ended
    compared: pd.DataFrame | None = None  # with the baseline, if there is one
    stopped: KeyboardInterrupt | ClusterLostError | None = None  # what has ended it early

    @property
    def failed(self) -> int:
        """How many runs have ended without a result."""
        return int((~self.results["status"].isin(DONE)).sum()) if len(self.results) else 0


def run_sweep(
    plan: Plan, folder: Path, command: Command, screen: Screen, *, chosen: bool
) -> SweepOutcome:
    """Make every run that is not finished yet, and write `results.csv` and `sweep.json`.

    With a baseline, `comparison.csv` has each run's difference from it. A run that fails leaves
    its record and a row, and does not stop the others unless the config says so.

    Args:
        plan: what to run.
        folder: the sweep's; if it holds these runs already, they are gone on with.
        command: what was typed.
        screen: where progress is shown.
        chosen: whether the user named the folder.

    Raises:
        ConfigError: no run is the baseline that the config names, or a search asks for workers.
        RunDirectoryError: the directory cannot be made, or holds finished runs of other configs.
    """
    refuse_workers(plan.search_workers)
    config = plan.first[0]
    baseline = config.report.baseline
    if baseline is not None:
        baseline_comparison.check_baseline(baseline, [each.overrides for _, each in plan])
    with open_sweep(folder, chosen=chosen) as directory:
        directory.escapes_formulas = config.general.escape_formulas
        sweep = SweepRuns.of(directory, plan, command, screen)
        stopped = _run_until_stopped(sweep)
        compared = None
        if baseline is not None and stopped is None:
            runs = [(run.folder.name, run.record) for run in sweep.runs()]
            compared = baseline_comparison.comparison_table(runs, baseline)
            directory.write_table("comparison.csv", compared)
        results = sweep.write("interrupted" if stopped or sweep.left else "finished")
        if len(results):
            lacking = try_sweep_page(directory.folder, PageStyle.of(config.report))
            if lacking:
                screen.say_error(f"{lacking}; enet report {directory.folder} tries again")
        return SweepOutcome(directory.folder, results, compared, stopped)


def _run_until_stopped(sweep: SweepRuns) -> KeyboardInterrupt | ClusterLostError | None:
    """Make the runs that are left; gives what has stopped them, if anything has.

    Whatever it was, what is finished is gathered.
    """
    try:
        sweep.run()
    except (KeyboardInterrupt, ClusterLostError) as error:
        sweep.gather()
        return error
    except BaseException:
        sweep.gather()
        sweep.write("interrupted")
        raise
    return None
