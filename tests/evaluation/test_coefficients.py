"""coefficients.csv: for one response or several, with ratios, with or without an intercept."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from runner.evaluation.coefficients import (
    LinearForm,
    Reading,
    coefficients_table,
    feature_rows,
    in_original_units,
    pooled_rows,
)

ONE = LinearForm(
    ("a", "b", "c"),
    np.array([[0.5, 0.0, -2.0]]),
    np.array([[1.0, -0.0, -0.25]]),
    np.array([-1.5]),
    np.array([2.0, 0.0, 0.125]),
)
TWO = LinearForm(
    ("a", "b"),
    np.array([[0.5, -2.0], [0.0, 3.0]]),
    np.array([[1.0, -0.25], [0.0, 3.0]]),
    np.array([0.25, -1.0]),
    np.array([2.0, 0.125]),
)


def written(table: pd.DataFrame) -> str:
    """The table as its file has it."""
    return table.to_csv(index=False, lineterminator="\n")


def test_one_response_without_ratios_is_the_table_as_it_is_written() -> None:
    """Character by character: the intercept first, without a rank and an sd, and no -0.0."""
    table = coefficients_table(feature_rows(ONE, Reading()), ONE.intercept, Reading())
    expected = """feature,coefficient,standardised,sd,sign,selected,rank
(intercept),-1.5,,,-1,False,
a,0.5,1.0,2.0,1,True,1
b,0.0,0.0,0.0,0,False,3
c,-2.0,-0.25,0.125,-1,True,2
"""
    assert expected == written(table)


def test_ratios_are_exponentials_per_unit_and_per_standard_deviation() -> None:
    """An intercept has the odds of a row of zeros, and none per standard deviation."""
    reading = Reading(ratios=True)
    table = coefficients_table(feature_rows(ONE, reading), ONE.intercept, reading)
    assert ["standardised", "sd", "ratio", "ratio_standardised"] == list(table.columns[2:6])
    np.testing.assert_allclose(table["ratio"], np.exp([-1.5, 0.5, 0.0, -2.0]), rtol=1e-15)
    expected = [np.nan, np.e, 1.0, np.exp(-0.25)]
    np.testing.assert_allclose(table["ratio_standardised"], expected, rtol=1e-15)


def test_a_hazard_has_no_intercept() -> None:
    """The table begins with the first feature."""
    reading = Reading(ratios=True, has_intercept=False)
    table = coefficients_table(feature_rows(ONE, reading), ONE.intercept, reading)
    assert ["a", "b", "c"] == list(table["feature"])
    read = pd.read_csv(StringIO(written(table)))
    np.testing.assert_allclose(read["ratio"], np.exp([0.5, 0.0, -2.0]), rtol=1e-15)
    assert [1, 3, 2] == list(read["rank"])


def test_each_response_has_its_own_rows() -> None:
    """Intercept and features of one label, then of the next; ranks are within a label."""
    reading = Reading(responses=("no", "yes"))
    table = coefficients_table(feature_rows(TWO, reading), TWO.intercept, reading)
    expected = """response,feature,coefficient,standardised,sd,sign,selected,rank
no,(intercept),0.25,,,1,False,
no,a,0.5,1.0,2.0,1,True,1
no,b,-2.0,-0.25,0.125,-1,True,2
yes,(intercept),-1.0,,,-1,False,
yes,a,0.0,0.0,2.0,0,False,2
yes,b,3.0,3.0,0.125,1,True,1
"""
    assert expected == written(table)


def test_labels_that_are_numbers_stay_numbers() -> None:
    """A class 0 is 0 in the file, beside its intercept too."""
    reading = Reading(responses=(0, 2), ratios=True)
    table = coefficients_table(feature_rows(TWO, reading), TWO.intercept, reading)
    assert ["0", "0", "0", "2", "2", "2"] == [
        line.partition(",")[0] for line in written(table).splitlines()[1:]
    ]


def test_a_ratio_beyond_any_number_is_infinite() -> None:
    """A coefficient of 1,000 is no error, and no warning."""
    form = LinearForm(
        ("a",), np.array([[1000.0]]), np.array([[-1000.0]]), np.array([0.0]), np.array([1.0])
    )
    rows = feature_rows(form, Reading(ratios=True))
    assert [np.inf, 0.0] == list(rows[["ratio", "ratio_standardised"]].iloc[0])


@pytest.mark.parametrize("scaled", [True, False])
def test_original_units_give_the_linear_predictors(*, scaled: bool) -> None:
    """Raw rows times coefficients plus intercepts are what the Pipeline adds up, per response."""
    X = np.random.default_rng(0).standard_normal((60, 3)) * [1.0, 20.0, 0.1] + [5.0, -3.0, 0.0]
    y = np.digitize(X[:, 0] + X[:, 1] / 20, [4.5, 5.5])
    model = Pipeline([("scaler", StandardScaler()), ("model", LogisticRegression())][1 - scaled :])
    model.fit(X, y)
    scaler = model[0] if scaled else None
    form = in_original_units("abc", model[-1].coef_, model[-1].intercept_, scaler, X.std(axis=0))
    np.testing.assert_allclose(
        X @ form.coefficient.T + form.intercept, model.decision_function(X), rtol=1e-9
    )
    np.testing.assert_allclose(form.standardised, form.coefficient * X.std(axis=0), rtol=1e-12)
    np.testing.assert_allclose(form.sd, X.std(axis=0), rtol=1e-12)


@pytest.mark.parametrize("weighted", [True, False])
def test_a_features_sd_is_the_scalers(*, weighted: bool) -> None:
    """By the rows' weights, whatever the feature's size, and 0 of a constant one."""
    rng = np.random.default_rng(1)
    X = rng.standard_normal((50, 3)) * [1e-7, 1.0, 1e7] + [0.0, 3.0, 1e8]
    X = np.column_stack([X, np.full(50, 0.1)])
    weight = rng.uniform(0.5, 2.0, 50) if weighted else np.ones(50)
    scaler = StandardScaler().fit(X, sample_weight=weight)
    form = in_original_units("abcd", np.ones((1, 4)), np.zeros(1), scaler, np.ones(4))
    expected = np.sqrt(np.diagonal(np.cov(X[:, :3].T, aweights=weight, ddof=0)))
    np.testing.assert_allclose(form.sd[:3], expected, rtol=1e-12)
    assert 0 == form.sd[3]


def test_pooled_ratios_are_those_of_mean_coefficients() -> None:
    """Coefficients are averaged on the link's scale; what the draws say stands beside them."""
    other = LinearForm(
        TWO.features,
        np.array([[1.5, 0.0], [0.0, 1.0]]),
        TWO.standardised * 3,
        TWO.intercept,
        np.array([4.0, 0.125]),
    )
    reading = Reading(responses=("no", "yes"), ratios=True)
    rows = pooled_rows([TWO, other], [TWO, other], reading)
    np.testing.assert_allclose(rows["coefficient"], [1.0, -1.0, 0.0, 2.0], rtol=1e-15)
    np.testing.assert_allclose(rows["ratio"], np.exp([1.0, -1.0, 0.0, 2.0]), rtol=1e-15)
    np.testing.assert_allclose(rows["standardised"], [2.0, -0.5, 0.0, 6.0], rtol=1e-15)
    np.testing.assert_array_equal([3.0, 0.125, 3.0, 0.125], rows["sd"])
    np.testing.assert_array_equal([1.0, 0.5, 0.0, 1.0], rows["selection_frequency"])
    expected = [np.sqrt(0.5), np.sqrt(2.0), 0.0, np.sqrt(2.0)]
    np.testing.assert_allclose(rows["between_sd"], expected, rtol=1e-14)
    table = coefficients_table(rows, TWO.intercept, reading, np.array([0.1, 0.2]))
    np.testing.assert_allclose(table["between_sd"][[0, 3]], [0.1, 0.2])
    assert ["selection_frequency", "between_sd"] == list(table.columns[-2:])


def test_stacked_models_have_the_coefficients_of_what_predicts() -> None:
    """Means are of the models that are used, frequencies and deviations of the draws' own."""
    own = [replace(ONE, coefficient=np.array([[0.0, k, 1.0]])) for k in (0.0, 2.0)]
    rows = pooled_rows(own, [ONE, ONE], Reading())
    np.testing.assert_array_equal(ONE.coefficient[0], rows["coefficient"])
    np.testing.assert_array_equal([0.0, 0.5, 1.0], rows["selection_frequency"])
    np.testing.assert_allclose(rows["between_sd"], [0.0, np.sqrt(2.0), 0.0], rtol=1e-15)
