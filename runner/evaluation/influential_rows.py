"""A fitted model's rows come in; which of them sway the selected features the most goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from runner.core.folds import as_dense
from runner.statistics.influence import measure_influence

if TYPE_CHECKING:
    from runner.evaluation.fitting import ModelRows
    from runner.family import Family
    from runner.records import Integers, Solution
    from runner.statistics.influence import Influence

MOST_ROWS = 10  # that are told
MOST_CELLS = 5e7  # rows x selected features
MOST_WORK = 1e9  # rows x the square of the selected features: below a second


def describe_influence(
    rows: ModelRows, family: Family | None, solution: Solution, numbers: Integers
) -> dict[str, Any]:
    """The rows of the largest Cook's distances, and from where on rows are called influential.

    They are those of the selected features without a penalty, as a penalised fit has no residuals
    of known variance. The bounds are the usual ones: twice the mean leverage (Hoaglin & Welsch
    1978), and 4 / n (Bollen & Jackman 1985).

    Args:
        rows: what the model is fitted to.
        family: None is squared error.
        solution: the model.
        numbers: (n,) what the rows are called in predictions.csv.

    Returns:
        A section of the record, or why there is none; empty of other families and several targets.
    """
    if not (family is None or family.squared) or rows.observed.y.ndim > 1:
        return {}
    weighted = np.flatnonzero(rows.observed.weight > 0)
    selected = np.flatnonzero(solution.coefficients[0])
    reason = _reason_for_none(len(weighted), len(selected))
    if reason is not None:
        return {"reason": reason}
    observed = rows.observed.take(weighted)
    X = as_dense(rows.X[:, selected])[weighted]
    found = measure_influence(X, observed.y, observed.weight)
    if isinstance(found, str):
        return {"reason": found}
    return {"features": len(selected), **_describe(found, numbers[weighted])}


def _describe(found: Influence, numbers: Integers) -> dict[str, Any]:
    n = len(numbers)
    told = ("leverage", "cooks_distance", "studentised")
    return {
        "rows": n,
        "leverage_threshold": 2 * found.rank / n,
        "cooks_threshold": 4 / n,
        "worst": [
            {"row": int(numbers[at])} | {name: float(getattr(found, name)[at]) for name in told}
            for at in found.worst(MOST_ROWS)
        ],
    }


def _reason_for_none(n: int, k: int) -> str | None:
    if k == 0:
        return "no feature is selected"
    if k >= n:
        return "as many features are selected as rows train"
    if n * k > MOST_CELLS or n * k**2 > MOST_WORK:
        return f"{k:,} features are selected on {n:,} rows, which would take long"
    return None
