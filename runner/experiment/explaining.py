"""A winner comes in; what tells whether its features are real goes out, if that is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from runner.checks import Finding
    from runner.experiment.job import Job
    from runner.experiment.judging import Winner, Worth
    from runner.experiment.searching import Searched
    from runner.experiment.workspace import Data
    from runner.report.screen import Screen


@dataclass(frozen=True)
class Explained:
    """What evaluation.explain adds to a run: tables, by file name, and what is recorded."""

    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Ended:
    """What a run has found: its search, the winner, and what the search is worth."""

    searched: Searched
    winner: Winner
    worth: Worth


def explain(job: Job, data: Data, ended: Ended, screen: Screen) -> Explained:
    """Explain a run's winner, each part in tables and a section of the record of its own."""
    del job, data, ended, screen
    return Explained()
