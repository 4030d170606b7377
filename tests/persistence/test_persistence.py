"""A saved model is plain scikit-learn: it loads and predicts where this package is not."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING

import joblib
import numpy as np
import pandas as pd
import pytest
from conftest import OtherProcess, read_json

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Program

PREDICT = """
import importlib, json, pickle, sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"runner", "hydra", "omegaconf", "optuna", "pydantic"}:
            raise ImportError(name + " is blocked")

sys.meta_path.insert(0, Blocked())
import pandas as pd

folder, data = sys.argv[1:]
with open(folder + "/model.pkl", "rb") as file:
    model = pickle.load(file)
with open(folder + "/model.json") as file:
    example = json.load(file)["example"]
expected = example["predictions"]
rows = pd.DataFrame(example["rows"])
predictions = pd.read_csv(folder + "/predictions.csv").query("part == 'test'")
tested = model.predict(pd.read_csv(data).iloc[predictions["row"]])
assert "runner" not in sys.modules
print(json.dumps({
    "example": [list(model.predict(rows)), expected],
    "test": [list(tested), list(predictions["y_pred"])],
    "module": type(model).__module__,
}))
"""


def test_a_pickle_needs_scikit_learn_alone(finished_run: Path) -> None:
    """In a process that cannot import this package, the model gives the recorded predictions."""
    ended = OtherProcess(finished_run.parent).python("-c", PREDICT, "made", "mixed.csv")
    assert (0, "") == (ended.status, ended.err), ended.err
    found = json.loads(ended.out)
    for part in ("example", "test"):
        actual, expected = found[part]
        assert len(expected) > 0
        np.testing.assert_allclose(actual, expected, rtol=1e-12)
    assert "sklearn.pipeline" == found["module"]


def test_the_pickle_is_of_protocol_5(finished_run: Path) -> None:
    """The file begins with protocol 5's opcode."""
    assert b"\x80\x05" == (finished_run / "model.pkl").read_bytes()[:2]


def test_the_pipeline_has_named_steps(finished_run: Path) -> None:
    """Columns, scaler and model can be looked at by name; the intercept is the record's."""
    with (finished_run / "model.pkl").open("rb") as file:
        model = pickle.load(file)  # noqa: S301 - made here
    assert ["columns", "scaler", "model"] == list(model.named_steps)
    coefficients = pd.read_csv(finished_run / "coefficients.csv").iloc[1:]
    standardised = model.named_steps["model"].coef_
    np.testing.assert_allclose(coefficients["standardised"], standardised, rtol=1e-12)


def test_coefficients_in_original_units_predict(finished_run: Path) -> None:
    """Intercept and coefficients in original units give the model's predictions."""
    with (finished_run / "model.pkl").open("rb") as file:
        model = pickle.load(file)  # noqa: S301 - made here
    data = pd.read_csv(finished_run.parent / "mixed.csv").iloc[:20]
    columns = model.named_steps["columns"].transform(data)
    intercept, *coefficients = pd.read_csv(finished_run / "coefficients.csv")["coefficient"]
    assert read_json(finished_run / "run.json")["intercept"] == intercept
    np.testing.assert_allclose(model.predict(data), intercept + columns @ coefficients, rtol=1e-10)


@pytest.mark.parametrize("form", ["joblib", "none"])
def test_other_forms(program: Program, mixed: tuple[str, ...], form: str) -> None:
    """Joblib saves model.joblib, which gives the same predictions; none saves no model."""
    made = program.run(*mixed, f"persistence={form}")
    assert not (made / "model.pkl").exists()
    assert (form == "joblib") == (made / "model.json").exists()
    if form == "none":
        return
    manifest = read_json(made / "model.json")
    assert ("joblib", "model.joblib") == (manifest["format"], manifest["file"])
    model = joblib.load(made / "model.joblib")
    example = manifest["example"]
    found = model.predict(pd.DataFrame(example["rows"]))
    np.testing.assert_allclose(example["predictions"], found, rtol=1e-12)


@pytest.mark.parametrize("imputer", ["median", "knn", "iterative", "constant", "most_frequent"])
def test_every_imputer_can_be_saved(program: Program, mixed: tuple[str, ...], imputer: str) -> None:
    """Whatever the imputer, the saved model gives the test rows' predictions from the raw file."""
    made = program.run(*mixed, f"imputer={imputer}", "imputer.indicator=true")
    with (made / "model.pkl").open("rb") as file:
        model = pickle.load(file)  # noqa: S301 - made here
    predictions = pd.read_csv(made / "predictions.csv").query("part == 'test'")
    rows = pd.read_csv(program.folder / "mixed.csv").iloc[predictions["row"]]
    np.testing.assert_allclose(predictions["y_pred"], model.predict(rows), rtol=1e-9)


def test_none_is_missing(finished_run: Path) -> None:
    """A row with None, as JSON has it, is predicted as one with NaN."""
    with (finished_run / "model.pkl").open("rb") as file:
        model = pickle.load(file)  # noqa: S301 - made here
    row = {"age": 40.0, "income": None, "town": "Ely", "smoker": None}
    frames = [pd.DataFrame([{**row, "smoker": gap}]) for gap in (None, np.nan)]
    frames.append(pd.DataFrame([{**row, "smoker": "yes"}, row])[1:])
    assert 1 == len({float(model.predict(frame)[0]) for frame in frames})
