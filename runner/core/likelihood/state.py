"""Where the models of a problem are: parameters, linear predictors, slopes and gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from runner.core.likelihood.dual import Point
from runner.core.likelihood.quadratic import Hessian, Model

if TYPE_CHECKING:
    from runner.core.likelihood.base import Likelihood, Matrix
    from runner.core.likelihood.problem import LikelihoodProblem
    from runner.records import Floats, Integers

POLISHING = 5  # steps of Newton's method for the intercepts alone
FEW = 12  # vectors, up to which products of a matrix with each are faster than with all at once
LONGEST = 1.0  # of these, in units of the linear predictor


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
    def wide(self) -> bool:
        """Whether columns outnumber rows, so that a copy of some of them is cheap."""
        return self.q > len(self.eta)

    def place(self, models: Integers, parameters: Floats) -> None:
        """Put some models at parameters (m, K, w), the intercepts then made the best."""
        m, K, _ = parameters.shape
        rows, used = self.rows, parameters
        if self.wide:
            live = np.flatnonzero((parameters != 0).any(axis=(0, 1)))
            rows, used = rows[:, live], parameters[:, :, live]
        eta = _rows_first(_times(used.reshape(m * K, -1), rows.T).reshape(m, K, -1))
        with np.errstate(over="ignore", invalid="ignore"):  # a step too far is made shorter
            shift = self._polish(eta) if self.with_intercept else np.zeros((m, K))
            self.value[models] = self.likelihood.value(eta)
            self.slope[:, models] = self.likelihood.gradient(eta)
        if self.with_intercept:
            parameters = parameters.copy()
            parameters[:, :, self.q] += shift
        self.parameters[models] = parameters
        self.eta[:, models] = eta

    def _polish(self, eta: Floats) -> Floats:
        """Change the intercepts, (m, K), in place so that the slopes add up to 0: by how much."""
        ones = np.ones((len(eta), 1))
        total = np.zeros(eta.shape[1:])
        for _ in range(POLISHING):
            sums = self.likelihood.gradient(eta).sum(axis=0)
            off = np.abs(sums).max(axis=1)
            for model in np.flatnonzero((off > self.balance) & np.isfinite(off)):
                bend = self.likelihood.curvature(eta[:, model]).cross(ones)
                step = np.linalg.pinv(bend, hermitian=True) @ sums[model]
                shift = -np.clip(step, -LONGEST, LONGEST)
                eta[:, model] += shift
                total[model] += shift
            if not np.any((off > self.balance) & np.isfinite(off)):
                break
        return total

    def differentiate(self, models: Integers, columns: Integers | None = None) -> None:
        """The gradients of some models in some columns, or in all."""
        m, K = len(models), self.slope.shape[2]
        slope = self.slope[:, models].transpose(1, 2, 0).reshape(m * K, -1)
        rows = self.rows if columns is None else self._some(columns)
        found = _times(slope, rows).reshape(m, K, -1)
        if columns is None:
            self.gradient[models] = found
        else:
            self.gradient[np.ix_(models, np.arange(K), self._with(columns))] = found

    def _with(self, columns: Integers) -> Integers:
        """Some columns, and that of ones if there is one."""
        return np.append(columns, self.q) if self.with_intercept else columns

    def _some(self, columns: Integers) -> Matrix:
        """Some columns, and that of ones if there is one."""
        if len(columns) == self.q:
            return self.rows
        some: Matrix = self.rows[:, self._with(columns)]
        return some

    def hessian(self, columns: Integers, models: Integers) -> Hessian:
        """Second derivatives of some columns, at the mean of some models' linear predictors."""
        eta = self.eta[:, models].mean(axis=1)
        products = self.likelihood.curvature(eta).cross(self._some(columns))
        return Hessian.of(products, columns, self.eta.shape[2], intercept=self.with_intercept)

    def model(self, number: int, hessian: Hessian) -> Model:
        """The quadratic model at one model's place."""
        chosen = hessian.columns
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


def _rows_first(values: Floats) -> Floats:
    """(m, K, n) as (n, m, K), where it lies."""
    return np.asarray(values.transpose(2, 0, 1))


def _times(vectors: Floats, matrix: Matrix | sparse.csr_array) -> Floats:
    """The product of vectors (m, a) with a matrix (a, b)."""
    if len(vectors) > FEW or not isinstance(matrix, np.ndarray):
        return np.asarray(vectors @ matrix)
    turned = matrix.T
    product = np.empty((len(vectors), len(turned)))
    for i, vector in enumerate(vectors):
        np.matmul(turned, vector, out=product[i])
    return product


def _with_ones(X: Matrix) -> Matrix:
    """The columns and one of ones."""
    ones = np.ones((X.shape[0], 1))
    if isinstance(X, np.ndarray):
        return np.hstack([X, ones])
    return sparse.csc_array(sparse.hstack([X, sparse.csc_array(ones)]))
