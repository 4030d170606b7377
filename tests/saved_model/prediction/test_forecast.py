"""Forecasts beyond the end of a series: statsmodels' where they coincide, and the model's own."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from conftest import Program
from statsmodels.tsa.ar_model import AutoReg

from runner.saved_model import load_model

if TYPE_CHECKING:
    from pathlib import Path

QUICK = ("model=ols", "search=none", "report=none", "imputer.rows.drop=0", "split=time",
         "bootstrap.resamples=1", "split.folds=2")  # fmt: skip
STEP = "features.steps.lags"


def series(rows: int, seed: int = 0) -> np.ndarray:
    """An autoregressive one of order 2."""
    rng, y = np.random.default_rng(seed), [0.0, 0.0]
    for _ in range(rows):
        y.append(0.5 * y[-1] - 0.3 * y[-2] + rng.normal())
    return np.round(y[2:], 6)


def known(rows: int, seed: int = 5) -> np.ndarray:
    """A column that is known beforehand."""
    return np.random.default_rng(seed).normal(size=rows).round(4)


def predict(folder: Path, *arguments: str) -> pd.DataFrame:
    """What `enet predict` prints."""
    ended = Program(folder)("predict", *arguments)
    assert 0 == ended.status, ended.err
    return pd.read_csv(io.StringIO(ended.out))


def test_forecasts_are_those_of_autoreg(tmp_path: Path) -> None:
    """Twelve steps, each from the ones before, of least squares with a column known beforehand."""
    y, x, day = series(140), known(152), pd.date_range("2024-01-01", periods=152).astype(str)
    pd.DataFrame({"day": day[:140], "x": x[:140], "y": y}).to_csv(tmp_path / "y.csv", index=False)
    pd.DataFrame({"day": day[140:], "x": x[140:]}).to_csv(tmp_path / "next.csv", index=False)
    keys = ("dataset=csv", "dataset.path=y.csv", "dataset.target=y", "dataset.time=day")
    Program(tmp_path).run(*keys, "features=lags", f"{STEP}.lags=[1,2]", *QUICK)
    train = 140 - len(pd.read_csv(tmp_path / "made" / "predictions.csv").query("part == 'test'"))
    fitted = AutoReg(y[:train], lags=2, exog=x[:train, None]).fit()
    model = AutoReg(y, lags=2, exog=x[:140, None])
    expected = model.predict(fitted.params, start=140, end=151, exog_oos=x[140:, None])
    found = predict(tmp_path, "made", "next.csv", "--steps", "12")
    assert ["day", "step", "prediction"] == list(found)
    assert day[140:].tolist() == found["day"].tolist()
    np.testing.assert_allclose(found["prediction"], expected, rtol=1e-7)


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two shops, day by day, forecast 3 days ahead from sales and stock; prices are known."""
    folder = tmp_path_factory.mktemp("shops")
    day = pd.date_range("2024-01-01", periods=70).strftime("%d.%m.%Y")
    frame = pd.DataFrame({"day": np.tile(day, 2), "shop": np.repeat(["Ayr", "Oban"], 70)})
    frame["price"], frame["stock"] = known(140, 1), known(140, 2)
    frame["sales"] = np.r_[series(70, 1), series(70, 2)] - frame["price"]
    frame = frame.sample(frac=1, random_state=1)
    late = pd.to_datetime(frame["day"], format="%d.%m.%Y") >= pd.Timestamp("2024-03-05")
    frame[~late].to_csv(folder / "shops.csv", index=False)
    frame[late].to_csv(folder / "since.csv", index=False)
    frame[late].drop(columns=["sales", "stock"]).to_csv(folder / "next.csv", index=False)
    keys = ("dataset=csv", "dataset.path=shops.csv", "dataset.target=sales", "dataset.time=day")
    lags = (f"{STEP}.horizon=3", f"{STEP}.lags=[3,4]", f"{STEP}.columns=[stock]", "split.gap=3")
    dates = "dataset.dates={day: '%d.%m.%Y'}"
    Program(folder).run(*keys, "dataset.group=shop", dates, "features=lags", *lags, *QUICK)
    return folder


def test_within_the_horizon_it_is_the_model_s_own_prediction(shops: Path) -> None:
    """By group, in the order of the file; that of the true past, which it does not need yet."""
    found = predict(shops, "made", "next.csv", "--steps", "3")
    rows = pd.read_csv(shops / "since.csv")
    truth = rows.assign(prediction=load_model(shops / "made").predict(rows))
    both = found.merge(truth, on=["day", "shop"], suffixes=("", "_true"), validate="1:1")
    assert 6 == len(found) == len(both)
    np.testing.assert_allclose(both["prediction"], both["prediction_true"], rtol=1e-9)


def test_beyond_the_horizon_predictions_stand_for_the_target(shops: Path) -> None:
    """Step by step, by the saved model itself, with what it predicted before as the sales."""
    found = predict(shops, "made", "next.csv", "--steps", "5")
    rows = pd.read_csv(shops / "next.csv").merge(found, on=["day", "shop"])
    model, rows["sales"], rows["stock"] = load_model(shops / "made"), np.nan, np.nan
    for step in range(1, 6):
        given = rows[rows["step"] <= step]
        now = rows["step"] == step
        rows.loc[now, "sales"] = model.predict(given)[(given["step"] == step).to_numpy()]
    np.testing.assert_allclose(rows["sales"], rows["prediction"], rtol=1e-9)
    ended = Program(shops)("predict", "made", "next.csv", "--steps", "5")
    assert "from step 4 on, predictions take the place of the target" in ended.err
    assert "the past of 'stock' is not known beyond the horizon" in ended.err


def test_rows_that_have_come_since_are_the_past(shops: Path) -> None:
    """Those with a target: forecasts begin after them, and are those of the true past."""
    rows = pd.read_csv(shops / "since.csv")
    first = pd.to_datetime(rows["day"], format="%d.%m.%Y") < pd.Timestamp("2024-03-07")
    part = rows.assign(sales=rows["sales"].where(first), stock=rows["stock"].where(first))
    part.to_csv(shops / "part.csv", index=False)
    found = predict(shops, "made", "part.csv", "--steps", "3", "--id", "day", "--id", "shop")
    truth = rows.assign(prediction=load_model(shops / "made").predict(rows))
    both = found.merge(truth, on=["day", "shop"], suffixes=("", "_true"), validate="1:1")
    assert {"07.03.2024", "08.03.2024", "09.03.2024"} == set(found["day"])
    np.testing.assert_allclose(both["prediction"], both["prediction_true"], rtol=1e-9)


def test_what_is_not_known_is_refused(shops: Path) -> None:
    """Prices without a file, more steps than rows, and intervals beyond the horizon."""
    for arguments, said in (
        (("--steps", "3"), "the model takes 'price' as known beforehand: name a file"),
        (("next.csv", "--steps", "9"), "has 6 rows after the end of the series of shop"),
        (("next.csv", "--steps", "4", "--interval", "0.5"), "within the horizon, 3"),
        (("next.csv", "--steps", "0"), "--steps is 0, but must be at least 1"),
    ):
        ended = Program(shops)("predict", "made", *arguments)
        assert (2, "") == (ended.status, ended.out)
        assert said in ended.err


@pytest.mark.parametrize(
    ("times", "after"),
    [
        (pd.date_range("2020-01-31", periods=80, freq="ME").strftime("%Y-%m-%d"),
         ["2026-09-30", "2026-10-31"]),
        (pd.date_range("2020-01-01", periods=80, freq="6h").strftime("%Y-%m-%dT%H:%M:%S"),
         ["2020-01-21 00:00:00", "2020-01-21 06:00:00"]),
        (np.arange(80) * 5, ["400", "405"]),
    ],
)  # fmt: skip
def test_times_go_on_as_they_did(tmp_path: Path, times: pd.Index, after: list[str]) -> None:
    """By the ends of months, by hours and by numbers, where no column need be known."""
    frame = pd.DataFrame({"at": times, "z": known(80), "y": series(80)})
    frame.to_csv(tmp_path / "y.csv", index=False)
    keys = ("dataset=csv", "dataset.path=y.csv", "dataset.target=y", "dataset.time=at")
    Program(tmp_path).run(*keys, "features=lags", f"{STEP}.columns=[z]", *QUICK)
    found = predict(tmp_path, "made", "--steps", "2")
    assert after == found["at"].map(str).tolist()
    assert [1, 2] == found["step"].tolist()
    assert found["prediction"].notna().all()


def test_uneven_times_need_a_file(tmp_path: Path) -> None:
    """Nobody knows when the next row is."""
    day = pd.bdate_range("2024-01-01", periods=80).astype(str)
    pd.DataFrame({"at": day, "z": known(80), "y": series(80)}).to_csv(
        tmp_path / "y.csv", index=False
    )
    keys = ("dataset=csv", "dataset.path=y.csv", "dataset.target=y", "dataset.time=at")
    Program(tmp_path).run(*keys, "features=lags", f"{STEP}.columns=[z]", *QUICK)
    ended = Program(tmp_path)("predict", "made", "--steps", "2")
    assert 2 == ended.status
    assert "are not equally spaced (15 of 79 steps are others)" in ended.err
