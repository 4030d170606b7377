"""Intervals of predictions: the quantiles are right, and come from the rows that they say."""

from __future__ import annotations

import io
from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from conftest import Program
from saved_models_of import everything

from runner.saved_model import load_model
from runner.statistics.conformal import cross_interval, half_width, rows_needed, upper_rank

if TYPE_CHECKING:
    from pathlib import Path

FAST = ("report=none", "split.folds=4", "bootstrap.resamples=1", "model=ols", "search=none")


def test_the_quantile_is_that_of_one_more_row() -> None:
    """By hand: of 9 residuals the ninth at 0.9, the fifth at 0.5, none at 0.95; no rounding."""
    residuals = np.array([9.0, -1, 2, -3, 4, 5, -6, 7, 8])
    found = [half_width(residuals, Fraction(level)) for level in ("0.9", "0.5", "0.95", "0.1")]
    assert [9.0, 5.0, np.inf, 1.0] == found
    assert [9, 19, 1, 4] == [rows_needed(Fraction(x)) for x in ("0.9", "0.95", "0.5", "0.8")]
    assert 7 == upper_rank(9, Fraction("0.7"))  # 10 * 0.7 is 7.000000000000001 elsewhere


def test_half_the_rows_of_a_law_without_variance_are_enough() -> None:
    """rows_needed is the least number for which the rank is there."""
    for level in map(Fraction, ("0.5", "0.8", "0.9", "0.95", "0.99", "0.683")):
        needed = rows_needed(level)
        assert upper_rank(needed, level) <= needed
        assert upper_rank(needed - 1, level) > needed - 1


@pytest.mark.parametrize("level", ["0.9", "0.75", "0.5"])
def test_cross_intervals_are_those_of_all_rows(level: str) -> None:
    """Against the definition, with all m_k(x) -/+ R_i at hand; folds differ in size."""
    rng, share = np.random.default_rng(3), Fraction(level)
    residuals = [np.abs(rng.normal(size=n)) for n in (11, 12, 10)]
    predictions = rng.normal(size=(40, 3))
    lower, upper = cross_interval(predictions, residuals, share)
    below = np.hstack([predictions[:, [k]] - own for k, own in enumerate(residuals)])
    above = np.hstack([predictions[:, [k]] + own for k, own in enumerate(residuals)])
    first, last = floor((1 - share) * 34), ceil(share * 34)
    np.testing.assert_allclose(lower, np.sort(below)[:, first - 1], rtol=0, atol=1e-12)
    np.testing.assert_allclose(upper, np.sort(above)[:, last - 1], rtol=0, atol=1e-12)


def test_too_few_rows_have_no_ends() -> None:
    """Of 8 rows at 0.9 neither end is known."""
    lower, upper = cross_interval(np.zeros((2, 2)), [np.ones(4), np.ones(4)], Fraction("0.9"))
    assert np.isneginf(lower).all()
    assert np.isposinf(upper).all()


def run_on(folder: Path, *keys: str) -> pd.DataFrame:
    """Make the run `made` on everything.csv; gives its predictions.csv."""
    everything(160).to_csv(folder / "rows.csv", index=False)
    own = ("dataset=csv", "dataset.path=rows.csv", "dataset.features=[a,b,c,town]")
    run = Program(folder).run(*own, "dataset.target=amount", *FAST, *keys)
    return pd.read_csv(run / "predictions.csv")


@pytest.mark.parametrize("transform", ["null", "log"])
def test_split_intervals_have_the_test_rows_residuals(tmp_path: Path, transform: str) -> None:
    """In the target's own units, also where it was transformed."""
    stated = run_on(tmp_path, f"dataset.transform={transform}").query("part == 'test'")
    sizes = np.sort(np.abs(stated["y_true"] - stated["y_pred"]))
    half = sizes[ceil(Fraction("0.8") * (len(sizes) + 1)) - 1]
    ended = Program(tmp_path)("predict", "made", "rows.csv", "--interval", "0.8")
    out = pd.read_csv(io.StringIO(ended.out))
    np.testing.assert_allclose(out["upper"] - out["prediction"], half, rtol=1e-9)
    np.testing.assert_allclose(out["prediction"] - out["lower"], half, rtol=1e-9)
    assert "from the residuals of 32 test rows\nof rows like these at least 80 %" in ended.err


@pytest.mark.parametrize("imputer", ["mean", "knn"])
def test_cross_intervals_have_the_folds_models(tmp_path: Path, imputer: str) -> None:
    """Each fold's model predicts its rows as predictions.csv has them; the file is checked."""
    stated = run_on(tmp_path, "persistence.folds=true", f"imputer={imputer}")
    model = load_model(tmp_path / "made")
    from runner.saved_model.prediction.cast_batch import cast_batch
    from runner.saved_model.prediction.fold_models import load_folds
    from runner.saved_model.prediction.row_source import open_rows

    folds = load_folds(model)
    source = open_rows(tmp_path / "rows.csv", model.manifest)
    (batch,) = source.batches(["a", "b", "c", "town"], 1000)
    by_fold = folds.predict(cast_batch(batch, model.manifest))
    oof = stated.query("part == 'oof'")
    found = by_fold[oof["row"].to_numpy(), oof["fold"].to_numpy(int) - 1]
    np.testing.assert_allclose(found, oof["y_pred"], rtol=1e-6)
    ended = Program(tmp_path)("predict", "made", "rows.csv", "--interval", "0.8")
    out = pd.read_csv(io.StringIO(ended.out))
    sizes = [(own["y_true"] - own["y_pred"]).abs().to_numpy() for _, own in oof.groupby("fold")]
    lower, upper = cross_interval(by_fold, sizes, Fraction("0.8"))
    np.testing.assert_allclose(out[["lower", "upper"]], np.c_[lower, upper], rtol=1e-9)
    assert "for certain 60 % (1 - 2a)" in ended.err
    name = "folds.json" if imputer == "mean" else "folds.pkl"
    file = tmp_path / "made" / name
    file.write_bytes(file.read_bytes().replace(b"0", b"1", 1))
    ended = Program(tmp_path)("predict", "made", "rows.csv", "--interval", "0.8")
    assert (1, "") == (ended.status, ended.out)
    assert f"{name} is not the file that was saved" in ended.err


def test_other_families_and_dependent_rows(tmp_path: Path) -> None:
    """The first are refused by name, of the second no coverage is claimed."""
    run_on(tmp_path, "dataset.target=count", "family=poisson", "model=ridge", "search=grid",
           "model.alpha=[0.1]")  # fmt: skip
    ended = Program(tmp_path)("predict", "made", "rows.csv", "--interval", "0.8")
    assert 2 == ended.status
    assert "this one is of family=poisson" in ended.err
    everything(160).to_csv(tmp_path / "rows.csv", index=False)
    keys = ("dataset=csv", "dataset.path=rows.csv", "dataset.features=[a,c]")
    more = ("dataset.target=amount", "dataset.time=day", "split=time", *FAST[:1], *FAST[2:])
    Program(tmp_path).run(*keys, *more, name="later")
    ended = Program(tmp_path)("predict", "later", "rows.csv", "--interval", "0.8")
    assert 0 == ended.status
    assert "no coverage is guaranteed" in ended.err
    assert "at least" not in ended.err
