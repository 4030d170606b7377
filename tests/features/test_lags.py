"""The past of columns in whole runs: what is refused, nothing of the future, the saved model."""

from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from conftest import QUICK, Program, read_json
from hypothesis import given
from hypothesis import strategies as st

from runner.config import composer, validate, validate_section
from runner.config.options import packaged_defaults
from runner.dataset.table import table_of
from runner.errors import ConfigError
from runner.experiment.workspace import Workspace
from runner.features import Features
from runner.features.looking_back import check_split, rows_between
from runner.split.splitters import Splitter

if TYPE_CHECKING:
    from pathlib import Path

    from runner.core.folds import Folds

SHOPS = (
    *("dataset=csv", "dataset.path=shops.csv", "dataset.target=sales", "dataset.time=day"),
    *("dataset.group=shop", "features=lags", "split=time"),
)
STEP = "features.steps.lags"
FAR = {"horizon": 3, "lags": [3, 4], "windows": [2], "columns": ["stock"]}
MORE = {"kind": "lags"}


def shops(days: int = 60) -> pd.DataFrame:
    """Two shops, day by day in no order: a price that is known, stock and sales that are not."""
    rng = np.random.default_rng(7)
    day = np.tile(pd.date_range("2024-01-01", periods=days).strftime("%Y-%m-%d"), 2)
    frame = pd.DataFrame({"day": day, "shop": np.repeat(["Ayr", "Oban"], days)})
    frame["price"], frame["stock"] = rng.normal(5, 1, 2 * days), rng.normal(50, 9, 2 * days)
    noise = rng.normal(0, 1, (2, days))
    sales = [noise[:, 0]]
    for at in range(1, days):
        sales.append(0.8 * sales[-1] + noise[:, at])
    frame["sales"] = np.array(sales).T.ravel() - frame["price"]
    return frame.sample(frac=1, random_state=1).reset_index(drop=True)


@pytest.fixture(scope="module")
def composed() -> dict[str, Any]:
    """The sections of a run with lags of sales alone, a day ahead."""
    with composer(None, "config") as composing:
        return composing.compose(list(SHOPS)).sections


@dataclass(frozen=True)
class Shops:
    """Runs on shops.csv, as far as the folds."""

    sections: dict[str, Any]

    def folds(
        self,
        step: dict[str, Any] | None = None,
        more: dict[str, Any] | None = None,
        **keys: dict[str, Any],
    ) -> Folds:
        """The folds, with keys of the step, a second step, and keys of other sections."""
        sections = copy.deepcopy(self.sections)
        sections["features"]["steps"]["lags"] |= step or {}
        if more is not None:
            sections["features"]["steps"]["more"] = more
        for group, own in keys.items():
            sections[group] = own if "name" in own else sections[group] | own
        return Workspace().folds(validate(sections))

    def made(self) -> pd.DataFrame:
        """The columns that folds are made of, three days ahead."""
        return self.folds(FAR, split={"gap": 3}).table.features

    def refusal(self, **keys: dict[str, Any]) -> str:
        """Why there are none."""
        with pytest.raises(ConfigError) as refused:
            self.folds(**keys)
        return str(refused.value)


@pytest.fixture
def there(composed: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shops:
    """Runs in a folder with shops.csv."""
    shops().to_csv(tmp_path / "shops.csv", index=False)
    monkeypatch.chdir(tmp_path)
    return Shops(composed)


def test_the_past_takes_the_place_of_columns(there: Shops) -> None:
    """Stock and sales have their lags and means by pandas, and are gone; the price stays."""
    found = there.made()
    names = [f"{name}_{end}" for name in ("stock", "sales") for end in ("lag_3", "lag_4", "mean_2")]
    assert ["price", *names] == list(found)
    frame = pd.read_csv("shops.csv").sort_values("day")
    before = frame.groupby("shop")["sales"].shift(3)
    mean = (before + frame.groupby("shop")["sales"].shift(4)) / 2
    np.testing.assert_allclose(found["sales_lag_3"], before.sort_index())
    np.testing.assert_allclose(found["sales_mean_2"], mean.sort_index())


def test_nothing_of_the_future_enters(there: Shops) -> None:
    """Whatever is sold or stocked later than three days before a row, its features are the same."""
    before = there.made()
    frame = pd.read_csv("shops.csv")
    later = (frame["day"] > "2024-02-10").to_numpy()
    rng = np.random.default_rng(3)
    frame.loc[later, ["stock", "sales"]] = rng.normal(0, 99, (int(later.sum()), 2))
    frame.to_csv("shops.csv", index=False)
    unknown = (frame["day"] > "2024-02-13").to_numpy()
    after = there.made()
    pd.testing.assert_frame_equal(before[~unknown], after[~unknown], check_exact=True)
    assert not before[unknown].equals(after[unknown])


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"split": {"name": "kfold"}}, f"{STEP} uses the past, so that models have to be trained"),
        ({"split": {"name": "kfold"}}, "split=kfold mixes them: choose split=time"),
        ({"split": {"name": "holdout"}}, "split=holdout mixes them: choose split=time"),
        ({"dataset": {"time": None}}, f"{STEP} needs dataset.time: name the column"),
        ({"step": {"horizon": 2}}, f"{STEP}.lags: 1 is less than the horizon, 2"),
        ({"step": {"lags": [2, 2]}}, f"{STEP}.lags: 2 is there more than once"),
        ({"step": {"lags": []}}, f"{STEP}: lags, windows and differences are empty"),
        ({"step": {"target": False}}, f"{STEP}: target is false and columns are none"),
        ({"step": {"columns": ["sales"]}}, f"{STEP}.columns has 'sales', which is no numeric"),
        ({"step": FAR}, f"{STEP}.horizon is 3, so that split.gap must be at least 3: the rows"),
        ({"step": FAR, "split": {"gap": 2}}, "split.gap must be at least 3"),
        ({"family": {"name": "binomial"}}, f"{STEP}.target is true, but the past of sales is no"),
        ({"search": {"space": {f"{STEP}.lags": [1, 2]}}}, f"space.{STEP}.lags cannot be searched"),
        ({"more": MORE}, f"features.steps.more.target is true, but {STEP} has the target's past"),
        (
            {"step": {"columns": ["s*"]}, "more": {**MORE, "target": False, "columns": ["stock"]}},
            f"features.steps.more.columns has 'stock', whose past {STEP} has taken already",
        ),
    ],
)
def test_refusals_name_the_key(there: Shops, keys: dict[str, Any], said: str) -> None:
    """What cannot be a forecast is refused, with what to choose instead."""
    assert said in there.refusal(**keys)


def test_the_gap_that_is_named_is_enough(there: Shops) -> None:
    """Three days ahead two shops need three rows between: then each fold ends three days before."""
    folds = there.folds(FAR, split={"gap": 3})
    split, time = folds.split, folds.table.time
    assert time is not None
    sides = [*map(split.sides, split.folds), (split.train, split.test)]
    assert [3] * 6 == [time[later].min() - time[early].max() for early, later in sides]


@pytest.mark.parametrize(
    ("rows", "horizon", "gap"), [(1, 1, 0), (1, 2, 1), (1, 24, 23), (4, 24, 89)]
)
def test_the_gap_counts_rows(rows: int, horizon: int, gap: int) -> None:
    """Of one series a horizon less one; of four, those of 22 times and a row of that before."""
    assert gap == rows_between(np.repeat(np.arange(200), rows), horizon)


@given(seed=st.integers(0, 2**31), horizon=st.integers(1, 5))
def test_the_gap_is_enough_wherever_a_fold_begins(seed: int, horizon: int) -> None:
    """With as many rows of a time as may be, that gap leaves the horizon between."""
    rng = np.random.default_rng(seed)
    time = np.repeat(np.arange(60), rng.integers(1, 5, 60))
    numbers = time.astype(np.float64)
    table = table_of(pd.DataFrame({"a": numbers}), numbers, time=time)
    gap = rows_between(time, horizon)
    section = packaged_defaults("split", "time") | {"folds": 3, "gap": gap}
    splitter = validate_section("split", section)
    assert isinstance(splitter, Splitter)
    steps = {"past": {"kind": "lags", "horizon": horizon, "lags": [horizon]}}
    features = validate_section("features", {"name": "lags", "steps": steps})
    assert isinstance(features, Features)
    check_split(features, "time", table, splitter.split(table, 0))


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of three days ahead, in which rows without a past neither train nor are predicted."""
    folder = tmp_path_factory.mktemp("saved")
    shops().to_csv(folder / "shops.csv", index=False)
    step = [f"{STEP}.{key}={value}".replace("'", "").replace(" ", "") for key, value in FAR.items()]
    rows = ("split.gap=3", "imputer.rows.drop=0", "imputer.rows.predict=skip")
    return Program(folder).run(*SHOPS, *step, *rows, *QUICK)


@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        (["2024-01-03", "2024-01-04", "2024-02-09"], "4 of 112 steps from a row to the next are"),
        ([], None),
    ],
)
def test_uneven_times_are_told(there: Shops, left_out: list[str], said: str | None) -> None:
    """Three days without rows are two longer steps of each shop, of 56 each; all days are none."""
    frame = shops()
    frame[~frame["day"].isin(left_out)].to_csv("shops.csv", index=False)
    found = [one for one in there.folds().table.provenance.findings if one.code == "EN113"]
    assert ([] if said is None else [f"{said} not 1 day"]) == [one.message for one in found]


def test_the_saved_model_predicts_what_the_run_did(saved: Path) -> None:
    """Given all rows as they are in the file, or the test rows alone, it is predictions.csv."""
    model = pickle.loads((saved / "model.pkl").read_bytes())  # noqa: S301 - just written
    frame, found = pd.read_csv(saved.parent / "shops.csv"), pd.read_csv(saved / "predictions.csv")
    tested = found[found["part"] == "test"]
    rows, predicted = tested["row"].to_numpy(), tested["y_pred"].to_numpy()
    np.testing.assert_allclose(predicted, model.predict(frame)[rows], rtol=1e-12)
    np.testing.assert_allclose(predicted, model.predict(frame.iloc[rows]), rtol=1e-12)
    np.testing.assert_allclose(predicted[:1], model.predict(frame.iloc[rows[:1]]), rtol=1e-12)


def test_the_saved_model_forecasts_the_day_after_the_last(saved: Path) -> None:
    """A row of which only day, shop and price are known has coefficients times the file's past."""
    model = pickle.loads((saved / "model.pkl").read_bytes())  # noqa: S301 - just written
    frame = pd.read_csv(saved.parent / "shops.csv")
    new = pd.DataFrame({"day": "2024-03-01", "shop": ["Ayr", "Oban"], "price": [4.0, 5.0]})
    appended = pd.concat([frame, new], ignore_index=True)
    effects = pd.read_csv(saved / "coefficients.csv").set_index("feature")["coefficient"]
    for shop, price in (("Ayr", 4.0), ("Oban", 5.0)):
        past = frame[frame["shop"] == shop].sort_values("day").iloc[::-1]
        known = {"price": price}
        for name in ("stock", "sales"):
            third, fourth = past[name].iloc[2:4]  # a row further back than the last is 2 before it
            known |= {f"{name}_lag_3": third, f"{name}_lag_4": fourth}
            known[f"{name}_mean_2"] = (third + fourth) / 2
        by_hand = effects["(intercept)"] + sum(effects[name] * known[name] for name in known)
        assert by_hand == pytest.approx(model.predict(appended)[len(frame) + (shop == "Oban")])
    alone = new.assign(stock=np.nan, sales=np.nan)
    np.testing.assert_allclose(model.predict(alone), model.predict(appended)[-2:], rtol=1e-12)


def test_the_manifest_names_what_the_model_needs(saved: Path) -> None:
    """Stock and sales as they are in the file, time and group, and no column that is made."""
    manifest = read_json(saved / "model.json")
    kinds = {column["name"]: column["kind"] for column in manifest["features"]}
    expected = {"price": "numeric", "stock": "numeric", "sales": "numeric"}
    assert {**expected, "day": "time", "shop": "group"} == kinds
    past = {column["name"] for column in manifest["features"] if column.get("past")}
    assert {"stock", "sales"} == past
