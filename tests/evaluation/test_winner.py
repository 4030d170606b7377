"""The winner's coefficients, out-of-fold predictions and scores are what they are said to be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from sklearn_reference import (
    SEED,
    SKLEARN,
    assert_scores,
    candidate,
    fold_predictions,
    folds_of,
    make_scorer,
    make_specs,
    make_table,
    reference_scores,
)

from runner.core.metrics import METRICS
from runner.dataset.table import table_of
from runner.evaluation.winner import disagreement, hold_out, predict, refit
from runner.features.pipeline import prepare
from runner.store.tables import standard_error, summarise_folds

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Program

    from runner.evaluation.winner import Refit
    from runner.records import Table

RTOL = 1e-10
PENALTIES = {
    "elastic_net": (0.3, 0.5),
    "lasso": (0.3, 1.0),
    "ridge": (0.3, 0.0),
    "ols": (0.0, 0.0),
}


def refitted(table: Table, model: str, options: dict[str, Any]) -> Refit:
    """The model fitted to every other row."""
    specs = make_specs("mean", model, options)
    preparation = prepare(specs, table, SEED)
    rows = np.arange(0, table.n_rows, 2)
    return refit(specs, candidate(*PENALTIES[model]), preparation, table, rows)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("model", PENALTIES)
def test_coefficients_in_original_units_predict(
    model: str, *, weighted: bool, scale: bool, fit_intercept: bool
) -> None:
    """Raw rows times coefficients plus intercept are the Pipeline's predictions."""
    table = make_table(weighted=weighted)
    final = refitted(table, model, {"features.scale": scale, "model.fit_intercept": fit_intercept})
    complete = np.flatnonzero(table.features.notna().all(axis=1))
    assert len(complete) > 20
    assert list(final.coefficients["feature"]) == list(table.features)
    by_hand = (
        table.features.iloc[complete].to_numpy() @ final.coefficients["coefficient"]
        + final.intercept
    )
    np.testing.assert_allclose(by_hand, predict(final.pipeline, table, complete), rtol=RTOL)


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
def test_standardised_is_per_standard_deviation(*, weighted: bool, scale: bool) -> None:
    """A standardised coefficient is the coefficient times the deviation over training rows."""
    table = make_table(weighted=weighted)
    final = refitted(table, "elastic_net", {"features.scale": scale})
    X = final.pipeline.named_steps["columns"].transform(table.features.iloc[::2])
    weight = np.ones(len(X)) if table.weight is None else table.weight[::2]
    mean = np.average(X, axis=0, weights=weight)
    deviation = np.sqrt(np.average((X - mean) ** 2, axis=0, weights=weight))
    np.testing.assert_allclose(
        final.coefficients["standardised"],
        final.coefficients["coefficient"] * deviation,
        rtol=RTOL,
    )


@pytest.mark.parametrize("scale", [True, False])
def test_sign_selected_and_rank(*, scale: bool) -> None:
    """Rank orders by the size of the standardised coefficient; selected and sign follow from it."""
    rng = np.random.default_rng(2)
    X = rng.standard_normal((120, 5)) * [1.0, 100.0, 0.01, 1.0, 1.0]
    y = X @ [-3.0, 0.05, 100.0, 0.0, 0.0] + 0.1 * rng.standard_normal(120)
    table = table_of(pd.DataFrame(X, columns=list("abcde")), y)
    specs = make_specs("mean", "lasso", {"features.scale": scale})
    alpha = 0.2 if scale else 0.0005
    final = refit(
        specs, candidate(alpha, 1.0), prepare(specs, table, SEED), table, np.arange(120)
    ).coefficients.set_index("feature")
    sizes = final["standardised"].abs()
    assert (
        sizes.sort_values(ascending=False).tolist()
        == sizes[final["rank"].sort_values().index].tolist()
    )
    assert [1, 2, 3, 4, 5] == sorted(final["rank"])
    assert (final["selected"] == (final["coefficient"] != 0)).all()
    assert (final["sign"] == np.sign(final["coefficient"])).all()
    assert final.loc["a", "sign"] == -1
    assert final.loc[["a", "b"], "selected"].all()


def test_weighted_refit_ignores_what_weighs_nothing_much() -> None:
    """Rows of next to no weight do not move the coefficients."""
    rng = np.random.default_rng(4)
    X = rng.standard_normal((80, 2))
    y = X @ [1.0, 2.0] + 0.01 * rng.standard_normal(80)
    y[40:] = -y[40:]
    weight = np.where(np.arange(80) < 40, 1.0, 1e-9)
    table = table_of(pd.DataFrame(X, columns=["a", "b"]), y, weight=weight)
    specs = make_specs("mean", "ols")
    final = refit(specs, candidate(0.0, 0.0), prepare(specs, table, SEED), table, np.arange(80))
    np.testing.assert_allclose(final.coefficients["coefficient"], [1.0, 2.0], atol=0.02)


@pytest.mark.parametrize("imputer", ["mean", "knn"])
def test_out_of_fold_predictions_are_the_pipelines(imputer: str) -> None:
    """Each fold's predictions are those of its Pipeline, and so are all the scores of them."""
    table = make_table(mixed=True, weighted=True)
    folds = folds_of(table, folds=3)
    specs = make_specs(imputer, "elastic_net")
    point = candidate(0.1, 0.5)
    scorer = make_scorer(folds, specs)
    (trial,) = scorer([point])
    found = hold_out(*scorer.solution(trial))
    (expected,) = fold_predictions(table, folds.split, specs, [point])
    for mine, other in zip(found.predictions, expected, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-8)
    (scores,) = reference_scores(table, folds.split, specs, [point])
    assert_scores(scores, found.scores, 1e-8)
    assert disagreement(trial.scores, found.scores) < 1e-10


def test_solution_of_a_trial_that_was_not_kept() -> None:
    """Whichever trial is asked for, its own coefficients are held out, not those of the best."""
    table = make_table()
    folds = folds_of(table, folds=3)
    specs = make_specs("mean", "elastic_net")
    scorer = make_scorer(folds, specs)
    points = [candidate(alpha, 0.5) for alpha in (0.01, 0.3, 20.0)]
    for trial in scorer(points):
        found = hold_out(*scorer.solution(trial))
        assert_scores(found.scores, trial.scores, 1e-8)


def test_standard_error_is_that_of_a_mean() -> None:
    """The standard error is std(ddof=1) / sqrt(k), and unknown of one fold."""
    scores = np.array([1.0, 2.0, 4.0, 9.0])
    assert standard_error(scores) == pytest.approx(np.std(scores, ddof=1) / 2, rel=1e-15)
    assert np.isnan(standard_error(scores[:1]))
    summary = summarise_folds({"mse": scores})["mse"]
    assert (4.0, standard_error(scores)) == (summary["mean"], summary["se"])


def test_cv_scores_follow_from_the_predictions(finished_run: Path) -> None:
    """The winner's scores in run.json are scikit-learn's metrics of the rows of predictions.csv."""
    record = json.loads((finished_run / "run.json").read_text(encoding="utf-8"))
    predictions = pd.read_csv(finished_run / "predictions.csv")
    by_fold = predictions[predictions["part"] == "oof"].groupby("fold")
    test = predictions[predictions["part"] == "test"]
    for metric, score in SKLEARN.items():
        cv = record["cv"][metric]
        expected = np.array([score(rows["y_true"], rows["y_pred"]) for _, rows in by_fold])
        np.testing.assert_allclose(cv["folds"], expected, rtol=1e-8)
        assert cv["mean"] == pytest.approx(expected.mean(), rel=1e-8)
        assert cv["se"] == pytest.approx(expected.std(ddof=1) / np.sqrt(len(expected)), rel=1e-7)
        assert record["test"][metric]["score"] == pytest.approx(
            score(test["y_true"], test["y_pred"]), rel=1e-8
        )


def test_every_row_is_predicted_once(finished_run: Path) -> None:
    """Every usable row is either out of fold in one fold or a test row, with its own target."""
    predictions = pd.read_csv(finished_run / "predictions.csv")
    predictions = predictions[predictions["part"] != "nested"]
    source = pd.read_csv(finished_run.parent / "mixed.csv")["outcome"]
    assert predictions["row"].is_unique
    assert set(source.dropna().index) == set(predictions["row"])
    np.testing.assert_array_equal(source[predictions["row"]], predictions["y_true"])


def test_the_best_trial_has_the_least_loss(finished_run: Path) -> None:
    """The winner's row in trials.csv has the least mean of the metric, and its scores are cv's."""
    record = json.loads((finished_run / "run.json").read_text(encoding="utf-8"))
    trials = pd.read_csv(finished_run / "trials.csv")
    best = trials.iloc[int(trials["mse_mean"].to_numpy().argmin())]
    assert best["mse_mean"] == pytest.approx(record["cv"]["mse"]["mean"], rel=1e-9)
    assert best["mse_se"] == pytest.approx(record["cv"]["mse"]["se"], rel=1e-9)


@pytest.mark.parametrize("imputer", ["mean", "knn"])
def test_trials_have_fewer_metrics_than_the_winner(
    program: Program, mixed: tuple[str, ...], imputer: str
) -> None:
    """Without a word, trials.csv has four metrics; run.json has all seven, from the predictions."""
    made = program.run(*mixed, f"imputer={imputer}")
    trials = pd.read_csv(made / "trials.csv")
    means = [c.removesuffix("_mean") for c in map(str, trials) if c.endswith("_mean")]
    assert ["mse", "rmse", "r2", "explained_variance"] == means
    record = json.loads((made / "run.json").read_text(encoding="utf-8"))
    assert list(METRICS) == list(record["cv"])
    predicted = pd.read_csv(made / "predictions.csv").query("part == 'oof'")
    errors = (predicted["y_true"] - predicted["y_pred"]).abs()
    by_fold = errors.groupby(predicted["fold"])
    assert record["cv"]["mae"]["folds"] == pytest.approx(by_fold.mean().tolist(), rel=1e-12)
    assert record["cv"]["median_ae"]["folds"] == pytest.approx(by_fold.median().tolist(), rel=1e-12)
    best = trials.set_index("trial").loc[record["best"]["trial"]]
    for metric in means:
        assert best[f"{metric}_mean"] == pytest.approx(record["cv"][metric]["mean"], rel=1e-9)


def test_an_optimised_metric_of_rows_is_in_the_trials(
    program: Program, mixed: tuple[str, ...]
) -> None:
    """With metric=mae the trials have it, and the best has the least of it."""
    made = program.run(*mixed, "metric=mae")
    trials = pd.read_csv(made / "trials.csv").set_index("trial")
    record = json.loads((made / "run.json").read_text(encoding="utf-8"))
    assert trials["mae_mean"].idxmin() == record["best"]["trial"]
    assert trials["mae_mean"].min() == pytest.approx(record["cv"]["mae"]["mean"], rel=1e-9)
    assert "mape_mean" not in trials
