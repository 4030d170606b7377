"""A winner comes in; what tells whether its features are real goes out, if that is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from runner.errors import FitError
from runner.experiment.explained_features import explain_features

if TYPE_CHECKING:
    import pandas as pd

    from runner.experiment.case import Case
    from runner.report.terminal.screen import Screen


@dataclass(frozen=True)
class Explained:
    """What evaluation.explain adds to a run: tables, by file name, and what is recorded."""

    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)


def explain(case: Case, screen: Screen) -> Explained:
    """Explain a run's winner, each part in tables and sections of the record of its own."""
    from runner.experiment.describing import describe_features  # clusters, slow to import

    features, record = explain_features(case, screen)
    try:
        tables, described = describe_features(case)
    except FitError as error:  # a run that is finished but for this is not lost
        tables, described = {}, {"collinearity": {"reason": str(error)}}
    return Explained({"features.csv": features, **tables}, record | described)
