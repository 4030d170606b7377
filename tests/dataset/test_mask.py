"""A mask hides the share that was asked for, by the mechanism it names, and keeps the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, pearsonr, rankdata
from sklearn.linear_model import LogisticRegression

from runner.config import validate_section
from runner.dataset import Dataset
from runner.dataset.mask import Mask
from runner.dataset.mechanism import draw, normal_scores
from runner.dataset.table import table_of
from runner.errors import DataError

if TYPE_CHECKING:
    from conftest import Program

    from runner.records import Booleans, Floats, Hidden, Table

MECHANISMS = ["MCAR", "MAR", "MNAR"]
ROWS = 20_000
SHARE = 0.2
FAR = 4.5  # standard errors that chance does not explain


def make_table(rows: int = ROWS, columns: int = 3, gaps: float = 0.1) -> Table:
    """Correlated numeric columns a, b, ... and a category, with gaps."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(rows, columns)) + rng.normal(size=(rows, 1))
    X[rng.random(X.shape) < gaps] = np.nan
    features = pd.DataFrame(X, columns=list("abcdefgh"[:columns]))
    features["town"] = pd.Series(rng.choice(["York", "Ely"], rows), dtype=object)
    return table_of(features, rng.normal(size=rows), categorical=("town",))


def mask(mechanism: str, **keys: Any) -> Mask:  # noqa: ANN401 - any YAML value
    """Validate a mask."""
    return Mask.model_validate({"share": SHARE, "mechanism": mechanism, **keys})


def numbers(table: Table) -> Floats:
    """The numeric columns (n, p)."""
    return table.features[list(table.numeric)].to_numpy(dtype=float)


def hidden_of(table: Table) -> Hidden:
    """What was hidden."""
    assert table.hidden is not None
    return table.hidden


def cells(before: Table, after: Table) -> Booleans:
    """Which cells were lost, (n, p)."""
    lost: Booleans = np.isnan(numbers(after)) & ~np.isnan(numbers(before))
    return lost


def is_related(a: Booleans, b: Floats) -> bool:
    """Whether two columns correlate by more than chance explains."""
    return bool(abs(pearsonr(a.astype(float), b).statistic) > FAR / np.sqrt(len(b)))


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("share", [0.01, 0.2, 0.45])
def test_the_share_is_exact(mechanism: str, share: float) -> None:
    """Every column loses its share of the observed values, to within one value."""
    table = make_table(rows=997)
    lost = cells(table, mask(mechanism, share=share).hide(table, 0)).sum(axis=0)
    observed = (~np.isnan(numbers(table))).sum(axis=0)
    assert [round(share * count) for count in observed] == list(lost)


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_the_truth_is_kept(mechanism: str) -> None:
    """Putting the hidden values back gives the table as it was, and nothing else has changed."""
    table = make_table()
    masked = mask(mechanism).hide(table, 0)
    restored = masked.features.copy()
    hidden = hidden_of(masked)
    for row, column, value in zip(hidden.row, hidden.column, hidden.value, strict=True):
        assert np.isnan(masked.features.loc[row, column])
        restored.loc[row, column] = value
    pd.testing.assert_frame_equal(table.features, restored)
    np.testing.assert_array_equal(table.target, masked.target)


def test_mcar_depends_on_nothing() -> None:
    """Whether a value is hidden is unrelated to the column, the others and the target."""
    table = make_table(gaps=0.0)
    lost = cells(table, mask("MCAR").hide(table, 0))
    for j in range(3):
        for other in (*numbers(table).T, table.target):
            assert not is_related(lost[:, j], other)


def test_mar_depends_on_a_neighbour_that_is_seen() -> None:
    """Likelier where the neighbour is high; the neighbour of a hidden value is never hidden."""
    table = make_table()
    X, masked = numbers(table), mask("MAR").hide(table, 0)
    lost = cells(table, masked)
    for j, other in ((0, 1), (1, 0), (2, 1)):
        seen = ~np.isnan(X[:, other])
        assert is_related(lost[seen, j], X[seen, other])
        assert not (lost[:, j] & lost[:, other]).any()


def test_mar_depends_on_nothing_unseen() -> None:
    """Among rows alike in the neighbour, whether a value is hidden says nothing of the value."""
    table = make_table(rows=200_000, gaps=0.0)
    X = numbers(table)
    lost = cells(table, mask("MAR").hide(table, 0))
    for j, other in ((0, 1), (1, 0), (2, 1)):
        near = np.abs(X[:, other] - 1.0) < 0.05
        assert np.count_nonzero(near) > 4_000
        assert np.count_nonzero(lost[near, j]) > 500
        assert not is_related(lost[near, j], X[near, j])


def test_mnar_depends_on_the_value() -> None:
    """Larger values are hidden more often, with the odds that the formula says."""
    table = make_table(gaps=0.0)
    X = numbers(table)
    lost = cells(table, mask("MNAR").hide(table, 0))
    for j in range(3):
        z = norm.ppf((rankdata(X[:, j]) - 0.5) / ROWS)
        fitted = LogisticRegression(C=np.inf).fit(z[:, None], lost[:, j])
        slope = float(fitted.coef_[0, 0])
        assert 2.0 == pytest.approx(slope, abs=0.15)


def test_a_draw_has_its_size_and_its_probabilities() -> None:
    """A draw is of exactly as many as the probabilities add up to, each as often as it says."""
    probabilities = np.array([0.9, 0.1, 0.5, 0.25, 0.25, 0.7, 0.3])
    rng = np.random.default_rng(0)
    drawn = [draw(probabilities, rng) for _ in range(20_000)]
    assert {3} == {len(set(one.tolist())) for one in drawn}
    found = np.bincount(np.concatenate(drawn), minlength=7) / len(drawn)
    np.testing.assert_allclose(found, probabilities, atol=FAR * 0.5 / np.sqrt(len(drawn)))


def test_normal_scores_are_those_of_the_ranks() -> None:
    """Equal values have equal scores, whatever the units; a missing value has 0."""
    found = normal_scores(np.array([5.0, np.nan, 1e6, -3.0, 5.0]))
    expected = norm.ppf(np.array([2.0, 3.5, 0.5, 2.0]) / 4)
    np.testing.assert_allclose(found[[0, 2, 3, 4]], expected)
    assert 0.0 == found[1]


@pytest.mark.parametrize("mechanism", ["MCAR", "MNAR"])
def test_a_column_is_never_lost(mechanism: str) -> None:
    """Of a column with one value or two, one value at least stays."""
    table = make_table(rows=40)
    features = table.features.assign(a=np.nan, b=np.nan)
    features.loc[3, "a"], features.loc[[4, 5], "b"] = 1.0, 2.0
    sparse = table_of(features, table.target, categorical=("town",))
    masked = mask(mechanism, share=0.99).hide(sparse, 0)
    left = (~np.isnan(numbers(masked))).sum(axis=0)
    assert [1, 1, 1] == left.tolist()


def test_only_the_named_columns_lose_values() -> None:
    """With `columns`, the others stay; what a column loses does not depend on the others."""
    table = make_table()
    for mechanism in MECHANISMS:
        one = mask(mechanism, columns=["c"]).hide(table, 0)
        assert {"c"} == set(hidden_of(one).column)
        whole = mask(mechanism).hide(table, 0)
        np.testing.assert_array_equal(numbers(one)[:, 2], numbers(whole)[:, 2])


def test_the_seed_decides() -> None:
    """The run's seed decides what is hidden, unless the mask has its own; the hash tells."""
    table = make_table(rows=200)
    hashes = [mask("MCAR").hide(table, seed).data_hash for seed in (1, 1, 2)]
    assert hashes[0] == hashes[1] != hashes[2] != table.data_hash
    own = [mask("MCAR", seed=7).hide(table, seed) for seed in (1, 2)]
    pd.testing.assert_frame_equal(own[0].features, own[1].features)


def test_without_a_mask_nothing_is_hidden() -> None:
    """A dataset whose mask is null has the values that it had."""
    dataset = validate_section("dataset", {"name": "diabetes"})
    assert isinstance(dataset, Dataset)
    assert dataset.load(0).hidden is None
    masked = dataset.model_copy(update={"mask": mask("MNAR")}).load(0)
    assert round(SHARE * 442) * 10 == len(hidden_of(masked).value)


def test_it_comes_on_top_of_what_is_missing() -> None:
    """A drawn table with missing values loses its share of those that are left."""
    given = {"name": "synthetic", "rows": 500, "missing": 0.3}
    dataset = validate_section("dataset", {**given, "mask": dict(mask("MCAR"))})
    assert isinstance(dataset, Dataset)
    left = (~np.isnan(numbers(dataset.load_unmasked(0)))).sum(axis=0)
    masked = dataset.load(0)
    lost = pd.Series(hidden_of(masked).column).value_counts()
    assert [round(SHARE * count) for count in left] == lost[list(masked.numeric)].to_list()


@pytest.mark.parametrize(
    ("keys", "columns", "message"),
    [
        ({"columns": ["twon"]}, 3, "dataset.mask.columns names 'twon', which is not a numeric"),
        ({"columns": ["town"]}, 3, "dataset.mask.columns names 'town', which is not a numeric"),
        ({"mechanism": "MAR"}, 1, "MAR needs a second numeric column"),
        ({"mechanism": "MAR", "share": 0.499}, 2, "choose a smaller dataset.mask.share"),
        ({"share": 1e-6}, 2, "dataset.mask hides nothing"),
    ],
)
def test_what_cannot_be_hidden_is_an_error(
    keys: dict[str, Any], columns: int, message: str
) -> None:
    """Columns that are not numeric, and too little to go by, are errors that say so."""
    given = {"share": SHARE, "mechanism": "MCAR", **keys}
    with pytest.raises(DataError, match=message):
        Mask.model_validate(given).hide(make_table(rows=21, columns=columns, gaps=0.0), 0)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("{share: 0.2, mechanism: MARS}", "dataset.mask.mechanism is 'MARS', but must be"),
        ("{share: 1.0, mechanism: MCAR}", "dataset.mask.share is 1.0, but must be less than 1"),
        ("{share: 0.5, mechanism: MAR}", "share must be less than 0.5 when mechanism is MAR"),
        ("{share: 0.5, mechanism: MCAR, colums: [a]}", "dataset.mask.colums is not a key"),
    ],
)
def test_a_wrong_mask_is_a_config_error(program: Program, given: str, message: str) -> None:
    """What a mask cannot be is said before any work."""
    ended = program("dataset=diabetes", f"dataset.mask={given}")
    assert (2, True) == (ended.status, message in ended.err)


def test_a_stream_cannot_be_masked(program: Program, mixed: tuple[str, ...]) -> None:
    """Streaming refuses a mask, as it needs the rows."""
    given = "dataset.mask={share: 0.2, mechanism: MCAR}"
    ended = program(*mixed, "metric=mse", "trial_metrics=[mse]", "dataset.stream=true", given)
    assert (2, True) == (ended.status, "dataset.mask needs the rows in memory" in ended.err)
