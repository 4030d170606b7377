"""Moments equal what the rows say, however the rows are batched, ordered or stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.core.moments import (
    Layout,
    Moments,
    choose_layout,
    merge,
    merge_others,
    moments_by_block,
    observed_count,
    observed_mean,
)
from runner.errors import DataError

if TYPE_CHECKING:
    from runner.records import Booleans, Floats

seeds = st.integers(0, 2**32 - 1)


def table(seed: int, n: int = 60, p: int = 5) -> tuple[Floats, Floats, Floats, Layout]:
    """Make rows with gaps in some columns, their weights (some of them 0) and a layout."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) * rng.uniform(0.5, 2, p) + rng.normal(size=p)
    y = X @ rng.normal(size=p) + rng.normal(size=n)
    X[(rng.random((n, p)) < 0.2) & (rng.random(p) < 0.7)] = np.nan
    weight = rng.uniform(0.1, 3, n) * (rng.random(n) < 0.9)
    return X, y, weight, choose_layout(X, y, np.flatnonzero(np.isnan(X).any(axis=0)))


def written_out(X: Floats, y: Floats, layout: Layout) -> Floats:
    """Write the rows `a` as their definition reads."""
    absent: Booleans = np.isnan(X)
    z = np.where(absent, 0.0, X - layout.shift)
    return np.column_stack([np.ones(len(y)), z, absent[:, layout.gappy], y - layout.y_shift])


def near(actual: Floats, expected: Floats) -> None:
    """Assert that figures of order 1 agree to 10 digits."""
    np.testing.assert_allclose(actual, expected, rtol=1e-10, atol=1e-10)


def same(expected: Moments, actual: Moments) -> None:
    """Assert that two moments are equal but for rounding."""
    near(actual.cross, expected.cross)
    near(actual.total, expected.total)
    np.testing.assert_array_equal(actual.low, expected.low)
    np.testing.assert_array_equal(actual.high, expected.high)


@given(seed=seeds, order=st.sampled_from(["C", "F"]))
@settings(max_examples=40, deadline=None)
def test_moments_equal_the_rows(seed: int, order: str) -> None:
    """Cross products are weighted sums over rows, totals and extremes leave weights out."""
    X, y, weight, layout = table(seed)
    moments = Moments.of(np.asarray(X, order="F" if order == "F" else "C"), y, weight, layout)
    A = written_out(X, y, layout)
    kept = weight > 0
    near(moments.cross, A.T @ (weight[:, None] * A))
    near(moments.total, A[kept].sum(axis=0))
    np.testing.assert_array_equal(moments.low[:-1], np.fmin.reduce(X[kept]))
    assert y[kept].max() == moments.high[-1]


def test_moments_need_no_weights() -> None:
    """No weights are the same as weights of 1, to the last bit."""
    X, y, _, layout = table(0)
    without, ones = (Moments.of(X, y, weight, layout) for weight in (None, np.ones(len(y))))
    np.testing.assert_array_equal(without.cross, ones.cross)
    np.testing.assert_array_equal(without.total, ones.total)


def test_pieces_do_not_matter() -> None:
    """More rows than one piece holds are summed like all rows at once."""
    X, y, weight, layout = table(1, n=140_000, p=2)
    A = written_out(X, y, layout)
    expected = A.T @ (weight[:, None] * A)
    np.testing.assert_allclose(Moments.of(X, y, weight, layout).cross, expected, 1e-10, 1e-8)


@given(seed=seeds, n_batches=st.integers(1, 7))
@settings(max_examples=40, deadline=None)
def test_batches_merge_in_any_order(seed: int, n_batches: int) -> None:
    """However rows are cut into batches and the batches are ordered, the sums agree."""
    X, y, weight, layout = table(seed)
    rng = np.random.default_rng(seed)
    batches = np.array_split(rng.permutation(len(y)), n_batches)
    parts = [Moments.of(X[rows], y[rows], weight[rows], layout) for rows in batches]
    whole = Moments.of(X, y, weight, layout)
    same(whole, merge(parts))
    same(whole, merge(parts[index] for index in rng.permutation(n_batches)))
    same(whole, merge([merge(parts[:1]), *parts[1:]]))


@given(seed=seeds, n_blocks=st.integers(1, 6), weighted=st.booleans())
@settings(max_examples=40, deadline=None)
def test_blocks_are_the_rows_with_their_label(seed: int, n_blocks: int, weighted: bool) -> None:
    """Each block has the moments of its rows alone, and rows labelled -1 are in no block."""
    X, y, weight, layout = table(seed)
    kept = weight if weighted else None
    block = np.random.default_rng(seed).integers(-1, n_blocks, len(y))
    parts = moments_by_block(X, y, kept, block, n_blocks, layout)
    assert n_blocks == len(parts)
    for index, part in enumerate(parts):
        rows = block == index
        same(Moments.of(X[rows], y[rows], weight[rows] if weighted else None, layout), part)


@given(seed=seeds, n_blocks=st.integers(2, 7))
@settings(max_examples=20, deadline=None)
def test_the_others_are_all_blocks_but_one(seed: int, n_blocks: int) -> None:
    """The training side of each fold is the merge of all the other blocks."""
    X, y, weight, layout = table(seed)
    block = np.arange(len(y)) % n_blocks
    parts = moments_by_block(X, y, weight, block, n_blocks, layout)
    for left_out, others in enumerate(merge_others(parts)):
        same(merge(parts[:left_out] + parts[left_out + 1 :]), others)


@given(seed=seeds)
@settings(max_examples=20, deadline=None)
def test_a_row_of_weight_0_is_absent(seed: int) -> None:
    """Rows of weight 0 count for nothing, even where their values could not be used."""
    X, y, weight, layout = table(seed)
    kept = weight > 0
    expected = Moments.of(X[kept], y[kept], weight[kept], layout)
    X[~kept], y[~kept] = np.inf, np.nan
    same(expected, Moments.of(X, y, weight, layout))
    in_one_block = np.zeros(len(y), dtype=np.int64)
    same(expected, moments_by_block(X, y, weight, in_one_block, 1, layout)[0])


@given(seed=seeds)
@settings(max_examples=20, deadline=None)
def test_integer_weights_repeat_rows(seed: int) -> None:
    """A row of weight 3 has the cross products of three rows, but is one row in the total."""
    X, y, _, layout = table(seed)
    times = np.random.default_rng(seed).integers(1, 4, len(y))
    repeated = Moments.of(np.repeat(X, times, axis=0), np.repeat(y, times), None, layout)
    weighted = Moments.of(X, y, times.astype(float), layout)
    near(weighted.cross, repeated.cross)
    assert len(y) == weighted.total[0]


@given(seed=seeds)
@settings(max_examples=20, deadline=None)
def test_observed_means_are_unweighted(seed: int) -> None:
    """Means and counts are over observed values of rows that count, each once."""
    X, y, weight, layout = table(seed)
    moments = Moments.of(X, y, weight, layout)
    kept = X[weight > 0]
    near(observed_mean(moments), np.nanmean(kept, axis=0))
    np.testing.assert_array_equal(observed_count(moments), (~np.isnan(kept)).sum(axis=0))


def test_the_mean_of_nothing_is_0() -> None:
    """A column without any observed value has mean 0 and count 0."""
    X = np.column_stack([np.full(4, np.nan), np.arange(4.0)])
    moments = Moments.of(X, np.arange(4.0), None, choose_layout(X, np.arange(4.0), [0]))
    np.testing.assert_array_equal(observed_mean(moments), [0.0, 1.5])
    np.testing.assert_array_equal(observed_count(moments), [0, 4])


def test_the_shift_of_a_constant_is_exact() -> None:
    """A column with a single value is shifted to exactly 0."""
    X = np.full((1000, 1), 0.1)
    np.testing.assert_array_equal(choose_layout(X, X[:, 0], []).shift, [0.1])


def test_the_shift_looks_beyond_the_sample() -> None:
    """A column that the sampled rows do not show is shifted by what the other rows show."""
    X = np.full((10_000, 1), np.nan)
    X[7] = 5.0
    np.testing.assert_array_equal(choose_layout(X, np.zeros(10_000), [0]).shift, [5.0])


def test_an_empty_batch_has_zero_moments() -> None:
    """A batch without rows merges without a trace."""
    X, y, weight, layout = table(3)
    whole = Moments.of(X, y, weight, layout)
    same(whole, merge([Moments.of(X[:0], y[:0], weight[:0], layout), whole]))


@pytest.mark.parametrize("spoiled", [np.nan, np.inf, -np.inf, 1e200])
def test_a_spoiled_column_is_named(spoiled: float) -> None:
    """A value that cannot be summed is an error that says which column it is in."""
    X, y = np.zeros((5, 3)), np.zeros(5)
    layout = choose_layout(X, y, [1])
    X[3, 2] = spoiled
    with pytest.raises(DataError, match="feature column 2 has a value that is infinite"):
        Moments.of(X, y, None, layout)
    y[0] = spoiled
    with pytest.raises(DataError, match="the target has a value that is infinite"):
        Moments.of(X[:2], y[:2], np.ones(2), layout)


def test_layouts_must_match() -> None:
    """Moments about different shifts do not add."""
    X, y, _, layout = table(4)
    moved = choose_layout(X + 1, y, layout.gappy)
    with pytest.raises(ValueError, match="different layouts"):
        merge([Moments.of(X, y, None, layout), Moments.of(X, y, None, moved)])
    with pytest.raises(ValueError, match="no moments"):
        merge([])
