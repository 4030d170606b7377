"""Parts of dates: what comes out of them, of features and of the time column."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from conftest import QUICK
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import ElasticNet
from sklearn.model_selection import cross_validate
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn_reference import candidate, folds_of, make_scorer, make_specs

from runner.config import validate_section
from runner.dataset.suspicions import find_suspicions
from runner.dataset.table import table_of
from runner.dataset.written_dates import days
from runner.errors import ConfigError, DataError
from runner.features.made_columns import make_rows
from runner.features.steps.dates import PARTS, DateParts, times_of
from runner.records import Made, Split

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Program

    from runner.records import Table

MOMENTS = pd.to_datetime(
    pd.Series(["2024-02-29T13:00:00", "1969-12-28T00:30:00", None, "2013-12-31T23:59:59"])
)
EXPECTED = {  # by hand, a Monday being 0
    "year": [2024, 1969, np.nan, 2013],
    "month": [2, 12, np.nan, 12],
    "weekday": [3, 6, np.nan, 1],
    "hour": [13, 0, np.nan, 23],
}
STEP = {"kind": "dates", "columns": ["*"]}


def make_dated_table(n: int = 120, seed: int = 2, *, time: bool = True) -> Table:
    """A number, a category, a date with gaps, in days, and times that order the rows as texts."""
    rng = np.random.default_rng(seed)
    day = pd.Series(pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n), unit="D"))
    hour = pd.Series(pd.date_range("2021-03-01", periods=n, freq="7h"))
    frame = pd.DataFrame({"x": rng.normal(size=n), "day": days(day)})
    frame["town"] = pd.Series(rng.choice(["Ely", "York"], n), dtype=object)
    y = frame["x"] + np.sin(day.dt.month / 2) + hour.dt.hour / 12 + rng.normal(size=n) / 4
    frame.loc[rng.random(n) < 0.15, "day"] = np.nan
    texts = hour.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return table_of(
        frame,
        y.to_numpy(),
        categorical=("town",),
        dates=("day",),
        time=np.arange(n) if time else None,
        roles=("at" if time else None, None),
        role_values=pd.DataFrame({"at": texts}) if time else None,
    )


def features(**steps: object) -> Any:  # noqa: ANN401 - of pydantic
    """A section of features with these steps."""
    return validate_section("features", {"name": "main_effects", "steps": steps})


def parts_of(column: pd.Series, **more: object) -> DateParts:
    """An unfitted transformer of a column of days, by default to all parts as numbers."""
    keys: dict[str, Any] = {"numbers": PARTS, "cyclic": (), "categories": (), "time": None, **more}
    return DateParts(columns=(str(column.name),), **keys)


@pytest.mark.parametrize("form", ["days", "times", "texts", "zone"])
def test_parts_are_those_of_the_calendar(form: str) -> None:
    """Whether the dates are days since 1970, times or texts; a gap has none of them."""
    given = {
        "days": days(MOMENTS),
        "times": MOMENTS,
        "texts": MOMENTS.dt.strftime("%Y-%m-%dT%H:%M:%S"),
        "zone": MOMENTS.dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo"),
    }[form].rename("at")
    made = parts_of(given).fit_transform(given.to_frame())
    assert [f"at_{part}" for part in PARTS] == list(made)
    for part, values in EXPECTED.items():
        np.testing.assert_array_equal(made[f"at_{part}"], values)
    np.testing.assert_allclose(made["at_days"], days(MOMENTS), rtol=1e-12)


def test_every_hour_is_found_again() -> None:
    """Days since 1970 are rounded to the second: none of a century's hours becomes another."""
    hours = pd.Series(pd.date_range("1950-01-01", "2050-01-01", freq="h"), name="at")
    found = times_of(days(hours), in_days=True)
    np.testing.assert_array_equal(hours.dt.hour, found.dt.hour)
    assert (hours == found).all()


def test_cycles_close() -> None:
    """A sine and a cosine over the period: December is as far from January as May from June."""
    at = pd.Series(days(pd.Series(pd.date_range("2021-01-15", periods=12, freq="MS"))), name="at")
    made = parts_of(at, numbers=(), cyclic=("month",)).fit_transform(at.to_frame())
    assert ["at_month_sin", "at_month_cos"] == list(made)
    points = made.to_numpy()
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1.0)
    steps = np.linalg.norm(points - np.roll(points, 1, axis=0), axis=1)
    np.testing.assert_allclose(steps, 2 * np.sin(np.pi / 12))


def test_categories_are_texts_of_one_width() -> None:
    """They are objects, as the table's categories are, with NaN for a gap."""
    at = days(MOMENTS).rename("at")
    more = {"numbers": (), "categories": ("year", "month", "weekday", "hour")}
    made = parts_of(at, **more).fit_transform(at.to_frame())
    assert {np.dtype(object)} == set(made.dtypes)
    assert ["2024", "02", "3", "13"] == list(made.iloc[0])
    assert ["1969", "12", "6", "00"] == list(made.iloc[1])
    assert made.iloc[2].isna().all()


def test_it_is_cloned_and_pickled() -> None:
    """A clone is unfitted with the same parameters, and a pickle transforms as what was pickled."""
    at = days(MOMENTS).rename("at")
    unfitted = parts_of(at, cyclic=("hour",), categories=("month",))
    fitted = clone(unfitted).fit(at.to_frame())
    assert unfitted.get_params() == clone(fitted).get_params()
    loaded = pickle.loads(pickle.dumps(fitted))  # noqa: S301 - made here
    made = loaded.transform(at.to_frame())
    pd.testing.assert_frame_equal(fitted.transform(at.to_frame()), made)
    assert list(made) == list(loaded.get_feature_names_out())


def test_a_date_is_replaced_and_the_time_stays() -> None:
    """Features are made of both, in the place of the first; the gaps of a date are theirs."""
    table = make_dated_table()
    made = make_rows(features(dates=STEP), table, "y")
    given = ("year", "month_sin", "month_cos", "weekday_sin", "weekday_cos", "hour_sin", "hour_cos")
    parts = [f"{name}_{part}" for name in ("day", "at") for part in (*given, "days")]
    assert ["x", "town", *parts] == list(made.features)
    assert ("x", *parts) == made.numeric
    assert (("town",), ()) == (made.categorical, made.dates)
    assert "at" in made.frame
    assert made.given is table.frame
    gaps = table.features["day"].isna()
    assert gaps.any()
    np.testing.assert_array_equal(gaps, made.features["day_month_sin"].isna())


def test_rows_are_made_apart() -> None:
    """What is made of a row is the same whatever the other rows are: nothing is learnt."""
    table, section = make_dated_table(), features(dates={**STEP, "categories": ["month"]})
    whole = make_rows(section, table, "y").features
    some = make_rows(section, table.take(np.arange(40)), "y").features
    pd.testing.assert_frame_equal(whole[:40], some)


def by_hand(frame: pd.DataFrame) -> pd.DataFrame:
    """The year and the hour's cycle of both dates, written down for scikit-learn."""
    times = {
        "day": pd.to_datetime(frame["day"], unit="D", origin="unix"),
        "at": pd.to_datetime(frame["at"], utc=True),
    }
    made = frame[["x", "town"]].copy()
    for name, time in times.items():
        made[f"{name}_year"] = time.dt.year
        made[f"{name}_sin"] = np.sin(2 * np.pi * time.dt.hour / 24)
        made[f"{name}_cos"] = np.cos(2 * np.pi * time.dt.hour / 24)
    return made


def test_scores_are_those_of_scikit_learn() -> None:
    """A trial scores each fold as cross_validate scores a Pipeline of a function by hand."""
    table = make_dated_table()
    step = {**STEP, "parts": ["year"], "cyclic": ["hour"]}
    specs = make_specs(
        "mean", "elastic_net", {"features.steps": {"dates": step}, "features.drop": None}
    )
    folds = folds_of(make_rows(specs.features, table, "y"))
    [trial] = make_scorer(folds, specs)([candidate(0.02, 0.5)])
    encoder = ("town", OneHotEncoder(sparse_output=False), ["town"])
    columns = ColumnTransformer([encoder], remainder=SimpleImputer(strategy="mean"))
    pipeline = Pipeline(
        [
            ("dates", FunctionTransformer(by_hand)),
            ("columns", columns),
            ("scaler", StandardScaler()),
            ("model", ElasticNet(alpha=0.02, l1_ratio=0.5, tol=1e-13, max_iter=1_000_000)),
        ]
    )
    scored = cross_validate(
        pipeline,
        table.frame,
        table.target,
        cv=[folds.split.sides(fold) for fold in folds.split.folds],
        scoring="neg_mean_squared_error",
        error_score="raise",
    )
    np.testing.assert_allclose(trial.scores["mse"], -scored["test_score"], rtol=1e-8)


def test_days_that_a_step_has_made_are_no_number_of_a_row() -> None:
    """What counts up is told of (EN108) if it is in the file, and not if a step has made it."""
    y = np.random.default_rng(0).standard_normal(40)
    given = table_of(pd.DataFrame({"day": np.arange(40.0), "x": y[::-1] ** 2}), y)
    made = replace(
        given,
        features=given.features.rename(columns={"day": "day_days"}),
        numeric=("day_days", "x"),
        made=Made(given.features, Pipeline([("none", "passthrough")])),
    )
    split = Split(np.arange(40), np.arange(0), (), ())
    codes = [{one.code for one in find_suspicions(table, split)} for table in (given, made)]
    assert [True, False] == ["EN108" in found for found in codes]


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ({"dates": {**STEP, "columns": ["x"]}}, "'x'.*dataset.dates .*here: day, at"),
        ({"dates": {**STEP, "columns": ["nowhere"]}}, "'nowhere'.*dataset.dates"),
        (
            {"a": {**STEP, "columns": ["day"]}, "b": {**STEP, "columns": ["day"]}},
            "b.columns has 'day', which a step before it has replaced",
        ),
        (
            {"a": {**STEP, "columns": ["at"]}, "b": {**STEP, "columns": ["at"]}},
            "b makes a column 'at_year', which is there already",
        ),
    ],
)
def test_columns_must_be_dates_once(steps: dict[str, Any], said: str) -> None:
    """What is no date, gone already or made already is refused by step and name."""
    with pytest.raises(ConfigError, match=rf"features\.steps\..*{said}"):
        make_rows(features(**steps), make_dated_table(), "y")


def test_numbers_that_order_rows_are_no_dates() -> None:
    """The message names the time column; texts that are no dates are refused as well."""
    with pytest.raises(DataError, match="the time 'at' holds numbers, not dates"):
        times_of(pd.Series([1.0, 2.0], name="at"), in_days=False)
    with pytest.raises(DataError, match="the time 'at' cannot be read: it holds 'soon'"):
        times_of(pd.Series(["2020-01-01", "soon"], name="at"), in_days=False)
    assert times_of(pd.Series([None, np.nan], name="at"), in_days=False).isna().all()


def test_a_search_does_not_vary_what_is_made_before_folds(program: Program) -> None:
    """Its keys are none of the space: all candidates see the same rows."""
    ended = program("features=dates", "+search.space={features.steps.dates.parts: [[year]]}")
    assert 2 == ended.status
    assert "features.steps.dates.parts" in ended.err


@pytest.mark.parametrize("time", ["text", "none"])
def test_a_saved_model_predicts_raw_rows(program: Program, time: str) -> None:
    """Given days and times as the dataset has them, it says what predictions.csv says."""
    dated = write_dated_csv(program.folder)
    split = ("dataset.time=at", "split=time") if time == "text" else ("dataset.drop=[at]",)
    more = "features.steps.dates.categories=[weekday]"
    data = ("dataset=csv", "dataset.path=dated.csv", "dataset.target=y", "dataset.dates=[day]")
    made = program.run(*data, *split, *QUICK, "features=dates", more)
    model = pickle.loads((made / "model.pkl").read_bytes())  # noqa: S301 - made here
    found = pd.read_csv(made / "predictions.csv").query("part == 'test'")
    raw = dated.iloc[found["row"]]
    read = pd.to_datetime(raw["day"], format="%d.%m.%Y")
    for day in (days(read), read.dt.strftime("%Y-%m-%d")):
        np.testing.assert_allclose(found["y_pred"], model.predict(raw.assign(day=day)), rtol=1e-9)
    assert len(found) > 5
    names = set(pd.read_csv(made / "coefficients.csv")["feature"])
    assert {"day_year", "day_month_sin", "day_weekday_3"} < names
    assert (time == "text") == ("at_hour_cos" in names)
    assert not {"day", "at"} & names


def write_dated_csv(folder: Path) -> pd.DataFrame:
    """Write dated.csv, and give what a model that is loaded has of it, but for the days."""
    table = make_dated_table()
    day = pd.to_datetime(table.features["day"], unit="D", origin="unix").dt.strftime("%d.%m.%Y")
    frame = table.frame.assign(day=day, y=table.target.round(4))
    frame.to_csv(folder / "dated.csv", index=False)
    return frame


def test_the_option_works_by_itself(program: Program) -> None:
    """The time column of a shipped dataset is among the dates that * means."""
    made = program.run("dataset=weather", "features=dates", "split=time", *QUICK)
    names = set(pd.read_csv(made / "coefficients.csv")["feature"])
    assert {"time_hour_year", "time_hour_hour_sin", "time_hour_days"} < names
    assert {"time_hour_month", "time_hour_weekday", "time_hour_hour"}.isdisjoint(names)
