"""Stored runs and sweeps come in; the table of `enet compare` goes out as a data frame."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from runner.cli.compare_runs import find
from runner.cli.comparison_file import run_rows
from runner.cli.comparison_tables import Asked
from runner.notebook.records_shown import Run, Sweep
from runner.store.comparable import differences, groups_of


def compare(*runs: Run | Sweep | Path | str, rope: float | None = None) -> pd.DataFrame:
    """A row per run: what differs between them, scores, ranks, and how far behind the best.

    Args:
        runs: runs, sweeps, or folders of them.
        rope: a share of the score within which two runs are practically equal; adds columns.

    Raises:
        RunDirectoryError: a folder is not there, or holds no run.
    """
    folders = [one.folder if isinstance(one, Run | Sweep) else Path(one) for one in runs]
    found = find(folders)
    groups, unscored = groups_of(found)
    return pd.DataFrame(run_rows(groups, unscored, Asked(differences(found), None, rope)))
