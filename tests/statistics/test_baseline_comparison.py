"""Runs of a sweep are compared with their baseline, fold by fold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from conftest import QUICK, Program, mixed_frame, read_json

from runner.errors import ConfigError
from runner.statistics.baseline_comparison import (
    check_baseline,
    comparison_table,
    describe,
    sections,
)
from runner.statistics.paired_comparison import compare_folds

if TYPE_CHECKING:
    from pathlib import Path

SIZES = {"training": [80, 80, 80, 80, 80], "validation": [20, 20, 20, 20, 20]}
BASE = [5.0, 4.0, 6.0, 5.5, 4.5]
BASELINE = "report.baseline={imputer: mean}"
TEST = ("low", "high", "p", "p_holm")
MASKED = "dataset.mask={share: 0.2, mechanism: MCAR}"


def run(
    folds: list[float] | None = None,
    overrides: dict[str, str] | None = None,
    **known: Any,  # noqa: ANN401 - any JSON value
) -> dict[str, Any]:
    """Make the record of a run of one candidate with these scores."""
    scores = np.array(folds if folds is not None else BASE)
    cv = {"mean": scores.mean(), "se": scores.std(ddof=1) / np.sqrt(len(scores)), "folds": scores}
    return {
        "status": "finished",
        "metric": "mse",
        "overrides": overrides or {},
        "cv": {"mse": cv},
        "folds": SIZES,
        "search": {"trials": 1},
        "timings": {"search": 1.0, "refit": 0.5},
        **known,
    }


def compared(*records: dict[str, Any], **baseline: Any) -> pd.DataFrame:  # noqa: ANN401 - YAML values
    """Compare records, named by their order."""
    runs = [(str(number), record) for number, record in enumerate(records)]
    table: pd.DataFrame = comparison_table(runs, baseline or {"imputer": "mean"})
    return table


def test_each_run_has_its_own_baseline() -> None:
    """A run is compared with the one that differs in the baseline's key alone."""
    shifted = [fold + 1.0 for fold in BASE]
    table = compared(
        run(BASE, {"dataset": "a", "imputer": "mean"}),
        run([*BASE[:-1], 5.5], {"dataset": "a", "imputer": "knn"}),
        run(shifted, {"dataset": "b", "imputer": "mean"}),
        run(BASE, {"dataset": "b", "imputer": "knn"}),
    )
    assert ["run", "dataset", "imputer", "status"] == list(table.columns[:4])
    np.testing.assert_allclose(table["difference"].astype(float), [np.nan, 0.2, np.nan, -1.0])
    expected = compare_folds(np.array([0, 0, 0, 0, 1.0]), 0.25)
    np.testing.assert_allclose(
        table.loc[1, ["low", "high", "p"]].astype(float), [expected.low, expected.high, expected.p]
    )
    assert ["the baseline", "", "the baseline", ""] == table["reason"].fillna("").to_list()
    assert [1.5] * 4 == table["seconds"].to_list()


def test_filled_values_are_compared_alike() -> None:
    """Where a mask was set, the error of what was filled in has its own paired difference."""
    masked = [
        {"imputation": {"nrmse": {"mean": 1.0, "folds": np.array(folds)}}}
        for folds in ([1.0, 1.1, 0.9, 1.0, 1.0], [0.5, 0.7, 0.5, 0.6, 0.4])
    ]
    unfilled = {"imputation": {"nrmse": None, "reason": "fills nothing"}}
    table = compared(
        run(BASE, {"imputer": "mean"}, **masked[0]),
        run(BASE, {"imputer": "knn"}, **masked[1]),
        run(BASE, {"imputer": "none"}, **unfilled),
    )
    expected = compare_folds(np.array([-0.5, -0.4, -0.4, -0.4, -0.6]), 0.25)
    found = table.loc[1, ["nrmse_difference", "nrmse_low", "nrmse_high"]].astype(float)
    np.testing.assert_allclose([expected.difference, expected.low, expected.high], found)
    assert [False, False, True] == table["nrmse"].isna().to_list()
    assert "fills nothing" == table["reason"][2]


def test_what_cannot_be_compared_is_a_row_with_its_reason() -> None:
    """Failed runs, those whose baseline failed, and those with other folds say so."""
    failed = {"status": "failed", "metric": "mse", "error": "too few rows"}
    other = {"training": [60] * 5, "validation": [40] * 5}
    table = compared(
        run(BASE, {"imputer": "mean"}),
        {**failed, "overrides": {"imputer": "knn"}},
        {**run(BASE, {"imputer": "zero"}), "folds": other},
        {**failed, "overrides": {"imputer": "mean", "model": "ols"}},
        run(BASE, {"imputer": "zero", "model": "ols"}),
        run(BASE, {"imputer": "zero", "model": "lasso"}),
    )
    assert [
        "the baseline",
        "too few rows",
        "the baseline has other folds, or another metric",
        "too few rows",
        "the baseline failed",
        "no run with the baseline's values is else alike",
    ] == table["reason"].to_list()
    assert table["difference"].isna().all()


def test_differences_of_rounding_are_none() -> None:
    """Scores that differ in the last digits alone do not differ."""
    almost = [fold * (1 + 1e-13) for fold in BASE]
    table = compared(run(BASE, {"imputer": "mean"}), run(almost, {"imputer": "zero"}))
    found = table.loc[1, ["difference", "low", "high", "p"]].to_numpy(dtype=float)
    np.testing.assert_array_equal([0.0, 0.0, 0.0, 1.0], found)


@pytest.mark.parametrize(
    ("text", "value", "same"),
    [
        ("0", 0, True),
        ("0.0", 0, True),
        ("-0.5", -0.5, True),
        ("1e-3", 0.001, True),
        ("1", True, False),
        ("true", True, True),
        ("True", True, True),
        ("true", 1, False),
        ("false", False, True),
        ("only", False, False),
        ("null", None, True),
        ("mean", "mean", True),
        ("means", "mean", False),
    ],
)
def test_what_counts_as_the_value(
    text: str, value: bool | float | str | None, *, same: bool
) -> None:
    """An override has the baseline's value if YAML would read it so, whatever its spelling."""
    runs = [{"imputer.key": text}]
    if same:
        check_baseline({"imputer.key": value}, runs)
    else:
        with pytest.raises(ConfigError, match="no run of this sweep sets that"):
            check_baseline({"imputer.key": value}, runs)


@pytest.mark.parametrize("key", ["seed", "split", "split.folds", "dataset", "dataset.path"])
def test_a_baseline_must_have_the_same_folds(key: str) -> None:
    """Keys that change the rows or their folds cannot be a baseline's."""
    with pytest.raises(ConfigError, match=f"names {key}, but runs that differ in it have other"):
        check_baseline({key: "1"}, [{key: "1"}])
    check_baseline({"dataset.mask.mechanism": "MCAR"}, [{"dataset.mask.mechanism": "MCAR"}])


def test_parts_are_what_is_compared_with_one_another() -> None:
    """A part per combination of the other overrides, its runs best first, failed ones last."""
    failed = {"status": "failed", "metric": "r2", "error": "no", "overrides": {}}
    records = [
        {**run([score] * 5, {"dataset": dataset, "imputer": imputer, "seed": "1"}), "metric": "r2"}
        | {"cv": {"r2": {"mean": score, "se": 0.0, "folds": [score] * 5}}}
        for dataset, imputer, score in (
            ("a", "mean", 0.1), ("a", "knn", 0.3), ("b", "mean", 0.2), ("b", "knn", 0.1),
        )
    ]  # fmt: skip
    records.insert(0, failed | {"overrides": {"dataset": "a", "imputer": "x", "seed": "1"}})
    table = compared(*records)
    parts = sections(table, {"imputer": "mean"})
    assert ["dataset=a", "dataset=b"] == [title for title, _ in parts]
    expected = [["knn", "mean", "x"], ["mean", "knn"]]
    assert expected == [part["imputer"].to_list() for _, part in parts]
    assert "r2: larger is better" in describe(table, {"imputer": "mean"})


def test_numbers_stay_in_their_order() -> None:
    """Where the baseline's key has numbers, its runs are in the order of the sweep."""
    records = [run([-delta] * 5, {"imputer.delta": str(delta)}) for delta in (-1, 0, 1)]
    runs = [(str(number), record) for number, record in enumerate(records)]
    table = comparison_table(runs, {"imputer.delta": 0})
    ((title, part),) = sections(table, {"imputer.delta": 0})
    assert ("", ["-1", "0", "1"]) == (title, part["imputer.delta"].to_list())


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Sweep with a mask and a baseline, one imputer of it failing; gives the folder and output."""
    folder = tmp_path_factory.mktemp("compared")
    mixed_frame().to_csv(folder / "mixed.csv", index=False)
    data = ("dataset=csv", "dataset.path=mixed.csv", "dataset.target=outcome")
    varied = ("imputer=none,knn,mean", "metric=mse", "hydra.sweep.dir=swept")
    one = (QUICK[0], "model.alpha=0.1", "model.l1_ratio=0.5", QUICK[3])
    ended = Program(folder)("-m", *data, *one, MASKED, BASELINE, *varied)
    assert 1 == ended.status
    return folder / "swept", ended.out


def test_a_sweep_writes_the_comparison(swept: tuple[Path, str]) -> None:
    """comparison.csv agrees with the runs' records, and with the test of their differences."""
    folder, _ = swept
    table = pd.read_csv(folder / "comparison.csv", dtype={"run": str}).set_index("imputer")
    records = {name: read_json(folder / table["run"][name] / "run.json") for name in table.index}
    knn, mean = (np.array(records[name]["cv"]["mse"]["folds"]) for name in ("knn", "mean"))
    sizes = records["mean"]["folds"]
    ratio = np.mean(np.divide(sizes["validation"], sizes["training"]))
    expected = compare_folds(knn - mean, float(ratio))
    found = table.loc["knn", ["difference", "low", "high", "p"]].astype(float)
    np.testing.assert_allclose(
        [expected.difference, expected.low, expected.high, expected.p], found, rtol=1e-9
    )
    assert table["nrmse"]["knn"] == records["knn"]["imputation"]["nrmse"]["mean"]
    assert table["reason"]["none"].startswith("imputer=none, but values are missing")
    assert "the baseline" == table["reason"]["mean"]


def test_a_sweep_shows_the_comparison(swept: tuple[Path, str]) -> None:
    """The screen has the runs, what the differences are, why one has none, and the files."""
    _, out = swept
    lines = [line for line in out.splitlines() if line.strip()]
    start = next(i for i, line in enumerate(lines) if line.startswith("imputer "))
    assert "expected mse  difference" in lines[start]
    assert {"knn", "mean"} == {line.split()[0] for line in lines[start + 1 : start + 3]}
    assert ["none", "-"] == lines[start + 3].split()[:2]
    assert lines[start + 4].startswith("imputer=none: imputer=none, but values are missing")
    assert lines[start + 5].startswith("differences are from imputer=mean, fold by fold")
    assert lines[-1].endswith("swept/comparison.csv")
    assert max(len(line) for line in lines[start : start + 4]) <= 100


def test_a_sweep_without_its_baseline_is_refused(program: Program, mixed: tuple[str, ...]) -> None:
    """A baseline that no run has is said before any run starts."""
    ended = program("-m", *mixed, "imputer=knn,median", BASELINE, "hydra.sweep.dir=swept")
    assert (2, True) == (ended.status, "report.baseline is imputer=mean, but no run" in ended.err)
    assert not (program.folder / "swept").exists()


@pytest.mark.parametrize(
    ("preset", "further", "values"),
    [
        ("delta", ("imputer=mean",), [-2, -1, -0.5, 0, 0.5, 1, 2]),
        ("informative_missingness", (), [False, True, "only"]),
        ("imputer_benchmark", ("imputer=mean,zero",), []),
    ],
)
def test_presets_compare(
    program: Program, further: tuple[str, ...], preset: str, values: list[Any]
) -> None:
    """Each preset sweeps by itself, every run finishes, and all but the baselines are compared."""
    one = (QUICK[0], "model.alpha=0.1", "model.l1_ratio=0.5", QUICK[3])
    folder = program.sweep(f"experiment={preset}", *one, *further)
    table = pd.read_csv(folder / "comparison.csv")
    assert {"finished"} == set(table["status"])
    baselines = table["reason"] == "the baseline"
    assert (9 if preset == "imputer_benchmark" else 1) == baselines.sum()
    assert table.loc[~baselines, "difference"].notna().all()
    if values:
        (key,) = [c for c in table.columns if str(c).startswith("imputer.")]
        told = pd.read_csv(folder / "comparison.csv", dtype=str)[key].to_list()
        assert [str(value).lower() for value in values] == told  # as YAML has them
    else:
        assert table["nrmse"].notna().all()


@pytest.mark.parametrize(
    ("own", "base", "other_rows"),
    [
        ({"training": 3, "prediction": 2}, {"training": 0, "prediction": 0}, True),
        ({"training": 0, "prediction": 0}, {"training": 3, "prediction": 2}, True),
        ({"training": 3, "prediction": 1}, {"training": 3, "prediction": 2}, True),
        ({"training": 3, "prediction": 2}, None, True),
        (None, {"training": 3, "prediction": 1}, True),
        ({"training": 3, "prediction": 2}, {"training": 3, "prediction": 2}, False),
        ({"training": 3, "prediction": 0}, {"training": 0, "prediction": 0}, False),
        ({"training": 3, "prediction": 0}, None, False),
        (None, None, False),
    ],
)
def test_runs_that_leave_other_rows_without_a_prediction_are_not_compared(
    own: dict[str, int] | None, base: dict[str, int] | None, *, other_rows: bool
) -> None:
    """Scores are of the same rows unless a run skips some; rows not trained on are no matter."""
    table = compared(
        run(BASE, {"imputer": "mean"}, rows_left_out=base),
        run([fold + 1 for fold in BASE], {"imputer": "knn"}, rows_left_out=own),
    )
    expected = ("the baseline is scored on other rows", True) if other_rows else (None, False)
    reason = table["reason"][1]
    assert expected == (None if pd.isna(reason) else reason, bool(pd.isna(table["difference"][1])))


def test_filled_values_are_compared_of_the_same_cells_alone() -> None:
    """Errors of values that were hidden elsewhere, or in other numbers, are not set against."""

    def masked(cells: list[float] | None, errors: list[float]) -> dict[str, Any]:
        known = {} if cells is None else {"cells": {"folds": np.array(cells)}}
        nrmse = {"mean": float(np.mean(errors)), "folds": np.array(errors)}
        return {"imputation": {"nrmse": nrmse, **known}}

    table = compared(
        run(BASE, {"imputer": "mean"}, **masked([4, 5, 4, 5, 4], [1.0] * 5)),
        run(BASE, {"imputer": "knn"}, **masked([4, 5, 4, 5, 4], [0.5] * 5)),
        run(BASE, {"imputer": "zero"}, **masked([4, 5, 4, 5, 3], [0.5] * 5)),
        run(BASE, {"imputer": "none"}, **masked(None, [0.5] * 5)),
    )
    found = table["nrmse_difference"].to_numpy(dtype=float)
    np.testing.assert_array_equal([np.nan, -0.5, np.nan, np.nan], found)
    np.testing.assert_array_equal([1.0, 0.5, 0.5, 0.5], table["nrmse"].to_numpy(dtype=float))


def test_values_of_which_some_are_numbers_are_ordered_by_score() -> None:
    """The order of the sweep is kept for numbers alone: words among them have no place."""
    scores = {"0.5": 2.0, "auto": 1.0, "1": 3.0}
    records = [run([score] * 5, {"features.interact": key}) for key, score in scores.items()]
    ((_, part),) = sections(
        compared(*records, **{"features.interact": 1}), {"features.interact": 1}
    )
    assert ["auto", "0.5", "1"] == part["features.interact"].to_list()


def test_rounding_is_a_share_of_the_score() -> None:
    """Differences of up to 1e-9 of the baseline's score, whatever its sign, are none."""
    for sign in (1.0, -1.0):
        base = [sign * fold for fold in BASE]
        for share, none in ((0.9e-9, True), (1.1e-9, False)):
            moved = [fold * (1 + share) for fold in base]
            table = compared(run(base, {"imputer": "mean"}), run(moved, {"imputer": "zero"}))
            assert none == (table["difference"][1] == 0.0)


def test_seconds_are_those_of_all_stages_or_none() -> None:
    """A run without timings has no seconds, rather than 0."""
    table = compared(
        run(BASE, {"imputer": "mean"}, timings={"search": 1.25, "refit": 0.5, "read": 2.0}),
        run(BASE, {"imputer": "knn"}, timings={}),
    )
    assert 3.75 == table["seconds"][0]
    assert pd.isna(table["seconds"][1])
    assert ["seconds", "reason"] == list(table.columns[-2:])


def test_folds_of_unlike_sizes_have_the_mean_ratio() -> None:
    """The correction takes the mean of validation over training rows, fold by fold."""
    sizes = {"training": [80, 60, 90, 50, 70], "validation": [20, 40, 10, 50, 30]}
    scores = [[*BASE], [fold + step for fold, step in zip(BASE, (1, 0, 2, -1, 1), strict=True)]]
    table = compared(
        run(scores[0], {"imputer": "mean"}) | {"folds": sizes},
        run(scores[1], {"imputer": "knn"}) | {"folds": sizes},
    )
    ratio = (1 / 4 + 2 / 3 + 1 / 9 + 1 + 3 / 7) / 5
    error = np.sqrt((1 / 5 + ratio) * 1.3)  # 1, 0, 2, -1, 1 have the variance 5.2 / 4
    found = table.loc[1, ["difference", "low", "high"]].to_numpy(dtype=float)
    reach = 2.7764451 * error  # the quantile 0.975 of t with 4 degrees of freedom
    np.testing.assert_allclose(found, [0.6, 0.6 - reach, 0.6 + reach], rtol=1e-7)


def test_what_a_comparison_is_told_as() -> None:
    """The sentence names the baseline as YAML has it, each metric's sense, and the level.

    Where nothing is tested it has no test; where something is not, it says why.
    """
    table = pd.DataFrame(
        {"metric": ["r2", "mse", None, "mse"], "selected_on": [False, False, None, None]}
    )
    told = describe(table, {"features.scale": True, "imputer.delta": None, "imputer": "mean"})
    assert told.startswith(
        "differences are from features.scale=true imputer.delta=null imputer=mean, fold by fold "
        "(mse: smaller is better, r2: larger is better); 95% intervals of each"
    )
    assert "evaluation.nested=true" not in told
    some = pd.DataFrame({"metric": ["r2", "mse"], "selected_on": [True, False]})
    both = describe(some, {"imputer": "mean"})
    assert ("95% intervals" in both, "evaluation.nested=true" in both) == (True, True)
    none = describe(some.assign(selected_on=[True, True]), {"imputer": "mean"})
    assert ("95% intervals" in none, "evaluation.nested=true" in none) == (False, True)


def test_scores_that_chose_the_winner_have_no_test() -> None:
    """Of a search's own scores there is a difference alone; if both have nested ones, these count.

    Their differences 1, 1, 1, 1, 2 have the mean 1.2 and the variance 0.2.
    """
    chosen = {"search": {"trials": 5}}
    nested = [[10.0] * 5, [11.0, 11.0, 11.0, 11.0, 12.0]]
    own = [{"nested": {"mse": {"mean": np.mean(each), "folds": each}}, **chosen} for each in nested]
    base = run(BASE, {"imputer": "mean"}, **own[0])
    table = compared(
        base,
        run([fold - 0.5 for fold in BASE], {"imputer": "knn"}, **own[1]),
        run([fold - 0.5 for fold in BASE], {"imputer": "zero"}, **chosen),
    )
    assert [1.2, -0.5] == pytest.approx(table["difference"].to_list()[1:])
    assert [False, True] == table["selected_on"][1:].to_list()
    error = np.sqrt((1 / 5 + 1 / 4) * 0.2)
    assert 1.2 - 2.7764451 * error == pytest.approx(table["low"][1])
    assert table.isna().to_dict("records")[2].items() >= dict.fromkeys(TEST, True).items()
    assert [10.0, 11.2] == table["expected"][:2].to_list()
    assert pd.isna(table["expected"][2])


def test_p_values_are_corrected_among_the_runs_of_one_baseline() -> None:
    """Holm: of two runs the smaller p doubles, and the runs of another baseline do not count."""
    shifts = {"knn": [1.0, 1.0, 1.0, 1.0, 2.0], "zero": [1.0, -1.0, 1.0, -1.0, 3.0]}
    records = [
        run(np.add(BASE, shift).tolist(), {"imputer": imputer, "dataset": dataset})
        for dataset in "ab"
        for imputer, shift in {"mean": [0.0] * 5, **shifts}.items()
        if (dataset, imputer) != ("b", "zero")
    ]
    table = compared(*records)
    assert table["p"][1] < table["p"][2]
    expected = [2 * table["p"][1], table["p"][2], table["p"][4]]
    assert expected == table["p_holm"].dropna().to_list()
