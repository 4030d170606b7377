"""Rows of a request come in; what each prediction is made of goes out, on the link's scale.

Of each feature it is the coefficient times what the row has beyond the training mean; with the
base, which is the model's value at the means, these sum to the model's value for the row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.compiled.fitted_numbers import read_model
from runner.compiled.not_linear import NotLinearError
from runner.saved_model.serving.refusals import RefusedError
from runner.saved_model.serving.served_model import as_key, check_finite, refusing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.compiled.fitted_numbers import FittedNumbers
    from runner.compiled.linear_model import LinearModel
    from runner.records import Floats
    from runner.saved_model.serving.served_model import Row, ServedModel

NOT_IMPLEMENTED = 501
TOO_LARGE = 413
MANY = 2000  # features, above which those whose coefficients are all 0 are left out
MOST = 1_000_000  # contributions that one answer may have


@dataclass(frozen=True)
class Parts:
    """What a model adds up for rows."""

    names: list[str]  # (p,) features
    contributions: Floats  # (n, p, K)
    base: Floats  # (K,)
    link: str
    transform: str | None
    responses: list[str]  # (K,), empty where there is one response without a name

    @property
    def scale(self) -> str:
        """The scale of it all: the link's, or the target's own transform."""
        return self.transform or self.link


def explain(served: ServedModel, rows: Sequence[Row]) -> list[Row]:
    """For each row its `prediction`, `base`, `contributions` and `scale`.

    Raises:
        RefusedError: the model has no such parts, or the answer would be too long.
    """
    predictions = served.predict(rows)
    if not predictions:
        return []
    linear = served.linear
    parts = _of_pipeline(served, rows) if linear is None else _of_compiled(linear, rows)
    check_finite(parts.contributions)
    pairs = zip(predictions, parts.contributions, strict=True)
    return [{"prediction": one["prediction"], **_told(parts, own)} for one, own in pairs]


def _of_compiled(linear: LinearModel, rows: Sequence[Row]) -> Parts:
    form = linear.form
    _check_size(len(rows), len(linear.names), len(linear.intercept))
    columns = {name: np.empty(len(rows), dtype=object) for name in linear.names or [""]}
    for name, column in columns.items():
        column[:] = [row.get(name) for row in rows]
    return Parts(
        names=linear.names,
        contributions=linear.contributions(columns),
        base=linear.base,
        link=form["link"],
        transform=(form["transform"] or {}).get("name"),
        responses=_responses(form["link"], form["classes"], form["responses"]),
    )


def _of_pipeline(served: ServedModel, rows: Sequence[Row]) -> Parts:
    """Of a Pipeline whose last step is linear in what its scaler makes."""
    pipeline = served.model.pipeline
    try:
        fitted = _read_last(pipeline)
    except NotLinearError as error:
        raise RefusedError(NOT_IMPLEMENTED, f"no explanation: {error}") from error
    names = [str(name) for name in pipeline[:-1].get_feature_names_out()]
    used = np.flatnonzero(fitted.coefficients.any(axis=0))
    used = used if len(names) > MANY else np.arange(len(names))
    _check_size(len(rows), len(used), len(fitted.intercepts))
    with refusing():
        seen: Any = pipeline[:-1].transform(served.taken(rows))[:, used]
    seen = seen.toarray() if hasattr(seen, "toarray") else np.asarray(seen)
    scaler, coefficients = pipeline[-2], fitted.coefficients[:, used]
    # a scaler that does not move columns, for they are sparse, leaves them their means
    means = 0 * used if scaler.with_mean else (scaler.mean_ / scaler.scale_)[used]
    responses = served.targets if len(fitted.intercepts) > 1 and not fitted.classes else []
    return Parts(
        names=[names[at] for at in used],
        contributions=(seen - means)[:, :, None] * coefficients.T,
        base=fitted.intercepts + coefficients @ means,
        link=fitted.link,
        transform=(fitted.transform or {}).get("name"),
        responses=_responses(fitted.link, fitted.classes, responses),
    )


def _read_last(pipeline: Any) -> FittedNumbers:  # noqa: ANN401 - whatever a run saves
    if not hasattr(pipeline, "steps"):
        raise NotLinearError("the model is an average of several, one for each draw of the gaps")
    if pipeline.steps[-2][0] != "scaler":
        raise NotLinearError("the model has no scaler, which would know the training means")
    return read_model(pipeline[-1])


def _responses(link: str, classes: Sequence[Any] | None, named: Sequence[str]) -> list[str]:
    """What each response is of: of two classes the log odds of the second."""
    if classes is None:
        return list(named)
    return [as_key(label) for label in (classes[1:] if link == "logit" else classes)]


def _told(parts: Parts, own: Floats) -> Row:
    """The parts (p, K) of one row."""
    if len(parts.base) == 1:
        said = {"response": parts.responses[0]} if parts.responses else {}
        contributions = dict(zip(parts.names, own[:, 0].tolist(), strict=True))
        base = float(parts.base[0])
        return {"base": base, "contributions": contributions, "scale": parts.scale, **said}
    return {
        "base": dict(zip(parts.responses, parts.base.tolist(), strict=True)),
        "contributions": {
            response: dict(zip(parts.names, column, strict=True))
            for response, column in zip(parts.responses, own.T.tolist(), strict=True)
        },
        "scale": parts.scale,
    }


def _check_size(rows: int, features: int, responses: int) -> None:
    if rows * features * responses > MOST:
        raise RefusedError(
            TOO_LARGE,
            f"{rows:,} rows of {features:,} features are more than {MOST:,} contributions: ask for "
            "fewer rows",
        )
