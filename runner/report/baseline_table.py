"""The table of a comparison: runs as rows, what differs from the baseline as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd


def compared_table(part: pd.DataFrame, labels: Sequence[str]) -> Table:
    """A row per run of one part of a comparison.

    Args:
        part: rows of comparison.csv.
        labels: the overrides that name a run.
    """
    table = Table(box=None, header_style="bold", pad_edge=False)
    for label in labels:
        table.add_column(label)
    metrics = part["metric"].dropna().unique()
    score = f"cv {metrics[0]}" if len(metrics) == 1 else "cv"
    headers = [score, "difference", "95% interval", "p"]
    filled = "nrmse" in part and part["nrmse"].notna().any()
    headers += ["nrmse", "nrmse difference"] if filled else []
    for header in [*headers, "seconds"]:
        table.add_column(header, justify="right")
    for row in part.to_dict(orient="records"):
        cells = [_number(row["cv_mean"], 4), _number(row["difference"])]
        cells += [_interval(row["low"], row["high"]), _number(row["p"], 2)]
        if filled:
            cells += [_number(row["nrmse"]), _interval(row["nrmse_low"], row["nrmse_high"])]
        cells.append(_number(row["seconds"]))
        table.add_row(*(str(row[label]) for label in labels), *cells)
    return table


def reasons(part: pd.DataFrame, labels: Sequence[str]) -> list[str]:
    """A line per run that is not compared, or has no error of what was filled in."""
    rest = part[part["reason"].notna() & (part["reason"] != "the baseline")]
    return [
        " ".join(f"{label}={row[label]}" for label in labels) + f": {row['reason']}"
        for row in rest.to_dict(orient="records")
    ]


def _interval(low: Any, high: Any) -> str:  # noqa: ANN401 - any number, or none
    if low is None or low != low:  # noqa: PLR0124 - NaN
        return "-"
    return f"{_number(low)} to {_number(high)}"


def _number(value: Any, digits: int = 3) -> str:  # noqa: ANN401 - any number, or none
    """So many digits, and never an exponent where there are more before the point."""
    if value is None or value != value:  # noqa: PLR0124 - NaN
        return "-"
    return f"{value:,.0f}" if abs(value) >= 10**digits else f"{value:.{digits}g}"
