"""The last step of a fitted Pipeline comes in; its link, coefficients and decision go out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.compiled.linear_model import PLAIN
from runner.compiled.not_linear import NotLinearError

if TYPE_CHECKING:
    from runner.records import Floats

LINKS = {
    "CoxRegression": "hazard",
    "ElasticNet": "identity",
    "GammaRegressor": "log",
    "Lasso": "identity",
    "LinearRegression": "identity",
    "MultiTaskElasticNet": "identity",
    "PoissonRegressor": "log",
    "Ridge": "identity",
}
ROOT = ("root", "not_negative")  # steps of the transform of a square root


@dataclass(frozen=True)
class FittedNumbers:
    """What a model adds up for the columns that it sees, and what becomes of the sum."""

    link: str
    coefficients: Floats  # (K, q)
    intercepts: Floats  # (K,)
    classes: tuple[Any, ...] | None = None
    threshold: float | None = None
    positive: Any = None
    transform: dict[str, Any] | None = None


def read_model(model: Any, positive: Any = None) -> FittedNumbers:  # noqa: ANN401 - estimators
    """The numbers of a fitted estimator, in whatever it is wrapped.

    Args:
        model: the last step.
        positive: the label of the positive class, of a family that has one.

    Raises:
        NotLinearError: it is none of the models that this package fits.
    """
    kind = type(model).__name__
    if kind == "FixedThresholdClassifier":
        found = read_model(model.estimator_)
        return replace(found, threshold=float(model.threshold), positive=_plain(model.pos_label))
    if kind == "LogisticRegression":
        return _of_classes(model, positive)
    if kind in {"TransformedTargetRegressor", "SmearedTargetRegressor"}:
        return _of_transformed(model)
    if kind not in LINKS:
        raise NotLinearError(f"the model is a {kind}, of which no linear form is known")
    coefficients = np.atleast_2d(np.asarray(model.coef_, dtype=np.float64))
    return FittedNumbers(LINKS[kind], coefficients, _intercepts(model, len(coefficients)))


def _intercepts(model: Any, responses: int) -> Floats:  # noqa: ANN401 - of scikit-learn
    """Zeros (K,) of a family without any."""
    own = np.ravel(getattr(model, "intercept_", 0.0))
    return np.broadcast_to(np.asarray(own, dtype=np.float64), responses)


def _of_classes(model: Any, positive: Any) -> FittedNumbers:  # noqa: ANN401 - as above
    """Of two classes the log odds of the second, of several a response each."""
    coefficients = np.asarray(model.coef_, dtype=np.float64)
    found = FittedNumbers(
        "logit" if len(coefficients) == 1 else "softmax",
        coefficients,
        _intercepts(model, len(coefficients)),
        tuple(np.asarray(model.classes_).tolist()),
    )
    return found if positive is None else replace(found, threshold=PLAIN, positive=_plain(positive))


def _of_transformed(model: Any) -> FittedNumbers:  # noqa: ANN401 - as above
    """Of a model of a transformed target."""
    found = replace(read_model(model.regressor_), transform=describe_transform(model.transformer_))
    if type(model).__name__ == "TransformedTargetRegressor":
        return found
    name = (found.transform or {})["name"]
    if name != "log":
        raise NotLinearError(
            f"dataset.smearing averages over residuals, which with dataset.transform={name} is "
            "no function of one number"
        )
    # sum_j w_j exp(z + e_j) / sum_j w_j = exp(z + log(sum_j w_j exp(e_j) / sum_j w_j))
    share = model.weights_ / model.weights_.sum()
    return replace(found, intercepts=found.intercepts + np.log(np.exp(model.residuals_) @ share))


def describe_transform(transformer: Any) -> dict[str, Any]:  # noqa: ANN401 - of scikit-learn
    """The name of a target's transform, and the numbers that it has learnt.

    Raises:
        NotLinearError: it is none that this package makes.
    """
    kind = type(transformer).__name__
    if kind == "PowerTransformer" and transformer.method == "yeo-johnson":
        power, scaler = float(transformer.lambdas_[0]), transformer._scaler  # noqa: SLF001
        mean, sd = float(scaler.mean_[0]), float(scaler.scale_[0])
        return {"name": "yeo-johnson", "lambda": power, "mean": mean, "sd": sd}
    if kind == "FunctionTransformer" and transformer.func is np.log:
        return {"name": "log"}
    if kind == "Pipeline" and tuple(transformer.named_steps) == ROOT:
        return {"name": "sqrt"}
    raise NotLinearError(f"the target is transformed by a {kind}, of which no formula is known")


def _plain(label: Any) -> Any:  # noqa: ANN401 - of any kind
    return label.item() if isinstance(label, np.generic) else label
