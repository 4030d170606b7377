"""The table of a comparison: runs as rows, what differs from the baseline as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runner.report.numbers import interval, is_number, number, place_of, score
from runner.report.terminal.columns import Column, Line, lay_out

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    import pandas as pd


def compared_lines(part: pd.DataFrame, labels: Sequence[str], width: int) -> list[Line]:
    """A row per run of one part of a comparison.

    Args:
        part: rows of comparison.csv.
        labels: the overrides that name a run.
        width: what no line should exceed.
    """
    rows = part.to_dict(orient="records")
    metrics = part["metric"].dropna().unique()
    own = f" {metrics[0]}" if len(metrics) == 1 else ""
    columns = [
        Column(label, tuple(str(row[label]) for row in rows), label=True) for label in labels
    ]
    expected = part["expected"].notna().any()
    cv = tuple(number(row["cv_mean"]) for row in rows)
    columns.append(Column(f"cv{own}", cv, spare=4 if expected else 0))
    if expected:
        columns.append(Column(f"expected{own}", tuple(number(row["expected"]) for row in rows)))
    columns += [
        Column("difference", tuple(_difference(row) for row in rows)),
        Column("95% interval", tuple(interval(row["low"], row["high"]) for row in rows)),
        Column("p", tuple(number(row["p_holm"], 2) for row in rows), spare=3),
    ]
    if "nrmse" in part and part["nrmse"].notna().any():
        filled = (interval(row["nrmse_low"], row["nrmse_high"]) for row in rows)
        columns += [
            Column("nrmse", tuple(number(row["nrmse"], 3) for row in rows)),
            Column("nrmse difference", tuple(filled), spare=1),
        ]
    seconds = tuple(number(row["seconds"], 2) for row in rows)
    return lay_out([*columns, Column("seconds", seconds, spare=4)], width)


def _difference(row: dict[Hashable, Any]) -> str:
    """Rounded as its interval is."""
    found, low, high = row["difference"], row["low"], row["high"]
    if not (is_number(low) and is_number(high)):
        return number(found, 3)
    return score(found, place_of((high - low) / 2))


def reasons(part: pd.DataFrame, labels: Sequence[str]) -> list[str]:
    """A line per run that is not compared, or has no error of what was filled in."""
    rest = part[part["reason"].notna() & (part["reason"] != "the baseline")]
    return [
        " ".join(f"{label}={row[label]}" for label in labels) + f": {row['reason']}"
        for row in rest.to_dict(orient="records")
    ]
