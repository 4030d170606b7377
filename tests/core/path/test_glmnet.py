"""Paths against those of R's glmnet, kept in tests/golden.

glmnet's gaussian family centres and scales y by its standard deviation (divisor n) and reports
lambda and coefficients in the original units, so that for ridge and elastic net its lambda is our
alpha only where y has the standard deviation 1; the goldens are made with such a y. It rescales
penalty factors to sum to p; the goldens' do. Refresh with the command in make_glmnet_paths.R.
"""

from __future__ import annotations

from pathlib import Path as FilePath

import numpy as np
import pandas as pd
import pytest

from runner.core.path import PathSettings, solve_path
from runner.core.path.centred_columns import to_gram
from runner.records import RowProblem

pytestmark = pytest.mark.usefixtures("core")
GOLDEN = FilePath(__file__).parents[2] / "golden"
CASES = [
    ("plain", 0.0),
    ("plain", 0.2),
    ("plain", 0.7),
    ("plain", 1.0),
    ("factors", 0.5),
    ("positive", 0.5),
    ("weights", 0.5),
]


def read_problem(case: str) -> RowProblem:
    """The golden's data, standardised, with a target of mean 0 and standard deviation 1."""
    table = pd.read_csv(GOLDEN / "glmnet_data.csv")
    weight = np.array(table.pop("weight"), dtype=float)
    if case != "weights":
        weight = np.ones(len(table))
    y = np.array(table.pop("Fertility"), dtype=float)
    X = table.to_numpy(dtype=float)
    y = y - np.average(y, weights=weight)
    centre = np.average(X, axis=0, weights=weight)
    scale = np.sqrt(np.average((X - centre) ** 2, axis=0, weights=weight))
    return RowProblem(X, y / np.sqrt(np.average(y**2, weights=weight)), weight, centre, scale)


@pytest.mark.parametrize(("case", "l1_ratio"), CASES)
@pytest.mark.parametrize("as_rows", [False, True])
def test_path_equals_glmnet(case: str, l1_ratio: float, as_rows: bool) -> None:
    """Every coefficient along the path is glmnet's, with factors, bounds and weights too."""
    golden = pd.read_csv(GOLDEN / "glmnet_paths.csv")
    golden = golden[(golden["case"] == case) & (golden["l1_ratio"] == l1_ratio)]
    expected = golden["coefficient"].to_numpy(dtype=float).reshape(-1, 5).T
    alphas = golden["alpha"].to_numpy(dtype=float)[::5]
    factors = golden["factor"].to_numpy(dtype=float)[:5]
    rows = read_problem(case)
    settings = PathSettings(
        1e-14,
        100_000,
        positive=case == "positive",
        penalty_factors=factors if case == "factors" else None,
    )
    problem = rows if as_rows else to_gram(rows)
    path = solve_path(problem, alphas, l1_ratio, settings=settings)
    assert path.coefficients == pytest.approx(expected, abs=1e-6)
    assert path.converged.all()
