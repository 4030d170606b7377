"""Some of the numeric columns: those that vary most, or that go with the target most."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.feature_selection import SelectorMixin

from runner.features.steps.base import FeatureStep
from runner.spec import Count

if TYPE_CHECKING:
    import pandas as pd

    from runner.features.steps.base import SortedColumns
    from runner.records import Booleans, Floats

By = Literal["variance", "correlation"]
BLOCK = 4096  # columns that are centred at a time, which are all that is copied


class Screen(FeatureStep):
    """The `top` columns of largest variance, or of largest correlation with the target, by size.

    Of several targets a column's largest correlation counts; of the codes of more than two classes
    it is F of the analysis of variance between them; of times of events that with the time. Of
    columns that tie the first is kept. What is chosen is chosen anew in every fold.
    """

    kind: Literal["screen"]
    by: By
    top: Count

    def transformer(self) -> Screened:
        """Of a target of numbers."""
        return Screened(by=self.by, top=self.top)

    def transformer_for(self, columns: SortedColumns) -> Screened:
        """Of the table's target."""
        return Screened(by=self.by, top=self.top, classes=columns.classes > 2)  # noqa: PLR2004


class Screened(SelectorMixin, BaseEstimator):  # type: ignore[misc]
    """Chooses columns by what the rows say that it is fitted to.

    The order is that of scikit-learn's SelectKBest with f_regression, F being a rising function of
    the size of the correlation. That one is not taken: it has one target, keeps the last of columns
    that tie, and its sums of squares are not centred, so that it errs where a column's mean is far
    larger than its spread. Nothing is asked of each column by itself, which takes long of 100,000.

    Args:
        by: what is to be large.
        top: how many columns are kept, if there are as many.
        classes: whether the target has the codes of several classes.
    """

    def __init__(self, *, by: By, top: int, classes: bool = False) -> None:
        self.by = by
        self.top = top
        self.classes = classes

    def fit(self, X: pd.DataFrame, y: Floats | None = None) -> Self:
        """Choose by rows (n, p) and their target (n,), or (n, t)."""
        values = X.to_numpy(np.float64)
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        starts = range(0, values.shape[1], BLOCK)
        self.scores_: Floats = np.concatenate(
            [self._score(values[:, start : start + BLOCK], y) for start in starts]
        )
        self.support_: Booleans = np.zeros(values.shape[1], dtype=bool)
        self.support_[np.argsort(-self.scores_, kind="stable")[: self.top]] = True
        return self

    def transform(self, X: pd.DataFrame) -> Floats:
        """The chosen columns of rows (n, p), (n, kept)."""
        chosen: Floats = X.to_numpy(np.float64)[:, self.support_]
        return chosen

    def _get_support_mask(self) -> Booleans:
        return self.support_

    def _score(self, X: Floats, y: Floats | None) -> Floats:
        """What is to be large, (p,), of columns (n, p)."""
        mean = X.mean(axis=0)
        centred = X - mean
        square: Floats = np.einsum("ij,ij->j", centred, centred)
        # as scikit-learn's StandardScaler tells a column that varies from one that is rounded
        eps = np.finfo(np.float64).eps
        square[square <= len(X) * (len(X) * eps * mean) ** 2] = 0.0
        if self.by == "variance":
            variance: Floats = square / len(X)
            return variance
        assert y is not None  # noqa: S101 - of a Pipeline that is fitted with a target
        scores = _between_classes(centred, y) if self.classes else _correlation(centred, square, y)
        scores[square == 0] = 0.0
        return scores


def _correlation(X: Floats, square: Floats, y: Floats) -> Floats:
    """Pearson's, its size, (p,): the largest over the targets, 0 with one that does not vary.

    Args:
        X: centred, (n, p).
        square: the sums of its squares, (p,).
        y: (n,) or (n, t).
    """
    targets = np.reshape(y, (len(X), -1))
    targets = targets - targets.mean(axis=0)
    norms = np.linalg.norm(targets, axis=0)
    products = np.abs(X.T @ targets) / np.where(norms > 0, norms, np.inf)
    largest: Floats = products.max(axis=1) / np.sqrt(np.where(square > 0, square, 1.0))
    return largest


def _between_classes(X: Floats, y: Floats) -> Floats:
    """F of columns (n, p), centred, between the classes whose codes are in y, (n,)."""
    from sklearn.feature_selection import f_classif

    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        warnings.filterwarnings("ignore", message="Features .* are constant")
        scores: Floats = f_classif(X, y)[0]
    return np.nan_to_num(scores, nan=0.0)
