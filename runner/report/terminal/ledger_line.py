"""A run's record and how often its test rows were looked at come in; what that means goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runner.core.metrics import BOUNDS
from runner.report.numbers import interval, is_number

if TYPE_CHECKING:
    from collections.abc import Mapping


def ledger_line(record: Mapping[str, Any], looks: int) -> str | None:
    """The interval of the test score at the level that so many looks ask for (Bonferroni).

    None of a first look. The interval is score +- z se, with the bootstrap's standard error: a
    percentile so far out would want more resamples.
    """
    test, metric = record.get("test"), record["metric"]
    if looks < 2 or test is None:  # noqa: PLR2004 - a second look is the first to be told
        return None
    said = f"the test rows have been looked at by {looks:,} different runs"
    found = test[metric]
    if not is_number(found.get("se")) or not is_number(found["score"]):
        return said
    from scipy.stats import norm  # slow to import, and loaded already where a run has been made

    error = (1 - test["level"]) / looks
    away = float(norm.isf(error / 2)) * found["se"]
    least, most = BOUNDS[metric]
    low, high = max(found["score"] - away, least), min(found["score"] + away, most)
    return f"{said}: at level {1 - error:.4g} {metric} is {interval(low, high)}"


def sweep_ledger_line(looks: int) -> str | None:
    """The same at the end of a sweep, whose runs share test rows."""
    if looks < 2:  # noqa: PLR2004 - as above
        return None
    return (
        f"the test rows have been looked at by {looks:,} different runs: choose by the expected "
        "score, as the best of their test scores flatters"
    )
