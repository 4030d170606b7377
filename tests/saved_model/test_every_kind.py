"""The saved model of every kind loads by the list of known types, and predicts as it did."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from make_trusted_types import names_in
from saved_models_of import CASES, FAMILIES, STEPS, make_run, write_files

from runner.config.kinds import STEPS as STEP_KINDS
from runner.config.kinds import all_kinds
from runner.core.target_scale import KINDS as TRANSFORMS
from runner.saved_model import load_model
from runner.saved_model.trusted_types import own_types

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", CASES)
def test_a_model_of_each_kind_loads(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its names are on the list, and from its manifest it knows the test rows' predictions."""
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path)
    run = make_run(name, tmp_path)
    assert not names_in((run / "model.pkl").read_bytes()) - own_types()
    model = load_model(run, version_policy="strict")
    manifest = json.loads((run / "model.json").read_text())
    assert ("linear" in manifest) != ("not_linear" in manifest)
    if name == "sparse":
        return
    rows = pd.read_csv("everything.csv")
    stated = pd.read_csv(run / "predictions.csv")
    stated = stated[stated["part"] == "test"].drop_duplicates("row")
    tested = rows.iloc[stated["row"]]
    with np.errstate(over="ignore"):
        found = [model.predict(tested)]
    if "linear" in manifest:
        found.append(load_model(run, linear=True).predict(tested))
    column = "risk" if "risk" in stated else "y_pred"
    for predictions in found:
        if column in stated:
            expected = stated[column].to_numpy()
            if expected.dtype.kind == "f":
                np.testing.assert_allclose(predictions, expected, rtol=1e-9, atol=1e-12)
            else:
                assert expected.tolist() == predictions.tolist()
        else:  # several targets
            assert len(stated) == len(predictions)


def test_every_kind_is_among_the_cases() -> None:
    """A new kind without a model among the cases fails here."""
    assert {f"imputer={name}" for name in all_kinds("imputer")} <= set(CASES)
    assert set(all_kinds("family")) == set(FAMILIES)
    assert set(all_kinds(STEP_KINDS)) == set(STEPS)
    assert {f"transform={name}" for name in TRANSFORMS} <= set(CASES)
