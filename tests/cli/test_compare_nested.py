"""`enet compare` of runs with scores on folds that no choice has seen, and of searches."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import yaml

from runner.cli.compare_runs import main, make_parser
from runner.statistics.paired_comparison import compare_folds, practical_difference

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SIZES = {"training": [80] * 5, "validation": [20] * 5}
BASE = np.array([50.0, 52.0, 48.0, 51.0, 49.0])
STEPS = np.array([0.0, 0.5, 0.2, 0.4, 0.9])
# by imputer and search: the CV score, and the nested ones
RUNS = {
    ("mean", "grid"): (45.0, BASE),
    ("mean", "optuna"): (44.0, BASE + STEPS),
    ("knn", "grid"): (43.0, BASE + 10 + STEPS),
    ("knn", "optuna"): (42.0, BASE + 12),
}
BUDGET = {
    "grid": {"order": "random", "candidates": [10, 20, 50, 70], "scores": [49.0, 47.0, 46.0, 45.5]},
    "optuna": {"order": "proposed", "candidates": [10, 20, 30], "scores": [48.5, 46.5, 45.25]},
}


def store(folder: Path, imputer: str, search: str, *, nested: bool = True) -> None:
    """Write what `enet compare` reads of a finished run."""
    cv, folds = RUNS[imputer, search]
    mean = float(folds.mean())
    record: dict[str, Any] = {
        "schema_version": 2,
        "status": "finished",
        "overrides": {"imputer": imputer, "search": search},
        "choices": {"imputer": imputer, "search": search, "dataset": "toy"},
        "metric": "mse",
        "folds": SIZES,
        "cv": {"mse": {"mean": cv, "se": 1.0, "folds": [cv] * 5}},
        "search": {"trials": 70, "best_so_far": BUDGET[search]},
        "n_selected": 3,
        "checks": [],
    }
    if nested:
        record["nested"] = {"mse": {"mean": mean, "se": 1.0, "folds": folds.tolist()}}
        interval = {"low": mean - 1, "high": mean + 1, "level": 0.9, "method": "nested_naive"}
        record["expected"] = {"mse": {"score": mean, **interval}}
    config = {"imputer": {"name": imputer}, "search": {"name": search}, "split": {"name": "kfold"}}
    (folder / ".hydra").mkdir(parents=True)
    (folder / ".hydra" / "config.yaml").write_text(yaml.safe_dump({**config, "seed": 0}))
    (folder / "run.json").write_text(json.dumps(record))
    (folder / "environment.json").write_text(json.dumps({"data_hash": "0" * 64}))


@pytest.fixture
def compare(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., list[str]]:
    """Store the runs, and give the command on a screen of 80 columns; gives the printed lines."""
    for number, (imputer, search) in enumerate(RUNS):
        store(tmp_path / "all" / str(number), imputer, search)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def give(*arguments: str) -> list[str]:
        assert 0 == main(make_parser().parse_args(arguments))
        lines = capsys.readouterr().out.splitlines()
        assert max(len(line) for line in lines) <= 80
        return lines

    return give


def test_nested_scores_rank_and_tell_apart(compare: Callable[..., list[str]]) -> None:
    """The order is that of nested scores, against that of CV; ties are told, and what they mean."""
    lines = compare("all")
    assert "by the expected mse, the mean on folds that no choice has seen" == lines[0]
    header, *rows = (line.split() for line in lines[1:6])
    assert ["rank", "run", "expected", "p_best", "CV"] == header[:5]
    assert ["all/0", "all/1", "all/2", "all/3"] == [row[1] for row in rows]
    assert ["50", "50.4", "60.4", "62"] == [row[2] for row in rows]
    assert ["best", "ties"] == [rows[0][3], rows[1][4]]
    assert float(rows[2][3]) < 0.05
    assert lines[6].startswith("p_best: corrected resampled t-test against the best")
    assert not any("no p-value" in line for line in lines)


def test_without_nested_scores_there_is_no_p_value(
    compare: Callable[..., list[str]], tmp_path: Path
) -> None:
    """A run that lacks them is ranked with the others by CV, without a p-value, and it is said."""
    store(tmp_path / "some" / "0", "mean", "grid")
    store(tmp_path / "some" / "1", "knn", "grid", nested=False)
    lines = compare("some")
    assert "by the CV mean of mse" == lines[0]
    assert [["1", "some/1", "-", "-"], ["2", "some/0", "50", "-"]] == [
        line.split()[:4] for line in lines[2:4]
    ]
    assert lines[4].startswith("no p-value where a CV score has chosen its own winner")


def test_searches_are_set_side_by_side(compare: Callable[..., list[str]]) -> None:
    """Where they differ, a table has the best so far of each after 10, 20, 50 candidates."""
    lines = compare("all")
    at = next(i for i, line in enumerate(lines) if line.startswith("best mse so far"))
    assert ["run", "order", "10", "20", "50", "all"] == lines[at + 1].split()[:6]
    found = {line.split()[0]: line.split()[1:6] for line in lines[at + 2 : at + 6]}
    assert ["random", "49", "47", "46", "45.5"] == found["all/0"]
    assert ["proposed", "48.5", "46.5", "-", "45.25"] == found["all/1"]
    assert not any("so far" in line for line in compare("all", "--where", "search=grid"))


def test_the_effect_of_an_option(compare: Callable[..., list[str]], tmp_path: Path) -> None:
    """--by has the paired effect over the searches; the file has it with its interval."""
    lines = compare("all", "--by", "imputer", "--rope", "0.01", "-o", "effects.csv")
    at = next(i for i, line in enumerate(lines) if line.startswith("effect of imputer on mse"))
    assert "over 2 sets of runs that are else alike: behind the" in lines[at]
    rows = [line.split() for line in lines[at:]]
    assert ["mean", "0", "-", "best"] in [row[:4] for row in rows]
    assert ["knn", "11"] in [row[:2] for row in rows]
    row = pd.read_csv(tmp_path / "effects.csv").set_index("imputer").loc["knn"]
    # (10 + STEPS + 12 - STEPS) / 2: the same on every fold
    found = [row[name] for name in ("sets", "behind", "behind_low", "p_best")]
    assert [2, 11.0, 11.0, 0.0] == pytest.approx(found)
    assert not row["ties"]
    by_search = compare("all", "--by", "search")
    assert any("effect of search on mse, over 2 sets" in line for line in by_search)


def test_practical_equivalence(compare: Callable[..., list[str]], tmp_path: Path) -> None:
    """--rope has the probabilities of a difference by more or less than 1 % of the best's score."""
    lines = compare("all", "--rope", "0.01", "-o", "runs.csv")
    row = pd.read_csv(tmp_path / "runs.csv").set_index("run").loc["all/1"]
    expected = practical_difference(STEPS, 0.25, 0.5)
    assert expected is not None
    assert [expected.below, expected.within, expected.above] == [
        pytest.approx(row[name]) for name in ("better", "equal", "worse")
    ]
    paired = compare_folds(STEPS, 0.25)
    assert paired.p == pytest.approx(row["p_best"] / 1)  # the largest p, which Holm leaves
    header = lines[1].split()
    shown = next(line.split() for line in lines if "all/1" in line)
    place = header.index("equal") + 1  # `ties` follows its p-value
    assert f"{expected.within:.2f}" == shown[place]
    assert any("equal is within 1.00% of" in line for line in lines)
