"""What is said of a winner where a score is undefined."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
from conftest import mixed_frame, read_json

if TYPE_CHECKING:
    from conftest import Program


@pytest.fixture
def zeros(program: Program, mixed: tuple[str, ...]) -> tuple[str, ...]:
    """Arguments of a run on mixed.csv, whose target is 0 in a training row and nowhere else."""
    frame = mixed_frame()
    frame.loc[0, "outcome"] = 0.0
    frame.to_csv(program.folder / "mixed.csv", index=False)
    return (*mixed, "split.test=null")


def test_mape_is_undefined_where_the_target_is_zero(
    program: Program, zeros: tuple[str, ...]
) -> None:
    """It is null in run.json and empty in trials.csv, and a check says why; the rest has scores."""
    made = program.run(*zeros)
    record = read_json(made / "run.json")
    assert record["cv"]["mape"]["mean"] is None
    assert 1 == record["cv"]["mape"]["folds"].count(None)
    assert record["cv"]["mae"]["mean"] > 0
    (found,) = [found for found in record["checks"] if found["code"] == "EN120"]
    assert "the target 'outcome' is 0 in 1 of 88 rows" == found["message"]
    assert "mape_mean" not in pd.read_csv(made / "trials.csv")


def test_mape_cannot_choose_the_winner_then(program: Program, zeros: tuple[str, ...]) -> None:
    """metric=mape is refused before the run has a directory, with what serves instead."""
    ended = program(*zeros, "metric=mape", "hydra.run.dir=made")
    assert 2 == ended.status
    assert "metric is mape, but the target 'outcome' is 0 in 1 of 88 rows" in ended.err
    assert "metric=mae" in ended.err
    assert not (program.folder / "made").exists()
