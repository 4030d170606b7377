"""Interpolation along time: as pandas and SciPy do it, by group, blind to what it may not see.

The references are Series.interpolate, merge_asof and SciPy's splines, none of which is used by
what is tested.
"""

from __future__ import annotations

import datetime as dt
import pickle
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import pytest
from conftest import read_json
from scipy.interpolate import CubicSpline, UnivariateSpline
from test_contract import preparation, table_with_roles

from runner.config import validate_section
from runner.core.folds import prepare_rows
from runner.errors import DataError
from runner.imputer.series import AlongTime

if TYPE_CHECKING:
    from conftest import Program

    from runner.imputer.series import Method
    from runner.records import Booleans, Floats, Table
    from runner.split.splitters import Splitter

METHODS: list[Method] = ["linear", "nearest", "previous", "spline"]


def along(method: Method, group: str | None = "site", order: int = 3) -> AlongTime:
    """Give an unfitted imputer along `when`."""
    return AlongTime(method=method, order=order, time="when", group=group)


def make_rows(n: int = 200, seed: int = 0, sites: str = "NSE") -> pd.DataFrame:
    """Two columns, the first with gaps, at uneven times, shuffled, in three groups."""
    rng = np.random.default_rng(seed)
    hours = np.cumsum(rng.integers(1, 30, n))
    frame = pd.DataFrame(
        {
            "a": np.sin(hours / 50) + rng.normal(0, 0.1, n),
            "b": rng.normal(size=n),
            "when": pd.Timestamp("2020-03-28T00:00") + pd.to_timedelta(hours, unit="h"),
            "site": rng.choice(list(sites), n),
        }
    )
    frame.loc[rng.random(n) < 0.3, "a"] = np.nan
    return frame.sample(frac=1, random_state=seed).reset_index(drop=True)


def series_of(rows: pd.DataFrame) -> pd.Series:
    """Give column a by hours since the start, in the order of time."""
    hours = (rows["when"] - pd.Timestamp("2020-03-28")) / pd.Timedelta(hours=1)
    return pd.Series(rows["a"].to_numpy(), index=hours.to_numpy()).sort_index()


def in_order(rows: pd.DataFrame, filled: Floats) -> Floats:
    """Give what was filled into column a, in the order of time."""
    ordered: Floats = filled[np.argsort(rows["when"].to_numpy()), 0]
    return ordered


def inside(series: pd.Series) -> Booleans:
    """Which values lie between the first and the last that were observed."""
    return (series.ffill().notna() & series.bfill().notna()).to_numpy()


def without_mean(rows: pd.DataFrame, method: Method) -> Floats:
    """Give column a as filled, NaN where nothing but the mean of all was left."""
    filler = along(method).fit(rows)
    filled = filler.transform(rows)[:, 0]
    return np.where(rows["a"].isna() & (filled == filler.series_[0].mean), np.nan, filled)


def as_table(features: pd.DataFrame, rows: pd.DataFrame) -> Table:
    """Make a table of these features, at the times and in the groups of these rows."""
    return table_with_roles(features, np.zeros(len(rows)), rows[["when", "site"]])


def test_linear_equals_pandas() -> None:
    """Without groups, the line between neighbours is Series.interpolate("index"), ends held."""
    rows = make_rows()
    expected = series_of(rows).interpolate(method="index", limit_direction="both")
    found = in_order(rows, along("linear", group=None).fit_transform(rows[["a", "b", "when"]]))
    np.testing.assert_allclose(found, expected.to_numpy(), rtol=1e-12)


def test_nearest_equals_pandas() -> None:
    """Without groups, the closer neighbour is Series.interpolate("nearest") between the ends."""
    rows = make_rows()
    series = series_of(rows)
    found = in_order(rows, along("nearest", group=None).fit_transform(rows[["a", "b", "when"]]))
    expected = series.interpolate(method="nearest").to_numpy()
    np.testing.assert_array_equal(found[inside(series)], expected[inside(series)])


def test_previous_equals_merge_asof() -> None:
    """Within groups, the value before is the one that pandas' backward merge finds."""
    rows = make_rows()
    observed = rows.dropna().sort_values("when")
    wanted = rows.drop(columns="a").reset_index().sort_values("when")
    merged = pd.merge_asof(wanted, observed[["when", "site", "a"]], on="when", by="site")
    expected = merged.set_index("index")["a"].sort_index().fillna(rows["a"].mean())
    found = along("previous").fit_transform(rows)[:, 0]
    np.testing.assert_allclose(found, expected.to_numpy(), rtol=1e-15)


@pytest.mark.parametrize("order", [3, 5])
def test_spline_equals_fitpack(order: Literal[3, 5]) -> None:
    """The spline of odd degree is FITPACK's interpolating one, between the ends."""
    rows = make_rows()
    series = series_of(rows)
    known = series.dropna()
    reference = UnivariateSpline(known.index, known, k=order, s=0)
    filler = along("spline", group=None, order=order)
    found = in_order(rows, filler.fit_transform(rows[["a", "b", "when"]]))
    gaps = inside(series) & series.isna().to_numpy()
    np.testing.assert_allclose(found[gaps], reference(series.index[gaps]), rtol=1e-6, atol=1e-9)


def test_cubic_spline_equals_scipy_in_each_group() -> None:
    """The cubic one is CubicSpline's, with its not-a-knot ends, group by group."""
    rows = make_rows()
    filled = along("spline").fit_transform(rows)
    for site in "NSE":
        mine = rows[rows["site"] == site]
        series = series_of(mine)
        known = series.dropna()
        gaps = inside(series) & series.isna().to_numpy()
        found = in_order(mine, filled[mine.index])
        expected = CubicSpline(known.index, known)(series.index[gaps])
        np.testing.assert_allclose(found[gaps], expected, rtol=1e-9, atol=1e-12)


def test_splines_need_enough_points() -> None:
    """A group with no more points than the degree is filled along the line."""
    rows = make_rows(12, sites="NS")
    few = rows[rows["site"] == "N"].sort_values("when")
    keep = few.dropna().index[:3]
    rows.loc[few.index.difference(keep), "a"] = np.nan
    at = (rows["site"] == "N").to_numpy()
    spline, line = (along(method).fit_transform(rows)[at] for method in ("spline", "linear"))
    np.testing.assert_array_equal(line, spline)


@pytest.mark.parametrize("method", ["linear", "nearest", "spline"])
def test_ends_are_held(method: Method) -> None:
    """Before the first and after the last value of its group, a row takes that value."""
    rows = make_rows()
    filler = along(method).fit(rows)
    known = rows[rows["site"] == "S"].dropna().sort_values("when")["a"].to_numpy()
    ends = pd.DataFrame({"a": np.nan, "b": 0.0, "when": ["1999-01-01", "2099-01-01"], "site": "S"})
    np.testing.assert_array_equal(known[[0, -1]], filler.transform(ends)[:, 0])


@pytest.mark.parametrize("method", METHODS)
def test_groups_do_not_mix(method: Method) -> None:
    """What is filled in one group is what it would be if there were no other."""
    rows = make_rows()
    together = along(method).fit_transform(rows)
    for site in "NSE":
        alone = rows[rows["site"] == site]
        has_past = ~np.isnan(without_mean(rows, method)[alone.index])
        found = along(method).fit_transform(alone)
        np.testing.assert_array_equal(together[alone.index][has_past], found[has_past])
        assert np.count_nonzero(alone["a"].isna().to_numpy() & has_past) > 10


@pytest.mark.parametrize("split_at", [50, 100, 150])
def test_previous_never_looks_ahead(split_at: int) -> None:
    """Other values later in time change nothing that has a value before it, not even by a bit."""
    rows = make_rows()
    boundary = rows["when"].sort_values().iloc[split_at]
    later = (rows["when"] > boundary).to_numpy()
    other = rows.copy()
    other.loc[later, "a"] = 1e6
    earlier = ~later & ~np.isnan(without_mean(rows, "previous"))
    before, after = (along("previous").fit_transform(table)[earlier] for table in (rows, other))
    np.testing.assert_array_equal(before, after)
    assert np.count_nonzero(rows.loc[earlier, "a"].isna()) > 5


def test_previous_at_times_not_seen_in_training() -> None:
    """At the minute before a value was observed, the value before that one is the last."""
    rows = make_rows()
    observed = rows.dropna().sort_values("when")
    wanted = observed.assign(when=observed["when"] - pd.Timedelta(minutes=1), a=np.nan)
    found = along("previous").fit(rows).transform(wanted)[:, 0]
    expected = observed.groupby("site")["a"].shift().fillna(rows["a"].mean())
    np.testing.assert_allclose(found, expected, rtol=1e-15)


def test_linear_at_times_not_seen_in_training() -> None:
    """Between and beyond the training rows' times, the line is numpy's."""
    rows = make_rows().drop(columns="site")
    known = series_of(rows).dropna()
    hours = np.linspace(-50.0, known.index[-1] + 50.0, 1000)
    when = pd.Timestamp("2020-03-28") + pd.to_timedelta(hours, unit="h").round("us")
    wanted = pd.DataFrame({"a": np.nan, "b": 0.0, "when": when})
    found = along("linear", group=None).fit(rows).transform(wanted)[:, 0]
    np.testing.assert_allclose(found, np.interp(hours, known.index, known), rtol=1e-7)


@pytest.mark.parametrize("method", METHODS)
def test_a_value_of_the_same_time_is_taken(method: Method) -> None:
    """A gap at the very time of an observed value of its group is filled with that value."""
    rows = make_rows()
    observed = rows.dropna()
    found = along(method).fit(rows).transform(observed.assign(a=np.nan))[:, 0]
    np.testing.assert_allclose(found, observed["a"], rtol=1e-9)


def test_as_many_points_as_a_spline_needs() -> None:
    """Through four points goes one cubic, which the cubic spline is."""
    rows = pd.DataFrame({"a": [0.0, 1.0, 8.0, 64.0, np.nan], "when": [0, 1, 2, 4, 3], "site": "N"})
    assert 27.0 == pytest.approx(along("spline").fit_transform(rows)[-1, 0], rel=1e-12)


def test_equal_times_are_averaged() -> None:
    """Several values of one time and group count as their mean."""
    rows = pd.DataFrame({"a": [1.0, 3.0, 10.0, np.nan], "when": [0, 0, 4, 1], "site": "N"})
    assert [4.0] == list(along("linear").fit_transform(rows)[3:, 0])


@pytest.mark.parametrize("method", METHODS)
def test_rows_without_a_place_take_the_mean(method: Method) -> None:
    """A missing time, and a group that is missing or unknown, leave the training mean."""
    rows = make_rows()
    filler = along(method).fit(rows)
    lost = pd.DataFrame(
        {
            "a": np.nan,
            "b": 0.0,
            "when": [None, "2020-04-01", "2020-04-01", "2020-04-01"],
            "site": ["N", "unknown", None, np.nan],
        }
    )
    np.testing.assert_allclose(filler.transform(lost)[:, 0], rows["a"].mean(), rtol=1e-14)


def test_a_group_without_values_takes_the_mean() -> None:
    """A group whose training rows all miss the column takes the mean over the others."""
    rows = make_rows()
    rows.loc[rows["site"] == "E", "a"] = np.nan
    found = along("linear").fit_transform(rows)[(rows["site"] == "E").to_numpy(), 0]
    np.testing.assert_allclose(found, rows["a"].mean(), rtol=1e-14)


@pytest.mark.parametrize("method", METHODS)
def test_times_may_be_spelled_otherwise_at_prediction(method: Method) -> None:
    """Dates, ISO text, with or without a zone, and Arrow's types mean the same moments."""
    rows = make_rows()
    filler = along(method).fit(rows)
    when = rows["when"]
    spellings: list[Any] = [
        when.astype(str),
        when.dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
        when.dt.tz_localize("UTC").dt.tz_convert("America/New_York"),
        (when.dt.tz_localize("UTC").dt.tz_convert("Asia/Kolkata")).map(pd.Timestamp.isoformat),
        when.astype("datetime64[ns]"),
        when.astype("timestamp[ms][pyarrow]"),
        pd.Series(list(when.dt.to_pydatetime()), dtype=object),
    ]
    expected = filler.transform(rows)
    for spelled in spellings:
        np.testing.assert_array_equal(expected, filler.transform(rows.assign(when=spelled)))
        refitted = along(method).fit(rows.assign(when=spelled))
        np.testing.assert_array_equal(expected, refitted.transform(rows))


@pytest.mark.parametrize("kind", [int, float, str, "Int64", "int64[pyarrow]", object])
def test_times_may_be_numbers(kind: Any) -> None:  # noqa: ANN401 - what pandas calls a type
    """Plain numbers are times too, and the same ones however they are held at prediction."""
    rows = make_rows()
    seconds = (rows["when"] - pd.Timestamp("2020-01-01")) // pd.Timedelta(seconds=1)
    expected = along("linear").fit_transform(rows)
    filler = along("linear").fit(rows.assign(when=seconds))
    found = filler.transform(rows.assign(when=seconds.astype(kind)))
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_american_dates_are_read_as_in_training() -> None:
    """Text that is not ISO is read in the training rows' own spelling, or as ISO."""
    days = pd.Series(pd.date_range("2020-01-01", periods=40))
    rows = pd.DataFrame({"a": np.arange(40.0), "when": days.dt.strftime("%m/%d/%Y"), "site": "N"})
    filler = along("linear").fit(rows)
    wanted = pd.DataFrame({"a": np.nan, "when": ["01/15/2020", "02/01/2020"], "site": "N"})
    np.testing.assert_allclose(filler.transform(wanted)[:, 0], [14.0, 31.0], rtol=1e-12)


@pytest.mark.parametrize(
    ("training", "prediction", "said"),
    [
        ([1.0, 2.0, 3.0], ["noon"] * 3, "must be numbers, as in training: it holds 'noon'"),
        (["2020-01-01"] * 3, ["noon"] * 3, r"must be dates \(as text: ISO8601\)"),
        (["2020-01-01"] * 3, [5, 6, 7], r"must be dates \(as text: ISO8601\)"),
        ([1.0, 2.0, 3.0], [dt.date(2020, 1, 1)] * 3, "must be numbers"),
    ],
)
def test_unreadable_times_are_refused(
    training: list[object], prediction: list[object], said: str
) -> None:
    """A time of another kind than in training is an error that says what is allowed."""
    rows = pd.DataFrame({"a": [1.0, np.nan, 3.0], "when": training, "site": "N"})
    filler = along("linear").fit(rows)
    with pytest.raises(DataError, match=said):
        filler.transform(rows.assign(when=pd.Series(prediction)))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("delta", [0.0, 1.0])
def test_folds_in_time_do_not_see_the_future(method: Method, delta: float) -> None:
    """With split=time, other values in later rows change nothing that an earlier fold fills."""
    rows = make_rows()
    features = rows[["a", "b"]].assign(town=pd.Series("York", index=rows.index, dtype=object))
    table = as_table(features, rows)
    prepared = preparation(table, "interpolate", method=method, delta=delta)
    splitter: Splitter = validate_section(  # type: ignore[assignment]
        "split", {"name": "time", "folds": 3}
    )
    split = splitter.split(table, 0)
    for training, validation in map(split.sides, split.folds):
        later = (rows["when"] > rows["when"].iloc[training].max()).to_numpy()
        assert later[validation].all()
        other = features.copy()
        other.loc[later, "a"] *= -1000.0
        before, after = (
            prepare_rows(one, training, validation, prepared)
            for one in (table, as_table(other, rows))
        )
        np.testing.assert_array_equal(before[0], after[0])
        gaps = rows["a"].isna().to_numpy()[validation]
        np.testing.assert_array_equal(before[1][gaps], after[1][gaps])
        assert gaps.sum() > 5


@pytest.mark.parametrize("dataset", ["hitters", "diabetes", "synthetic"])
def test_a_dataset_without_time_is_refused(program: Program, dataset: str) -> None:
    """Before the search, with what is missing, and without leaving a directory."""
    finished = program(f"dataset={dataset}", "imputer=interpolate", "hydra.run.dir=made")
    assert 2 == finished.status
    assert (
        "imputer=interpolate needs dataset.time: name the column that holds it, or choose another "
        "imputer if there is none"
    ) in finished.err
    assert not (program.folder / "made").exists()


def test_a_sweep_goes_on_without_the_pair_that_does_not_fit(program: Program) -> None:
    """Of a sweep over imputers, the run that needs a time fails for that reason, alone."""
    finished = program(
        "-m",
        "dataset=hitters",
        "imputer=interpolate,mean",
        "model.alpha={eps:0.01,count:8}",
        "bootstrap.resamples=20",
        "hydra.sweep.dir=swept",
    )
    assert 1 == finished.status
    results = pd.read_csv(program.folder / "swept" / "results.csv").set_index("imputer")
    assert {"interpolate": "refused", "mean": "finished"} == results["status"].to_dict()
    assert "needs dataset.time" in str(results.loc["interpolate", "error"])


@pytest.mark.parametrize("group", ["null", "origin"])
def test_the_weather_from_config_to_prediction(program: Program, group: str) -> None:
    """A run along time ends, and its model predicts the stated rows; model.json names them.

    The model file holds the imputer itself, so that this needs the package.
    """
    folder = program.run(
        "dataset=weather",
        f"dataset.group={group}",
        "imputer=interpolate",
        "split=time",
        "split.folds=3",
        "model.alpha={eps:0.01,count:8}",
        "bootstrap.resamples=20",
    )
    manifest = read_json(folder / "model.json")
    beside = {c["name"]: c for c in manifest["features"] if c["kind"] in {"time", "group"}}
    assert ["time_hour", *(["origin"] if group == "origin" else [])] == list(beside)
    assert "2013-01-01T06:00:00Z" == beside["time_hour"]["min"]
    with (folder / "model.pkl").open("rb") as file:
        pipeline = pickle.load(file)  # noqa: S301 - made here
    rows = pd.DataFrame(manifest["example"]["rows"]).astype({"hour": float})
    np.testing.assert_allclose(manifest["example"]["predictions"], pipeline.predict(rows))
    gappy = rows.assign(pressure=np.nan)
    later = gappy.assign(time_hour="2013-06-01 00:00")
    assert pipeline.predict(gappy)[0] != pipeline.predict(later)[0]
    with pytest.raises(ValueError, match="time_hour"):
        pipeline.predict(rows.drop(columns="time_hour"))


@pytest.mark.parametrize("imputer", ["mean", "interpolate"])
def test_times_of_pandas_own_type_are_written(program: Program, imputer: str) -> None:
    """A Parquet file's timestamps end up in model.json as text that predicts the same."""
    rows = make_rows()
    rows.assign(y=rows["b"] + rows["a"].fillna(0)).to_parquet(program.folder / "rows.parquet")
    folder = program.run(
        "dataset=parquet",
        "dataset.path=rows.parquet",
        "dataset.target=y",
        "dataset.time=when",
        "dataset.group=site",
        f"imputer={imputer}",
        "model.alpha={eps:0.01,count:8}",
        "bootstrap.resamples=20",
    )
    stated = read_json(folder / "model.json")["example"]
    with (folder / "model.pkl").open("rb") as file:
        pipeline = pickle.load(file)  # noqa: S301 - made here
    example = pd.DataFrame(stated["rows"]).astype({"a": float})
    np.testing.assert_allclose(stated["predictions"], pipeline.predict(example))
