"""Where the models of a problem are: parameters, linear predictors, slopes and gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from runner.core.likelihood.dual import Point
from runner.core.likelihood.quadratic import Hessian, Model, inverted
from runner.core.likelihood.row_wise import outcome_of
from runner.core.path.native.row_passes import gather, passes_suit, predict

if TYPE_CHECKING:
    from runner.core.likelihood.base import Likelihood
    from runner.core.likelihood.problem import LikelihoodProblem
    from runner.records import Floats, Integers, Matrix

POLISHING = 5  # steps of Newton's method for the intercepts alone
LONGEST = 1.0  # of these, in units of the linear predictor
BLOCK = 1000  # rows that are copied at once


@dataclass
class State:
    """What c models of q columns and K responses have come to; changed in place.

    Where there is an intercept, it is the last of w = q + 1 parameters, of a column of ones; else
    w = q. What there is for each row lies in memory response by response.
    """

    likelihood: Likelihood
    rows: Matrix  # (n, w)
    q: int
    balance: float  # slopes may add up to so much where there is an intercept
    parameters: Floats  # (c, K, w)
    eta: Floats  # (n, c, K)
    slope: Floats  # (n, c, K)
    value: Floats  # L, (c,)
    gradient: Floats  # (c, K, w), of the columns that were last asked for
    columns: Integers  # that are looked at: no other has a coefficient
    working: Matrix  # of these, and of ones if there is an intercept

    @classmethod
    def of(cls, problem: LikelihoodProblem, coefficients: Floats, balance: float) -> State:
        """With the best intercepts beside coefficients (c, K, q)."""
        models, responses, q = coefficients.shape
        rows, parameters = problem.X, coefficients
        if problem.with_intercept:
            rows = _with_ones(rows)
            start = np.broadcast_to(problem.likelihood.null()[:, None], (models, responses, 1))
            parameters = np.concatenate([coefficients, start], axis=2)
        nothing = np.zeros((models, responses, rows.shape[0])).transpose(2, 0, 1)
        state = cls(
            problem.likelihood,
            rows,
            q,
            balance,
            parameters=parameters,
            eta=nothing,
            slope=nothing.copy(order="K"),
            value=np.zeros(models),
            gradient=np.zeros_like(parameters),
            columns=np.arange(q),
            working=rows,
        )
        every = np.arange(models)
        state.place(every, parameters)
        state.differentiate(every)
        return state

    @property
    def coefficients(self) -> Floats:
        """Of the columns, (c, K, q)."""
        return self.parameters[:, :, : self.q]

    @property
    def intercepts(self) -> Floats:
        """Of the models, (c, K), 0 where there is none."""
        return np.asarray(self.parameters[:, :, self.q :].sum(axis=2))

    @property
    def reach(self) -> Floats:
        """The largest gradient of each column over the responses, (c, q)."""
        return np.asarray(np.abs(self.gradient[:, :, : self.q]).max(axis=1))

    @property
    def with_intercept(self) -> bool:
        """Whether there is one."""
        return bool(self.parameters.shape[2] > self.q)

    @property
    def partial(self) -> bool:
        """Whether not all columns are looked at."""
        return len(self.columns) < self.q

    def look_at(self, columns: Integers) -> None:
        """Take the columns, those of all coefficients among them, for those that matter."""
        if np.array_equal(columns, self.columns):
            return
        self.columns = columns
        self.working = self.rows if not self.partial else self.rows[:, self._with(columns)]

    def place(self, models: Integers, parameters: Floats) -> None:
        """Put some models at parameters (m, K, w), the intercepts then made the best."""
        m, K, _ = parameters.shape
        used = parameters[:, :, self._with(self.columns)] if self.partial else parameters
        eta = _predict(used.reshape(m * K, -1), self.working).reshape(m, K, -1).transpose(2, 0, 1)
        with np.errstate(over="ignore", invalid="ignore"):  # a step too far is made shorter
            shift, slope, value = self._settle(eta)
        self.value[models] = value
        if self.with_intercept:
            parameters = parameters.copy()
            parameters[:, :, self.q] += shift
        self.parameters[models] = parameters
        _by_model(self.eta)[models] = _by_model(eta)
        _by_model(self.slope)[models] = _by_model(slope)

    def _settle(self, eta: Floats) -> tuple[Floats, Floats, Floats]:
        """Change the intercepts, in place, so that the slopes add up to 0: by how much, (m, K).

        Also the slopes, (n, m, K), and L, (m,).
        """
        outcome = outcome_of(self.likelihood)
        if outcome is None:
            shift, slope = self._polish(eta)
            return shift, slope, self.likelihood.value(eta)
        balance = self.balance if self.with_intercept else None
        found = outcome.settle(_by_model(eta)[:, 0], balance)
        return found.shift[:, None], found.slope.T[:, :, None], found.value

    def _polish(self, eta: Floats) -> tuple[Floats, Floats]:
        """The same of any likelihood, but for L."""
        total = np.zeros(eta.shape[1:])
        slope = self.likelihood.gradient(eta)
        for _ in range(POLISHING if self.with_intercept else 0):
            sums = slope.sum(axis=0)
            off = np.abs(sums).max(axis=1)
            uneven = np.flatnonzero((off > self.balance) & np.isfinite(off))
            if not len(uneven):
                break
            for model in uneven:
                bend = self.likelihood.curvature(eta[:, model]).total()
                step = inverted(bend) @ sums[model]
                shift = -np.clip(step, -LONGEST, LONGEST)
                eta[:, model] += shift
                total[model] += shift
            slope = self.likelihood.gradient(eta)
        return total, slope

    def differentiate(self, models: Integers, *, everywhere: bool = False) -> None:
        """The gradients of some models in the columns that are looked at, or in all."""
        m, K = len(models), self.slope.shape[2]
        slope = _by_model(self.slope)[models].reshape(m * K, -1)
        if everywhere or not self.partial:
            self.gradient[models] = _gather(slope, self.rows).reshape(m, K, -1)
        else:
            where = np.ix_(models, np.arange(K), self._with(self.columns))
            self.gradient[where] = _gather(slope, self.working).reshape(m, K, -1)

    def _with(self, columns: Integers) -> Integers:
        """Some columns, and that of ones if there is one."""
        return np.append(columns, self.q) if self.with_intercept else columns

    def hessian(self, models: Integers) -> Hessian:
        """Second derivatives, at the mean of some models' linear predictors."""
        eta = _by_model(self.eta)[models].mean(axis=0).T
        products = self.likelihood.curvature(eta).cross(self.working)
        return Hessian.of(products, self.eta.shape[2], intercept=self.with_intercept)

    def model(self, number: int, hessian: Hessian) -> Model:
        """The quadratic model at one model's place."""
        chosen = self.columns
        return Model(
            hessian,
            coefficients=self.parameters[number][:, chosen].ravel(),
            gradient=self.gradient[number][:, chosen].ravel(),
            intercept_gradient=self.gradient[number][:, self.q :].ravel(),
        )

    def point(self, number: int) -> Point:
        """One model's place, its gradient that of all columns."""
        return Point(
            eta=self.eta[:, number],
            slope=self.slope[:, number],
            value=float(self.value[number]),
            coefficients=self.parameters[number][:, : self.q].ravel(),
            gradient=self.gradient[number][:, : self.q].ravel(),
        )


def _by_model(values: Floats) -> Floats:
    """(n, c, K) as (c, K, n), a view."""
    return values.transpose(1, 2, 0)


def _predict(vectors: Floats, rows: Matrix) -> Floats:
    """What vectors (m, w) of coefficients give of rows (n, w): (m, n)."""
    if passes_suit(rows, len(vectors)):
        return predict(vectors, rows)
    return np.ascontiguousarray(vectors @ rows.T)


def _gather(vectors: Floats, rows: Matrix) -> Floats:
    """Sums of rows (n, w), weighted with vectors (m, n): (m, w)."""
    if passes_suit(rows, len(vectors)):
        return gather(vectors, rows)
    return np.ascontiguousarray(vectors @ rows)


def _with_ones(X: Matrix) -> Matrix:
    """The columns and one of ones."""
    n, q = X.shape
    if isinstance(X, np.ndarray):
        rows = np.ones((n, q + 1), order="F")
        for start in range(0, n, BLOCK):
            rows[start : start + BLOCK, :q] = X[start : start + BLOCK]
        return rows
    ones = np.ones((n, 1))
    return sparse.csc_array(sparse.hstack([X, sparse.csc_array(ones)]))
