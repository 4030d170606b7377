"""What a Scorer keeps and tells beside the scores: the best solution, progress, sizes, failures."""

from __future__ import annotations

import itertools
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Lasso
from sklearn_reference import SEED, candidate, folds_of, make_scorer, make_specs, make_table

from runner.core.metrics import METRICS
from runner.dataset.table import table_of
from runner.records import FAILED, NOT_CONVERGED, OK
from runner.search.rule import choose_best
from runner.search.scorer import Objective, Scorer

if TYPE_CHECKING:
    from runner.core.folds import Folds
    from runner.records import Candidate, Floats, Table, Trial

GRID = [candidate(alpha, 1.0) for alpha in (0.9, 0.002, 0.1, 0.3)]


def complete_table(rows: int = 60) -> Table:
    """Rows without gaps, so that scikit-learn needs no imputer."""
    rng = np.random.default_rng(9)
    X = rng.standard_normal((rows, 5)) * [1.0, 5.0, 0.2, 1.0, 1.0] + 3
    y = X @ [1.0, -0.2, 2.0, 0.0, 0.0] + 3.0 * rng.standard_normal(rows)
    return table_of(pd.DataFrame(X, columns=list("abcde")), y)


def by_fold(folds: Folds, point: Candidate) -> list[Floats]:
    """scikit-learn's coefficients of each training side, in standard deviations of the columns."""
    found = []
    for fold in folds.split.folds:
        rows = folds.split.sides(fold)[0]
        X = folds.table.features.to_numpy()[rows]
        Z = (X - X.mean(axis=0)) / X.std(axis=0)
        model = Lasso(alpha=point.alpha, tol=1e-13, max_iter=100_000)
        found.append(np.asarray(model.fit(Z, folds.table.target[rows]).coef_))
    return found


@pytest.fixture
def scored() -> tuple[Folds, Scorer]:
    """Folds of complete rows, and a scorer of lassos on them."""
    folds = folds_of(complete_table(), folds=3)
    return folds, make_scorer(folds, make_specs("mean", "lasso"))


def refuse_to_solve(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no further path be solved."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("solved again")

    monkeypatch.setattr(sys.modules[Scorer.__module__], "solve_folds", refuse)


def test_every_trial_has_its_own_solution(scored: tuple[Folds, Scorer]) -> None:
    """The coefficients and the count of those that are not 0 are scikit-learn's, fold by fold."""
    folds, scorer = scored
    trials = scorer(GRID)
    assert 1 < choose_best(trials).number < 4
    counts = set()
    for trial in trials:
        problems, coefficients = scorer.solution(trial)
        expected = by_fold(folds, trial.candidate)
        for own, other in zip(coefficients, expected, strict=True):
            np.testing.assert_allclose(own, other, atol=1e-6)
        assert trial.n_nonzero == np.mean([np.count_nonzero(b) for b in expected])
        counts.add(trial.n_nonzero)
        mse = [
            problem.score(("mse",), b[:, None])["mse"][0]
            for problem, b in zip(problems, coefficients, strict=True)
        ]
        np.testing.assert_allclose(mse, trial.scores["mse"], rtol=1e-9)
    assert len(counts) >= 3


def test_the_best_solution_is_kept(
    scored: tuple[Folds, Scorer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """That of the best trial of all calls is not solved again, those of others are."""
    folds, scorer = scored
    trials = [*scorer(GRID[:1]), *scorer(GRID[1:3]), *scorer(GRID[3:])]
    best = choose_best(trials)
    assert best.number in {2, 3}
    refuse_to_solve(monkeypatch)
    _, coefficients = scorer.solution(best)
    for own, other in zip(coefficients, by_fold(folds, best.candidate), strict=True):
        np.testing.assert_allclose(own, other, atol=1e-6)
    for trial in trials:
        if trial is not best:
            with pytest.raises(AssertionError, match="solved again"):
                scorer.solution(trial)


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_what_converged_is_kept_before_what_did_not(
    order: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The solution kept is that of the trial that is chosen, not that of the least loss."""
    scorer = make_scorer(folds_of(make_table(), folds=3), make_specs("mean", "elastic_net"))
    points = [candidate(1e-4, 0.5, model__max_iter=1), candidate(50.0, 0.5, model__max_iter=1000)]
    made = {at: scorer([points[at]])[0] for at in order}
    assert [NOT_CONVERGED, OK] == [made[at].status for at in (0, 1)]
    assert made[0].loss < made[1].loss
    refuse_to_solve(monkeypatch)
    scorer.solution(made[1])


@pytest.mark.parametrize("calls", [[2], [1, 1]])
def test_of_equals_the_first_is_kept(calls: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing is selected all losses are equal, and the first trial is the best."""
    scorer = make_scorer(folds_of(complete_table(), folds=3), make_specs("mean", "lasso"))
    points = [candidate(1e3, 1.0), candidate(1e2, 1.0)]  # in falling order, solved in rising
    trials: list[Trial] = []
    for count in calls:
        trials += scorer(points[len(trials) : len(trials) + count])
    assert trials[0].loss == trials[1].loss
    refuse_to_solve(monkeypatch)
    scorer.solution(choose_best(trials))


def test_rescoring_forgets_the_best(
    scored: tuple[Folds, Scorer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fold problems that have changed have other solutions: what was kept is not used."""
    _, scorer = scored
    trials = scorer(GRID)
    best = choose_best(trials)
    others = [trial for trial in trials if trial is not best]
    again = scorer.rescore(others)
    for one, other in zip(others, again, strict=True):
        np.testing.assert_allclose(one.scores["mse"], other.scores["mse"], rtol=1e-9)
    refuse_to_solve(monkeypatch)
    with pytest.raises(AssertionError, match="solved again"):
        scorer.solution(best)
    scorer.solution(choose_best(again))


def test_progress_counts_every_candidate() -> None:
    """A group of candidates that are solved together is told once, one that fails too."""
    told: list[int] = []
    specs = make_specs("knn", "elastic_net")
    folds = folds_of(make_table(), folds=2)
    objective = Objective("mse", METRICS)
    scorer = Scorer(folds, specs, objective, seed=SEED, progress=told.append)
    points = [
        *(candidate(alpha, 0.5, imputer__n_neighbors=3) for alpha in (0.1, 0.2, 0.3)),
        *(candidate(alpha, 0.9, imputer__n_neighbors=3) for alpha in (0.1, 0.2)),
        candidate(0.1, 0.5, imputer__n_neighbors=0),
    ]
    scorer(points)
    assert [1, 2, 3] == sorted(told)


def test_a_failed_trial_has_no_figures() -> None:
    """Neither scores, nor sizes, nor gaps, nor time, and the largest of losses."""
    folds = folds_of(make_table(), folds=3)
    (trial,) = make_scorer(folds, make_specs("mean", "lasso"))([candidate(-1.0, 1.0)])
    assert trial.status.startswith(f"{FAILED}: ")
    assert (float("inf"), 0.0) == (trial.loss, trial.seconds)
    assert np.isnan([trial.n_nonzero, trial.dual_gap]).all()
    assert set(METRICS) == set(trial.scores)
    for values in trial.scores.values():
        np.testing.assert_array_equal(values, np.full(3, np.nan))


def test_a_score_that_is_not_defined_is_no_loss_to_win_by() -> None:
    """The r2 of a single validation row does not exist, and such a trial cannot be chosen."""
    table = complete_table(rows=12)
    folds = folds_of(table, "holdout", validation=0.05, test=None)
    scorer = make_scorer(folds, make_specs("mean", "lasso"), "r2")
    (trial,) = scorer(GRID[:1])
    assert [1] == [len(folds.split.sides(fold)[1]) for fold in folds.split.folds]
    assert np.isnan(trial.scores["r2"]).all()
    assert (OK, float("inf")) == (trial.status, trial.loss)


def test_seconds_are_shared_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The candidates of a path have equal parts of its time, on a clock of a second per look."""
    scorer = make_scorer(folds_of(complete_table(), folds=3), make_specs("mean", "lasso"))
    points = [candidate(alpha, 1.0) for alpha in np.geomspace(1e-4, 1.0, 200)]
    scorer(points[:1])
    looks = itertools.count()
    monkeypatch.setattr(time, "perf_counter", lambda: float(next(looks)))
    seconds = [trial.seconds for trial in scorer(points)]
    passed = next(looks)
    assert {1 / 200} == set(seconds), "between two looks the paths are solved"
    assert passed == 2


@pytest.mark.parametrize("positive", [False, True])
@pytest.mark.parametrize("l1_ratio", [1.0, 0.25])
@pytest.mark.parametrize("unit", [1.0, 1e-3])
def test_alpha_max_is_that_of_all_training_rows(
    unit: float, l1_ratio: float, positive: bool
) -> None:
    """In closed form max |Z'(y - mean)| / n over the share of the L1 penalty, test rows aside."""
    table = complete_table()
    table = table_of(table.features, unit * table.target)
    options: dict[str, Any] = {"model.positive": positive}
    folds = folds_of(table, folds=3)
    scorer = make_scorer(folds, make_specs("mean", "elastic_net", options))
    rows = folds.split.train
    assert len(rows) < table.n_rows
    X, y = table.features.to_numpy()[rows], table.target[rows]
    products = (X - X.mean(axis=0)).T @ (y - y.mean()) / len(rows) / X.std(axis=0)
    most = (products if positive else np.abs(products)).max() / l1_ratio
    found = scorer.alpha_max({"model.l1_ratio": l1_ratio})
    assert found == pytest.approx(most, rel=1e-12)


def test_alpha_max_of_a_constant_target_is_one() -> None:
    """Where any alpha selects nothing, 1 is as good as any, and a grid can be made from it."""
    table = complete_table()
    flat = table_of(table.features, np.full(table.n_rows, 2.5))
    scorer = make_scorer(folds_of(flat, folds=3), make_specs("mean", "lasso"))
    assert 1.0 == scorer.alpha_max({"model.l1_ratio": 1.0})


def test_the_best_so_far_can_be_told() -> None:
    """After each group the best of all trials; those of an earlier start count, failed ones not."""
    folds = folds_of(make_table(), folds=2)
    told: list[float | None] = []
    specs = make_specs("mean", "elastic_net")
    scorer = Scorer(
        folds, specs, Objective("r2", ("r2",)), seed=SEED,
        progress=lambda _: told.append(scorer.best_score),
    )  # fmt: skip
    assert scorer.best_score is None
    trials = scorer([candidate(alpha, 0.5) for alpha in (10.0, 0.1, 1.0)])
    best = max(float(trial.scores["r2"].mean()) for trial in trials)
    assert [best] == told
    scorer([candidate(5.0, 0.9)])
    assert [best, best] == told
    other = Scorer(folds, specs, Objective("r2", ("r2",)), seed=SEED, progress=lambda _: None)
    other.resume([replace(trials[0], loss=float("inf")), trials[1]])
    assert float(trials[1].scores["r2"].mean()) == other.best_score
