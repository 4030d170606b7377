"""Penalised least squares: elastic net, and its corners lasso, ridge and OLS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from runner.errors import ConfigError
from runner.model.column_rules import Factors, LimitsByName, check_rules, values_by_column
from runner.space import AlphaField, Dimension, RatioField
from runner.spec import Count, Positive, Spec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sklearn.base import RegressorMixin

    from runner.core.folds import ModelColumns
    from runner.core.path import Limits, PathSettings
    from runner.records import Floats, Solution


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
    negative coefficient, `limits` none beyond [low, high] in the units of its column, by name or
    pattern.
    """

    name: str
    fit_intercept: bool
    positive: bool
    tol: Positive
    max_iter: Count
    limits: LimitsByName

    def settings(self, columns: ModelColumns) -> PathSettings:
        """How paths of this model are solved in a problem of these columns."""
        from runner.core.path import PathSettings

        return PathSettings(
            tol=self.tol,
            max_iter=self.max_iter,
            positive=self.positive,
            penalty_factors=self.factors_of(columns),
            limits=self._limits_of(columns),
        )

    def factors_of(self, columns: ModelColumns) -> Floats | None:
        """What multiplies the penalty of each column, (parts * q,); None if nothing does."""
        del columns
        return None

    def check_columns(self, names: Sequence[str]) -> None:
        """Say before the search which rule for columns means none of these names.

        Raises:
            ConfigError: one does not, or no column is left to penalise.
        """
        check_rules("model.limits", self.limits, names)

    def _limits_of(self, columns: ModelColumns) -> Limits | None:
        """Limits in the problem's units, (parts * q,): b per unit is b * scale per scaled unit."""
        import numpy as np

        from runner.core.path import Limits

        if not self.limits:
            return None
        pairs = values_by_column(self.limits, columns.names, columns.sources, (None, None))
        low = [-np.inf if low is None else low for low, _ in pairs]
        high = [np.inf if high is None else high for _, high in pairs]
        lower, upper = (np.tile(ends, columns.parts) * columns.scale for ends in (low, high))
        return Limits(lower, upper) if np.isfinite([lower, upper]).any() else None

    def penalty(self) -> dict[str, float | Dimension]:
        """What `alpha` and `l1_ratio` are for this model: numbers, or left to the search.

        And `relax`, where coefficients are relaxed.
        """
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


class Penalised(Model):
    """A model with a penalty, multiplied by `penalty_factors` by name or pattern of columns.

    A column of factor 0 is never penalised. Factors are taken as they are: glmnet rescales its own
    to sum to the number of columns. Of `relax` the coefficients are mixtures of the penalised ones,
    of which it is the share, and of least squares on the columns that these select.
    """

    penalty_factors: Factors
    relax: RatioField

    def relaxation(self) -> dict[str, float | Dimension]:
        """`relax`, if it is not the 1 that changes nothing."""
        return {} if self.relax == 1 else {"relax": self.relax}

    def factors_of(self, columns: ModelColumns) -> Floats | None:
        """As configured, 1 where nothing is said."""
        import numpy as np

        if not self.penalty_factors:
            return None
        own = values_by_column(self.penalty_factors, columns.names, columns.sources, 1.0)
        return np.tile(own, columns.parts) if any(factor != 1 for factor in own) else None

    def check_columns(self, names: Sequence[str]) -> None:
        """As of every model."""
        super().check_columns(names)
        check_rules("model.penalty_factors", self.penalty_factors, names)
        factors = values_by_column(self.penalty_factors, names, [""] * len(names), 1.0)
        if not any(factors):
            raise ConfigError(
                "model.penalty_factors is 0 for every column, so that nothing is penalised: "
                "leave one out, or choose model=ols"
            )


class ElasticNet(Penalised):
    """Both penalties (Zou & Hastie 2005)."""

    name: Literal["elastic_net"]
    alpha: AlphaField
    l1_ratio: RatioField

    def penalty(self) -> dict[str, float | Dimension]:
        """Both as configured."""
        return {"alpha": self.alpha, "l1_ratio": self.l1_ratio, **self.relaxation()}


class Lasso(Penalised):
    """The L1 penalty alone (Tibshirani 1996)."""

    name: Literal["lasso"]
    alpha: AlphaField

    def penalty(self) -> dict[str, float | Dimension]:
        """l1_ratio is 1."""
        return {"alpha": self.alpha, "l1_ratio": 1.0, **self.relaxation()}


class Ridge(Penalised):
    """The L2 penalty alone (Hoerl & Kennard 1970)."""

    name: Literal["ridge"]
    alpha: AlphaField

    def penalty(self) -> dict[str, float | Dimension]:
        """l1_ratio is 0."""
        return {"alpha": self.alpha, "l1_ratio": 0.0, **self.relaxation()}


class Ols(Model):
    """No penalty: ordinary least squares, the one of smallest norm if there are many."""

    name: Literal["ols"]

    def penalty(self) -> dict[str, float | Dimension]:
        """Both are 0."""
        return {"alpha": 0.0, "l1_ratio": 0.0}
