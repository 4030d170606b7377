"""A run's record comes in; how its search went goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runner.report.numbers import number

if TYPE_CHECKING:
    from collections.abc import Mapping

    Record = Mapping[str, Any]

ORDERS = {
    "proposed": "in the order of the search",
    "random": "of so many drawn from the candidates at random",
}


def search_lines(record: Record) -> list[str]:
    """Counts, the best so far by number of candidates, and what the parameters have told."""
    search, best = record["search"], record["best"]["trial"]
    counts = (f"{search[key]:,} {key.replace('_', ' ')}" for key in _counted(search))
    lines = [f"search: {', '.join(counts)}; the best is candidate {best:,}"]
    found = search.get("best_so_far")
    if found and len(found["candidates"]) > 1:
        pairs = zip(found["candidates"], found["scores"], strict=True)
        steps = ", ".join(f"{number(score)} after {size:,}" for size, score in pairs)
        lines.append(f"best {record['metric']} {ORDERS[found['order']]}: {steps}")
    if search.get("importances"):
        shares = (f"{key} {number(share, 2)}" for key, share in search["importances"].items())
        lines.append(f"importance of parameters (PED-ANOVA): {', '.join(shares)}")
    return lines


def _counted(search: Record) -> list[str]:
    """What is counted; a record of an earlier version has no duplicates."""
    return [key for key in ("trials", "duplicates", "not_converged", "failed") if key in search]
