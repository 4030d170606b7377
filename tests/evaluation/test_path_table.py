"""path.csv: coefficients along alpha as scikit-learn has them, beside the scores there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from conftest import QUICK, read_json
from sklearn.datasets import load_diabetes
from sklearn.linear_model import ElasticNet

from runner.evaluation.coefficients import LinearForm, Reading
from runner.evaluation.path_table import MANY, path_table
from runner.records import OK, Candidate, Trial

if TYPE_CHECKING:
    from conftest import Program

OWN = ["alpha", "l1_ratio", "mean", "se", "n_nonzero", "intercept"]


def test_the_path_is_scikit_learns_in_original_units(program: Program) -> None:
    """On all training rows, at every alpha that the grid scored, with that trial's mean and SE."""
    made = program.run("dataset=diabetes", *QUICK)
    path = pd.read_csv(made / "path.csv")
    best = read_json(made / "run.json")["best"]["parameters"]
    trials = pd.read_csv(made / "trials.csv")
    own = trials[trials["model.l1_ratio"] == best["model.l1_ratio"]]
    for told, recorded in {"alpha": "model.alpha", "mean": "mse_mean", "se": "mse_se"}.items():
        np.testing.assert_allclose(path[told], own[recorded], rtol=1e-12)
    assert (path["alpha"].diff().dropna() < 0).all()
    X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    parts = pd.read_csv(made / "predictions.csv")
    rows = np.setdiff1d(np.arange(len(y)), parts.loc[parts["part"] == "test", "row"])
    X, y = X.iloc[rows], y.iloc[rows]
    mean, scale = X.mean().to_numpy(), X.std(ddof=0).to_numpy()
    assert [*OWN, *X.columns] == list(path.columns)
    for _, row in path.iterrows():
        model = ElasticNet(alpha=row["alpha"], l1_ratio=row["l1_ratio"], tol=1e-12, max_iter=10**6)
        b = model.fit((X - mean) / scale, y).coef_ / scale
        np.testing.assert_allclose(row[list(X.columns)], b, atol=1e-3 * np.abs(b * scale).max())
        assert row["intercept"] == pytest.approx(y.mean() - mean @ b, rel=1e-3)
        assert row["n_nonzero"] == np.count_nonzero(row[list(X.columns)])


@pytest.mark.parametrize(
    "overrides",
    [("dataset=diabetes", *QUICK), ("dataset=diabetes", *QUICK, "model.relax=0.5"),
     ("dataset=diabetes", *QUICK, "features.scale=false", "search.rule=one_se"),
     ("dataset=diabetes", *QUICK, "search=random", "search.n_trials=5"),
     ("dataset=churn", "family=binomial", *QUICK)],
)  # fmt: skip
def test_the_winners_row_is_coefficients_csv(program: Program, overrides: tuple[str, ...]) -> None:
    """Whatever the search, the rule and the family, to the tolerance of the search's solver."""
    made = program.run(*overrides)
    path, record = pd.read_csv(made / "path.csv"), read_json(made / "run.json")
    alpha = record["best"]["parameters"]["model.alpha"]
    row = path.loc[(path["alpha"] / alpha - 1).abs().idxmin()]
    assert row["alpha"] == pytest.approx(alpha, rel=1e-12)
    assert row["mean"] == pytest.approx(record["rules"][record["best"]["rule"]]["score"], rel=1e-9)
    table = pd.read_csv(made / "coefficients.csv").set_index("feature")
    own = table.drop(index="(intercept)")
    spread = (own["standardised"] / own["coefficient"]).fillna(1.0)
    off = (row[list(own.index)].astype(float) - own["coefficient"]) * spread
    assert off.abs().max() < 2e-3 * own["standardised"].abs().max()
    assert len(path) == (101 if "search=random" in overrides else 8)


def test_several_responses_have_a_row_each(program: Program) -> None:
    """Of three species three rows per alpha, named."""
    made = program.run("dataset=penguins", "family=multinomial", "dataset.target=species", *QUICK)
    path = pd.read_csv(made / "path.csv")
    assert 8 * 3 == len(path)
    assert 3 == path["response"].nunique()
    assert 8 == len(path[["alpha", "mean"]].drop_duplicates())


def test_what_has_no_path_says_why(program: Program) -> None:
    """Several imputations have a model each."""
    made = program.run(*QUICK, "dataset=hitters", "imputer=linear", "imputer.multiple=2")
    assert not (made / "path.csv").exists()
    assert "several times" in read_json(made / "run.json")["no_path"]


def test_of_many_features_those_never_selected_are_left_out() -> None:
    """A table of thousands of columns of zeros helps nobody."""
    values = np.zeros((1, MANY + 1))
    values[0, 7] = 2.0
    names = tuple(f"x{j}" for j in range(MANY + 1))
    form = LinearForm(names, values, values, np.zeros(1), np.zeros(len(names)))
    point = Candidate({"model.alpha": 0.1, "model.l1_ratio": 1.0})
    trial = Trial(1, point, {"mse": np.array([1.0, 3.0])}, 2.0, 1.0, 0.0, 0.0, OK)
    table = path_table([trial], [form], Reading(), "mse")
    assert [*OWN, "x7"] == list(table.columns)
    assert [0.1, 1.0, 2.0, 1.0, 1, 0.0, 2.0] == table.iloc[0].tolist()
