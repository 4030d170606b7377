"""A run as a whole: the guard over moments, and what the record says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from runner.cli.program import main
from runner.core.moments import ValidationMoments

if TYPE_CHECKING:
    from pathlib import Path


def run(folder: Path, *overrides: str) -> dict[str, Any]:
    """Run the smoke preset in a folder and return its record."""
    with pytest.raises(SystemExit) as ended:
        main(
            [
                "experiment=smoke",
                "report=none",
                "reuse=false",
                f"hydra.run.dir={folder}",
                *overrides,
            ]
        )
    assert 0 == ended.value.code
    record: dict[str, Any] = json.loads((folder / "run.json").read_text())
    return record


def test_wrong_moments_are_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scores from moments that are off by 1e-5 are replaced by scores from rows, and said so."""
    right = run(tmp_path / "right")
    score = ValidationMoments.score

    def off(self: ValidationMoments, coefficients: np.ndarray) -> Any:  # noqa: ANN401 - as it is
        scores = score(self, coefficients)
        return type(scores)(
            mse=scores.mse * (1 + 1e-5),
            r2=scores.r2,
            explained_variance=scores.explained_variance,
            rounding=scores.rounding,
        )

    monkeypatch.setattr(ValidationMoments, "score", off)
    guarded = run(tmp_path / "guarded")
    # the smoke preset's gaps, at random, may by chance tell of the target
    before = [found for found in right["checks"] if found["code"] != "EN101"]
    (found,) = [found for found in guarded["checks"] if found["code"] != "EN101"]
    assert [] == before
    assert ("EN201", "note") == (found["code"], found["severity"])
    assert "when computed from rows" in found["message"]
    np.testing.assert_allclose(
        guarded["cv"]["mse"]["folds"], right["cv"]["mse"]["folds"], rtol=1e-9
    )
    mine, theirs = (
        pd.read_csv(tmp_path / name / "trials.csv")["mse_mean"] for name in ("right", "guarded")
    )
    np.testing.assert_allclose(theirs, mine, rtol=1e-6)


def test_the_record_has_the_time_of_every_stage(tmp_path: Path) -> None:
    """Timings are by stage, in the order of the stages."""
    record = run(tmp_path / "run")
    stages = ["data", "write", "search", "refit", "nested", "evaluate"]
    assert stages == list(record["timings"])
