"""A run whose target is transformed: everything a reader sees is in the target's own units."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from conftest import QUICK, Program, mixed_frame, read_json
from scipy.stats import yeojohnson
from sklearn.compose import TransformedTargetRegressor
from sklearn.inspection import permutation_importance
from sklearn_reference import candidate, make_specs, make_split, make_table

from runner.core.folds import FoldProblem, Folds
from runner.dataset.suspicions import find_suspicions
from runner.experiment.fitted_folds import FittedFold
from runner.experiment.importances import measure_importance
from runner.features.pipeline import prepare
from runner.records import Split, Table, TargetTransform
from runner.report.terminal.run_summary import opening_lines

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from runner.records import Floats

PRICES = ("dataset=csv", "dataset.path=mixed.csv", "dataset.target=outcome", *QUICK)


def priced() -> pd.DataFrame:
    """A positive target with a tail, of 120 rows."""
    frame = mixed_frame(120)
    return frame.assign(outcome=np.exp(frame["outcome"] / 4))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of the target's power, and of its logarithm, plain, smeared, and explained."""
    program = Program(tmp_path_factory.mktemp("transformed"))
    priced().to_csv(program.folder / "mixed.csv", index=False)
    program.run(*PRICES, "dataset.transform=yeo-johnson", name="power")
    once = ("split.folds=2", "search=none", "model.alpha=0.01", "model.l1_ratio=1")
    more = (*once, "evaluation.explain=true", "evaluation.resamples=2", "evaluation.pairs=1")
    program.run(*PRICES, "dataset.transform=log", *more, name="explained")
    pages = Program(program.folder, pages=True)
    pages.run(*PRICES, "dataset.transform=log", name="log")
    smeared = ("dataset.smearing=true", "evaluation.bbc=true", "model.relax=[1,0]")
    program.run(*PRICES, "dataset.transform=log", *smeared, name="smeared")
    return program.folder


def opened(folder: Path) -> Any:  # noqa: ANN401 - a model
    """The saved model of a run."""
    return pickle.loads((folder / "model.pkl").read_bytes())  # noqa: S301 - made by a test


def predictions_of(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame, Floats]:
    """All predictions, those of the test rows, and what the saved model says of them."""
    predictions = pd.read_csv(folder / "predictions.csv")
    test = predictions[predictions["part"] == "test"]
    return predictions, test, opened(folder).predict(priced().loc[test["row"]])


@pytest.mark.parametrize("name", ["power", "log", "smeared"])
def test_the_saved_model_predicts_what_the_run_says(folder: Path, name: str) -> None:
    """model.pkl's predictions of the test rows are predictions.csv's, on the original scale."""
    _, test, predicted = predictions_of(folder / name)
    np.testing.assert_allclose(predicted, test["y_pred"], rtol=1e-12)
    assert isinstance(opened(folder / name)[-1], TransformedTargetRegressor)
    assert (b"runner" in (folder / name / "model.pkl").read_bytes()) == (name == "smeared")


@pytest.mark.parametrize("name", ["power", "log", "smeared"])
def test_scores_are_of_the_predictions_on_the_original_scale(folder: Path, name: str) -> None:
    """The mse of each fold, and of the test rows, is the mean of (y_true - y_pred)^2."""
    predictions, test, _ = predictions_of(folder / name)
    record = read_json(folder / name / "run.json")
    squares = (predictions["y_true"] - predictions["y_pred"]) ** 2
    for part, key in (("oof", "cv"), ("nested", "nested")):
        own = squares[predictions["part"] == part].groupby(predictions["fold"]).mean()
        np.testing.assert_allclose(record[key]["mse"]["folds"], own)
    assert pytest.approx(squares[test.index].mean()) == record["test"]["mse"]["score"]
    assert "original" == record["metric_scale"]


def test_coefficients_are_on_the_transformed_scale(folder: Path) -> None:
    """Those of coefficients.csv are those of regressor_ per unit of the feature; so is path.csv."""
    table = pd.read_csv(folder / "log" / "coefficients.csv").set_index("feature")["coefficient"]
    model = opened(folder / "log")
    own = model[-1].regressor_.coef_ / model["scaler"].scale_
    np.testing.assert_allclose(table[model[:-1].get_feature_names_out()], own, rtol=1e-9)
    record, path = read_json(folder / "log" / "run.json"), pd.read_csv(folder / "log" / "path.csv")
    chosen = path[np.isclose(path["alpha"], record["best"]["parameters"]["model.alpha"])].iloc[0]
    np.testing.assert_allclose(chosen[table.index[1:]].astype(float), table[1:], rtol=1e-3)
    assert pytest.approx(record["cv"]["mse"]["mean"]) == chosen["mean"]


def test_the_record_says_the_transform(folder: Path) -> None:
    """With what the refit has learnt: the power that is likeliest for the rows that train."""
    target = read_json(folder / "power" / "run.json")["target"]
    predictions, _, _ = predictions_of(folder / "power")
    training = predictions.loc[predictions["part"] == "oof", "y_true"].to_numpy()
    transformed, power = yeojohnson(training)
    assert ("yeo-johnson", False) == (target["transform"], target["smearing"])
    assert pytest.approx(power, abs=1e-6) == target["lambda"]
    assert pytest.approx(transformed.mean(), rel=1e-5) == target["transformed_mean"]
    assert pytest.approx(transformed.std(), rel=1e-5) == target["transformed_sd"]
    smeared = read_json(folder / "smeared" / "run.json")["target"]
    assert ("log", True) == (smeared["transform"], smeared["smearing"])
    assert "lambda" not in smeared


def test_smearing_is_by_the_residuals_out_of_fold(folder: Path) -> None:
    """Test predictions are exp(z) times the mean of exp(log y - log y_pred) out of fold."""
    predictions, test, _ = predictions_of(folder / "smeared")
    oof = predictions[predictions["part"] == "oof"]
    factor = np.mean(np.exp(np.log(oof["y_true"]) - np.log(oof["y_pred"])))
    model = opened(folder / "smeared")
    assert len(oof) == len(model[-1].residuals_)
    plain = TransformedTargetRegressor.predict
    rows = np.zeros((3, len(model[-1].regressor_.coef_)))
    np.testing.assert_allclose(model[-1].predict(rows), factor * plain(model[-1], rows))
    assert factor > 1.005
    assert len(test)


def test_the_screen_and_the_page_say_the_scale(folder: Path) -> None:
    """The score is called that on the scale of the target, and the fit that of its transform."""
    said = "\n".join(opening_lines(read_json(folder / "smeared" / "run.json")))
    assert "transform log: the model is fitted to log outcome" in said
    assert "mse and all other metrics are on the scale of outcome" in said
    assert "smearing" in said
    page = (folder / "log" / "report.html").read_text(encoding="utf-8")
    assert "the mean mse, on the scale of outcome, over 3 folds" in page
    assert "for log outcome" in page


def test_what_is_explained_is_in_the_targets_units(folder: Path) -> None:
    """A column's importance is a gain of the same mse, and the run has found no error."""
    record = read_json(folder / "explained" / "run.json")
    importance = pd.read_csv(folder / "explained" / "importance.csv")
    assert "mse" == record["importance"]["loss"]
    assert importance["drop_one_mean"].abs().max() > 0.01 * record["cv"]["mse"]["mean"]
    assert importance["permutation_mean"].abs().max() > 0.01 * record["cv"]["mse"]["mean"]
    assert "sizes" in record["learning_curve"]
    assert "bbc" in read_json(folder / "smeared" / "run.json")


def skewed(transform: str | None, divisor: float) -> Table:
    """A log-normal target."""
    from dataclasses import replace

    table = make_table(n=120)
    own = None if transform is None else TargetTransform(transform, smearing=False)
    return replace(table, target=np.exp(table.target / divisor), transform=own)


def test_permutations_are_of_the_target() -> None:
    """As scikit-learn's permutation_importance of a model of the logarithm, within its noise."""
    table, specs, point = skewed("log", 4), make_specs("zero", "elastic_net"), candidate(0.05, 1.0)
    preparation, split = prepare(specs, table, 0), make_split(table)
    (problem, *_) = Folds(table, split).problems(preparation, fit_intercept=True)
    fitted = FittedFold.of(problem, specs, point)
    found = measure_importance("gaussian", [fitted], 1)
    assert isinstance(problem, FoldProblem)
    side, intercept = problem.side, problem.intercept

    class Model(TransformedTargetRegressor):  # type: ignore[misc]
        """What the fold predicts of its own columns."""

        def predict(self, X: Any) -> Any:  # noqa: ANN401
            return np.exp(intercept + X @ fitted.coefficients)

    expected = permutation_importance(
        Model().fit(side.X, side.y), side.X, side.y, n_repeats=300, random_state=0,
        scoring="neg_mean_squared_error",
    )  # fmt: skip
    noise = expected.importances_std / np.sqrt(10) + 1e-9 * np.var(side.y)
    assert (np.abs(found.permutation[0] - expected.importances_mean) < 4 * noise).all()
    assert (expected.importances_mean > 5 * noise).any()


def test_the_check_of_skewness_is_of_what_is_modelled() -> None:
    """EN107 of a log-normal target names dataset.transform, and is gone with its logarithm."""
    rows = np.arange(120)
    codes = {
        name: {found.code: found for found in find_suspicions(skewed(name, 2), _all_of(rows))}
        for name in (None, "log", "yeo-johnson")
    }
    assert "dataset.transform=log" in codes[None]["EN107"].remedy
    assert "EN107" not in codes["log"]
    assert "EN107" not in codes["yeo-johnson"]


def _all_of(rows: Any) -> Split:  # noqa: ANN401 - an array
    return Split(rows, rows[:0], (), ())


def test_predictions_beyond_the_transform_are_told(program: Program) -> None:
    """A power with an end gives rows far outside no prediction: EN405, and no score of them."""
    rng = np.random.default_rng(0)
    x = np.append(rng.standard_normal(95), [8.0] * 5)
    y = np.maximum(2.2 - 0.7 * x + 0.2 * rng.standard_normal(100), 0.6) ** -2
    pd.DataFrame({"x": x, "t": range(100), "y": y}).to_csv(program.folder / "far.csv", index=False)
    data = ("dataset=csv", "dataset.path=far.csv", "dataset.target=y", "dataset.time=t")
    made = program.run(*data, *QUICK, "split=time", "dataset.transform=yeo-johnson")
    record = read_json(made / "run.json")
    found = {found["code"]: found["message"] for found in record["checks"]}
    assert "5 of 20 test rows are predicted beyond the range of" in found["EN405"]
    assert record["test"]["mse"]["score"] is None
    assert record["cv"]["mse"]["mean"] > 0


def test_data_that_has_no_logarithm_is_refused(program: Program) -> None:
    """By a run before it has a directory, and by a check of the data."""
    frame = mixed_frame()
    frame.loc[5, "outcome"] = -3.0
    frame.to_csv(program.folder / "mixed.csv", index=False)
    asked = ("dataset=csv", "dataset.path=mixed.csv", "dataset.target=outcome")
    for ended in (
        program(*asked, "dataset.transform=log", "hydra.run.dir=made"),
        program("check", *asked, "dataset.transform=log"),
    ):
        assert 2 == ended.status
        said = " ".join((ended.out + ended.err).split())
        assert "the target 'outcome' has others in 1 of 88 rows, the least -3" in said
        assert "set dataset.transform=yeo-johnson, which takes any number" in said
    assert not (program.folder / "made").exists()
