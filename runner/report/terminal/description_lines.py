"""What a run has found of its features comes in; a line for each finding goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runner.report.numbers import is_number, number

if TYPE_CHECKING:
    from collections.abc import Mapping

    Record = Mapping[str, Any]

SHOWN = 3  # columns
DIGITS = 3


def description_lines(record: Record) -> list[str]:
    """Of collinearity, importance and the learning curve, where the run has looked at them."""
    if "importance" not in record:
        return []
    lines = [_collinearity_line(record["collinearity"]), _importance_line(record["importance"])]
    return [*lines, _rows_line(record["learning_curve"])]


def _collinearity_line(found: Record) -> str:
    if "reason" in found:
        return f"collinearity: not known, as {found['reason']}"
    groups = found["groups"]
    alike = f"{groups} group{'' if groups == 1 else 's'} of features alike"
    rank = f"rank {found['rank']} of {found['features']}"
    condition = number(found["condition_number"], DIGITS)
    return f"collinearity: condition number {condition} ({rank}), {alike}"


def _importance_line(found: Record) -> str:
    """The columns without which most is lost."""
    lost = [
        f"{row['column']} {number(row['drop_one'], DIGITS)}"
        for row in found["columns"][:SHOWN]
        if is_number(row["drop_one"]) and row["drop_one"] > 0
    ]
    return f"{found['loss']} gained by leaving out: {', '.join(lost) or 'no column'}"


def _rows_line(found: Record) -> str:
    """The score on few, on more and on all training rows."""
    sizes = found["sizes"]
    chosen = sorted({0, len(sizes) // 2, len(sizes) - 1})
    said = [
        f"{number(sizes[at]['score'], DIGITS)} on {round(sizes[at]['rows']):,}" for at in chosen
    ]
    return f"{found['metric']} by training rows: {', '.join(said)}"
