"""Compiled losses and passes over rows: scikit-learn's losses, numpy's products, and any array."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import sparse
from sklearn._loss import HalfBinomialLoss, HalfGammaLoss, HalfPoissonLoss
from test_boundary import ARRAYS, OTHER_FORMS, WRONG

from runner.core.path.native.follow_losses import FollowedLosses, Gaps, Start, follow_losses
from runner.core.path.native.path_penalty import PathPenalty
from runner.core.path.native.row_passes import Outcome, gather, passes_suit, predict
from runner.errors import FitError

if TYPE_CHECKING:
    from runner.core.path.native.row_passes import CompiledLoss
    from runner.records import Floats

N, P, A = 40, 6, 4
RNG = np.random.default_rng(0)
X = RNG.standard_normal((N, P)) * (RNG.random((N, P)) < 0.4)
SPARSE = sparse.csc_array(X)
Y = (RNG.random(N) < 1 / (1 + np.exp(-X @ RNG.standard_normal(P)))).astype(float)
OUTCOME = Outcome("logistic", np.full(N, 1 / N), Y, np.linspace(-0.5, 0.5, N))
PENALTY = PathPenalty(0.1 * np.geomspace(1.0, 0.01, A), np.full(A, 0.01))
PEERS: dict[CompiledLoss, Any] = {
    "logistic": HalfBinomialLoss(),
    "poisson": HalfPoissonLoss(),
    "gamma": HalfGammaLoss(),
}


def outcome_of(loss: CompiledLoss, *, offset: bool, n: int = 500) -> Outcome:
    """Rows of a family, of unequal shares, one of which is 0."""
    rng = np.random.default_rng(1)
    y = {
        "logistic": rng.integers(0, 2, n).astype(float),
        "poisson": rng.poisson(2, n).astype(float),
        "gamma": rng.gamma(2, size=n),
    }[loss]
    share = rng.uniform(0.1, 1, n)
    share[0] = 0.0
    return Outcome(loss, share / share.sum(), y, rng.standard_normal(n) if offset else None)


def path(**changes: Any) -> FollowedLosses:  # noqa: ANN401 - any argument
    """A short path to tight gaps."""
    usual = {
        "X": SPARSE,
        "outcome": OUTCOME,
        "penalty": PENALTY,
        "balance": 1e-15,
        "gaps": Gaps(1e-13, 1e-13, 1.0),
        "most": 100,
        "patience": 10_000,
        "kept": np.arange(A),
        "start": Start(None, 0.0, 1.0),
    }
    found = follow_losses(**{**usual, **changes})
    assert found is not None
    return found


EXPECTED = path()


@pytest.mark.parametrize("offset", [False, True])
@pytest.mark.parametrize("loss", PEERS)
def test_losses_are_those_of_scikit_learn(loss: CompiledLoss, *, offset: bool) -> None:
    """Values and slopes of predictors from far left to far right."""
    outcome = outcome_of(loss, offset=offset)
    eta = np.random.default_rng(2).standard_normal((3, 500)) * [[0.1], [3.0], [30.0]]
    found = outcome.settle(eta.copy(), None)
    for own, value, slope in zip(eta, found.value, found.slope, strict=True):
        whole = own if outcome.offset is None else own + outcome.offset
        each, slopes = PEERS[loss].loss_gradient(outcome.y, whole)
        np.testing.assert_allclose(value, outcome.share @ each, rtol=1e-13)
        np.testing.assert_allclose(slope, outcome.share * slopes, rtol=1e-11, atol=1e-17)


@pytest.mark.parametrize("loss", PEERS)
def test_intercepts_balance_the_slopes(loss: CompiledLoss) -> None:
    """The shift is what is added to the predictors, and is the best one."""
    outcome = outcome_of(loss, offset=True)
    before = 0.2 * np.random.default_rng(2).standard_normal((2, 500)) + np.log(outcome.y.mean())
    eta = before.copy()
    found = outcome.settle(eta, 1e-14)
    np.testing.assert_allclose(eta, before + found.shift[:, None], atol=1e-14)
    np.testing.assert_allclose(found.slope.sum(axis=1), 0.0, atol=2e-14)
    assert (found.shift != 0.0).all()


@pytest.mark.parametrize("loss", PEERS)
def test_conjugates_are_the_largest_of_what_they_bound(loss: CompiledLoss) -> None:
    """Where slope and predictor attain each other, and no other predictor gives more."""
    outcome = outcome_of(loss, offset=True)
    eta = np.random.default_rng(2).standard_normal((1, 500))
    at = outcome.settle(eta, None)
    (conjugate,) = outcome.conjugate(at.slope)
    assert conjugate == pytest.approx(float(at.slope[0] @ eta[0]) - at.value[0], abs=1e-13)
    for step in (-0.1, 0.1):
        other = outcome.settle(eta + step, None)
        assert float(at.slope[0] @ (eta[0] + step)) - other.value[0] < conjugate


@pytest.mark.parametrize("value", [-1e4, -720.0, 720.0, 1e4, np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("loss", PEERS)
def test_predictors_without_end_are_answered(loss: CompiledLoss, value: float) -> None:
    """Nothing overflows; what is not a number has a value that no step is taken to."""
    found = outcome_of(loss, offset=False).settle(np.full((1, 500), value), None)
    assert found.value[0] > 1.0 or not np.isfinite(found.value[0]) or loss == "poisson"
    assert found.slope.shape == (1, 500)


@pytest.mark.parametrize("models", [2, 3, 4, 5])
@pytest.mark.parametrize("columns", [1, 3, 4, 9])
def test_products_are_those_of_numpy(models: int, columns: int) -> None:
    """Of more rows than a block has, and of columns that are no multiple of four."""
    rng = np.random.default_rng(3)
    rows = np.asfortranarray(rng.standard_normal((5_000, columns)))
    vectors, slopes = rng.standard_normal((models, columns)), rng.standard_normal((models, 5_000))
    assert passes_suit(rows, models)
    np.testing.assert_allclose(predict(vectors, rows), vectors @ rows.T, atol=1e-13)
    np.testing.assert_allclose(gather(slopes, rows), slopes @ rows, atol=1e-11)


def test_what_is_not_a_number_stays_with_its_model() -> None:
    """Of two models side by side the other has its answer."""
    rows = np.asfortranarray(X)
    vectors = np.stack([np.full(P, np.nan), np.ones(P)])
    eta = predict(vectors, rows)
    assert np.isnan(eta[0]).any()
    np.testing.assert_allclose(eta[1], X.sum(axis=1), atol=1e-13)


def test_what_passes_do_not_suit() -> None:
    """One vector and many, rows that are not columns in memory, and sparse ones."""
    rows = np.asfortranarray(X)
    assert passes_suit(rows, 2)
    assert not passes_suit(rows, 1)
    assert not passes_suit(rows, 50)
    assert not passes_suit(np.ascontiguousarray(X), 2)
    assert not passes_suit(rows.astype(np.float32), 2)
    assert not passes_suit(SPARSE, 2)


@pytest.mark.parametrize("name", ["share", "y", "offset"])
@pytest.mark.parametrize("form", ARRAYS)
def test_other_forms_of_an_outcome_are_the_same(name: str, form: str) -> None:
    """What is not laid out as the library reads it is copied."""
    changed = replace(OUTCOME, **{name: OTHER_FORMS[form](getattr(OUTCOME, name))})
    np.testing.assert_array_equal(path(outcome=changed).coefficients, EXPECTED.coefficients)


@pytest.mark.parametrize("name", ["share", "y", "offset"])
@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_outcome_is_refused(name: str, wrong: str) -> None:
    """By one error, before the library sees it."""
    with pytest.raises(FitError):
        path(outcome=replace(OUTCOME, **{name: WRONG[wrong](getattr(OUTCOME, name))}))


@pytest.mark.parametrize("name", ["l1", "l2", "pull"])
@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_penalty_is_refused(name: str, wrong: str) -> None:
    """Likewise; the length of l1 is what the others lack."""
    usual = replace(PENALTY, pull=np.ones(P))
    with pytest.raises(FitError):
        path(penalty=replace(usual, **{name: WRONG[wrong](getattr(usual, name))}))


@pytest.mark.parametrize("form", ["csr_array", "coo_array", "csc_matrix"])
def test_any_sparse_form_is_the_same(form: str) -> None:
    """Entries in any order, once or twice."""
    given = getattr(sparse, form)(SPARSE)
    np.testing.assert_array_equal(path(X=given).coefficients, EXPECTED.coefficients)


def test_wrong_settings_are_refused() -> None:
    """Tolerances, factors of 0, starts and places."""
    for changes in (
        {"gaps": Gaps(-1.0, 0.0, 1.0)},
        {"balance": np.nan},
        {"penalty": replace(PENALTY, pull=np.zeros(P))},
        {"start": Start(np.zeros(P + 1), 0.0, 1.0)},
        {"kept": np.array([0, 2, 1, 3])},
        {"kept": np.arange(A + 1)},
        {"X": X},
        {"penalty": replace(PENALTY, lower=np.zeros(P), upper=np.ones(P))},
    ):
        with pytest.raises(FitError):
            path(**changes)


def test_no_patience_gives_no_answer() -> None:
    """Nothing is said to be solved that is not."""
    assert len(path(patience=0).gaps) == 0
    assert len(path(most=0).gaps) == 0


def test_eta_is_shifted_where_it_is() -> None:
    """What would be a copy is refused, as the caller would not see the shift."""
    outcome: Any = OUTCOME
    for eta in (np.zeros((N, 2)).T, np.zeros((2, N), dtype=np.float32), np.zeros((2, N + 1))):
        with pytest.raises(FitError):
            outcome.settle(eta, 1e-9)


def test_slopes_must_be_of_the_rows() -> None:
    """As many as there are."""
    slope: Floats = np.zeros((1, N - 1))
    with pytest.raises(FitError):
        OUTCOME.conjugate(slope)
