"""The largest alpha worth trying, and a falling grid below it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from runner.core.path.bounded import solve_one
from runner.core.path.centred_columns import to_columns
from runner.core.path.profile import profile_out
from runner.core.path.settings import PathSettings
from runner.core.path.squares import pseudo_inverse
from runner.core.path.strong_rules import reach
from runner.errors import FitError
from runner.records import GramProblem, PooledProblem

if TYPE_CHECKING:
    from runner.records import Floats, Integers, RowProblem

# glmnet's convention: with l1_ratio 0 no finite alpha makes all coefficients 0.
SMALLEST_L1_RATIO = 1e-3
# scikit-learn's stand-in for the alpha_max of a target that nothing explains
SMALLEST_ALPHA = float(np.finfo(float).resolution)
# so that rounding alone lets no coefficient in at alpha_max
ROUND_UP = 1 + 8 * float(np.finfo(float).eps)


def alpha_max(
    problem: GramProblem | RowProblem | PooledProblem,
    l1_ratio: float,
    settings: PathSettings | None = None,
) -> float:
    """The smallest alpha at which every penalised coefficient is 0.

    With g the gradient where the unpenalised columns alone are fitted, and factors f,

        alpha_max = max_j |g_j| / (f_j max(l1_ratio, 0.001)),

    where only those g_j count in whose direction a bound lets the coefficient leave 0.

    Args:
        problem: The least-squares problem, p columns; of a pooled one, the largest of its parts.
        l1_ratio: Share of the L1 penalty, 0 to 1.
        settings: Penalty factors and bounds; None for neither.

    Raises:
        FitError: No column is penalised.
    """
    settings = settings or PathSettings(tol=0.0, max_iter=1)
    if isinstance(problem, PooledProblem):
        each = zip(problem.parts, settings.split(len(problem.parts)), strict=True)
        return max(alpha_max(part, l1_ratio, own) for part, own in each)
    if isinstance(problem, GramProblem):
        gradient = _null_gradient(problem, settings)
    else:
        gradient = _null_gradient_rows(problem, settings)
    factors = settings.factors(len(gradient))
    penalised = factors > 0
    if not penalised.any():
        raise FitError("alpha_max needs a penalised column, but every penalty factor is 0")
    size = reach(gradient[:, None], settings.bounds(len(gradient)))[:, 0]
    largest = float(np.max(size[penalised] / factors[penalised], initial=0.0))
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


def _null_gradient(problem: GramProblem, settings: PathSettings) -> Floats:
    """The gradient, (p,), where only unpenalised columns have coefficients."""
    free = settings.factors(len(problem.xy)) == 0
    if not free.any():
        return problem.xy
    gradient = np.zeros_like(problem.xy)
    if not settings.constrained:
        gradient[~free] = profile_out(problem, free).problem.xy
        return gradient
    chosen = np.flatnonzero(free)
    b = _fit_free(problem.gram[np.ix_(chosen, chosen)], problem.xy[chosen], chosen, settings)
    gradient[~free] = problem.xy[~free] - problem.gram[np.ix_(~free, free)] @ b
    return gradient


def _null_gradient_rows(problem: RowProblem, settings: PathSettings) -> Floats:
    columns = to_columns(problem)
    gradient = columns.gradient(columns.target)
    free = np.flatnonzero(settings.factors(len(gradient)) == 0)
    if not len(free):
        return gradient
    b = _fit_free(columns.cross(free, free), gradient[free], free, settings)
    return columns.gradient(columns.target - columns.fitted(b[:, None], free)[:, 0])


def _fit_free(gram: Floats, xy: Floats, chosen: Integers, settings: PathSettings) -> Floats:
    """Coefficients, (f,), of the unpenalised columns, their positions given, without the others."""
    own = replace(settings, start=None).take(chosen)
    limits, zeros = own.bounds(len(xy)), np.zeros(len(xy))
    if limits is None:
        return np.asarray(pseudo_inverse(gram) @ xy)
    within = GramProblem(gram, xy, float(xy @ pseudo_inverse(gram) @ xy))
    return solve_one(within, zeros, zeros, zeros, limits, sweeps=settings.max_iter)[0]
