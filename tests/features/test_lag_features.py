"""The past of columns against pandas, statsmodels and figures by hand; nothing of the future."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from statsmodels.tsa.ar_model import AutoReg

from runner.errors import DataError
from runner.features.steps.lag_features import LagFeatures

if TYPE_CHECKING:
    from runner.records import Integers

HALF_YEAR = [f"2024-0{month}-01" for month in range(1, 7)]
seeds = st.integers(0, 2**31)
counts = st.lists(st.integers(1, 6), max_size=3, unique=True).map(tuple)


def lagged(**keys: Any) -> LagFeatures:  # noqa: ANN401 - any parameter
    """A transformer of column a in order of t, no group, a lag of 1, but for what is given."""
    plain: dict[str, Any] = {"columns": ("a",), "lags": (1,), "windows": (), "differences": ()}
    return LagFeatures(**(plain | {"horizon": 1, "time": "t", "group": None} | keys))


@st.composite
def panels(draw: st.DrawFn) -> pd.DataFrame:
    """Rows of up to four groups in no order, at uneven times, with gaps and an index of repeats."""
    rng = np.random.default_rng(draw(seeds))
    rows = draw(st.integers(1, 40))
    frame = pd.DataFrame({"t": rng.choice(200, rows, replace=False), "a": rng.normal(size=rows)})
    frame["b"] = np.where(rng.random(rows) < 0.2, np.nan, 1e6 * rng.normal(size=rows))
    frame["g"] = rng.choice(list("pqrs"), rows)
    return frame.set_index(rng.integers(0, 5, rows))


@st.composite
def transformers(draw: st.DrawFn) -> LagFeatures:
    """Any counts that a horizon of up to four rows lets be."""
    horizon = draw(st.integers(1, 4))
    lags = tuple(horizon + lag - 1 for lag in draw(counts))
    return LagFeatures(
        columns=("b", "a"), lags=lags, windows=draw(counts), differences=draw(counts),
        horizon=horizon, time="t", group=draw(st.sampled_from(["g", None])),
    )  # fmt: skip


def by_pandas(frame: pd.DataFrame, made: LagFeatures) -> pd.DataFrame:
    """The same columns by shift and rolling, group by group in order of time."""
    numbered = frame.reset_index(drop=True)
    groups = [numbered] if made.group is None else [own for _, own in numbered.groupby(made.group)]
    parts = []
    for own in (group.sort_values("t") for group in groups):
        new: dict[str, pd.Series] = {}
        latest = {name: own[name].shift(made.horizon) for name in made.columns}
        for name in made.columns:
            new |= {f"{name}_lag_{k}": own[name].shift(k) for k in made.lags}
            new |= {f"{name}_mean_{w}": latest[name].rolling(w).mean() for w in made.windows}
            new |= {
                f"{name}_difference_{d}": latest[name] - own[name].shift(made.horizon + d)
                for d in made.differences
            }
        parts.append(own.drop(columns=list(made.columns)).assign(**new))
    return pd.concat(parts).sort_index().set_index(frame.index)


@given(frame=panels(), made=transformers())
def test_it_is_shift_and_rolling_of_pandas(frame: pd.DataFrame, made: LagFeatures) -> None:
    """Shifts and rolling means within each group, in the rows' order and index."""
    found = made.fit_transform(frame)
    expected = by_pandas(frame, made)
    pd.testing.assert_frame_equal(found, expected, rtol=1e-9, atol=1e-5, check_dtype=False)
    assert list(found) == made.get_feature_names_out().tolist()


@given(frame=panels(), made=transformers(), seed=seeds)
def test_nothing_of_the_future_enters(frame: pd.DataFrame, made: LagFeatures, seed: int) -> None:
    """Whatever a group's values are less than a horizon before a row, or later, the row's stay."""
    rng = np.random.default_rng(seed)
    at = int(rng.integers(len(frame)))
    inside = np.ones(len(frame), dtype=bool)
    if made.group is not None:
        inside = (frame["g"] == frame["g"].iloc[at]).to_numpy()
    until = inside & (frame["t"] <= frame["t"].iloc[at]).to_numpy()
    rank = frame["t"].where(until).rank(ascending=False).to_numpy()  # 1 is the row itself
    unknown = inside & (~until | (rank <= made.horizon))
    changed = frame.copy()
    changed.loc[unknown, ["a", "b"]] = rng.normal(size=(int(unknown.sum()), 2))
    before, after = (made.fit_transform(each)[until] for each in (frame, changed))
    pd.testing.assert_frame_equal(before, after, check_exact=True)


@given(frame=panels(), made=transformers(), seed=seeds)
def test_the_order_of_rows_is_no_matter(frame: pd.DataFrame, made: LagFeatures, seed: int) -> None:
    """Shuffled rows have the same values, each to the last digit."""
    order = np.random.default_rng(seed).permutation(len(frame))
    found = made.fit_transform(frame).iloc[order]
    pd.testing.assert_frame_equal(found, made.fit_transform(frame.iloc[order]), check_exact=True)


@given(frame=panels(), made=transformers(), share=st.floats(0, 1), seed=seeds)
def test_later_rows_follow_the_fitted_ones(
    frame: pd.DataFrame, made: LagFeatures, share: float, seed: int
) -> None:
    """Later rows have the values that they would have in one table with the fitted ones.

    So they have where the last of the fitted rows come with them, and so have these alone.
    """
    whole = made.fit_transform(frame)
    late = (frame["t"] > frame["t"].quantile(share)).to_numpy()
    fitted = made.fit(frame[~late])
    pd.testing.assert_frame_equal(whole[late], fitted.transform(frame[late]), check_exact=True)
    early = np.random.default_rng(seed).uniform(0, frame["t"].max())
    some = late | (frame["t"] >= early).to_numpy()
    found = fitted.transform(frame[some])[late[some]]
    pd.testing.assert_frame_equal(whole[late], found, check_exact=True)
    pd.testing.assert_frame_equal(whole[~late], fitted.transform(frame[~late]), check_exact=True)


def test_by_hand() -> None:
    """Six months, forecast two ahead: the lag, the mean of two and the difference of one."""
    frame = pd.DataFrame({"t": HALF_YEAR, "a": [1.0, 2.0, 4.0, 8.0, 16.0, 32.0], "x": 7.0})
    made = lagged(lags=(2, 3), windows=(2,), differences=(1,), horizon=2)
    found = made.fit_transform(frame)
    names = ["t", "x", "a_lag_2", "a_lag_3", "a_mean_2", "a_difference_1"]
    assert names == list(found)
    no = np.nan
    expected = [
        [no, no, 1, 2, 4, 8],
        [no, no, no, 1, 2, 4],
        [no, no, no, 1.5, 3, 6],
        [no, no, no, 1, 2, 4],
    ]
    np.testing.assert_array_equal(found.iloc[:, 2:].to_numpy().T, expected)


def test_a_mean_needs_all_its_rows() -> None:
    """One missing value leaves out the means that it is in, and no other."""
    frame = pd.DataFrame({"t": range(6), "a": [1.0, np.nan, 3.0, 5.0, 7.0, 9.0]})
    found = lagged(lags=(), windows=(2,)).fit_transform(frame)["a_mean_2"]
    np.testing.assert_array_equal(found, [np.nan, np.nan, np.nan, np.nan, 4, 6])


def test_a_fitted_time_counts_once_as_it_is_now() -> None:
    """A value that was revised is the new one; no row comes twice, nor what is not remembered."""
    frame = pd.DataFrame({"t": range(4), "a": [1.0, 2.0, 3.0, 4.0]})
    fitted = lagged(lags=(1, 2)).fit(frame)
    later = pd.DataFrame({"t": [3, 4], "a": [40.0, 50.0]})
    np.testing.assert_array_equal(fitted.transform(later), [[3, 3, np.nan], [4, 40, 3]])


def test_only_rows_that_are_needed_are_kept() -> None:
    """A mean of three that ends two rows before looks back four rows: so many of each group."""
    frame = pd.DataFrame({"t": [*range(9), 0, 1], "a": np.arange(11.0), "g": 9 * ["p"] + 2 * ["q"]})
    made = lagged(lags=(2,), windows=(3,), differences=(1,), horizon=2, group="g").fit(frame)
    assert [5, 6, 7, 8, 9, 10] == sorted(made.history_values_[:, 0])


def test_groups_that_were_not_fitted_have_their_own_past_alone() -> None:
    """A new group begins with rows before which nothing is known, and is its own history then."""
    fitted = lagged(group="g").fit(pd.DataFrame({"t": [0], "a": [1.0], "g": ["p"]}))
    rows = pd.DataFrame({"t": [2, 1, 1], "a": [5.0, 6.0, 7.0], "g": ["q", "q", "p"]})
    np.testing.assert_array_equal(fitted.transform(rows)["a_lag_1"], [6, np.nan, 1])


@pytest.mark.parametrize("spelled", [list, pd.to_datetime, pd.Index])
def test_times_may_be_texts_or_timestamps(spelled: Any) -> None:  # noqa: ANN401 - a callable
    """Whatever spells the months, they are the same, also with a zone or a time of day."""
    frame = pd.DataFrame({"t": HALF_YEAR, "a": np.arange(6.0)})
    fitted = lagged().fit(frame.iloc[::-1].assign(t=spelled(HALF_YEAR[::-1])))
    assert [np.nan, 0, 1] == pytest.approx(fitted.transform(frame)["a_lag_1"][:3], nan_ok=True)
    later = pd.DataFrame({"t": ["2024-07-01T00:00:00+00:00"], "a": [6.0]})
    assert [5] == fitted.transform(later)["a_lag_1"].tolist()


def test_a_time_twice_in_a_group_is_refused() -> None:
    """The error has the time and the group; in two groups a time may be twice."""
    frame = pd.DataFrame({"t": ["2024-01-01"] * 2, "a": [1.0, 2.0], "g": ["p", "q"]})
    fitted = lagged(group="g").fit(frame)
    again = frame.assign(g="q")
    for refuse in (fitted.transform, lagged(group="g").fit):
        with pytest.raises(DataError, match=r"^t is 2024-01-01 in 2 rows of g q: lags are counted"):
            refuse(again)
    with pytest.raises(DataError, match=r"^t is 2024-01-01 in 2 rows: .* dataset\.group$"):
        lagged().fit(frame)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"t": [0, np.nan]}, "'t' is missing in 1 rows"),
        ({"g": ["p", None]}, "'g' is missing in 1 rows"),
        ({"a": ["x", "y"]}, "'a' is not a column of numbers"),
        ({"a_lag_1": [0, 0]}, "'a_lag_1'"),
    ],
)
def test_columns_that_cannot_be_used_are_refused(changed: dict[str, Any], message: str) -> None:
    """The error names the column."""
    frame = pd.DataFrame({"t": [0, 1], "a": [1.0, 2.0], "g": ["p", "p"]}).assign(**changed)
    with pytest.raises(DataError, match=message):
        lagged(group="g").fit(frame)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"lags": (1, 3), "horizon": 2}, r"at least the horizon, 2, not \(1, 3\)"),
        ({"horizon": 0}, "horizon must be at least 1, not 0"),
        ({"windows": (0,)}, "windows must be at least 1"),
        ({"differences": (-1,)}, "differences must be at least 1"),
    ],
)
def test_counts_that_cannot_be_are_refused(keys: dict[str, Any], message: str) -> None:
    """A lag below the horizon would need what is not known yet."""
    with pytest.raises(ValueError, match=message):
        lagged(**keys).fit(pd.DataFrame({"t": [0], "a": [1.0]}))


def test_it_is_cloned_pickled_and_given_no_rows() -> None:
    """A pickled one gives the same, no rows give the columns, and a clone is not fitted."""
    frame = pd.DataFrame({"t": range(5), "a": np.arange(5.0), "g": list("pqpqp")})
    made = lagged(group="g", windows=(2,)).fit(frame)
    again = pickle.loads(pickle.dumps(made))  # noqa: S301 - just dumped
    later = frame.assign(t=frame["t"] + 5)
    pd.testing.assert_frame_equal(made.transform(later), again.transform(later))
    assert ["t", "g", "a_lag_1", "a_mean_2"] == list(made.transform(frame[:0]))
    assert ["t", "g", "a_lag_1", "a_mean_2"] == list(lagged(group="g", windows=(2,)).fit_transform(
        frame[:1]))  # fmt: skip
    assert not hasattr(clone(made), "history_time_")


def autoregression(y: Integers | Any, order: int) -> Any:  # noqa: ANN401 - arrays
    """Least squares of y on a constant and its lags, the rows with all of them."""
    frame = pd.DataFrame({"t": np.arange(len(y)), "a": y})
    made = lagged(lags=tuple(range(1, order + 1))).fit_transform(frame)
    lags = made.drop(columns="t").to_numpy()
    whole = ~np.isnan(lags).any(axis=1)
    design = np.column_stack([np.ones(whole.sum()), lags[whole]])
    return np.linalg.lstsq(design, y[whole])[0]


@pytest.mark.parametrize("order", [1, 2, 5])
def test_least_squares_on_lags_are_an_autoregression(order: int) -> None:
    """The coefficients are those of statsmodels' AutoReg."""
    noise = np.random.default_rng(order).normal(size=300)
    y = np.zeros(300)
    for at in range(2, 300):
        y[at] = 3 + 0.6 * y[at - 1] - 0.3 * y[at - 2] + noise[at]
    expected = AutoReg(y, lags=order, trend="c").fit().params
    np.testing.assert_allclose(autoregression(y, order), expected, rtol=1e-8, atol=1e-8)
