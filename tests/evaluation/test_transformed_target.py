"""Saved models of a transformed target, and Duan's smearing."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import Pipeline

from runner.core.target_scale import KINDS, Log, YeoJohnson, learn_scale
from runner.errors import FitError
from runner.evaluation import transformed_target
from runner.evaluation.transformed_target import with_smearing, with_transform

RNG = np.random.default_rng(5)
X = RNG.standard_normal((40, 2))
Y = np.exp(X @ [0.5, -0.2] + 1.0 + 0.3 * RNG.standard_normal(40))
ROWS = np.array([[0.0, 0.0], [1.0, -1.0], [30.0, 2.0]])


def fitted(name: str) -> Pipeline:
    """A least-squares fit to the transformed target."""
    scale = learn_scale(name, Y)
    assert scale is not None
    regressor = LinearRegression().fit(X, scale.apply(Y))
    return Pipeline([("model", with_transform(regressor, scale))])


@pytest.mark.parametrize("name", KINDS)
def test_the_saved_model_is_of_scikit_learn_alone(name: str) -> None:
    """It can be read without this package, has its regressor inside, and can be fitted again."""
    model = fitted(name)
    content = pickle.dumps(model)
    assert b"runner" not in content
    read = pickle.loads(content)  # noqa: S301 - made above
    np.testing.assert_array_equal(model.predict(X), read.predict(X))
    again = clone(model).fit(X, Y)
    np.testing.assert_allclose(model[-1].regressor_.coef_, again[-1].regressor_.coef_)
    np.testing.assert_allclose(model.predict(X), again.predict(X))


@pytest.mark.parametrize("name", KINDS)
def test_the_scale_undoes_what_it_does(name: str) -> None:
    """Values come back, and what scikit-learn's transformer makes of them is the same."""
    scale = learn_scale(name, Y)
    assert scale is not None
    z = scale.apply(Y)
    np.testing.assert_allclose(Y, scale.undo(z))
    np.testing.assert_allclose(z, scale.transformer().transform(Y[:, None])[:, 0])
    inverse = scale.transformer().inverse_transform(np.linspace(-2, 2, 9)[:, None])[:, 0]
    np.testing.assert_allclose(inverse, scale.undo(np.linspace(-2, 2, 9)))


@pytest.mark.parametrize("power", [-0.4, 0.0, 0.7, 1.0, 2.0, 2.6])
@pytest.mark.filterwarnings("ignore:Some values in column 0", "ignore:invalid value")
def test_any_power_is_undone_as_scikit_learn_does(power: float) -> None:
    """Beyond the end of a power's range there is no number, for either."""
    scale = learn_scale("yeo-johnson", Y)
    assert isinstance(scale, YeoJohnson)
    scale.fitted.lambdas_[:] = power
    z = np.linspace(-99, 99, 41)
    expected = scale.fitted.inverse_transform(z[:, None])[:, 0]
    np.testing.assert_allclose(scale.undo(z), expected, rtol=1e-10)
    assert (power < 0 or power > 2) == np.isnan(expected).any()


def test_a_root_below_zero_is_none() -> None:
    """A prediction below 0 on the scale of roots is 0, and not the square of its size."""
    model = fitted("sqrt")
    model[-1].regressor_.intercept_ = -100.0
    np.testing.assert_array_equal(np.zeros(3), model.predict(ROWS * 0))


def test_smearing_by_hand() -> None:
    """Duan's mean over residuals, with weights: (1 e^(z-1) + 3 e^(z+0.5)) / 4 of a logarithm."""
    model = fitted("log")
    z = model[-1].regressor_.predict(ROWS)
    residuals, weights = np.array([-1.0, np.nan, 0.5]), np.array([1.0, 9.0, 3.0])
    smeared = with_smearing(model, residuals, weights, np.random.default_rng(0))
    expected = (np.exp(z - 1.0) + 3 * np.exp(z + 0.5)) / 4
    np.testing.assert_allclose(smeared.predict(ROWS), expected)
    np.testing.assert_array_equal(smeared[-1].regressor_.coef_, model[-1].regressor_.coef_)
    with pytest.raises(FitError, match=r"dataset\.smearing=false"):
        with_smearing(model, residuals[1:2], weights[1:2], np.random.default_rng(0))


def test_blocks_of_rows_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does a pickle."""
    noise = RNG.standard_normal(50)
    smeared = with_smearing(fitted("yeo-johnson"), noise, np.ones(50), np.random.default_rng(0))
    whole, content = smeared.predict(X), pickle.dumps(smeared)
    monkeypatch.setattr(transformed_target, "CELLS", 130)
    read = pickle.loads(content)  # noqa: S301 - made above
    np.testing.assert_allclose(whole, read.predict(X), rtol=1e-14)


def test_smearing_hits_the_mean_where_the_inverse_hits_the_median() -> None:
    """Of log-normal rows with known mean exp(1 + x + s^2 / 2) and median exp(1 + x), s = 0.8."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal((20_000, 1))
    log = 1.0 + x[:, 0] + 0.8 * rng.standard_normal(20_000)
    regressor = LinearRegression().fit(x, log)
    plain = Pipeline([("model", with_transform(regressor, Log()))])
    residuals = log - regressor.predict(x)
    smeared = with_smearing(plain, residuals, np.ones(20_000), rng)
    assert transformed_target.MOST == len(smeared[-1].residuals_)
    at = np.array([[-1.0], [0.0], [2.0]])
    median, mean = np.exp(1 + at[:, 0]), np.exp(1 + at[:, 0] + 0.8**2 / 2)
    np.testing.assert_allclose(plain.predict(at), median, rtol=0.03)
    np.testing.assert_allclose(smeared.predict(at), mean, rtol=0.03)
    again = clone(smeared).fit(x, np.exp(log))
    np.testing.assert_allclose(again.predict(at), mean, rtol=0.03)
