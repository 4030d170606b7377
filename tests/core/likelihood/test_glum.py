"""Penalised likelihoods against glum's: tests/golden/make_glum.py made the figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from runner.core.likelihood import LikelihoodProblem, RowWise, solve_likelihood
from runner.core.path import PathSettings
from runner.family.binomial import LogLoss
from runner.family.gamma import GammaLoss
from runner.family.poisson import PoissonLoss
from runner.records import Observed

pytestmark = pytest.mark.usefixtures("core")

GOLDEN = Path(__file__).parents[2] / "golden"
DATA = pd.read_csv(GOLDEN / "glmnet_families_data.csv")
FITS = pd.read_csv(GOLDEN / "glum.csv")
FEATURES = ["mpg", "hp", "drat", "wt", "vs"]
LOSSES: dict[str, type[RowWise]] = {
    "binomial": LogLoss,
    "poisson": PoissonLoss,
    "gamma": GammaLoss,
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("family", LOSSES)
def test_coefficients_are_those_of_glum(family: str, weighted: bool) -> None:
    """Of ridge, lasso and between, plain and with weights and offset, to 1e-6."""
    golden = FITS.query("family == @family and weighted == @weighted")
    weight = DATA["weight"].to_numpy(dtype=float) if weighted else np.ones(len(DATA))
    X = DATA[FEATURES].to_numpy(dtype=float)
    X = X - weight @ X / weight.sum()
    X = X / np.sqrt(weight @ X**2 / weight.sum())
    offset = DATA["offset"].to_numpy() if weighted else None
    ratios, alphas = golden["l1_ratio"].unique(), golden["alpha"].unique()
    found = solve_likelihood(
        LikelihoodProblem(
            X,
            LOSSES[family](Observed(DATA[family].to_numpy(dtype=float), weight, None, offset)),
            fit_intercept=True,
        ),
        np.tile(alphas[:, None], (1, len(ratios))),
        ratios,
        PathSettings(tol=1e-14, max_iter=1000),
    )
    shape = (len(ratios), len(alphas), -1)
    expected = golden[["intercept", *FEATURES]].to_numpy().reshape(shape).swapaxes(0, 1)
    np.testing.assert_allclose(found.coefficients[:, :, 0], expected[..., 1:], atol=1e-6)
    np.testing.assert_allclose(found.intercepts[..., 0], expected[..., 0], atol=1e-6)
