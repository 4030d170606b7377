"""Fitted models of several imputations come in; one that averages what they predict goes out.

Classifiers average probabilities, other models their means, survival models risks (logarithms of
hazard ratios) and survival probabilities.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone
from sklearn.ensemble import VotingClassifier, VotingRegressor
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import Bunch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike
    from sklearn.pipeline import Pipeline

    from runner.family.base import Averaged
    from runner.records import Floats


class AverageOfTargets(VotingRegressor):  # type: ignore[misc]
    """scikit-learn's VotingRegressor for predictions (n, t), of which it would mix up the axes."""

    def predict(self, X: Any) -> Floats:  # noqa: ANN401 - rows or frame
        """The mean over the models, (n, t)."""
        mean: Floats = np.mean([model.predict(X) for model in self.estimators_], axis=0)
        return mean


class AverageOfSurvival(VotingRegressor):  # type: ignore[misc]
    """scikit-learn's VotingRegressor of risks, which averages survival probabilities too."""

    def predict_survival(self, X: Any, times: ArrayLike) -> Floats:  # noqa: ANN401 - as above
        """The mean probability (n, t) of no event up to times (t,)."""
        found = [model.predict_survival(X, times) for model in self.estimators_]
        mean: Floats = np.mean(found, axis=0)
        return mean

    def predict_cumulative_hazard(self, X: Any, times: ArrayLike) -> Floats:  # noqa: ANN401
        """The cumulative hazard (n, t) that goes with the mean survival at times (t,)."""
        with np.errstate(divide="ignore"):
            hazard: Floats = -np.log(self.predict_survival(X, times))
        return hazard + 0.0  # no -0.0


def average_of(
    pipelines: Sequence[Pipeline], averaged: Averaged, *, targets: int = 1
) -> VotingClassifier | VotingRegressor:
    """The fitted Pipelines as one fitted model, its parts named draw_1, draw_2 and so on.

    Args:
        pipelines: one or more, fitted to the same columns, of one family.
        averaged: what they predict: classes (their probabilities are averaged, and the label is
            that of the largest), numbers, or survival.
        targets: how many numbers are predicted for a row.
    """
    named = [(f"draw_{number}", pipeline) for number, pipeline in enumerate(pipelines, start=1)]
    parts = [(name, clone(pipeline)) for name, pipeline in named]
    if averaged == "classes":
        model = VotingClassifier(parts, voting="soft")
        model.classes_ = pipelines[0].classes_
        model.le_ = LabelEncoder().fit(model.classes_)
    elif averaged == "survival":
        model = AverageOfSurvival(parts)
    else:
        model = VotingRegressor(parts) if targets == 1 else AverageOfTargets(parts)
    model.estimators_ = list(pipelines)
    model.named_estimators_ = Bunch(**dict(named))
    if hasattr(pipelines[0], "feature_names_in_"):
        model.feature_names_in_ = pipelines[0].feature_names_in_
    return model
