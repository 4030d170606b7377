"""A transform of the target: training rows teach it, models are fitted on it, predictions undo it.

It is learnt from the training rows of a fold alone. Every score is then computed from predictions
in the target's own units: a loss on the scale of a logarithm is none of the target.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.records import Floats

ROUNDING = np.spacing(1.0)  # of a power, within which it is one of a formula's own cases


class TargetScale(Protocol):
    """A transform that has been learnt; it keeps the order of what it is given."""

    def apply(self, y: Floats) -> Floats:
        """Values of the target, of any shape, as the model has them."""

    def undo(self, z: Floats) -> Floats:
        """What a model has, of any shape, in the target's units."""

    def describe(self) -> dict[str, Any]:
        """What was learnt, for the record."""

    def transformer(self) -> Any:  # noqa: ANN401 - of scikit-learn
        """The same as scikit-learn's own fitted transformer of one column."""


@dataclass(frozen=True)
class Log:
    """The natural logarithm, of positive values."""

    def apply(self, y: Floats) -> Floats:
        """The logarithm of y."""
        return np.asarray(np.log(y))

    def undo(self, z: Floats) -> Floats:
        """The exponential of z, infinite where that is beyond any number."""
        with np.errstate(over="ignore"):
            return np.asarray(np.exp(z))

    def describe(self) -> dict[str, Any]:
        """Nothing is learnt."""
        return {}

    def transformer(self) -> Any:  # noqa: ANN401 - of scikit-learn
        """One that needs NumPy alone."""
        from sklearn.preprocessing import FunctionTransformer

        return FunctionTransformer(np.log, np.exp, check_inverse=False).fit(np.ones((1, 1)))


@dataclass(frozen=True)
class Sqrt:
    """The square root, of values that are not negative."""

    def apply(self, y: Floats) -> Floats:
        """The root of y."""
        return np.asarray(np.sqrt(y))

    def undo(self, z: Floats) -> Floats:
        """The square of z, and 0 below 0: no root is negative, nor a lower one a higher value."""
        return np.asarray(np.square(np.maximum(z, 0.0)))

    def describe(self) -> dict[str, Any]:
        """Nothing is learnt."""
        return {}

    def transformer(self) -> Any:  # noqa: ANN401 - of scikit-learn
        """Two steps that need NumPy alone, of which the second has an inverse only."""
        from sklearn.pipeline import Pipeline
        from sklearn.preprocessing import FunctionTransformer

        floor = {"a_min": 0.0, "a_max": None}
        root = FunctionTransformer(np.sqrt, np.square, check_inverse=False)
        not_negative = FunctionTransformer(
            inverse_func=np.clip, inv_kw_args=floor, check_inverse=False
        )
        steps = Pipeline([("root", root), ("not_negative", not_negative)])
        return steps.fit(np.ones((1, 1)))


@dataclass(frozen=True)
class YeoJohnson:
    """The power transform of Yeo & Johnson (2000), standardised over the rows that taught it.

    As it is standardised one alpha means the same in folds whose powers differ, which would else
    have targets of quite different spread.
    """

    fitted: Any  # scikit-learn's PowerTransformer

    @classmethod
    def of(cls, y: Floats) -> YeoJohnson:
        """The likeliest power for values (n,); row weights have no say in it."""
        from sklearn.preprocessing import PowerTransformer

        return cls(PowerTransformer(method="yeo-johnson", standardize=True).fit(y[:, None]))

    @property
    def power(self) -> float:
        """Lambda."""
        return float(self.fitted.lambdas_[0])

    @property
    def _scaler(self) -> Any:  # noqa: ANN401 - of scikit-learn
        return self.fitted._scaler  # noqa: SLF001 - nowhere else does it say what it has learnt

    def apply(self, y: Floats) -> Floats:
        """The standardised power of y."""
        return np.asarray(self.fitted.transform(y.reshape(-1, 1))).reshape(y.shape)

    def undo(self, z: Floats) -> Floats:
        """The inverse; see `undo_yeo_johnson`."""
        return undo_yeo_johnson(z, self.power, self._scaler.mean_[0], self._scaler.scale_[0])

    def describe(self) -> dict[str, Any]:
        """The power, and the mean and standard deviation by which it is standardised."""
        scaler = self._scaler
        mean, sd = float(scaler.mean_[0]), float(scaler.scale_[0])
        return {"lambda": self.power, "transformed_mean": mean, "transformed_sd": sd}

    def transformer(self) -> Any:  # noqa: ANN401 - of scikit-learn
        """The one that has learnt."""
        return self.fitted


KINDS: dict[str, Callable[[Floats], TargetScale]] = {
    "log": lambda _: Log(),
    "sqrt": lambda _: Sqrt(),
    "yeo-johnson": YeoJohnson.of,
}


def learn_scale(name: str | None, y: Floats) -> TargetScale | None:
    """What training values (n,) teach a transform of that name; None of none."""
    return None if name is None else KINDS[name](y)


def undo_yeo_johnson(z: Floats, power: float, mean: float, sd: float) -> Floats:
    """The inverse of a standardised power; NaN where no number has it: it ends at -1/power below 0.

    The formula is Yeo & Johnson's as scikit-learn has it, without its changes of the filters of
    warnings, which threads must not make.
    """
    powers = z * sd + mean
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        above = _raised(np.maximum(powers, 0.0), power)
        below = -_raised(np.maximum(-powers, 0.0), 2 - power)
    return np.asarray(np.where(powers >= 0, above, np.where(powers < 0, below, np.nan)))


def _raised(x: Floats, power: float) -> Floats:
    """What is raised to x by a power, (v + 1) ** power = power * x + 1, for x from 0 on."""
    if abs(power) < ROUNDING:
        return np.asarray(np.expm1(x))
    base = x * power + 1
    return np.asarray(np.power(np.where(base >= 0, base, np.nan), 1 / power) - 1)
