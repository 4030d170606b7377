"""What every family's likelihood must do: one suite, and a subclass for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import minimize
from squared_error import SquaredError

from runner.errors import DataError
from runner.family.binomial import LogLoss
from runner.family.cox import CoxLoss
from runner.family.gamma import GammaLoss
from runner.family.multi_gaussian import SquaredErrors
from runner.family.multinomial import MultinomialLoss
from runner.family.poisson import PoissonLoss
from runner.records import Observed

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.core.likelihood import Likelihood
    from runner.records import Floats, Matrix

ROWS = 40
STEP = 1e-5


class LikelihoodContract:
    """Behaviour of each; a subclass says how targets are drawn and what is made of them."""

    seed = 0

    def draw(self, rng: np.random.Generator) -> Observed:
        """Rows of equal weight."""
        raise NotImplementedError

    def make(self, observed: Observed) -> Likelihood:
        """Their likelihood."""
        raise NotImplementedError

    def weighted(self) -> Observed:
        """Rows of whole weights, of which some are 0, with an offset."""
        rng = np.random.default_rng(self.seed)
        plain = self.draw(rng)
        weight = rng.integers(0, 4, ROWS).astype(float)
        return Observed(plain.y, weight, plain.event, self.offset(rng))

    def offset(self, rng: np.random.Generator) -> Floats:
        """A known part of the linear predictor."""
        return 0.5 * rng.standard_normal(ROWS)

    def predictors(self, likelihood: Likelihood, models: int = 2) -> Floats:
        """Linear predictors of some models."""
        rng = np.random.default_rng(self.seed + 1)
        return rng.standard_normal((ROWS, models, likelihood.responses))

    def test_the_gradient_is_the_slope_of_the_value(self) -> None:
        """Each entry agrees with a difference of values, for each model by itself."""
        likelihood = self.make(self.weighted())
        eta = self.predictors(likelihood)
        expected = np.zeros_like(eta)
        for i in range(ROWS):
            for k in range(likelihood.responses):
                ahead, behind = eta.copy(), eta.copy()
                ahead[i, :, k] += STEP
                behind[i, :, k] -= STEP
                rise = likelihood.value(ahead) - likelihood.value(behind)
                expected[i, :, k] = rise / (2 * STEP)
        np.testing.assert_allclose(likelihood.gradient(eta), expected, atol=1e-9)

    @pytest.mark.parametrize("form", [np.asarray, sparse.csc_array])
    def test_the_curvature_is_the_slope_of_the_gradient(
        self, form: Callable[[Floats], Matrix]
    ) -> None:
        """Its cross products agree with differences of gradients, of dense and sparse columns."""
        likelihood = self.make(self.weighted())
        eta = self.predictors(likelihood, 1)
        Z = np.random.default_rng(5).standard_normal((ROWS, 3)) * [1.0, 2.0, 0.5]
        columns = []
        for k in range(likelihood.responses):
            for z in Z.T:
                ahead, behind = eta.copy(), eta.copy()
                ahead[:, 0, k] += STEP * z
                behind[:, 0, k] -= STEP * z
                bend = likelihood.gradient(ahead) - likelihood.gradient(behind)
                columns.append((bend[:, 0].T @ Z).ravel() / (2 * STEP))
        cross = likelihood.curvature(eta[:, 0]).cross(form(Z))
        np.testing.assert_allclose(cross, np.array(columns).T, atol=1e-8)

    def test_the_bound_is_nowhere_less_than_the_curvature(self) -> None:
        """A diagonal of it less all second derivatives has no negative eigenvalue."""
        likelihood = self.make(self.weighted())
        curvature = likelihood.curvature(self.predictors(likelihood, 1)[:, 0])
        bound = np.diag(curvature.bound().T.ravel())  # response by response
        eigenvalues = np.linalg.eigvalsh(bound - curvature.cross(np.eye(ROWS)))
        assert eigenvalues.min() > -1e-12 * bound.max()

    def test_the_total_curvature_is_that_of_constants(self) -> None:
        """`total` is the cross product of a column of ones."""
        likelihood = self.make(self.weighted())
        curvature = likelihood.curvature(self.predictors(likelihood, 1)[:, 0])
        expected = curvature.cross(np.ones((ROWS, 1)))
        np.testing.assert_allclose(curvature.total(), expected, atol=1e-15)

    def test_slopes_attain_the_conjugate(self) -> None:
        """L*(u) + L(eta) is <u, eta> where u is the slope at eta."""
        likelihood = self.make(self.weighted())
        eta = self.predictors(likelihood)
        slope = likelihood.gradient(eta)
        expected = np.einsum("nck,nck->c", slope, eta) - likelihood.value(eta)
        np.testing.assert_allclose(likelihood.conjugate(slope), expected, atol=1e-13)

    @pytest.mark.parametrize("share", [0.3, 0.9, 0.999])
    def test_the_conjugate_is_the_largest_of_its_kind(self, share: float) -> None:
        """L*(s u) is what <s u, eta> - L(eta) comes to at the best eta."""
        likelihood = self.make(self.weighted())
        eta = self.predictors(likelihood, 1)
        centred = eta + likelihood.null() - eta.mean(axis=0)
        slope = share * _balanced(likelihood, centred)

        def below(flat: Floats) -> tuple[float, Floats]:
            at = flat.reshape(eta.shape)
            value = float(likelihood.value(at)[0]) - float(np.vdot(slope, at))
            return value, (likelihood.gradient(at) - slope).ravel()

        options = {"maxiter": 10000, "maxfun": 100000, "ftol": 1e-15, "gtol": 1e-10}
        best = minimize(  # type: ignore[call-overload]
            below, centred.ravel(), jac=True, method="L-BFGS-B", options=options
        )
        found = float(likelihood.conjugate(slope)[0])
        assert found >= -best.fun - 1e-12
        assert found == pytest.approx(-best.fun, abs=1e-8)

    def test_the_null_model_is_the_best_constant(self) -> None:
        """The slopes there add up to 0, and the null deviance is twice what is above the least."""
        likelihood = self.make(self.weighted())
        eta = np.broadcast_to(likelihood.null(), (ROWS, 1, likelihood.responses))
        np.testing.assert_allclose(likelihood.gradient(eta).sum(axis=0), 0.0, atol=1e-14)
        assert likelihood.null_deviance > 0

    def test_a_weight_is_so_many_rows(self) -> None:
        """Rows of whole weights are worth as many of weight 1."""
        observed = self.weighted()
        likelihood = self.make(observed)
        rows = np.repeat(np.arange(ROWS), observed.weight.astype(int))
        many = self.make(
            Observed(
                observed.y[rows],
                np.ones(len(rows)),
                None if observed.event is None else observed.event[rows],
                None if observed.offset is None else observed.offset[rows],
            )
        )
        eta = self.predictors(likelihood)
        # repeated rows of a risk set add the log of their number to its sum, over all events
        shift = many.value(eta[rows] * 0) - likelihood.value(eta * 0)
        np.testing.assert_allclose(likelihood.value(eta) + shift, many.value(eta[rows]), rtol=1e-12)
        summed = np.zeros_like(eta)
        np.add.at(summed, rows, many.gradient(eta[rows]))
        np.testing.assert_allclose(likelihood.gradient(eta), summed, atol=1e-15)
        np.testing.assert_allclose(many.null(), likelihood.null(), atol=1e-12)
        assert likelihood.null_deviance == pytest.approx(many.null_deviance, rel=1e-9)

    def test_an_offset_is_a_part_of_the_linear_predictors(self) -> None:
        """With one, the value is that of the sum without."""
        observed = self.weighted()
        assert observed.offset is not None
        bare = self.make(Observed(observed.y, observed.weight, observed.event))
        likelihood = self.make(observed)
        eta = self.predictors(likelihood)
        offset = observed.offset.reshape(ROWS, 1, -1)
        np.testing.assert_allclose(likelihood.value(eta), bare.value(eta + offset), rtol=1e-13)
        np.testing.assert_allclose(
            likelihood.gradient(eta), bare.gradient(eta + offset), atol=1e-15
        )

    def test_far_predictors_are_finite(self) -> None:
        """Of linear predictors that are far apart the slopes stay finite."""
        likelihood = self.make(self.weighted())
        eta = np.linspace(-300, 300, ROWS)[:, None, None] * np.ones(likelihood.responses)
        eta[..., 0] *= 1.1
        assert np.isfinite(likelihood.value(eta)).all()
        assert np.isfinite(likelihood.gradient(eta)).all()
        assert np.isfinite(likelihood.curvature(eta[:, 0]).cross(np.ones((ROWS, 1)))).all()


def _balanced(likelihood: Likelihood, eta: Floats) -> Floats:
    """Slopes near those at eta that add up to 0, as those of a model with its intercept do."""

    def of(shift: Floats) -> tuple[float, Floats]:
        moved = eta + shift
        value, slope = likelihood.value(moved), likelihood.gradient(moved)
        return float(value[0]), slope.sum(axis=(0, 1))

    if not likelihood.has_intercept:
        return likelihood.gradient(eta)
    shift = minimize(of, np.zeros(likelihood.responses), jac=True, tol=1e-12).x
    return likelihood.gradient(eta + shift)


class TestSquaredError(LikelihoodContract):
    """Half the square."""

    def draw(self, rng: np.random.Generator) -> Observed:
        """Normal."""
        return Observed(rng.standard_normal(ROWS) + 1, np.ones(ROWS))

    def make(self, observed: Observed) -> SquaredError:
        """The family's."""
        return SquaredError(observed)

    def test_the_null_deviance_is_the_variance(self) -> None:
        """Of (0, 0, 3, 3) it is 9 / 4."""
        likelihood = self.make(Observed(np.array([0.0, 0.0, 3.0, 3.0]), np.ones(4)))
        assert likelihood.null_deviance == pytest.approx(2.25)


class TestLogLoss(LikelihoodContract):
    """Two classes."""

    def draw(self, rng: np.random.Generator) -> Observed:
        """Half of each."""
        return Observed((rng.uniform(size=ROWS) < 0.5).astype(float), np.ones(ROWS))

    def make(self, observed: Observed) -> LogLoss:
        """The family's."""
        return LogLoss(observed)

    def test_the_null_deviance_of_a_quarter(self) -> None:
        """1 of 4 leaves 2 (log 4 - (3/4) log 3)."""
        likelihood = self.make(Observed(np.array([0.0, 0.0, 0.0, 1.0]), np.ones(4)))
        assert likelihood.null()[0] == pytest.approx(-np.log(3))
        assert likelihood.null_deviance == pytest.approx(2 * (np.log(4) - 0.75 * np.log(3)))


class TestPoissonLoss(LikelihoodContract):
    """Counts."""

    def draw(self, rng: np.random.Generator) -> Observed:
        """Of mean 2."""
        return Observed(rng.poisson(2, ROWS).astype(float), np.ones(ROWS))

    def make(self, observed: Observed) -> PoissonLoss:
        """The family's."""
        return PoissonLoss(observed)

    def test_the_null_deviance_is_scikit_learns(self) -> None:
        """It is the mean Poisson deviance of the mean."""
        from sklearn.metrics import mean_poisson_deviance

        y = np.array([0.0, 1.0, 5.0, 2.0])
        likelihood = self.make(Observed(y, np.ones(4)))
        assert likelihood.null_deviance == pytest.approx(mean_poisson_deviance(y, np.full(4, 2.0)))


class TestGammaLoss(LikelihoodContract):
    """Amounts."""

    def draw(self, rng: np.random.Generator) -> Observed:
        """Of shape 2."""
        return Observed(rng.gamma(2, size=ROWS), np.ones(ROWS))

    def make(self, observed: Observed) -> GammaLoss:
        """The family's."""
        return GammaLoss(observed)

    def test_the_null_deviance_is_scikit_learns(self) -> None:
        """It is the mean gamma deviance of the mean."""
        from sklearn.metrics import mean_gamma_deviance

        y = np.array([0.5, 1.0, 5.0, 1.5])
        likelihood = self.make(Observed(y, np.ones(4)))
        assert likelihood.null_deviance == pytest.approx(mean_gamma_deviance(y, np.full(4, 2.0)))


class TestMultinomialLoss(LikelihoodContract):
    """Three classes."""

    def draw(self, rng: np.random.Generator) -> Observed:
        """Of unequal shares."""
        return Observed(rng.choice(3, ROWS, p=[0.5, 0.3, 0.2]).astype(float), np.ones(ROWS))

    def offset(self, rng: np.random.Generator) -> Floats:
        """One for each class."""
        return 0.5 * rng.standard_normal((ROWS, 3))

    def make(self, observed: Observed) -> MultinomialLoss:
        """The family's."""
        return MultinomialLoss(observed, 3)

    def test_two_classes_are_binomial(self) -> None:
        """With one class at eta and the other at 0 the loss is the logistic one."""
        observed = Observed(np.array([0.0, 1.0, 1.0, 0.0, 1.0]), np.arange(1.0, 6.0))
        eta = np.linspace(-2, 3, 5)[:, None, None]
        both = np.concatenate([np.zeros_like(eta), eta], axis=2)
        two, one = MultinomialLoss(observed, 2), LogLoss(observed)
        np.testing.assert_allclose(two.value(both), one.value(eta), rtol=1e-14)
        assert two.null_deviance == pytest.approx(one.null_deviance, rel=1e-14)

    def test_one_offset_for_all_classes_says_nothing(self) -> None:
        """It moves no class against another."""
        observed = self.draw(np.random.default_rng(0))
        moved = Observed(observed.y, observed.weight, None, np.linspace(0, 1, ROWS))
        eta = self.predictors(self.make(observed))
        np.testing.assert_array_equal(self.make(moved).value(eta), self.make(observed).value(eta))


class TestSquaredErrors(LikelihoodContract):
    """Two targets."""

    def draw(self, rng: np.random.Generator) -> Observed:
        """Normal, of unlike means and spreads."""
        return Observed(rng.standard_normal((ROWS, 2)) * [1.0, 3.0] + [1.0, -2.0], np.ones(ROWS))

    def offset(self, rng: np.random.Generator) -> Floats:
        """None is taken."""
        del rng
        return np.zeros(ROWS)

    def make(self, observed: Observed) -> SquaredErrors:
        """The family's."""
        return SquaredErrors(observed)

    def test_the_null_deviance_is_the_sum_of_the_variances(self) -> None:
        """Of (0, 0, 3, 3) and (0, 2, 0, 2) it is 9 / 4 + 1."""
        y = np.array([[0.0, 0.0], [0.0, 2.0], [3.0, 0.0], [3.0, 2.0]])
        assert self.make(Observed(y, np.ones(4))).null_deviance == pytest.approx(3.25)

    def test_the_value_by_hand(self) -> None:
        """Residuals (3, 4) and (0, 2) of weights 1 and 3 leave (25 / 2 + 3 * 2) / 4."""
        likelihood = self.make(Observed(np.array([[3.0, 4.0], [0.0, 2.0]]), np.array([1.0, 3.0])))
        assert likelihood.value(np.zeros((2, 1, 2)))[0] == pytest.approx(18.5 / 4)


class TestCoxLoss(LikelihoodContract):
    """Times with ties, of which some are censored."""

    def draw(self, rng: np.random.Generator) -> Observed:
        """Whole times."""
        time = np.round(rng.exponential(6, ROWS))
        return Observed(time, np.ones(ROWS), rng.uniform(size=ROWS) < 0.6)

    def make(self, observed: Observed) -> CoxLoss:
        """The family's."""
        return CoxLoss(observed)

    def test_five_rows_by_hand(self) -> None:
        """The risk sets of two distinct events, one of them tied with a censored time."""
        observed = Observed(
            np.array([2.0, 1.0, 3.0, 2.0, 0.5]),
            np.ones(5),
            np.array([True, True, False, False, False]),
        )
        eta = np.log([1.0, 2.0, 3.0, 4.0, 99.0])
        minus = np.log(1 + 3 + 4) + np.log(1 + 2 + 3 + 4) - np.log(1 * 2)
        likelihood = self.make(observed)
        value = float(likelihood.value(eta[:, None, None])[0])
        # the shares within the sums, 1 / 5 each, add a constant
        assert value == pytest.approx((minus - 2 * np.log(5)) / 5)
        assert float(likelihood.gradient(eta[:, None, None])[4, 0, 0]) == 0.0

    def test_the_order_of_rows_does_not_matter(self) -> None:
        """Slopes go with their rows."""
        observed = self.weighted()
        order = np.random.default_rng(3).permutation(ROWS)
        eta = self.predictors(self.make(observed))
        expected = self.make(observed).gradient(eta)[order]
        found = self.make(observed.take(order)).gradient(eta[order])
        np.testing.assert_allclose(found, expected, atol=1e-15)

    def test_many_rows_are_taken_in_blocks(self) -> None:
        """The curvature of 3,000 rows with ties across blocks is that of the gradient."""
        rng = np.random.default_rng(0)
        n = 3000
        observed = Observed(
            np.round(rng.exponential(300, n)), np.ones(n), rng.uniform(size=n) < 0.6
        )
        likelihood = self.make(observed)
        Z = rng.standard_normal((n, 2))
        eta = (Z @ [1.0, -0.5])[:, None]
        found = likelihood.curvature(eta).cross(Z)
        move = 1e-4 * Z[:, :1]
        bend = likelihood.gradient((eta + move)[:, None]) - likelihood.gradient(
            (eta - move)[:, None]
        )
        np.testing.assert_allclose(found[0], Z.T @ bend[:, 0, 0] / 2e-4, rtol=1e-5)

    def test_no_event_is_an_error(self) -> None:
        """The message names the key."""
        with pytest.raises(DataError, match=r"dataset\.event"):
            self.make(Observed(np.arange(3.0), np.ones(3), np.zeros(3, dtype=bool)))
