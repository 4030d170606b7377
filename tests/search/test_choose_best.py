"""Failed candidates stay as rows with their reason; the best is the least loss that converged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from sklearn_reference import (
    assert_scores,
    candidate,
    folds_of,
    make_scorer,
    make_specs,
    make_table,
    reference_scores,
)

from runner.config import validate_section
from runner.core.metrics import METRICS
from runner.errors import FitError
from runner.records import FAILED, NOT_CONVERGED, OK, Trial
from runner.search import Resolver, Search, SearchSpace
from runner.search.rule import choose_best
from runner.space import AlphaRange, Choices
from runner.store.tables import trials_table

if TYPE_CHECKING:
    from pathlib import Path


def make_trial(number: int, loss: float, status: str = OK) -> Trial:
    """A trial with this loss."""
    point = candidate(1.0, 0.5)
    return Trial(number, point, {"mse": np.full(2, loss)}, loss, 1.0, 0.0, 0.0, status)


def test_least_loss_wins_and_the_first_of_equals() -> None:
    """Among equal losses the candidate that was proposed first is chosen."""
    trials = [make_trial(1, 3.0), make_trial(2, 1.0), make_trial(3, 1.0), make_trial(4, 2.0)]
    assert choose_best(trials).number == 2


def test_what_did_not_converge_loses_to_what_did() -> None:
    """A smaller loss counts for nothing where the fit did not converge."""
    trials = [make_trial(1, 0.1, NOT_CONVERGED), make_trial(2, 5.0), make_trial(3, 4.0)]
    assert choose_best(trials).number == 3


def test_where_nothing_converged_the_best_says_so() -> None:
    """If no candidate converged the best of them is chosen, with its status."""
    trials = [make_trial(1, 2.0, NOT_CONVERGED), make_trial(2, 1.0, NOT_CONVERGED)]
    best = choose_best(trials)
    assert (2, NOT_CONVERGED) == (best.number, best.status)


def test_what_failed_never_wins() -> None:
    """A failed trial is passed over; if all failed the first reason is told."""
    failed = make_trial(1, float("inf"), f"{FAILED}: no such luck")
    assert choose_best([failed, make_trial(2, 9.0, NOT_CONVERGED)]).number == 2
    with pytest.raises(FitError, match="no such luck"):
        choose_best([failed])
    with pytest.raises(FitError, match="no trial"):
        choose_best([])


def test_failed_candidate_is_a_row_with_its_reason() -> None:
    """One candidate that cannot be prepared does not keep others from their scores or places."""
    table = make_table()
    folds = folds_of(table, folds=3)
    specs = make_specs("knn", "lasso")
    points = [
        candidate(0.1, 1.0, imputer__n_neighbors=4),
        candidate(0.1, 1.0, imputer__n_neighbors=0),
        candidate(0.2, 1.0, imputer__n_neighbors=4),
    ]
    trials = make_scorer(folds, specs)(points)
    assert points == [trial.candidate for trial in trials]
    assert [1, 2, 3] == [trial.number for trial in trials]
    assert [OK, OK] == [trials[0].status, trials[2].status]
    assert trials[1].status.startswith(FAILED)
    assert "n_neighbors" in trials[1].status
    rows = trials_table(trials)
    assert rows.loc[1, [f"{metric}_fold2" for metric in METRICS]].isna().all()
    assert rows["mse_mean"].notna().tolist() == [True, False, True]


def test_failure_before_alpha_is_known_is_a_row_too(tmp_path: Path) -> None:
    """An automatic alpha of columns that cannot be prepared fails with the preparation's reason."""
    scorer = make_scorer(folds_of(make_table(), folds=3), make_specs("knn", "lasso"))
    space = SearchSpace.of(
        {"alpha": AlphaRange(eps=0.1, count=2), "l1_ratio": 1.0},
        {"imputer.n_neighbors": Choices(values=[3, 0])},
    )
    search = validate_section("search", {"name": "grid"})
    assert isinstance(search, Search)
    trials = search.run(Resolver(space, scorer.alpha_max), scorer, seed=0, folder=tmp_path)
    assert [OK, OK] == [trial.status for trial in trials[:2]]
    assert all("n_neighbors" in trial.status for trial in trials[2:])
    assert choose_best(trials).candidate.values["imputer.n_neighbors"] == 3


@pytest.mark.parametrize(("alpha", "l1_ratio"), [(-1.0, 0.5), (float("nan"), 0.5), (1.0, 1.5)])
def test_impossible_penalty_fails_with_its_reason(alpha: float, l1_ratio: float) -> None:
    """A penalty that is negative or out of range is a failed row, not an end of the search."""
    scorer = make_scorer(folds_of(make_table(), folds=3), make_specs("mean", "elastic_net"))
    (trial,) = scorer([candidate(alpha, l1_ratio)])
    assert trial.status.startswith(FAILED)
    assert "alpha" in trial.status or "l1_ratio" in trial.status


def test_short_descent_is_marked_and_does_not_win() -> None:
    """A candidate that ran out of passes is not converged, and one that converged is chosen."""
    table = make_table()
    scorer = make_scorer(folds_of(table, folds=3), make_specs("mean", "elastic_net"))
    trials = scorer(
        [candidate(1e-4, 0.5, model__max_iter=1), candidate(50.0, 0.5, model__max_iter=1000)]
    )
    assert [NOT_CONVERGED, OK] == [trial.status for trial in trials]
    assert trials[0].loss < trials[1].loss
    assert trials[0].dual_gap > trials[1].dual_gap
    assert choose_best(trials).number == 2


def test_keys_of_imputer_features_and_model_in_one_space() -> None:
    """Candidates that differ in how columns are prepared are each scored as prepared."""
    table = make_table(mixed=True)
    folds = folds_of(table, folds=2)
    specs = make_specs("knn", "elastic_net")
    points = [
        candidate(
            0.1, 0.5, imputer__n_neighbors=k, features__scale=scale, model__fit_intercept=intercept
        )
        for k in (2, 6)
        for scale in (True, False)
        for intercept in (True, False)
    ]
    trials = make_scorer(folds, specs)(points)
    for point, trial in zip(points, trials, strict=True):
        (expected,) = reference_scores(table, folds.split, specs, [point])
        assert_scores(expected, trial.scores, 1e-8)


@pytest.mark.parametrize("metric", METRICS)
def test_loss_is_the_mean_of_the_metric_over_folds(metric: str) -> None:
    """What is optimised is the mean over folds, with its sign turned where larger is better."""
    assert metric in METRICS
    scorer = make_scorer(folds_of(make_table(), folds=3), make_specs("mean", "lasso"), metric)
    (trial,) = scorer([candidate(0.1, 1.0)])
    sign = -1 if metric in {"r2", "explained_variance"} else 1
    assert sign * trial.scores[metric].mean() == pytest.approx(trial.loss, rel=1e-14)
