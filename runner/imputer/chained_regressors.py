"""Chained regressions by any of scikit-learn's regressors: incomplete columns in, complete out."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

import joblib
import numpy as np
from sklearn.base import (
    BaseEstimator,
    OneToOneFeatureMixin,
    RegressorMixin,
    TransformerMixin,
    clone,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from runner.imputer.copying import copying_step
from runner.imputer.iterative_form import iterative_form
from runner.imputer.reading import read_gaps
from runner.randomness import derive_seed

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike
    from sklearn.pipeline import Pipeline

    from runner.records import Booleans, Floats, Integers


@dataclass(frozen=True)
class Regression:
    """Column `target` by a regressor of all other columns, in their order."""

    target: int
    regressor: RegressorMixin
    finished: bool  # False where the regressor itself says that it did not converge


class ChainedRegressors(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Each incomplete column from a regressor on all others, in rounds.

    Missing values start as the column's mean. In each round, column after column (the least
    missing first) is regressed on all others over the rows where it is observed, and its missing
    values are replaced by the predictions. `stop` says when rounds end, after `max_iter` at the
    latest:

    - "increase", the rule of missForest (Stekhoven & Buehlmann 2012, algorithm 1): as soon as

          sum (new - old)^2 / sum new^2

      over all values no longer falls from one round to the next; the round before it counts.
    - "tolerance", the rule of IterativeImputer: when the largest change of a row (the sum over its
      cells) is below `tol` times the largest observed value.

    New rows start from the same means and pass through every round's regressors, each row by
    itself. A column that was complete in training, or constant where it was observed, has no
    regressor: it is filled with its training mean.

    Args:
        estimator: a regressor; every `random_state` in it is set by round and column.
        stop: see above.
        max_iter: rounds at the most.
        tol: see above; unused by "increase".
        per_row: parameters of the estimator that grow with the rows it learns from, by the value
            for one row.
        n_jobs: threads that fit an estimator, where that can use them.
        random_state: the seed.

    Attributes:
        n_iter_: rounds that count.
        converged_: whether `stop` ended them, and every regressor of the last one converged.
    """

    def __init__(  # noqa: PLR0913 - parameters, as scikit-learn wants them
        self,
        estimator: RegressorMixin,
        *,
        stop: Literal["increase", "tolerance"] = "tolerance",
        max_iter: int = 10,
        tol: float = 1e-3,
        per_row: dict[str, float] | None = None,
        n_jobs: int = 1,
        random_state: int = 0,
    ) -> None:
        self.estimator = estimator
        self.stop = stop
        self.max_iter = max_iter
        self.tol = tol
        self.per_row = per_row
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Learn the regressors; see `fit_transform`."""
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: ArrayLike, y: object = None, **_: object) -> Floats:
        """Learn the regressors from rows (n, p), and return these rows completed.

        A column without any observed value is filled with 0.
        """
        del y
        values = read_gaps(self, X, reset=True)
        missing = np.isnan(values)
        seen = ~missing
        self.mean_: Floats = np.nansum(values, axis=0) / np.maximum(seen.sum(axis=0), 1)
        low = np.min(values, axis=0, where=seen, initial=np.inf)
        high = np.max(values, axis=0, where=seen, initial=-np.inf)
        order = np.argsort(missing.mean(axis=0), kind="mergesort")
        self.order_: Integers = order[(missing.any(axis=0) & (low < high))[order]]
        self.regressions_: list[Regression] = []
        self.n_iter_ = 0
        self.converged_ = True
        filled = np.where(missing, self.mean_, values)
        if self.order_.size and values.shape[1] > 1:
            with threadpool_limits(1):  # more gain little here, and lose much on shared cores
                return self._run_rounds(filled, missing, float(np.abs(values[seen]).max()))
        return filled

    def transform(self, X: ArrayLike) -> Floats:
        """Complete rows (n, p) by the regressors learnt, in the order in which they were."""
        check_is_fitted(self)
        values = read_gaps(self, X, reset=False)
        missing = np.isnan(values)
        filled = np.where(missing, self.mean_, values)
        with threadpool_limits(1):  # as in fitting
            for regression in self.regressions_:
                _replace(filled, missing, regression)
        return filled

    def as_pipeline(self, X: pd.DataFrame) -> Pipeline:
        """A fitted Pipeline of scikit-learn's classes that transforms as this one does.

        But that rows which miss every column are filled with the means where no other rows are
        transformed with them: IterativeImputer leaves it at that. It also writes to what it is
        given, and pandas hands out read-only arrays, so that a step before it copies.

        Args:
            X: (n, p), the rows that this one was fitted to.
        """
        from sklearn.pipeline import Pipeline

        imputer = iterative_form(
            X,
            [(regression.target, regression.regressor) for regression in self.regressions_],
            n_iter=self.n_iter_,
            skip_complete=True,
            estimator=clone(self.estimator),
            max_iter=self.max_iter,
            tol=self.tol,
        )
        return Pipeline([("copy", copying_step().fit(X)), ("imputer", imputer)])

    def _run_rounds(self, filled: Floats, missing: Booleans, largest: float) -> Floats:
        """`filled` after the last round that counts; its regressors, and those before, are kept."""
        self.converged_ = False
        last = np.inf
        while self.n_iter_ < self.max_iter and not self.converged_:
            new = filled.copy()
            regressions = [self._regress(new, missing, int(j)) for j in self.order_]
            step = new - filled
            if self.stop == "increase":
                difference = float(np.sum(step**2) / np.sum(new**2))
                if not difference < last:
                    self.converged_ = True
                    break
                last = difference
            else:
                change = float(np.abs(step).sum(axis=1).max())
                self.converged_ = change < self.tol * largest
            filled = new
            self.regressions_ += regressions
            self.n_iter_ += 1
        final = self.regressions_[-len(self.order_) :]
        self.converged_ &= all(regression.finished for regression in final)
        return filled

    def _regress(self, filled: Floats, missing: Booleans, j: int) -> Regression:
        """Fit a regressor of column j, and replace that column's missing values in `filled`."""
        regressor = clone(self.estimator)
        seed = derive_seed(self.random_state, self.n_iter_, j)
        names = (name for name in regressor.get_params() if name.split("__")[-1] == "random_state")
        regressor.set_params(**dict.fromkeys(names, seed))
        seen = ~missing[:, j]
        rows = int(np.count_nonzero(seen))
        regressor.set_params(**{name: one * rows for name, one in (self.per_row or {}).items()})
        # only here: predictions summed by threads differ in their last digits from time to time
        with joblib.parallel_config("threading", n_jobs=self.n_jobs):
            finished = _fit(regressor, np.delete(filled[seen], j, axis=1), filled[seen, j])
        regression = Regression(j, regressor, finished)
        _replace(filled, missing, regression)
        return regression


def _fit(regressor: RegressorMixin, X: Floats, y: Floats) -> bool:
    """Fit; whether without a warning that it did not converge, which is not passed on."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        regressor.fit(X, y)
    others = [one for one in caught if not issubclass(one.category, ConvergenceWarning)]
    for one in others:
        warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
    return len(others) == len(caught)


def _replace(filled: Floats, missing: Booleans, regression: Regression) -> None:
    """Put predictions in the place of one column's missing values."""
    rows = np.flatnonzero(missing[:, regression.target])
    if rows.size:
        others = np.delete(filled[rows], regression.target, axis=1)
        filled[rows, regression.target] = regression.regressor.predict(others)
