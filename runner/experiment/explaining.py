"""A winner comes in; what tells whether its features are real goes out, if that is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from runner.experiment.describing import describe_features
from runner.experiment.explained_features import explain_features

if TYPE_CHECKING:
    import pandas as pd

    from runner.checks import Finding
    from runner.experiment.case import Case
    from runner.report.screen import Screen


@dataclass(frozen=True)
class Explained:
    """What evaluation.explain adds to a run: tables, by file name, and what is recorded."""

    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def explain(case: Case, screen: Screen) -> Explained:
    """Explain a run's winner, each part in tables and sections of the record of its own."""
    table, record = explain_features(case, screen)
    described = describe_features(case.job, case.data, case.searched, case.winner)
    return Explained({"features.csv": table, **described.tables}, record | described.record)
