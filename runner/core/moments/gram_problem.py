"""Filled moments of both sides of a fold come in; the problem to solve and its scores go out.

Columns are standardised to u = (x - location) / scale by what the training side says, as
scikit-learn's StandardScaler does with sample_weight.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from runner.records import GramProblem

if TYPE_CHECKING:
    from runner.core.moments.fill import Filled
    from runner.records import Booleans, Floats


@dataclass(frozen=True, eq=False)
class Standardisation:
    """What the training side says about location and scale, per column and for the target."""

    centre: Floats  # (q,), the origin that offsets are measured from, in the columns' units
    offset: Floats  # (q,), weighted mean less centre
    location: Floats  # (q,), what is subtracted, less centre: the offset, or minus the centre
    scale: Floats  # (q,), positive
    constant: Booleans  # (q,), no spread beyond rounding
    y_centre: float
    y_offset: float  # weighted mean of the target less y_centre

    @classmethod
    def of(cls, train: Filled, *, centre: bool = True, scale: bool = True) -> Standardisation:
        """Learn means and population standard deviations from the training side.

        Args:
            train: The training side.
            centre: Whether columns are moved to mean 0 (with_mean of StandardScaler).
            scale: Whether they are divided by their standard deviation, or by 1 if constant.

        Raises:
            ValueError: The training side has no row of positive weight.
        """
        if not train.weight > 0:
            raise ValueError("the training side has no row of positive weight, but needs one")
        offset = train.cross[0, 1:-1] / train.weight
        variance = column_variance(train)
        constant = train.constant | _indistinguishable(train, variance)
        spread = np.sqrt(np.where(constant, 1.0, variance))
        return cls(
            centre=train.centre,
            offset=offset,
            location=offset if centre else -train.centre,
            scale=spread if scale else np.ones_like(spread),
            constant=constant,
            y_centre=train.y_centre,
            y_offset=float(train.cross[0, -1] / train.weight),
        )

    @property
    def mean(self) -> Floats:
        """The columns' weighted means, (q,), in their units."""
        return self.centre + self.offset

    @property
    def y_mean(self) -> float:
        """The target's weighted mean, in its units."""
        return self.y_centre + self.y_offset

    def in_columns_units(
        self, coefficients: Floats, *, fit_intercept: bool
    ) -> tuple[Floats, Floats]:
        """Undo the standardisation of coefficients (q, c): their values per unit, and intercepts.

        With b = B / scale, the intercept is y_mean - mean'b, or -location'b if none is fitted.
        """
        per_unit = coefficients / self.scale[:, None]
        if fit_intercept:
            return per_unit, self.y_mean - self.mean @ per_unit
        return per_unit, -(self.centre + self.location) @ per_unit


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of c candidates on one validation side, as sklearn.metrics with sample_weight."""

    mse: Floats  # (c,), in the target's units squared
    r2: Floats  # (c,)
    explained_variance: Floats  # (c,)
    rounding: Floats  # (c,), what the mse may be off by, in its units; see `score`

    @property
    def rmse(self) -> Floats:
        """Root of the mean squared error, in the target's units."""
        return np.sqrt(self.mse)


@dataclass(frozen=True, eq=False)
class ValidationMoments:
    """One validation side in standardised coordinates, about its own weighted means.

    With u and y less their weighted means over the W of this side,

        H = sum(w u u') / W      q = sum(w u y) / W      yy = sum(w y^2) / W

    and `gap`, `y_gap` those means, less the training side's if an intercept is fitted.
    """

    H: Floats  # (q, q)
    q: Floats  # (q,)
    yy: float
    gap: Floats  # (q,)
    y_gap: float
    size: Floats  # (q,), root mean square of the columns as they were summed
    y_size: float
    n_rows: int

    def score(self, coefficients: Floats) -> Scores:
        """Score all candidates at once.

        Args:
            coefficients: (q, c), in standardised coordinates; the intercept is the training
                side's own, or 0 if none is fitted.

        With r = y_gap - gap'b the mean residual, per candidate,

            variance = yy - 2 b'q + b'H b      mse = variance + r^2
            r2 = 1 - mse / yy                  explained_variance = 1 - variance / yy

        The terms may cancel: they are of the order of (y_size + size'|b|)^2, which times the
        unit roundoff bounds what the mse is off by, but for a small factor.
        """
        B = coefficients
        bias = self.y_gap - self.gap @ B
        variance = self.yy - 2 * (self.q @ B) + np.einsum("qc,qc->c", B, self.H @ B)
        variance = np.maximum(variance, 0.0)
        mse = variance + bias**2
        terms = (self.y_size + self.size @ np.abs(B)) ** 2
        return Scores(
            mse=mse,
            r2=_one_less_ratio(mse, self.yy) if self.n_rows > 1 else np.full(len(mse), np.nan),
            explained_variance=_one_less_ratio(variance, self.yy),
            rounding=np.finfo(np.float64).eps * terms,
        )


def column_variance(filled: Filled) -> Floats:
    """Weighted population variances, (q,), in the columns' units squared."""
    mean = filled.cross[0, 1:-1] / filled.weight
    square = np.diagonal(filled.cross)[1:-1] / filled.weight
    variance: Floats = np.maximum(square - mean**2, 0.0)
    return variance


def gram_problem(
    train: Filled, standardisation: Standardisation, *, fit_intercept: bool
) -> GramProblem:
    """Pose the training side's least-squares problem in standardised coordinates.

    With an intercept, columns and target are taken about their weighted means. Without one the
    target is left as it is, and the columns as the standardisation leaves them. A constant
    column is then exactly zero, unless it is neither centred nor absorbed by an intercept.
    """
    location = standardisation.offset if fit_intercept else standardisation.location
    y_location = standardisation.y_offset if fit_intercept else -train.y_centre
    gram, xy, yy = _about(train, location, y_location)
    scale = standardisation.scale
    gram /= scale[:, None] * scale
    xy /= scale
    if fit_intercept or bool(np.all(location == standardisation.offset)):
        flat = standardisation.constant
        gram[flat], gram[:, flat], xy[flat] = 0.0, 0.0, 0.0
    return GramProblem(gram=gram, xy=xy, yy=yy)


def validation_side(
    validation: Filled, standardisation: Standardisation, *, fit_intercept: bool
) -> ValidationMoments:
    """Bring a validation side, filled and standardised by its training side, to its own means.

    Raises:
        ValueError: The validation side has no row of positive weight.
    """
    if not validation.weight > 0:
        raise ValueError("the validation side has no row of positive weight, but needs at least 1")
    scale = standardisation.scale
    offset = validation.cross[0, 1:-1] / validation.weight
    y_offset = float(validation.cross[0, -1] / validation.weight)
    H, q, yy = _about(validation, offset, y_offset)
    H /= scale[:, None] * scale
    q /= scale
    origin = standardisation.offset if fit_intercept else standardisation.location
    y_origin = standardisation.y_offset if fit_intercept else -validation.y_centre
    squares = np.diagonal(validation.cross) / validation.weight
    return ValidationMoments(
        H=H,
        q=q,
        yy=yy,
        gap=(offset - origin) / scale,
        y_gap=y_offset - y_origin,
        size=np.sqrt(squares[1:-1]) / scale,
        y_size=float(np.sqrt(squares[-1])),
        n_rows=validation.n_rows,
    )


def _about(filled: Filled, location: Floats, y_location: float) -> tuple[Floats, Floats, float]:
    """Move the origin of mean cross products from the centre to a location.

    With s = mean(x), t = mean(y) and those locations l, k, all less the centre,

        mean((x - l)(x - l)') = mean(x x') - s s' + (s - l)(s - l)'

    and likewise for y. The last term is 0 about the mean, and is not small elsewhere.
    """
    cross = filled.cross / filled.weight
    s, t = cross[0, 1:-1], float(cross[0, -1])
    away, y_away = s - location, t - y_location
    gram = cross[1:-1, 1:-1] - np.outer(s, s) + np.outer(away, away)
    # a target with a single value has no covariance, not even from rounding
    covariance = cross[1:-1, -1] - s * t if not filled.y_constant else np.zeros_like(s)
    variance = max(float(cross[-1, -1]) - t * t, 0.0) if not filled.y_constant else 0.0
    return gram, covariance + away * y_away, variance + y_away**2


def _indistinguishable(train: Filled, variance: Floats) -> Booleans:
    """Tell which columns scikit-learn takes for constant, from the error bound of its variance.

    var <= n eps var + (n mean eps)^2, with n the sum of weights: _is_constant_feature of
    sklearn.preprocessing._data, after Chan, Golub and LeVeque (1983). A variance below the
    rounding of its own two terms is taken for constant too.
    """
    eps = np.finfo(np.float64).eps
    n = train.weight
    offset = train.cross[0, 1:-1] / n
    mean = train.centre + offset
    square = np.diagonal(train.cross)[1:-1] / n
    bound = np.maximum(n * eps * variance + (n * mean * eps) ** 2, 64 * eps * square)
    return variance <= bound


def _one_less_ratio(numerator: Floats, denominator: float) -> Floats:
    """Take 1 - numerator / denominator; as in sklearn.metrics 0/0 scores 1 and x/0 scores 0."""
    if denominator > 0:
        return 1.0 - numerator / denominator
    return np.where(numerator > 0, 0.0, 1.0)
