"""What the record says of gaps, against scikit-learn, scipy, R and simulations."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from conftest import QUICK, mixed_frame, read_json
from scipy import signal, stats
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from runner.dataset.table import table_of
from runner.records import Fold, Split
from runner.statistics.missingness import (
    PENALTY,
    Missingness,
    clustered_p_values,
    describe_missingness,
    rank_sum_p_values,
)

if TYPE_CHECKING:
    from conftest import Program

    from runner.records import Booleans, Floats, Table

FOLDS = 4
ONE_FOLD = (Fold(1, 0, (0,), (1,)),)


def gappy_table(rows: int = 240, *, weighted: bool = False, seed: int = 0) -> Table:
    """Columns with gaps: a and d at random, b with the target, copy where b has; c has none."""
    rng = np.random.default_rng(seed)
    y = rng.lognormal(size=rows)
    frame = pd.DataFrame(rng.normal(size=(rows, 5)), columns=["a", "b", "copy", "c", "d"])
    frame["town"] = pd.Series(rng.choice(["York", "Bath"], rows), dtype=object)
    frame.loc[rng.random(rows) < 0.2, "a"] = np.nan
    frame.loc[rng.random(rows) < 0.05 + 0.6 * (y > 1.5), ["b", "copy"]] = np.nan
    frame.loc[rng.random(rows) < 0.1, "d"] = np.nan
    frame.loc[rng.random(rows) < 0.3 * (y < 1.0), "town"] = np.nan
    weight = rng.uniform(0.1, 5.0, rows) * 1000 if weighted else None
    return table_of(frame, y, categorical=("town",), weight=weight)


def divided(table: Table, *, seed: int = 1, repeats: int = 1) -> Split:
    """A fifth is tested, the rest in folds, `repeats` times over."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(table.n_rows)
    test, train = np.sort(order[: table.n_rows // 5]), np.sort(order[table.n_rows // 5 :])
    partitions = tuple(rng.permutation(np.arange(len(train)) % FOLDS) for _ in range(repeats))
    others = [tuple(j for j in range(FOLDS) if j != k) for k in range(FOLDS)]
    folds = [
        Fold(FOLDS * repeat + k + 1, repeat, others[k], (k,))
        for repeat, k in itertools.product(range(repeats), range(FOLDS))
    ]
    return Split(train, test, partitions, tuple(folds))


def described(table: Table, split: Split) -> Missingness:
    """Describe a table with gaps."""
    found = describe_missingness(table, split)
    assert found is not None
    return found


def out_of_fold_r2(model: Any, X: Floats, table: Table, split: Split, step: str = "") -> float:  # noqa: ANN401
    """r2 of a scikit-learn model's predictions out of fold, against the training mean."""
    left = total = 0.0
    weight = np.ones(table.n_rows) if table.weight is None else table.weight
    weight = weight / weight[split.train].mean()
    for fold in split.folds:
        training, validation = split.sides(fold)
        y, w = table.target[training], weight[training]
        steps = {f"{name}__sample_weight": w for name in step.split()} or {"sample_weight": w}
        predicted = model.fit(X[training], y, **steps).predict(X[validation])
        off, w_off = table.target[validation] - np.average(y, weights=w), weight[validation]
        left += float(w_off @ (table.target[validation] - predicted) ** 2)
        total += float(w_off @ off**2)
    return 1 - left / total


@pytest.mark.parametrize("weighted", [False, True])
def test_gains_are_those_of_regressions_on_one_column(weighted: bool) -> None:
    """Each gain is the r2 of scikit-learn's regression on the 0/1 column, fold by fold."""
    table = gappy_table(weighted=weighted)
    split = divided(table)
    columns = described(table, split).columns
    for name, gain in zip(columns["column"], columns["gain_r2"], strict=True):
        X = table.features[[name]].isna().to_numpy(dtype=float)
        assert out_of_fold_r2(LinearRegression(), X, table, split) == pytest.approx(gain, abs=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_the_gain_of_all_columns_is_that_of_a_ridge_regression(weighted: bool) -> None:
    """It is scikit-learn's ridge on the standardised 0/1 columns, equal ones taken once."""
    table = gappy_table(weighted=weighted)
    split = divided(table)
    X = table.features[["a", "b", "d", "town"]].isna().to_numpy(dtype=float)
    model = make_pipeline(StandardScaler(), Ridge(alpha=PENALTY * X.shape[1]))
    expected = out_of_fold_r2(model, X, table, split, "standardscaler ridge")
    found = described(table, split).summary["r2_together"]
    assert expected == pytest.approx(found, abs=1e-12)
    assert found > 0.05


def test_counts_and_patterns() -> None:
    """Counts are of the training rows, patterns as pandas counts them."""
    table = gappy_table()
    split = divided(table)
    found = described(table, split)
    gaps = table.features.isna()
    training = gaps.iloc[split.train]
    columns = found.columns.set_index("column")
    assert ["a", "b", "copy", "d", "town"] == list(columns.index)
    assert training.sum().drop("c").to_dict() == columns["missing"].to_dict()
    assert training.mean().drop("c").to_dict() == columns["share"].to_dict()
    assert gaps.iloc[split.test].mean().drop("c").to_dict() == columns["test_share"].to_dict()
    assert ["numeric"] * 4 + ["categorical"] == list(columns["kind"])
    numeric = table.features.iloc[split.train][["a", "b", "copy", "d"]]
    quantiles = numeric.quantile([0.05, 0.25, 0.5, 0.75, 0.95]).T.to_numpy()
    observed = columns[[f"observed_q{at}" for at in ("05", "25", "50", "75", "95")]]
    np.testing.assert_allclose(observed[:4], quantiles, rtol=1e-12)
    assert observed.loc["town"].isna().all()
    expected = training.apply(lambda row: ", ".join(training.columns[row]), axis=1).value_counts()
    assert expected.to_dict() == found.patterns.set_index("missing")["rows"].to_dict()
    assert found.patterns["rows"].is_monotonic_decreasing
    assert len(expected) == found.summary["patterns"]
    assert training.any(axis=1).sum() == found.summary["rows"]
    assert 5 == found.summary["columns"]


def test_patterns_of_many_columns_are_the_most_frequent() -> None:
    """Of hundreds of patterns over 30 columns, the 20 commonest are listed."""
    rng = np.random.default_rng(0)
    X = np.where(rng.random((600, 30)) < 0.06, np.nan, 1.0)
    table = table_of(pd.DataFrame(X).rename(columns=str), rng.normal(size=600))
    split = divided(table)
    found = described(table, split)
    counts = pd.DataFrame(np.isnan(X[split.train])).value_counts()
    assert counts.head(20).to_list() == found.patterns["rows"].to_list()
    assert len(counts) == found.summary["patterns"]


def test_what_predicts_is_found() -> None:
    """Columns whose gaps go with the target are named, those at random are not."""
    table = gappy_table()
    found = described(table, divided(table))
    assert ["b", "copy", "town"] == found.summary["predicting"]


def test_test_targets_are_not_looked_at() -> None:
    """Other targets and weights of the test rows change nothing."""
    table = gappy_table(weighted=True)
    split = divided(table)
    assert table.weight is not None
    target, weight = table.target.copy(), table.weight.copy()
    target[split.test], weight[split.test] = 1e6, 1e6
    other = table_of(table.features, target, categorical=table.categorical, weight=weight)
    before, after = described(table, split), described(other, split)
    pd.testing.assert_frame_equal(before.columns, after.columns)
    assert before.summary == after.summary


def test_repeated_folds_count_once() -> None:
    """The first partition of several is used."""
    table = gappy_table()
    several = divided(table, repeats=3)
    first = Split(several.train, several.test, several.partitions[:1], several.folds[:FOLDS])
    pd.testing.assert_frame_equal(
        described(table, first).columns, described(table, several).columns
    )


def test_columns_that_tell_nothing() -> None:
    """A column missing in all training rows, or in test rows alone, has no p-value."""
    table = gappy_table()
    split = divided(table)
    features = table.features.assign(hollow=1.0, late=1.0)
    features.loc[split.train, "hollow"] = np.nan
    features.loc[split.test[:3], "late"] = np.nan
    columns = described(table_of(features, table.target, categorical=("town",)), split).columns
    found = columns.set_index("column").loc[["hollow", "late"]]
    assert [True, True] == found["p_value"].isna().to_list()
    np.testing.assert_allclose(found["gain_r2"], 0.0, atol=1e-15)
    assert [False, False] == found["predicts"].to_list()
    before = described(table, split).columns["p_holm"].to_list()
    assert before == columns["p_holm"].dropna().to_list()


def test_no_gaps_no_record() -> None:
    """Complete data have no missingness."""
    table = gappy_table()
    assert (
        describe_missingness(table_of(table.features[["c"]], table.target), divided(table)) is None
    )


@pytest.mark.parametrize("ties", [False, True])
def test_rank_sum_is_scipys(ties: bool) -> None:
    """p-values are those of scipy's Mann-Whitney test, ties or not."""
    rng = np.random.default_rng(4)
    y = rng.integers(0, 6, 150).astype(float) if ties else rng.normal(size=150)
    M = rng.random((150, 12)) < np.linspace(0.02, 0.9, 12)
    expected = [
        stats.mannwhitneyu(y[column], y[~column], method="asymptotic").pvalue for column in M.T
    ]
    np.testing.assert_allclose(rank_sum_p_values(M, y), expected, rtol=1e-10)


def test_two_values_are_fishers_test() -> None:
    """Where the target has two values, p is twice the smaller of scipy's one-sided Fisher tests."""
    rng = np.random.default_rng(4)
    y = np.where(rng.random(80) < 0.1, 3.0, 0.0)
    M = rng.random((80, 12)) < np.linspace(0.03, 0.9, 12)
    expected: list[float] = []
    for column in M.T:
        cells = pd.crosstab(y, column).to_numpy()
        sides = [stats.fisher_exact(cells, alternative=side).pvalue for side in ("less", "greater")]
        expected.append(min(1.0, 2 * min(sides)))
    np.testing.assert_allclose(rank_sum_p_values(M, y), np.array(expected), rtol=1e-9)


def columns_at_random(rng: np.random.Generator, rows: int, missing: int, count: int) -> Booleans:
    """Columns (rows, count) with so many gaps each, anywhere."""
    return rng.random((rows, count)).argsort(axis=0) < missing


@pytest.mark.parametrize("missing", [5, 20, 100])
@pytest.mark.parametrize("target", ["normal", "lognormal", "rare"])
def test_the_level_holds_for_any_target(target: str, missing: int) -> None:
    """Without an effect, 5 % of p-values are below 0.05 at most, and 0.1 % below 0.001.

    10,000 columns over 100 targets; what is allowed is 4 standard errors above, were each target's
    columns half as many (they share it).
    """
    rng = np.random.default_rng(7)
    p = []
    for _ in range(100):
        y = {
            "normal": rng.normal(size=200),
            "lognormal": rng.lognormal(size=200),
            "rare": np.where(np.arange(200) < 10, 1.0, 0.0),
        }[target]
        p.append(rank_sum_p_values(columns_at_random(rng, 200, missing, 100), y))
    found = np.concatenate(p)
    for level in (0.05, 0.001):
        assert np.mean(found < level) <= level + 4 * np.sqrt(2 * level * (1 - level) / len(found))


def test_the_level_holds_for_dependent_rows() -> None:
    """With targets and gaps that go by group, 5 % at most are below 0.05; by rows, far more are.

    The allowance is 4 standard errors of 2,000 p-values.
    """
    rng = np.random.default_rng(3)
    by_group, by_row = [], []
    for _ in range(100):
        group = rng.permutation(np.repeat(np.arange(40), 8))
        y = rng.normal(size=40)[group] + 0.5 * rng.normal(size=320)
        M = (rng.random((40, 20)) < 0.4)[group] & (rng.random((320, 20)) < 0.9)
        by_group.append(clustered_p_values(M, y, group))
        by_row.append(rank_sum_p_values(M, y))
    allowed = 0.05 + 4 * np.sqrt(0.05 * 0.95 / 2000)
    assert np.mean(np.concatenate(by_group) < 0.05) <= allowed
    assert np.mean(np.concatenate(by_row) < 0.05) > 0.3


def test_independent_rows_as_clusters_change_little() -> None:
    """With a row per cluster, the score test's z is the rank-sum test's to 3 % or 0.02."""
    rng = np.random.default_rng(5)
    y = rng.normal(size=4000)
    M = rng.random((4000, 30)) < 0.3 + 0.03 * (y > 0)[:, None]
    plain, clustered = rank_sum_p_values(M, y), clustered_p_values(M, y, np.arange(4000))
    np.testing.assert_allclose(
        stats.norm.isf(clustered / 2), stats.norm.isf(plain / 2), rtol=0.03, atol=0.02
    )


def test_the_level_holds_for_rows_in_time() -> None:
    """With targets and gaps that drift (correlation 0.9 from row to row), 5 % at most are below.

    The allowance is 4 standard errors of 1,200 p-values; by rows, nearly half are below.
    """
    rng = np.random.default_rng(3)
    in_time, by_row = [], []
    for _ in range(60):
        drift = signal.lfilter([1], [1, -0.9], rng.normal(size=(21, 500)))[:, 100:].T
        y, M = drift[:, 0], drift[:, 1:] > 1.0
        frame = pd.DataFrame(np.where(M, np.nan, 1.0)).rename(columns=str)
        shuffled = rng.permutation(400)  # rows may be in any order
        table = table_of(frame.iloc[shuffled], y[shuffled], time=shuffled)
        split = Split(np.arange(400), np.arange(0), (np.arange(400) % 2,), ONE_FOLD)
        in_time.append(described(table, split).columns["p_value"].to_numpy())
        by_row.append(rank_sum_p_values(M, y))
    assert np.mean(np.concatenate(in_time) < 0.05) <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / 1200)
    assert np.mean(np.concatenate(by_row) < 0.05) > 0.3


def test_few_false_findings_in_a_whole_run() -> None:
    """Where nothing predicts, a column is named in 5 % of 100 datasets at most, or 4 errors above.

    And with one column that does, it is named in nearly all, where its effect is 0.6 standard
    deviations on a fifth of 400 rows.
    """
    rng = np.random.default_rng(11)
    false: list[list[str]] = []
    found: list[list[str]] = []
    for _ in range(100):
        X = np.where(rng.random((400, 20)) < 0.2, np.nan, 1.0)
        y = rng.normal(size=400)
        for named, target in ((false, y), (found, y + 0.6 * np.isnan(X[:, 0]))):
            table = table_of(pd.DataFrame(X).rename(columns=str), target)
            split = divided(table, seed=int(rng.integers(1 << 30)))
            named.append(described(table, split).summary["predicting"])
    wrong = np.mean([bool(names) for names in false])
    assert wrong <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / 100)
    assert np.mean(["0" in names for names in found]) > 0.8


def write(program: Program, frame: pd.DataFrame) -> tuple[str, ...]:
    """Write a frame as the run's data, and give the arguments."""
    frame.to_csv(program.folder / "data.csv", index=False)
    return ("dataset=csv", "dataset.path=data.csv", "dataset.target=outcome", *QUICK)


def test_a_run_states_it(program: Program) -> None:
    """A run writes both tables and the summary, and shows a note where gaps predict."""
    frame = mixed_frame(rows=200)
    frame.loc[frame["outcome"] > frame["outcome"].median(), "income"] = np.nan
    arguments = write(program, frame)
    ended = program(*arguments, "hydra.run.dir=made")
    record = read_json(program.folder / "made" / "run.json")
    assert ["income"] == record["missingness"]["predicting"]
    assert (
        "note EN101: whether a value is missing predicts the target (income, out-of-fold"
        in ended.out
    )
    columns = pd.read_csv(program.folder / "made" / "missingness.csv")
    assert ["income"] == columns.loc[columns["predicts"], "column"].to_list()
    patterns = pd.read_csv(program.folder / "made" / "missing_patterns.csv")
    dataset = pd.read_csv(program.folder / "data.csv").dropna(subset="outcome")
    assert ["rows", "share", "columns_missing", "missing"] == list(patterns)
    tested = record["test"]["rows"]
    assert len(dataset) - tested == patterns["rows"].sum()
    assert record["missingness"]["patterns"] == len(patterns)


def test_a_run_without_a_finding_shows_no_note(program: Program, mixed: tuple[str, ...]) -> None:
    """Gaps at random leave the record, but no note."""
    ended = program(*mixed, "hydra.run.dir=made")
    assert [] == read_json(program.folder / "made" / "run.json")["missingness"]["predicting"]
    assert "EN101" not in ended.out


def test_a_run_on_complete_data_states_nothing(program: Program) -> None:
    """Without gaps there is neither table nor summary."""
    made = program.run(*write(program, mixed_frame().dropna()))
    assert "missingness" not in read_json(made / "run.json")
    assert [] == sorted(file.name for file in made.glob("missing*"))


def test_a_streamed_run_says_that_it_leaves_it_out(
    program: Program, mixed: tuple[str, ...]
) -> None:
    """Streamed rows are not there any more, so there is no table, and the screen says so."""
    ended = program(*mixed, "dataset.stream=true", "split=kfold", "hydra.run.dir=made")
    assert 0 == ended.status
    assert "without predictions.csv and missingness.csv" in ended.out
    assert [] == sorted(file.name for file in (program.folder / "made").glob("missing*"))


def with_gap(y: Floats, gap: Booleans, **roles: Any) -> Table:  # noqa: ANN401 - of table_of
    """A table whose one feature is missing where `gap` says."""
    feature = np.where(gap, np.nan, np.random.default_rng(0).normal(size=len(y)))
    return table_of(pd.DataFrame({"a": feature}), y, **roles)


def in_halves(rows: int) -> Split:
    """No test rows, two folds."""
    return Split(
        np.arange(rows),
        np.arange(0),
        (np.arange(rows) % 2,),
        (Fold(1, 0, (0,), (1,)), Fold(2, 0, (1,), (0,))),
    )


def test_gaps_tell_of_classes() -> None:
    """Of three classes p is three times the smallest of Fisher's tests, one a class."""
    rng = np.random.default_rng(5)
    code = rng.integers(0, 3, 300).astype(np.float64)
    gap = rng.random(300) < 0.1 + 0.2 * (code == 2)
    found = described(with_gap(code, gap, labels=("a", "b", "c")), in_halves(300))
    p = [rank_sum_p_values(gap[:, None], (code == k).astype(float))[0] for k in range(3)]
    assert found.columns["p_value"].iloc[0] == pytest.approx(3 * min(p), rel=1e-12)
    assert ["a"] == found.summary["predicting"]


def test_gaps_tell_of_survival() -> None:
    """The test of censored times comes near a log-rank test, computed here by its definition."""
    rng = np.random.default_rng(8)
    gap = rng.random(400) < 0.4
    time = np.ceil(rng.exponential(np.where(gap, 12.0, 16.0)))
    event = rng.random(400) < 0.7
    observed = expected = variance = 0.0
    for at in np.unique(time[event]):
        there, dead = time >= at, event & (time == at)
        n, n1, d = there.sum(), (there & gap).sum(), dead.sum()
        observed += (dead & gap).sum()
        expected += d * n1 / n
        variance += d * n1 / n * (1 - n1 / n) * (n - d) / max(n - 1, 1)
    p = 2 * stats.norm.sf(abs(observed - expected) / np.sqrt(variance))
    found = described(with_gap(time, gap, event=event), in_halves(400)).columns["p_value"].iloc[0]
    assert np.log(found) == pytest.approx(np.log(p), rel=0.25)
    assert p < 0.02


def test_gaps_tell_of_one_of_several_targets() -> None:
    """Of two targets p is twice the smaller one's, and the gain the mean of theirs."""
    rng = np.random.default_rng(2)
    gap = rng.random(200) < 0.3
    both = np.column_stack([rng.normal(size=200), rng.normal(size=200) + gap])
    split = in_halves(200)
    found = described(with_gap(both, gap), split).columns.iloc[0]
    each = [described(with_gap(y, gap), split).columns.iloc[0] for y in both.T]
    assert found["p_value"] == pytest.approx(2 * min(one["p_value"] for one in each), rel=1e-12)
    assert found["gain_r2"] == pytest.approx(np.mean([one["gain_r2"] for one in each]), rel=1e-9)
