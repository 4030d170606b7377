"""Paths of every family against glmnet: tests/golden/make_glmnet_families.R made the figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from runner.core.likelihood import LikelihoodProblem, solve_likelihood
from runner.core.path import Limits, PathSettings
from runner.family.binomial import LogLoss
from runner.family.cox import CoxLoss
from runner.family.gamma import GammaLoss
from runner.family.multinomial import MultinomialLoss
from runner.family.poisson import PoissonLoss
from runner.records import Observed

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.core.likelihood import Likelihood
    from runner.records import Floats

pytestmark = pytest.mark.usefixtures("core")

GOLDEN = Path(__file__).parents[2] / "golden"
DATA = pd.read_csv(GOLDEN / "glmnet_families_data.csv")
PATHS = pd.read_csv(GOLDEN / "glmnet_families.csv")
FEATURES = ["mpg", "hp", "drat", "wt", "vs"]
CASES = [
    (family, case, ratio)
    for family, case, ratio in PATHS[["family", "case", "l1_ratio"]].drop_duplicates().to_numpy()
]


def _likelihood(family: str, case: str) -> Likelihood:
    """Of the golden data, with its weights or offset where the case says so."""
    y = DATA[family].to_numpy(dtype=float)
    weight = DATA["weight"].to_numpy(dtype=float) if case == "weights" else np.ones(len(DATA))
    offset = DATA["offset"].to_numpy() if case == "offset" else None
    if family == "multinomial":
        if offset is not None:
            offset = np.column_stack([offset, -offset, 0 * offset])
        return MultinomialLoss(Observed(y, weight, None, offset), 3)
    event = DATA["seen"].to_numpy() == 1
    losses: dict[str, Callable[[Observed], Likelihood]] = {
        "binomial": LogLoss,
        "poisson": PoissonLoss,
        "gamma": GammaLoss,
        "cox": CoxLoss,
    }
    return losses[family](Observed(y, weight, event, offset))


def _columns(case: str) -> Floats:
    """Standardised with the weights of the case, as in R."""
    X = DATA[FEATURES].to_numpy(dtype=float)
    w = DATA["weight"].to_numpy(dtype=float) if case == "weights" else np.ones(len(DATA))
    X = X - w @ X / w.sum()
    return np.asarray(X / np.sqrt(w @ X**2 / w.sum()))


def _limits(case: str) -> Limits | None:
    """Those of the R script."""
    if case != "limits":
        return None
    return Limits(np.full(len(FEATURES), -0.1), np.full(len(FEATURES), 0.2))


@pytest.mark.parametrize(("family", "case", "ratio"), CASES)
def test_coefficients_are_those_of_glmnet(family: str, case: str, ratio: float) -> None:
    """With weights, an offset, penalty factors and limits, to 1e-6; the null deviance too."""
    golden = PATHS.query("family == @family and case == @case and l1_ratio == @ratio")
    alphas = golden["alpha"].drop_duplicates().to_numpy()
    likelihood = _likelihood(family, case)
    factors = golden.groupby("feature")["factor"].first()[FEATURES].to_numpy(dtype=float)
    found = solve_likelihood(
        LikelihoodProblem(_columns(case), likelihood, fit_intercept=True),
        alphas[:, None],
        np.array([ratio]),
        PathSettings(tol=1e-14, max_iter=1000, penalty_factors=factors, limits=_limits(case)),
    )
    assert found.converged.all()
    shape = (likelihood.responses, len(alphas), 1 + len(FEATURES))
    expected = golden["coefficient"].to_numpy(copy=True).reshape(shape).transpose(1, 0, 2)
    intercepts, coefficients = found.intercepts[:, 0], found.coefficients[:, 0]
    if family == "multinomial":  # what all classes share is free: glmnet centres it
        intercepts = intercepts - intercepts.mean(axis=1, keepdims=True)
        free = factors == 0
        coefficients[..., free] -= coefficients[..., free].mean(axis=1, keepdims=True)
        expected[..., 0] -= expected[..., 0].mean(axis=1, keepdims=True)
    np.testing.assert_allclose(coefficients, expected[..., 1:], atol=1e-6)
    np.testing.assert_allclose(intercepts, expected[..., 0], atol=1e-6)
    if case != "offset":
        null = float(golden["null_deviance"].iloc[0])
        assert likelihood.null_deviance == pytest.approx(null, rel=1e-9)
