"""A model of every kind answers over HTTP what its manifest states, and is explained."""

from __future__ import annotations

import asyncio
import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from saved_models_of import make_run, write_files
from serving_client import client_of

from runner.saved_model import load_model
from runner.saved_model.serving.answering import Answering
from runner.saved_model.serving.counters import Metrics
from runner.saved_model.serving.limits import Limits
from runner.saved_model.serving.refusals import RefusedError
from runner.saved_model.serving.routes import PATHS
from runner.saved_model.serving.served_model import ServedModel

if TYPE_CHECKING:
    from pathlib import Path

KINDS = {  # the case, and what `/explain` says of its scale, or why it says nothing
    "imputer=mean": "identity",
    "family=binomial": "logit",
    "family=multinomial": "softmax",
    "family=cox": "hazard",
    "family=multi_gaussian": "identity",
    "sparse": "identity",
    "multiple targets": "an average of several",
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A run of each kind."""
    folder = tmp_path_factory.mktemp("kinds")
    write_files(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return {name: make_run(name, folder) for name in KINDS}


def flat(prediction: Any) -> Any:  # noqa: ANN401 - a number, a label, or numbers by target
    """A prediction as the manifest has it."""
    return list(prediction.values()) if isinstance(prediction, dict) else prediction


@pytest.mark.parametrize("linear", [True, False])
@pytest.mark.parametrize("name", KINDS)
def test_each_kind_answers_and_is_explained(name: str, linear: bool, runs: dict[str, Path]) -> None:
    """Predictions are the manifest's; base and contributions sum to the link-scale prediction."""
    example = json.loads((runs[name] / "model.json").read_text())["example"]
    rows = [dict(reversed(row.items())) for row in example["rows"]]
    answering = Answering(
        ServedModel(load_model(runs[name], linear=linear)), Limits(), Metrics(PATHS)
    )

    def ask(path: str) -> Any:  # noqa: ANN401 - any JSON value
        return json.loads(asyncio.run(answering.answer(path, json.dumps({"rows": rows}).encode())))

    (answer,) = ask("/predict")["predictions"]
    stated = example["predictions"][0]
    if isinstance(stated, str):
        assert stated == answer["prediction"]
    else:
        np.testing.assert_allclose(flat(answer["prediction"]), stated, rtol=1e-9)
    if "probabilities" in example:
        assert example["classes"] == list(answer["probabilities"])
        chances = list(answer["probabilities"].values())
        np.testing.assert_allclose(chances, example["probabilities"][0], rtol=1e-9)
    if "risk" in example:
        assert answer["prediction"] == answer["risk"]
    if "average" in KINDS[name]:
        with pytest.raises(RefusedError, match=KINDS[name]) as refused:
            ask("/explain")
        assert 501 == refused.value.status
        return
    (told,) = ask("/explain")["explanations"]
    assert KINDS[name] == told["scale"]
    assert answer["prediction"] == told["prediction"]
    _check_sums(told, answer)


def _check_sums(told: dict[str, Any], answer: dict[str, Any]) -> None:
    """Check base + contributions against the prediction, by each link's formula."""
    base, parts = told["base"], told["contributions"]
    if not isinstance(base, dict):
        base, parts = {"only": base}, {"only": parts}
    sums = np.array([base[one] + sum(parts[one].values()) for one in base])
    match told["scale"]:
        case "logit":
            assert told["response"] == list(answer["probabilities"])[1]
            chance = answer["probabilities"][told["response"]]
            np.testing.assert_allclose(sums, np.log(chance / (1 - chance)), rtol=1e-6, atol=1e-9)
        case "softmax":
            chances = np.exp(sums) / np.exp(sums).sum()
            np.testing.assert_allclose(chances, list(answer["probabilities"].values()), rtol=1e-9)
        case _:
            np.testing.assert_allclose(sums, np.ravel(flat(answer["prediction"])), rtol=1e-9)


def test_contributions_are_what_is_beyond_the_mean(runs: dict[str, Path]) -> None:
    """A feature contributes its coefficient times what a row has beyond the training mean."""
    run = runs["imputer=mean"]
    table = pd.read_csv(run / "coefficients.csv").set_index("feature")
    rows = [{"a": 1.0, "b": 5.0, "c": 1.0}, {"a": 3.0, "b": 5.0, "c": 1.0}]
    with client_of(load_model(run, linear=True)) as client:
        one, other = client.post("/explain", json={"rows": rows}).json()["explanations"]
    coefficient = float(table["coefficient"]["a"])
    moved = other["contributions"]["a"] - one["contributions"]["a"]
    assert coefficient > 0
    np.testing.assert_allclose(moved, 2 * coefficient, rtol=1e-9)
    assert one["contributions"]["b"] == other["contributions"]["b"]


@pytest.mark.parametrize("linear", [True, False])
def test_a_gap_is_a_gap_however_it_is_said(linear: bool, runs: dict[str, Path]) -> None:
    """Null, an absent key and, of a number, an empty text are one thing."""
    full = {"b": 5.0, "c": 1.0, "town": "Bath", "size": "low", "flag": 1}
    rows = [full, {"a": None, **full}, {"a": "", **full}, {"a": 9.0, **full}]
    with client_of(load_model(runs["imputer=mean"], linear=linear)) as client:
        told = client.post("/predict", json={"rows": rows}).json()["predictions"]
        flags = [{**full, "flag": value} for value in (True, 1, 1.0, True)]
        same = client.post("/predict", json={"rows": flags}).json()["predictions"]
    assert told[0] == told[1] == told[2] != told[3]
    assert same == [told[0]] * 4


def test_what_is_served_is_described(runs: dict[str, Path], tmp_path: Path) -> None:
    """`/model` has columns, score and origin, no row of data; openapi.json each column's type."""
    run = runs["family=binomial"]
    record = json.loads((run / "run.json").read_text())
    with client_of(load_model(run, linear=True)) as client:
        about = client.get("/model").json()
        described = client.get("/openapi.json").json()
    assert ("binomial", "label", ["no", "yes"], 0.5) == (
        about["family"], about["target"], about["classes"], about["threshold"],
    )  # fmt: skip
    assert record["cv"]["log_loss"]["mean"] == about["score"]["cv_mean"]
    assert {"name": "town", "kind": "categorical", "levels": ["Bath", "Ely", "York"]} in about[
        "columns"
    ]
    assert "example" not in about
    row = described["components"]["schemas"]["Row"]["properties"]
    assert {"a", "b", "c", "town", "size", "flag"} == set(row)
    assert {"string", "null"} == {kind["type"] for kind in row["town"]["anyOf"]}
    assert {"/predict", "/explain", "/model", "/metrics"} <= set(described["paths"])
    alone = tmp_path / "alone"
    alone.mkdir()
    for name in ("model.json", "model.pkl"):
        shutil.copy(run / name, alone)
    with client_of(load_model(alone)) as client:
        about = client.get("/model").json()
    assert (None, "binomial") == (about["score"], about["family"])


def test_a_wrong_answer_is_never_ready(runs: dict[str, Path]) -> None:
    """Until the example is predicted as stated nothing else is predicted."""
    model = load_model(runs["imputer=mean"], linear=True)
    model.manifest.example.predictions[0] = 9.0
    with client_of(model) as client:
        answer = client.get("/ready")
        assert (503, True) == (answer.status_code, "states [9.0]" in answer.json()["reason"])
        assert 503 == client.post("/predict", json={"rows": []}).status_code
        assert 200 == client.get("/health").status_code
