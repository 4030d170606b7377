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
LONGEST = 1.0  # of these, in units of the linear predictor


@dataclass
class State:
    """What c models of q columns and K responses have come to; changed in place.

    Where there is an intercept, it is the last of w = q + 1 parameters, of a column of ones; else
    w = q.
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
        nothing = np.zeros((rows.shape[0], models, responses))
        state = cls(
            problem.likelihood,
            rows,
            q,
            balance,
            parameters=parameters,
            eta=nothing,
            slope=nothing.copy(),
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
        flat = np.ascontiguousarray(used.reshape(m * K, -1).T)
        eta = (rows @ flat).reshape(-1, m, K)
        if self.with_intercept:
            shift = self._polish(eta)
            eta += shift
            parameters = parameters.copy()
            parameters[:, :, self.q] += shift
        self.parameters[models] = parameters
        self.eta[:, models] = eta
        self.value[models] = self.likelihood.value(eta)
        self.slope[:, models] = self.likelihood.gradient(eta)

    def _polish(self, eta: Floats) -> Floats:
        """The change (m, K) of the intercepts at which the slopes add up to 0."""
        ones = np.ones((len(eta), 1))
        shift = np.zeros(eta.shape[1:])
        for _ in range(POLISHING):
            moved = eta + shift
            sums = self.likelihood.gradient(moved).sum(axis=0)
            off = np.flatnonzero(np.abs(sums).max(axis=1) > self.balance)
            for model in off:
                bend = self.likelihood.curvature(moved[:, model]).cross(ones)
                step = np.linalg.pinv(bend, hermitian=True) @ sums[model]
                shift[model] -= np.clip(step, -LONGEST, LONGEST)
            if not len(off):
                break
        return shift

    def differentiate(self, models: Integers, columns: Integers | None = None) -> None:
        """The gradients of some models in some columns, or in all."""
        slope = self.slope[:, models]
        flat = slope.reshape(len(slope), -1)
        rows = self.rows if columns is None else self._some(columns)
        found = (rows.T @ flat).T.reshape(len(models), slope.shape[2], -1)
        if columns is None:
            self.gradient[models] = found
        else:
            self.gradient[np.ix_(models, np.arange(slope.shape[2]), self._with(columns))] = found

    def _with(self, columns: Integers) -> Integers:
        """Some columns, and that of ones if there is one."""
        return np.append(columns, self.q) if self.with_intercept else columns

    def _some(self, columns: Integers) -> Matrix:
        """Some columns, and that of ones if there is one."""
        if len(columns) == self.q:
            return self.rows
        some: Matrix = self.rows[:, self._with(columns)]
        return some

    def hessian(self, columns: Integers) -> Hessian:
        """Second derivatives of some columns, at the mean of the models' linear predictors."""
        products = self.likelihood.curvature(self.eta.mean(axis=1)).cross(self._some(columns))
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


def _with_ones(X: Matrix) -> Matrix:
    """The columns and one of ones."""
    ones = np.ones((X.shape[0], 1))
    if isinstance(X, np.ndarray):
        return np.hstack([X, ones])
    return sparse.csc_array(sparse.hstack([X, sparse.csc_array(ones)]))
