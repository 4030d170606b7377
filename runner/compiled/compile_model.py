"""A fitted Pipeline comes in; the same model as plain numbers, which JSON can hold, goes out.

With x_j the value of column j, filled with a constant where it is missing, and g_j 1 where it is
missing and else 0, the model adds up for each of K responses

    eta_k = intercept_k + sum_j (coefficients_jk x_j + missing_jk g_j)

over numeric columns, and over categorical ones the number of the row's level. The scaler is within
these numbers. `link` says what becomes of eta: `identity`, `log`, `logit` of the second of two
classes, `softmax` over several, or `hazard`, whose risk is eta itself; `transform` what becomes of
a prediction of a transformed target.

A classifier with a `threshold` calls a row positive if its probability of `positive` is at least
that. Without one, and at 0.5, it calls the second class where its log odds are positive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from runner.compiled.fitted_numbers import read_model
from runner.compiled.input_columns import NumericInput, read_columns
from runner.compiled.not_linear import NotLinearError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.compiled.fitted_numbers import FittedNumbers
    from runner.compiled.input_columns import CategoricalInput, Input
    from runner.records import Floats

FORMAT = "enet-linear/1"
MANY = 2000  # columns, above which those that add nothing are left out
KNOWN_STEPS = ("columns", "scaler", "model")


def compile_model(
    pipeline: Any,  # noqa: ANN401 - whatever a run saves
    means: Floats | None = None,
    *,
    responses: Sequence[Any] = (),
    positive: Any = None,  # noqa: ANN401 - a label of any kind
) -> dict[str, Any]:
    """The numbers of a fitted model, by input column.

    Args:
        pipeline: as a run saves it.
        means: training means (q,) of the columns before the scaler; None: those of the scaler, if
            there is one.
        responses: names of the targets, where there are several.
        positive: the label of the positive class, of a family that has one.

    Raises:
        NotLinearError: a part of it is no linear map.
    """
    steps = _steps(pipeline)
    scaler = steps.get("scaler")
    inputs = read_columns(steps["columns"])
    model = read_model(steps["model"], positive)
    if means is None and scaler is not None:
        means = scaler.mean_
    coefficients, intercepts = _unscaled(model, scaler)
    _check_finite(coefficients, intercepts)
    kept = inputs if len(inputs) <= MANY else _that_add(inputs, coefficients)
    return {
        "format": FORMAT,
        "link": model.link,
        "responses": _response_names(model, responses),
        "classes": None if model.classes is None else list(model.classes),
        "threshold": model.threshold,
        "positive": model.positive,
        "transform": model.transform,
        "intercept": intercepts.tolist(),
        "columns": [_entry(name, one, coefficients, means) for name, one in kept.items()],
        **({} if len(kept) == len(inputs) else {"n_columns": len(inputs)}),
    }


def _steps(pipeline: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
    """The steps of a Pipeline by name, each of which must be known."""
    kind = type(pipeline).__name__
    if not hasattr(pipeline, "named_steps"):
        inner = type(getattr(pipeline, "estimator_", pipeline)).__name__
        if inner.startswith(("Voting", "AverageOf")):
            raise NotLinearError(
                f"values are imputed several times, and the model is a {inner} of the draws' models"
            )
        raise NotLinearError(f"the model is a {kind}, not a Pipeline")
    steps = dict(pipeline.steps)
    for name, step in steps.items():
        if name not in KNOWN_STEPS:
            raise NotLinearError(f"features step {_named(step)} comes before the model")
    return steps


def _named(step: Any) -> str:  # noqa: ANN401 - of scikit-learn
    """The steps of the features section within a stage of the Pipeline, and what each is."""
    own = {"numeric", "categorical", "remainder"}
    parts = getattr(step, "transformers_", getattr(step, "steps", []))
    named = {part[0]: part[1] for part in parts if part[0] not in own}
    inner = {n: fitted.transformers_[0][1] if hasattr(fitted, "transformers_") else fitted
             for n, fitted in named.items()}  # fmt: skip
    said = [f"{name} ({type(fitted).__name__})" for name, fitted in inner.items()]
    return ", ".join(said) or type(step).__name__


def _unscaled(model: FittedNumbers, scaler: Any) -> tuple[Floats, Floats]:  # noqa: ANN401
    """Coefficients (K, q) and intercepts (K,) of the columns before the scaler.

    They are those of coefficients.csv, to the last digit.
    """
    if scaler is None:
        return model.coefficients, model.intercepts
    coefficients: Floats = model.coefficients / scaler.scale_
    if not scaler.with_mean:
        return coefficients, model.intercepts
    pairs = zip(model.intercepts, coefficients, strict=True)
    return coefficients, np.array([above - scaler.mean_ @ row for above, row in pairs])


def _check_finite(coefficients: Floats, intercepts: Floats) -> None:
    if not (np.isfinite(coefficients).all() and np.isfinite(intercepts).all()):
        raise NotLinearError("a coefficient of the model is not finite")


def _response_names(model: FittedNumbers, responses: Sequence[Any]) -> list[str]:
    """Of several classes their labels, of several targets their names or numbers."""
    if model.link == "softmax":
        return [str(label) for label in model.classes or ()]
    count = len(model.intercepts)
    if count == 1:
        return []
    return [str(name) for name in responses or range(1, count + 1)]


def _entry(name: str, column: Input, coefficients: Floats, means: Floats | None) -> dict[str, Any]:
    """An input column as the form has it."""

    def numbers(at: int | None) -> list[float]:
        return [0.0] * len(coefficients) if at is None else (coefficients[:, at] + 0.0).tolist()

    used = _positions(column)
    mean = None if means is None else (coefficients[:, used] @ means[used] + 0.0).tolist()
    if isinstance(column, NumericInput):
        return {
            "name": name,
            "kind": "numeric",
            "fill": column.fill,
            "coefficients": numbers(column.value),
            "missing": numbers(column.gap),
            "mean": mean,
        }
    return {
        "name": name,
        "kind": "categorical",
        "levels": [[level, numbers(at)] for level, at in column.levels],
        "missing": numbers(column.gap),
        "other": numbers(None),
        "mean": mean,
    }


def _that_add(inputs: dict[str, Input], coefficients: Floats) -> dict[str, Input]:
    """The columns of which the model has any coefficient other than 0."""
    used: list[bool] = np.any(coefficients != 0, axis=0).tolist()
    return {n: one for n, one in inputs.items() if any(used[at] for at in _positions(one))}


def _positions(column: NumericInput | CategoricalInput) -> list[int]:
    """Where the model has all that is made of an input column."""
    own = [column.value] if isinstance(column, NumericInput) else [at for _, at in column.levels]
    return sorted({at for at in [*own, column.gap] if at is not None})
