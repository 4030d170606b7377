"""Sweeps: a row per run, failures among them; the same folds; nothing lost, nothing repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from conftest import read_json

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Program


def test_results_have_a_row_per_run(finished_sweep: Path) -> None:
    """results.csv has every run with its overrides as columns, failed ones with their reason."""
    results = pd.read_csv(finished_sweep / "results.csv", dtype={"run": str})
    assert ["0", "1", "2", "3"] == results["run"].to_list()
    assert ["mean", "mean", "none", "none"] == results["imputer"].to_list()
    assert [0.5, 1.0, 0.5, 1.0] == results["model.l1_ratio"].to_list()
    assert ["finished", "finished", "refused", "refused"] == results["status"].to_list()
    assert [True, True, False, False] == results["cv_mse"].notna().to_list()
    assert results["error"][2].startswith("imputer=none, but values are missing in age")


def test_results_agree_with_the_runs(finished_sweep: Path) -> None:
    """A row's scores are those of the run's own record."""
    results = pd.read_csv(finished_sweep / "results.csv", dtype={"run": str})
    for row in results[results["status"] == "finished"].to_dict(orient="records"):
        record = read_json(finished_sweep / row["run"] / "run.json")
        assert record["cv"]["mse"]["mean"] == row["cv_mse"]
        assert record["cv"]["mse"]["se"] == row["cv_mse_se"]
        assert record["test"]["r2"]["score"] == row["test_r2"]
        assert record["n_selected"] == row["n_selected"]
        assert record["best"]["parameters"]["model.alpha"] == row["best_model.alpha"]


def test_failed_runs_have_a_record(finished_sweep: Path) -> None:
    """A refused run's folder says so, and what the config was."""
    record = read_json(finished_sweep / "2" / "run.json")
    assert "refused" == record["status"]
    assert "none" == record["overrides"]["imputer"]
    assert (finished_sweep / "2" / ".hydra" / "config.yaml").exists()


def test_the_sweep_is_described(finished_sweep: Path) -> None:
    """sweep.json counts runs by status and has the command that made them."""
    described = read_json(finished_sweep / "sweep.json")
    expected = {"runs": 4, "status": "finished", "statuses": {"finished": 2, "refused": 2}}
    assert expected.items() <= described.items()
    assert described["command"]["multirun"]
    assert "imputer=mean,none" in described["command"]["overrides"]


def test_runs_share_their_folds(finished_sweep: Path) -> None:
    """Every run of a sweep has the same test rows and the same folds."""
    rows = [
        pd.read_csv(finished_sweep / run / "predictions.csv")[["row", "part", "fold"]]
        for run in ("0", "1")
    ]
    pd.testing.assert_frame_equal(rows[0], rows[1])


@pytest.mark.parametrize(
    ("varied", "last"),
    [
        (["imputer=knn,mean", "split.folds=3,4"], ["imputer=mean", "split.folds=4"]),
        (["model.l1_ratio=0.4,0.6"], ["model.l1_ratio=0.6"]),
        (["search=random", "search.n_trials=5", "metric=mae,mse"],
         ["search=random", "search.n_trials=5", "metric=mse"]),
    ],
)  # fmt: skip
def test_a_run_of_a_sweep_is_that_run(
    program: Program, mixed: tuple[str, ...], varied: list[str], last: list[str]
) -> None:
    """What a run of a sweep finds does not depend on the runs before it, to the last digit."""
    swept = program.sweep("-m", *mixed, *varied)
    alone = program.run(*mixed, *last, "reuse=false")
    same = max(path for path in swept.iterdir() if path.is_dir())
    for name in ("coefficients.csv", "predictions.csv"):
        assert (alone / name).read_bytes() == (same / name).read_bytes()
    trials = [pd.read_csv(made / "trials.csv", dtype=str) for made in (alone, same)]
    assert trials[0].drop(columns="seconds").equals(trials[1].drop(columns="seconds"))


def test_a_preset_sweeps_by_itself(program: Program, mixed: tuple[str, ...]) -> None:
    """A comparing preset needs no -m, takes further keys, and names every run's option."""
    arguments = tuple(a for a in mixed if not a.startswith("model.l1_ratio"))
    arguments = tuple(a for a in arguments if not a.startswith("model.alpha"))
    swept = program.sweep(*arguments, "experiment=compare_penalties")
    results = pd.read_csv(swept / "results.csv")
    assert ["elastic_net", "lasso", "ridge", "ols"] == results["model"].to_list()
    assert {"finished"} == set(results["status"])


def test_the_screen_ranks(program: Program, mixed: tuple[str, ...]) -> None:
    """The table on the screen has what varied, best first by the metric, failures last."""
    ended = program(
        "-m", *mixed, "imputer=none,mean", "model.positive=false,true", "metric=r2",
        "hydra.sweep.dir=swept",
    )  # fmt: skip
    assert 1 == ended.status
    results = pd.read_csv(program.folder / "swept" / "results.csv")
    lines = [line.split() for line in ended.out.splitlines()]
    start = next(i for i, line in enumerate(lines) if line[:2] == ["run", "imputer"])
    ranked = results.sort_values("expected_r2", ascending=False)
    header = ["run", "imputer", "model.positive", "status", "expected_r2", "p_best", "cv_r2"]
    assert header == lines[start][:7]
    assert ranked["run"].astype(str).to_list() == [line[0] for line in lines[start + 1 : start + 5]]
    assert "refused" == lines[start + 4][3]
    assert "results.csv" in ended.out.splitlines()[-1]


def test_a_sweep_of_one_is_a_sweep(program: Program, mixed: tuple[str, ...]) -> None:
    """-m with nothing to vary makes a sweep of one run."""
    swept = program.sweep("-m", *mixed)
    assert 1 == len(pd.read_csv(swept / "results.csv"))


def test_every_run_failing_is_reported(program: Program, mixed: tuple[str, ...]) -> None:
    """A sweep of which nothing succeeds ends with code 1 and says why of each run."""
    ended = program("-m", *mixed, "imputer=none", "seed=1,2", "hydra.sweep.dir=swept")
    assert 1 == ended.status
    assert 2 == ended.out.count("refused: imputer=none")
    results = pd.read_csv(program.folder / "swept" / "results.csv")
    assert ["refused", "refused"] == results["status"].to_list()


def test_a_wrong_job_stops_the_sweep_before_it_starts(
    program: Program, mixed: tuple[str, ...]
) -> None:
    """A config error in any job is said before any job runs."""
    before = sorted(program.folder.rglob("*"))
    ended = program("-m", *mixed, "split.folds=3,1")
    assert (2, True) == (ended.status, "split.folds is 1" in ended.err)
    assert before == sorted(program.folder.rglob("*"))


def test_one_candidate_each_is_compared(program: Program, mixed: tuple[str, ...]) -> None:
    """Runs that chose nothing are tested against the best by the folds that they share.

    Others are not, which is said.
    """
    one = (*mixed[:4], "search=none", "model.l1_ratio=0.5", "bootstrap.resamples=20")
    ended = program("-m", *one, "model.alpha=0.01,0.02,50", "hydra.sweep.dir=swept")
    results = pd.read_csv(program.folder / "swept" / "results.csv", dtype={"run": str})
    # once from rows, once from moments
    np.testing.assert_allclose(results["expected_mse"], results["cv_mse"], rtol=1e-12)
    best = int(results["cv_mse"].to_numpy().argmin())
    assert best in (0, 1)
    assert [True, True] == results["ties"][:2].to_list()
    assert [best] == results.index[results["p_best"].isna()].to_list()
    header = next(line for line in ended.out.splitlines() if line.startswith("run  "))
    assert "expected_mse" in header
    rows = [line.split() for line in ended.out.splitlines() if line[:2] in ("0 ", "1 ", "2 ")]
    assert str(best) == rows[0][0]
    assert "best" in rows[0]
    assert "p_best: corrected resampled t-test" in ended.out
    shown = program("show", "swept")
    assert header in shown.out
