"""Whatever the config and however broken the table: a run finishes, or says what is wrong."""

from __future__ import annotations

import contextlib
import io
import tempfile
from pathlib import Path

import numpy as np
import pytest
from composing import composed_once
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.cli.program import main
from runner.store.directory import read_record

ODD = ["", "NA", "nan", "inf", "-", "a", "x,y", '"', "1e400", "2020-01-01", "0", "1e6", "-999"]
HEADERS = ["a,b,c,y", "a,b,c", "a,b,c,y,y", "a,b,,y"]
GROUPS = {
    "split": ["kfold", "holdout", "repeated", "time", "grouped"],
    "imputer": ["none", "mean", "median", "zero", "knn", "linear", "hot_deck", "interpolate"],
    "model": ["elastic_net", "lasso", "ridge", "ols"],
    "search": ["grid", "random", "none"],
}
KEYS = {
    "split.folds": ["2", "3", "1", "40", "many"],
    "split.test": ["null", "0.2", "0.9", "1.5"],
    "imputer.indicator": ["true", "auto", "only", "some"],
    "imputer.delta": ["0.0", "2.5"],
    "imputer.rows.drop": ["null", "0", "0.5"],
    "imputer.columns.drop": ["null", "0"],
    "imputer.categorical": ["missing", "most_frequent", "constant"],
    "features.scale": ["true", "false"],
    "features.drop": ["first", "if_binary", "null"],
    "model.fit_intercept": ["false"],
    "model.positive": ["true"],
    "model.alpha": ["0.1", "[0.1,1]", "{eps: 0.1, count: 3}", "-1", "0"],
    "model.l1_ratio": ["0.5", "[0,1]", "2"],
    "metric": ["mae", "r2", "mape", "accuracy"],
    "dataset.features": ["[a]", "[a,b]", "[z]"],
    "dataset.time": ["a", "c", "z"],
    "dataset.group": ["b", "c"],
    "dataset.weight": ["c"],
    "dataset.na_values": ["[-1]", "{a: [0]}", "3"],
    "dataset.mask": ["{share: 0.2, mechanism: MCAR}", "{share: 2}"],
    "seed": ["1", "-1"],
}


@st.composite
def tables(draw: st.DrawFn) -> str:
    """A CSV file of three columns and a target, some of its cells spoilt."""
    rng = np.random.default_rng(draw(st.integers(0, 9)))
    rows = draw(st.integers(0, 50))
    cells = rng.normal(size=(rows, 4)).round(3).astype(str)
    cells[:, 1] = rng.choice(["u", "v", "w"], rows)
    for _ in range(draw(st.integers(0, 6)) if rows else 0):
        cells[draw(st.integers(0, rows - 1)), draw(st.integers(0, 3))] = draw(st.sampled_from(ODD))
    header = draw(st.sampled_from([HEADERS[0]] * 7 + HEADERS[1:]))
    return "\n".join([header, *(",".join(row) for row in cells)])


@st.composite
def overrides(draw: st.DrawFn) -> list[str]:
    """Options of some groups, and values of some keys, good and bad."""
    groups = draw(st.sets(st.sampled_from(sorted(GROUPS)), max_size=3))
    keys = draw(st.sets(st.sampled_from(sorted(KEYS)), max_size=4))
    chosen = [f"{group}={draw(st.sampled_from(GROUPS[group]))}" for group in sorted(groups)]
    return chosen + [f"{key}={draw(st.sampled_from(KEYS[key]))}" for key in sorted(keys)]


def run(text: str, arguments: list[str]) -> tuple[int, str, bool]:
    """Run the program on a file: its exit code, what it said, and whether the run finished."""
    quick = ["report=none", "bootstrap.resamples=5", "reuse=false", "cache.megabytes=0"]
    own = ["dataset=csv", "dataset.path=rows.csv", "dataset.target=y", "hydra.run.dir=made"]
    err = io.StringIO()
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        Path("rows.csv").write_text(text, encoding="utf-8")
        with contextlib.redirect_stderr(err), composed_once(), pytest.raises(SystemExit) as ended:
            main([*own, *quick, *arguments])
        record = read_record(Path("made")) or {}
    assert isinstance(ended.value.code, int)
    return ended.value.code, err.getvalue(), record.get("status") == "finished"


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(text=tables(), arguments=overrides())
def test_it_runs_or_says_why_not(text: str, arguments: list[str]) -> None:
    """The exit code is 0, 1 or 2; an error is a line of ours and never a traceback."""
    code, said, finished = run(text, arguments)
    assert "Traceback" not in said
    assert "run.log" not in said  # which is named where a traceback is in it
    assert code in {0, 1, 2}
    assert finished if code == 0 else said.startswith("enet: ")


def test_a_table_that_is_not_spoilt_runs() -> None:
    """Without any of it the run finishes, so that what is tried above can."""
    rng = np.random.default_rng(0)
    lines = ["a,b,c,y", *(",".join(row) for row in rng.normal(size=(50, 4)).astype(str))]
    assert run("\n".join(lines), []) == (0, "", True)
