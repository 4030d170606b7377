"""The saved model of the cox family: rows come in, risks, hazards and survival go out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted, validate_data

from runner.family.baseline_hazard import breslow
from runner.records import Observed

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from runner.records import Floats, Matrix


class CoxRegression(BaseEstimator):  # type: ignore[misc]
    """A proportional hazards model of given coefficients: h(t | x) = h0(t) exp(x'b).

    The coefficients are a parameter, found elsewhere; `fit` learns the baseline hazard that goes
    with them. A row's risk is x'b, its logarithm of the hazard ratio to a row of zeros, which
    after a scaler is the mean training row. An offset is not known when predicting: it is 0.

    Args:
        coefficients: (q,), the logarithms of the hazard ratios per unit of the columns.

    Attributes:
        coef_: the coefficients, (q,).
        baseline_: the cumulative hazard of a row of zeros, as steps at the events' times.
    """

    def __init__(self, coefficients: Floats) -> None:
        self.coefficients = coefficients

    def fit(
        self,
        X: ArrayLike | Matrix,
        y: ArrayLike,
        *,
        event: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        offset: ArrayLike | None = None,
    ) -> Self:
        """Learn the baseline hazard.

        Args:
            X: (n, q).
            y: times, (n,).
            event: (n,) whether the time is that of an event or of its censoring; all are events
                where it is not given.
            sample_weight: (n,) not negative, or None for equal ones.
            offset: (n,) known part of the linear predictor, or None.

        Raises:
            FitError: there is no event.
        """
        rows: Any = validate_data(self, X, accept_sparse=True, dtype=np.float64)
        time = np.asarray(y, dtype=np.float64)
        weight = np.ones(len(time)) if sample_weight is None else _numbers(sample_weight)
        happened = np.ones(len(time), bool) if event is None else np.asarray(event, dtype=bool)
        known = None if offset is None else _numbers(offset)
        self.coef_: Floats = np.asarray(self.coefficients, dtype=np.float64)
        observed = Observed(time, weight, happened, known)
        self.baseline_ = breslow(observed, rows @ self.coef_)
        return self

    def predict(self, X: ArrayLike) -> Floats:
        """The risk x'b, (n,): larger is sooner."""
        check_is_fitted(self)
        rows: Any = validate_data(self, X, accept_sparse=True, dtype=np.float64, reset=False)
        risk: Floats = rows @ self.coef_
        return risk

    def predict_cumulative_hazard(self, X: ArrayLike, times: ArrayLike) -> Floats:
        """The cumulative hazard (n, t) at times (t,), NaN after the last time of training."""
        risk = self.predict(X)
        return self.baseline_.cumulative(risk, _numbers(times))

    def predict_survival(self, X: ArrayLike, times: ArrayLike) -> Floats:
        """The probability (n, t) of no event up to times (t,), NaN after the last of training."""
        risk = self.predict(X)
        return self.baseline_.survival(risk, _numbers(times))


class SurvivalPipeline(Pipeline):  # type: ignore[misc]
    """scikit-learn's Pipeline, which passes on what a survival model has beyond `predict`."""

    def predict_cumulative_hazard(self, X: Any, times: ArrayLike) -> Floats:  # noqa: ANN401
        """The cumulative hazard (n, t) of rows at times (t,); see the last step."""
        hazard: Floats = self[-1].predict_cumulative_hazard(self[:-1].transform(X), times)
        return hazard

    def predict_survival(self, X: Any, times: ArrayLike) -> Floats:  # noqa: ANN401 - rows or frame
        """The probability (n, t) of no event up to times (t,); see the last step."""
        survival: Floats = self[-1].predict_survival(self[:-1].transform(X), times)
        return survival


def _numbers(values: ArrayLike) -> Floats:
    return np.atleast_1d(np.asarray(values, dtype=np.float64))
