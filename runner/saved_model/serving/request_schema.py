"""The pages' application comes in; openapi.json of it and of what is posted goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, create_model
from pydantic.json_schema import models_json_schema

from runner.saved_model.serving.answering import EXPLAIN, PREDICT

if TYPE_CHECKING:
    from fastapi import FastAPI

    from runner.saved_model.serving.answering import Answering
    from runner.saved_model.serving.served_model import ServedModel

REFERENCE = "#/components/schemas/{model}"
SUMMARIES = {
    PREDICT: "What the model predicts for each row",
    EXPLAIN: "What each prediction is made of, on the link's scale",
}
REFUSALS = {
    400: "The body is no JSON",
    401: "The API key is missing or wrong",
    408: "The body took too long to come",
    413: "Too many bytes or rows",
    415: "The body is not said to be JSON",
    422: "A column is unknown, or a value of a wrong type",
    501: "The model has no explanation",
    503: "Not ready, or the answer took too long",
}


class Place(BaseModel):
    """What is wrong, and where."""

    loc: list[str | int]
    msg: str


class Refusal(BaseModel):
    """Why there is no answer."""

    detail: str | list[Place]


def describe_requests(api: FastAPI, answering: Answering, *, key: bool) -> dict[str, Any]:
    """The OpenAPI document of the pages, with `/predict` and `/explain`."""
    body = answering.body.made
    answers = {
        PREDICT: _predictions(answering.served),
        EXPLAIN: _explanations(answering.served),
    }
    kinds: Any = [(body, "validation"), *((one, "serialization") for one in answers.values())]
    made, definitions = models_json_schema([*kinds, (Refusal, "serialization")],
                                           ref_template=REFERENCE)  # fmt: skip
    refusal = made[Refusal, "serialization"]
    described = api.openapi()
    for path, answer in answers.items():
        post = {
            "summary": SUMMARIES[path],
            "requestBody": {"required": True, "content": _json(made[body, "validation"])},
            "responses": {
                "200": {"description": "An entry for each row",
                        "content": _json(made[answer, "serialization"])},
                **{str(status): {"description": said, "content": _json(refusal)}
                   for status, said in REFUSALS.items()},
            },
        }  # fmt: skip
        described["paths"][path] = {"post": post}
    components = described.setdefault("components", {})
    components.setdefault("schemas", {}).update(definitions.get("$defs", {}))
    if key:
        components["securitySchemes"] = {
            "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            "bearer": {"type": "http", "scheme": "bearer"},
        }
        described["security"] = [{"key": []}, {"bearer": []}]
    return described


def _predictions(served: ServedModel) -> type[BaseModel]:
    """The model of what `/predict` answers."""
    fields: dict[str, Any] = {"prediction": (_kind_of_prediction(served), ...)}
    if served.labels is not None:
        fields["probabilities"] = (dict[str, float], ...)
    elif served.survival:
        fields["risk"] = (float, ...)
    one: Any = create_model("Prediction", **fields)
    return create_model("Predictions", predictions=(list[one], ...))


def _explanations(served: ServedModel) -> type[BaseModel]:
    """The model of what `/explain` answers; of several responses an object by response."""
    one: Any = create_model(
        "Explanation",
        prediction=(_kind_of_prediction(served), ...),
        base=(float | dict[str, float], ...),
        contributions=(dict[str, float] | dict[str, dict[str, float]], ...),
        scale=(str, ...),
        response=(str | None, None),
    )
    return create_model("Explanations", explanations=(list[one], ...))


def _kind_of_prediction(served: ServedModel) -> Any:  # noqa: ANN401 - a type
    """A label, a number, or numbers by target."""
    if served.model.classes is not None:
        return str | bool | int | float
    several = isinstance(served.model.manifest.example.predictions[0], list)
    return dict[str, float] if several else float


def _json(schema: Any) -> dict[str, Any]:  # noqa: ANN401 - a JSON schema
    return {"application/json": {"schema": schema}}
