"""The manifest of a saved model: what it expects, what it was made with, and one known answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from runner.compiled.compile_model import compile_model
from runner.compiled.not_linear import NotLinearError
from runner.evaluation.predicting import predict_probabilities
from runner.evaluation.winner import Refit, predict_frame
from runner.store.environment import versions
from runner.store.run_record import SCHEMA_VERSION

if TYPE_CHECKING:
    from scipy import sparse

    from runner.store.whole_files import Written


def describe_model(
    form: str,
    file: Written,
    final: Refit,
    columns: list[dict[str, Any]],
    example: pd.DataFrame | sparse.csr_array,
) -> dict[str, Any]:
    """The content of model.json.

    Args:
        form: the format's name.
        file: the model file.
        final: the fitted model.
        columns: what it expects, a description per feature.
        example: features of the rows whose prediction is stated.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "format": form,
        "file": file.path.name,
        "bytes": file.bytes,
        "sha256": file.sha256,
        "features": columns,
        "intercept": final.stated_intercept(),
        **({} if final.threshold is None else {"threshold": final.threshold}),
        "versions": versions(),
        "example": {
            "rows": _example_rows(example),
            **known_answers(final.pipeline, example),
        },
        **linear_form(final),
    }


def linear_form(final: Refit) -> dict[str, Any]:
    """The model as plain numbers, `linear`, or why it is none, `not_linear`."""
    responses = final.reading.responses
    try:
        form = compile_model(
            final.pipeline, final.means, responses=responses, positive=final.positive
        )
    except NotLinearError as reason:
        return {"not_linear": str(reason)}
    return {"linear": form}


def _example_rows(example: pd.DataFrame | sparse.csr_array) -> list[dict[str, Any]]:
    """Each row's values by feature; of a matrix its entries, by position."""
    if isinstance(example, pd.DataFrame):
        if (example.dtypes == np.float64).all():  # of which there may be very many
            values = example.to_numpy().tolist()
            return [dict(zip(example.columns, row, strict=True)) for row in values]
        rows: list[Any] = example.astype(object).to_dict(orient="records")
        return rows
    ends = zip(example.indptr, example.indptr[1:], strict=False)
    spans = [slice(int(start), int(end)) for start, end in ends]
    return [
        dict(zip(map(str, example.indices[span]), example.data[span].tolist(), strict=True))
        for span in spans
    ]


def known_answers(
    model: Any,  # noqa: ANN401 - any model
    example: pd.DataFrame | sparse.csr_array,
) -> dict[str, Any]:
    """What a model predicts for some rows (n,), with all that its labels are decided by.

    `predictions` are those of its `predict`: numbers, (n, t) of several targets, or labels. A
    classifier adds `probabilities` (n, K) with the `classes` (K,) of their columns, and a survival
    model `risk`, which is its prediction by the name that it has in predictions.csv.
    """
    predictions = predict_frame(model, example)
    answers: dict[str, Any] = {"predictions": predictions}
    if hasattr(model, "predict_proba"):
        probabilities = predict_probabilities(model, example, model.classes_)
        answers |= {"classes": model.classes_, "probabilities": probabilities}
    if hasattr(model, "predict_survival"):
        answers["risk"] = predictions
    return answers
