"""The saved survival model: alone, in a Pipeline, and out of a pickle."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.preprocessing import StandardScaler
from test_baseline_hazard import COEFFICIENTS, COLUMNS, HAZARDS, ROWS, observed_for

from runner.family.cox_estimator import CoxRegression, SurvivalPipeline
from runner.family.estimators import PenalisedFit, cox_estimator

CASE = "weighted"
X = ROWS[COLUMNS].to_numpy()
B = COEFFICIENTS.loc[CASE, COLUMNS].to_numpy(dtype=float)
GOLDEN = HAZARDS[HAZARDS["case"] == CASE]
TIMES = GOLDEN["time"].to_numpy(dtype=float)


def fitted() -> CoxRegression:
    """The golden model, made of what the engine gives."""
    found = PenalisedFit(B[None], np.zeros(1), alpha=0.1, l1_ratio=0.5, weight=60.0)
    return cox_estimator(found, X, observed_for(CASE))


def test_risk_is_the_linear_predictor_and_survival_is_r_s() -> None:
    """`predict` is x'b, not centred; hazard and survival are those of survival::coxph."""
    model = pickle.loads(pickle.dumps(fitted()))  # noqa: S301 - made here
    np.testing.assert_allclose(model.predict(X), X @ B, rtol=1e-14)
    survival = model.predict_survival(X[:1], TIMES)
    np.testing.assert_allclose(survival, GOLDEN["probability"].to_numpy()[None], rtol=1e-10)
    hazard = model.predict_cumulative_hazard(np.zeros((1, 2)), TIMES)
    np.testing.assert_allclose(hazard, GOLDEN["hazard"].to_numpy()[None], rtol=1e-10)
    assert (60, 2) == model.predict_survival(X, [1, 2]).shape


def test_an_offset_of_training_is_not_part_of_a_prediction() -> None:
    """The baseline is that of offset 0, as R has it, and so is every prediction."""
    b = COEFFICIENTS.loc["offset", COLUMNS].to_numpy(dtype=float)
    found = PenalisedFit(b[None], np.zeros(1), alpha=0, l1_ratio=0, weight=60.0)
    model = cox_estimator(found, X, observed_for("offset"))
    golden = HAZARDS[HAZARDS["case"] == "offset"]
    survival = model.predict_survival(X[:1], golden["time"])
    np.testing.assert_allclose(survival, golden["probability"].to_numpy()[None], rtol=1e-10)


def test_a_pipeline_passes_survival_on() -> None:
    """In standardised columns the same survival comes out, and the risk is that above the mean."""
    scaler = StandardScaler().fit(pd.DataFrame(X, columns=COLUMNS))
    found = PenalisedFit(B[None] * scaler.scale_, np.zeros(1), alpha=0, l1_ratio=0, weight=60.0)
    frame = pd.DataFrame(X, columns=COLUMNS)
    model = cox_estimator(found, scaler.transform(frame), observed_for(CASE))
    pipeline = SurvivalPipeline([("scaler", scaler), ("model", model)])
    pipeline = pickle.loads(pickle.dumps(pipeline))  # noqa: S301 - made here
    survival = pipeline.predict_survival(frame[:1], TIMES)
    np.testing.assert_allclose(survival, GOLDEN["probability"].to_numpy()[None], rtol=1e-10)
    hazard = pipeline.predict_cumulative_hazard(frame[:1], TIMES)
    np.testing.assert_allclose(np.exp(-hazard), survival, rtol=1e-12)
    np.testing.assert_allclose(pipeline.predict(frame), (X - X.mean(axis=0)) @ B, atol=1e-13)
    assert COLUMNS == list(pipeline[:-1].get_feature_names_out())


def test_fit_learns_the_baseline_of_given_coefficients() -> None:
    """A clone fitted to the same rows is the same model; without events given, all are events."""
    again = clone(fitted()).fit(
        X, ROWS["time"], event=ROWS["event"] == 1, sample_weight=ROWS["weight"]
    )
    np.testing.assert_array_equal(fitted().baseline_.hazard, again.baseline_.hazard)
    everyone = clone(fitted()).fit(X[:2], [3.0, 1.0])
    np.testing.assert_array_equal([1.0, 3.0], everyone.baseline_.times)


def test_sparse_rows_have_the_risks_of_dense_ones() -> None:
    """X may be sparse, in fitting and in predicting."""
    model = clone(fitted()).fit(sparse.csr_array(X), ROWS["time"])
    np.testing.assert_allclose(model.predict(sparse.csr_array(X)), X @ B, rtol=1e-14)


def test_rows_of_another_width_and_unfitted_models_are_refused() -> None:
    """scikit-learn's own errors, as from its estimators."""
    with pytest.raises(ValueError, match="expecting 2 features"):
        fitted().predict(X[:, :1])
    with pytest.raises(NotFittedError):
        CoxRegression(B).predict(X)
    with pytest.raises(NotFittedError):
        CoxRegression(B).predict_survival(X, [1.0])
