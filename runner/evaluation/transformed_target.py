"""A regressor of a transformed target comes in; one that predicts in the target's units goes out.

It is scikit-learn's TransformedTargetRegressor, which predicts the inverse of what the model says:
of a logarithm the median, where errors are symmetric. The mean is had by Duan's smearing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import Pipeline

from runner.errors import FitError

if TYPE_CHECKING:
    from runner.core.target_scale import TargetScale
    from runner.records import Floats

CELLS = 4_000_000  # predictions times residuals that are held at once, 32 MB
MOST = 10_000  # residuals, of which each prediction takes all


class SmearedTargetRegressor(TransformedTargetRegressor):  # type: ignore[misc]
    """Predicts the mean over residuals of the inverse of prediction plus residual.

    Of a row x with prediction z(x) on the transformed scale and residuals e_1 ... e_m there, with
    weights w and h the inverse of the transform, it predicts

        sum_j w_j h(z(x) + e_j) / sum_j w_j,

    the smearing estimate of the mean (Duan 1983, JASA 78, 605-610). `residuals_` (m,) are those out
    of fold; what `fit` leaves, as Duan has them, are those of the rows that it is given.
    """

    def fit(self, X: Any, y: Any, **fit_params: Any) -> Self:  # noqa: ANN401 - any rows
        """Fit the regressor to the transformed target, and keep its residuals."""
        super().fit(X, y, **fit_params)
        z = self.transformer_.transform(np.reshape(y, (-1, 1)))[:, 0]
        self.residuals_ = z - np.ravel(self.regressor_.predict(X))
        self.weights_ = np.ones(len(z))
        return self

    def predict(self, X: Any, **predict_params: Any) -> Floats:  # noqa: ANN401 - any rows
        """The means (n,), some rows at a time."""
        z = np.ravel(self.regressor_.predict(X, **predict_params))
        height = max(1, CELLS // len(self.residuals_))
        blocks = [self._means(z[at : at + height]) for at in range(0, len(z), height)]
        return np.concatenate(blocks) if blocks else np.empty(0)

    def _means(self, z: Floats) -> Floats:
        cells = z[:, None] + self.residuals_
        undone = self.transformer_.inverse_transform(cells.reshape(-1, 1)).reshape(cells.shape)
        return np.asarray(undone @ (self.weights_ / self.weights_.sum()))


def with_transform(estimator: Any, scale: TargetScale) -> Any:  # noqa: ANN401 - regressors
    """A fitted regressor of the transformed target as one of the target.

    Its `regressor_` is the one given, with the coefficients on the transformed scale.
    """
    return _filled(TransformedTargetRegressor, estimator, scale.transformer())


def with_smearing(
    pipeline: Pipeline, residuals: Floats, weights: Floats, rng: np.random.Generator
) -> Pipeline:
    """A fitted Pipeline of a transformed target that predicts the mean.

    Args:
        pipeline: as `with_transform` has made its last step.
        residuals: (m,) on the transformed scale; those that are not finite are left out.
        weights: (m,) of their rows.
        rng: draws `MOST` residuals where there are more.

    Raises:
        FitError: no residual is finite.
    """
    known = np.flatnonzero(np.isfinite(residuals))
    if not len(known):
        raise FitError(
            "no prediction out of fold has a finite residual to smear with: set "
            "dataset.smearing=false, or another dataset.transform"
        )
    if len(known) > MOST:
        known = rng.choice(known, MOST, replace=False)
    residuals, weights = residuals[known], weights[known]
    *steps, (name, plain) = pipeline.steps
    smeared = _filled(SmearedTargetRegressor, plain.regressor_, plain.transformer_)
    smeared.residuals_, smeared.weights_ = residuals, weights
    return Pipeline([*steps, (name, smeared)])


def _filled(kind: Any, regressor: Any, transformer: Any) -> Any:  # noqa: ANN401 - of scikit-learn
    """What `fit` would leave, with parts that are fitted already."""
    made = kind(regressor=clone(regressor), transformer=clone(transformer), check_inverse=False)
    made.regressor_, made.transformer_ = regressor, transformer
    made._training_dim = 1  # noqa: SLF001 - `predict` asks for it
    return made
