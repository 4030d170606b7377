"""Takes unpenalised columns out of a Gram problem, and puts their coefficients back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from runner.core.path.squares import pseudo_inverse
from runner.records import GramProblem

if TYPE_CHECKING:
    from runner.records import Booleans, Floats

# A column of which less than this share is outside the span of the free ones has only rounding
# left there, not signal.
SMALLEST_SHARE = 1e-13


@dataclass(frozen=True)
class Profile:
    """A Gram problem in its penalised columns P alone, the free columns F being minimised out.

    With H = pinv(G_FF), for any coefficients b_P the best free ones are

        b_F = H (xy_F - G_FP b_P)

    and the objective in b_P alone is again a Gram problem:

        gram = G_PP - G_PF H G_FP      xy = xy_P - G_PF H xy_F      yy = yy - xy_F' H xy_F
    """

    problem: GramProblem
    free: Booleans  # (p,)
    origin: Floats  # (f,), H xy_F
    slopes: Floats  # (f, p - f), H G_FP

    def restore(self, coefficients: Floats) -> Floats:
        """Coefficients of all columns, (p, a), from those of the penalised ones, (p - f, a)."""
        restored = np.empty((len(self.free), coefficients.shape[1]))
        restored[~self.free] = coefficients
        restored[self.free] = self.origin[:, None] - self.slopes @ coefficients
        return restored


def profile_out(problem: GramProblem, free: Booleans) -> Profile:
    """Minimise a Gram problem over its free columns, given as a mask of shape (p,)."""
    gram, xy = problem.gram, problem.xy
    inverse = pseudo_inverse(gram[np.ix_(free, free)])
    cross = gram[np.ix_(free, ~free)]
    origin, slopes = inverse @ xy[free], inverse @ cross
    reduced = gram[np.ix_(~free, ~free)] - cross.T @ slopes
    spanned = np.diag(reduced) <= SMALLEST_SHARE * np.diag(gram)[~free]
    reduced[spanned, :] = reduced[:, spanned] = 0.0
    left = np.where(spanned, 0.0, xy[~free] - slopes.T @ xy[free])
    yy = max(problem.yy - float(origin @ xy[free]), 0.0)
    return Profile(GramProblem(reduced, left, yy), free, origin, slopes)
