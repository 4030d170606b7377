"""Penalised least squares: elastic net, and its corners lasso, ridge and OLS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import field_validator

from runner.space import AlphaField, Choices, Dimension, Range, RatioField
from runner.spec import Count, Positive, Spec

if TYPE_CHECKING:
    from sklearn.base import RegressorMixin

    from runner.core.path import PathSettings
    from runner.records import Solution


# scikit-learn's least squares take columns for collinear whose singular values are below this share
# of the largest. Its own 1e-6 loses columns whose units are merely small.
LEAST_SINGULAR_VALUE = 1e-13
# Its positive ridge stops where a step lowers the loss by less than this share: at its own 1e-4 the
# fourth digit of the scores is wrong, nearer to rounding its line search fails.
LEAST_STEP = 1e-10


class Model(Spec):
    """A linear model y = intercept + x'b.

    It minimises, over its coefficients b,

        sum_i w_i (y_i - x_i'b)^2 / (2 sum_i w_i)
            + alpha * (l1_ratio |b|_1 + (1 - l1_ratio) |b|_2^2 / 2),

    scikit-learn's ElasticNet objective (Zou & Hastie 2005). Alpha has this meaning for every
    model here, ridge included, so that it does not depend on the number of rows.

    `tol` bounds the dual gap, as a share of the sum of squares of y. `positive` allows no
    negative coefficient.
    """

    name: str
    fit_intercept: bool
    positive: bool
    tol: Positive
    max_iter: Count

    def settings(self) -> PathSettings:
        """How paths of this model are solved."""
        from runner.core.path import PathSettings

        return PathSettings(tol=self.tol, max_iter=self.max_iter, positive=self.positive)

    def penalty(self) -> dict[str, float | Dimension]:
        """What `alpha` and `l1_ratio` are for this model: numbers, or left to the search."""
        raise NotImplementedError

    def estimator(self, alpha: float, l1_ratio: float, weight: float) -> RegressorMixin:
        """An unfitted scikit-learn estimator with this penalty.

        Args:
            alpha: overall strength, not negative.
            l1_ratio: the L1 share, from 0 to 1.
            weight: the sum of the row weights that it will be fitted with (the number of rows
                when there are none): Ridge scales its penalty by it.
        """
        from sklearn import linear_model

        shared: dict[str, Any] = {"fit_intercept": self.fit_intercept, "positive": self.positive}
        if alpha == 0:
            return linear_model.LinearRegression(tol=LEAST_SINGULAR_VALUE, **shared)
        if l1_ratio == 0:
            if self.positive:
                shared |= {"tol": LEAST_STEP, "max_iter": self.max_iter}
            return linear_model.Ridge(alpha=alpha * weight, **shared)
        descent = {**shared, "tol": self.tol, "max_iter": self.max_iter}
        if l1_ratio == 1:
            return linear_model.Lasso(alpha=alpha, **descent)
        return linear_model.ElasticNet(alpha=alpha, l1_ratio=l1_ratio, **descent)

    def fitted(
        self, alpha: float, l1_ratio: float, weight: float, solution: Solution
    ) -> RegressorMixin:
        """The scikit-learn estimator with a solution set on it, ready to predict.

        It has what its own `fit` would leave, but for what another solver cannot know: the rank
        and singular values of a LinearRegression, the solver of a Ridge.

        Args:
            alpha: as for `estimator`.
            l1_ratio: as for `estimator`.
            weight: as for `estimator`.
            solution: of this penalty, in the columns that the estimator sees.
        """
        from sklearn.linear_model import ElasticNet

        estimator = self.estimator(alpha, l1_ratio, weight)
        estimator.coef_ = solution.coefficients[0]
        estimator.intercept_ = float(solution.intercepts[0])
        estimator.n_features_in_ = len(estimator.coef_)
        if isinstance(estimator, ElasticNet):  # a Lasso is one too
            estimator.dual_gap_, estimator.n_iter_ = solution.dual_gap, solution.iterations
        return estimator


class ElasticNet(Model):
    """Both penalties (Zou & Hastie 2005)."""

    name: Literal["elastic_net"]
    alpha: AlphaField
    l1_ratio: RatioField

    @field_validator("l1_ratio")
    @classmethod
    def _between_0_and_1(cls, ratio: float | Dimension) -> float | Dimension:
        ends: list[Any] = []
        match ratio:
            case Choices(values=values):
                ends = values
            case Range(low=low, high=high):
                ends = [low, high]
        for end in ends:
            if isinstance(end, bool) or not isinstance(end, int | float) or not 0 <= end <= 1:
                raise ValueError(f"{end!r} is not a number from 0 to 1")
        return ratio

    def penalty(self) -> dict[str, float | Dimension]:
        """Both as configured."""
        return {"alpha": self.alpha, "l1_ratio": self.l1_ratio}


class Lasso(Model):
    """The L1 penalty alone (Tibshirani 1996)."""

    name: Literal["lasso"]
    alpha: AlphaField

    def penalty(self) -> dict[str, float | Dimension]:
        """l1_ratio is 1."""
        return {"alpha": self.alpha, "l1_ratio": 1.0}


class Ridge(Model):
    """The L2 penalty alone (Hoerl & Kennard 1970)."""

    name: Literal["ridge"]
    alpha: AlphaField

    def penalty(self) -> dict[str, float | Dimension]:
        """l1_ratio is 0."""
        return {"alpha": self.alpha, "l1_ratio": 0.0}


class Ols(Model):
    """No penalty: ordinary least squares, the one of smallest norm if there are many."""

    name: Literal["ols"]

    def penalty(self) -> dict[str, float | Dimension]:
        """Both are 0."""
        return {"alpha": 0.0, "l1_ratio": 0.0}
