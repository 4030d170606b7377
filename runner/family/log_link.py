"""Families whose mean has a linear logarithm: what they predict, and how it is pooled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from runner.family.base import Family, Trained
from runner.family.pooling import log_of_mean
from runner.family.shown import shown_numbers

if TYPE_CHECKING:
    import pandas as pd

    from runner.family.shown import Shown
    from runner.records import Floats


class LogLink(Family):
    """A family with the log link, which predicts the mean."""

    def pool(self, etas: Floats) -> Floats:
        """The log of the mean of the means."""
        return log_of_mean(etas)

    def predicted(self, eta: Floats, trained: Trained) -> Floats:
        """The mean."""
        del trained
        return np.asarray(np.exp(eta[:, 0]))

    def shown(self, threshold: float, labels: tuple[Any, ...]) -> Shown:
        """The mean."""
        del threshold, labels
        return shown_numbers

    def linear_predictors(
        self,
        model: Any,  # noqa: ANN401 - a Pipeline or an average of them
        features: pd.DataFrame,
        labels: tuple[Any, ...],
    ) -> Floats:
        """The log of the mean."""
        del labels
        return np.asarray(np.log(model.predict(features)))[:, None]
