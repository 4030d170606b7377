"""The largest alpha worth trying, and a falling grid below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from runner.core.path.centred_columns import to_columns
from runner.core.path.profile import profile_out
from runner.core.path.squares import pseudo_inverse, solve_nonnegative
from runner.errors import FitError
from runner.records import GramProblem, PooledProblem

if TYPE_CHECKING:
    from runner.records import Floats, RowProblem

# glmnet's convention: with l1_ratio 0 no finite alpha makes all coefficients 0.
SMALLEST_L1_RATIO = 1e-3
# scikit-learn's stand-in for the alpha_max of a target that nothing explains
SMALLEST_ALPHA = float(np.finfo(float).resolution)
# so that rounding alone lets no coefficient in at alpha_max
ROUND_UP = 1 + 8 * float(np.finfo(float).eps)


def alpha_max(
    problem: GramProblem | RowProblem | PooledProblem,
    l1_ratio: float,
    penalty_factors: Floats | None = None,
    *,
    positive: bool = False,
) -> float:
    """The smallest alpha at which every penalised coefficient is 0.

    With g the gradient where the unpenalised columns alone are fitted, and factors f,

        alpha_max = max_j |g_j| / (f_j max(l1_ratio, 0.001)),

    where only positive g_j count if coefficients must be positive.

    Args:
        problem: The least-squares problem, p columns; of a pooled one, the largest of its parts.
        l1_ratio: Share of the L1 penalty, 0 to 1.
        penalty_factors: f, (p,), not negative; None is all 1.
        positive: Whether coefficients are constrained to be at least 0.

    Raises:
        FitError: No column is penalised.
    """
    if isinstance(problem, PooledProblem):
        return max(
            alpha_max(part, l1_ratio, penalty_factors, positive=positive) for part in problem.parts
        )
    if isinstance(problem, GramProblem):
        gradient = _null_gradient(problem, penalty_factors, positive=positive)
    else:
        gradient = _null_gradient_rows(problem, penalty_factors, positive=positive)
    factors = np.ones(len(gradient)) if penalty_factors is None else penalty_factors
    penalised = factors > 0
    if not penalised.any():
        raise FitError("alpha_max needs a penalised column, but every penalty factor is 0")
    g = gradient[penalised] / factors[penalised]
    largest = float(np.max(g if positive else np.abs(g), initial=0.0))
    return largest / max(l1_ratio, SMALLEST_L1_RATIO) * ROUND_UP


def alpha_grid(alpha_max: float, eps: float, count: int) -> Floats:
    """`count` alphas, (count,), falling by equal ratios from alpha_max to eps * alpha_max.

    An alpha_max of 0 (a constant target) counts as scikit-learn's resolution, 1e-15.

    Raises:
        FitError: `eps` is not between 0 and 1, or `count` is below 1.
    """
    if not 0 < eps < 1:
        raise FitError(f"eps is {eps}, but must be between 0 and 1, both excluded")
    if count < 1:
        raise FitError(f"the number of alphas is {count}, but must be at least 1")
    largest = max(alpha_max, SMALLEST_ALPHA)
    return np.geomspace(largest, largest * eps, count)


def _null_gradient(
    problem: GramProblem, penalty_factors: Floats | None, *, positive: bool
) -> Floats:
    """The gradient, (p,), where only unpenalised columns have coefficients."""
    if penalty_factors is None or (penalty_factors > 0).all():
        return problem.xy
    free = penalty_factors == 0
    gradient = np.zeros_like(problem.xy)
    if not positive:
        gradient[~free] = profile_out(problem, free).problem.xy
        return gradient
    b, _ = solve_nonnegative(problem.gram[np.ix_(free, free)], problem.xy[free])
    gradient[~free] = problem.xy[~free] - problem.gram[np.ix_(~free, free)] @ b
    return gradient


def _null_gradient_rows(
    problem: RowProblem, penalty_factors: Floats | None, *, positive: bool
) -> Floats:
    columns = to_columns(problem)
    gradient = columns.gradient(columns.target)
    if penalty_factors is None or (penalty_factors > 0).all():
        return gradient
    free = np.flatnonzero(penalty_factors == 0)
    gram = columns.cross(free, free)
    if positive:
        b, _ = solve_nonnegative(gram, gradient[free])
    else:
        b = pseudo_inverse(gram) @ gradient[free]
    return columns.gradient(columns.target - columns.fitted(b[:, None], free)[:, 0])
