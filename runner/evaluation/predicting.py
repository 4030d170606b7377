"""A saved model and rows come in; what predictions.csv shows of them goes out, as numbers."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    from scipy import sparse

    from runner.records import Floats


@contextmanager
def unseen_levels_allowed() -> Iterator[None]:
    """A level never seen in training counts as none, without scikit-learn's warning."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Found unknown categories")
        yield


def predict_probabilities(
    model: Any,  # noqa: ANN401 - any classifier
    features: pd.DataFrame | sparse.csr_array,
    labels: Sequence[Any],
) -> Floats:
    """The probability (n, K) of each label, in the order of the labels, not of `classes_`."""
    if not features.shape[0]:
        return np.empty((0, len(labels)))
    with unseen_levels_allowed():
        probabilities: Floats = model.predict_proba(features)
    return probabilities[:, np.searchsorted(model.classes_, np.asarray(labels))]


def predict_survival(
    model: Any,  # noqa: ANN401 - any survival model
    features: pd.DataFrame | sparse.csr_array,
    times: Sequence[float],
) -> Floats:
    """The risk, and the survival at each of the times, (n, 1 + t)."""
    if not features.shape[0]:
        return np.empty((0, 1 + len(times)))
    with unseen_levels_allowed():
        risk = model.predict(features)
        survival = model.predict_survival(features, np.asarray(times, dtype=np.float64))
    return np.column_stack([risk, survival])
