"""Paths of a large sparse working set, centred by an offset that is searched for.

Centring would fill a sparse X, and a Gram of thousands of columns costs more per update than the
few entries of a column. With centre = the weighted column means, centring X is the same as fitting
an offset o with uncentred columns X~ = X_A / scale:

    min over b and o of  |v (y - o - X~ b)|^2 / 2 + penalties.

For a fixed o this is scikit-learn's sparse coordinate descent without centring; for a fixed b the
best offset is o = -mean(X~ b). Taking turns converges, linearly where columns and offset are
correlated; so every second step is extrapolated (Aitken): after corrections e and then r e, the
limit is r e / (1 - r) further on.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import enet_path

from runner.core.path.gap import dual_gaps, within_tolerance
from runner.records import Path

if TYPE_CHECKING:
    from runner.core.path.settings import PathSettings
    from runner.core.path.working_set import WorkingSet
    from runner.records import Floats

TINY = float(np.finfo(float).tiny)
# Below this many columns their Gram is faster.
FEWEST_COLUMNS = 1000
# Share of the tolerance for a fixed offset; the rest is for the offset.
INNER_SHARE = 0.3
# Sweeps for one alpha, after which the offset is taken to be too entangled with the columns.
MOST_SWEEPS = 2000
# Convergence of the offset slower than this is not trusted to be linear.
LARGEST_RATE = 0.99


def suits_rows(working: WorkingSet, settings: PathSettings) -> bool:
    """Whether this working set is better solved by its sparse rows than by its Gram."""
    return (
        settings.penalty_factors is None
        and settings.limits is None
        and len(working.members) > FEWEST_COLUMNS
        and sparse.issparse(working.columns.problem.X)
        and working.columns.mean_centred
    )


def solve_uncentred(
    working: WorkingSet, alphas: Floats, l1_ratio: float, settings: PathSettings
) -> Path:
    """Solve in the k members for falling alphas, (a,), from `settings.start`, (k,)."""
    rows = _Rows(working, l1_ratio, settings)
    b = np.zeros(len(working.members)) if settings.start is None else settings.start
    solutions, gaps, sweeps = [], [], []
    for alpha in alphas:
        b, gap, count = rows.solve(float(alpha), b)
        solutions.append(b)
        gaps.append(gap)
        sweeps.append(count)
    return Path(
        alphas=alphas,
        coefficients=np.column_stack(solutions),
        dual_gaps=np.array(gaps),
        iterations=np.array(sweeps, dtype=np.int64),
        converged=within_tolerance(np.array(gaps), working.columns.yy, settings),
    )


class _Rows:
    """The member columns over their scale, rows weighted so that weights average 1."""

    def __init__(self, working: WorkingSet, l1_ratio: float, settings: PathSettings) -> None:
        self.working = working
        self.l1_ratio = l1_ratio
        self.settings = settings
        columns = working.columns
        n = len(columns.target)
        self.root = columns.root * np.sqrt(n)
        self.X = working.uncentred()
        self.mean = (columns.problem.centre / columns.problem.scale)[working.members]
        self.y = columns.target * np.sqrt(n)

    def solve(self, alpha: float, start: Floats) -> tuple[Floats, float, int]:
        """Coefficients, (k,), dual gap and sweeps for one alpha."""
        limit = self.settings.tol * self.working.columns.yy
        most = min(self.settings.max_iter, MOST_SWEEPS)
        b, sweeps = start, 0
        offset = -float(self.mean @ b)
        before = 0.0
        while True:
            b, done = self._descend(alpha, offset, b)
            sweeps += max(done, 1)
            gap = self._gap(alpha, b)
            if gap <= limit or sweeps >= most:
                break
            excess = -float(self.mean @ b) - offset
            rate = excess / before if before else 0.0
            if 0 < rate < 1:
                offset, before = offset + excess / (1 - min(rate, LARGEST_RATE)), 0.0
            else:
                offset, before = offset + excess, excess
        return b, gap, sweeps

    def _descend(self, alpha: float, offset: float, start: Floats) -> tuple[Floats, int]:
        """Coefficients, (k,), and sweeps for a fixed offset, to a share of the tolerance."""
        target = self.y - offset * self.root
        # tol is relative to y'y, here to that of the shifted target
        relative = self.working.columns.yy * len(target) / max(float(target @ target), TINY)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            _, coefficients, _, iterations = enet_path(
                self.X,
                target,
                l1_ratio=self.l1_ratio,
                alphas=np.array([alpha]),
                precompute=False,
                coef_init=start.copy(),
                check_input=False,
                return_n_iter=True,
                positive=self.settings.positive,
                tol=self.settings.tol * INNER_SHARE * relative,
                max_iter=min(self.settings.max_iter, MOST_SWEEPS),
                random_state=0,  # never drawn from, but None would advance numpy's global state
            )
        return coefficients[:, 0], int(iterations[0])

    def _gap(self, alpha: float, b: Floats) -> float:
        """The dual gap with the best offset for b, over the members."""
        residual = self.y + (float(self.mean @ b) * self.root) - self.X @ b
        n = len(residual)
        gradient = (self.X.T @ residual - self.mean * float(self.root @ residual)) / n
        gaps = dual_gaps(
            b[:, None],
            gradient[:, None],
            np.array([residual @ residual / n]),
            l1=np.array([alpha * self.l1_ratio]),
            l2=np.array([alpha * (1 - self.l1_ratio)]),
            factors=np.ones(len(b)),
            limits=self.settings.bounds(len(b)),
        )
        return float(gaps[0])
