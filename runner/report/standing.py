"""How a run stands against the best comes in; the cell and the sentence that say so go out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runner.report.numbers import NONE, is_number, number

if TYPE_CHECKING:
    from collections.abc import Iterable

TESTED = (
    "p_best: corrected resampled t-test against the best, on fold scores that no choice has seen, "
    "Holm over all pairs; from 0.05 on a run ties with the best: it cannot be told from it"
)
UNTESTED = (
    "no p-value where a CV score has chosen its own winner: a larger search cannot lose on it; "
    "evaluation.nested=true gives scores on the folds that no choice has seen"
)


def standing_cell(p_best: Any, ties: Any) -> str:  # noqa: ANN401 - values of a table
    """`best`, or the p-value with `ties` behind it where it is not small; - without a test."""
    if not isinstance(ties, bool):
        return NONE
    if not is_number(p_best):
        return "best"
    return f"{number(p_best, 2)} ties" if ties else number(p_best, 2)


def standing_notes(cells: Iterable[str], *, lacking: bool) -> list[str]:
    """What the cells mean.

    Args:
        cells: of the runs that can be compared.
        lacking: whether one of these has no score that no choice has seen.
    """
    tested = [TESTED] if any(cell != NONE for cell in cells) else []
    return tested + ([UNTESTED] if lacking else [])
