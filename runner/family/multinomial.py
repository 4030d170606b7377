"""One of several classes: the log of each one's probability is linear but for a shared constant."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from scipy import sparse
from scipy.special import logsumexp, softmax

from runner.core.likelihood import Cone, xlogx
from runner.family.base import Averaged, Family, Trained
from runner.family.class_weights import ClassWeight, by_class, weighable
from runner.family.estimators import PenalisedFit, multinomial_estimator
from runner.family.pooling import log_of_mean
from runner.family.shown import shown_classes
from runner.family.targets import several_classes

if TYPE_CHECKING:
    import pandas as pd

    from runner.family.shown import Shown
    from runner.records import Floats, Integers, Matrix, Observed, Table


STEPS = 100  # of Newton's method towards the best constants
ROUNDING = 1e-15


@dataclass(frozen=True)
class SoftmaxCurvature:
    """Of each row, its share times diag(p) - p p', p the probabilities of the classes."""

    share: Floats  # (n,)
    p: Floats  # (n, K)

    def cross(self, Z: Matrix) -> Floats:
        """Z' (d2 L / d eta2) Z, (K k, K k): blocks of one class with another, which add up to 0."""
        classes, k = self.p.shape[1], Z.shape[1]
        blocks = np.zeros((classes, k, classes, k))
        for a in range(classes):
            for b in range(a):
                product = _product(Z, self.share * self.p[:, a] * self.p[:, b])
                blocks[a, :, b] -= product
                blocks[b, :, a] -= product
                blocks[a, :, a] += product
                blocks[b, :, b] += product
        return blocks.reshape(classes * k, classes * k)

    def bound(self) -> Floats:
        """2 p (1 - p) of each class, which dominates diag(p) - p p' by its row sums, (n, K)."""
        return np.asarray(2.0 * self.share[:, None] * self.p * (1.0 - self.p))

    def total(self) -> Floats:
        """The sum over the rows, (K, K)."""
        weighted = self.p.T * self.share
        return np.asarray(np.diag(weighted.sum(axis=1)) - weighted @ self.p)


class MultinomialLoss:
    """The mean of l = log(sum_k exp(eta_k)) - eta_y.

    Args:
        observed: the rows; y is (n,), codes from 0 to `classes` - 1. Its offset may be (n, K); one
            for all classes, (n,), says nothing.
        classes: K.
    """

    has_intercept: ClassVar[bool] = True
    grouped: ClassVar[bool] = False

    def __init__(self, observed: Observed, classes: int) -> None:
        self.responses = classes
        self.share = observed.weight / observed.weight.sum()
        self.code = observed.y.astype(np.int64)
        self.indicator = np.zeros((len(self.code), classes), order="F")
        self.indicator[np.arange(len(self.code)), self.code] = 1.0
        offset = observed.offset
        self.offset = None if offset is None or offset.ndim == 1 else offset

    @cached_property
    def null_deviance(self) -> float:
        """Twice the mean loss of the best constants; the least that it can be is 0."""
        eta = np.broadcast_to(self.null(), (len(self.share), 1, self.responses))
        return 2.0 * float(self.value(eta)[0])

    def null(self) -> Floats:
        """The constants (K,) that minimise L, of mean 0."""
        at: Floats = np.log(self.share @ self.indicator)
        for _ in range(0 if self.offset is None else STEPS):
            eta = np.broadcast_to(at, (len(self.share), self.responses))
            bend = self.curvature(eta).total()
            slope = self.gradient(eta[:, None]).sum(axis=(0, 1))
            step = np.linalg.pinv(bend, hermitian=True) @ slope
            at = at - np.clip(step, -1.0, 1.0)
            if np.abs(step).max() <= ROUNDING * (1 + np.abs(at).max()):
                break
        return np.asarray(at - at.mean())

    def value(self, eta: Floats) -> Floats:
        """L, (c,), of linear predictors (n, c, K)."""
        complete = self._complete(eta)
        top = complete.max(axis=2)
        total = np.exp(complete - top[..., None]).sum(axis=2)
        own = np.take_along_axis(complete, self.code[:, None, None], axis=2)[..., 0]
        mean: Floats = self.share @ (np.log(total) + (top - own))
        return mean

    def gradient(self, eta: Floats) -> Floats:
        """Its derivative by each, (n, c, K)."""
        slope = _probabilities(self._complete(eta))
        slope -= self.indicator[:, None]
        slope *= self.share[:, None, None]
        return slope

    def curvature(self, eta: Floats) -> SoftmaxCurvature:
        """At linear predictors (n, K)."""
        return SoftmaxCurvature(self.share, _probabilities(self._complete(eta[:, None]))[:, 0])

    def conjugate(self, slope: Floats) -> Floats:
        """The conjugate of L, (c,), at slopes (n, c, K): minus the entropy of y + slope."""
        counts = self.share > 0
        share, own = self.share[counts], slope[counts]
        p = np.clip(self.indicator[counts, None] + own / share[:, None, None], 0.0, 1.0)
        conjugate = np.asarray(share @ xlogx(p).sum(axis=2))
        if self.offset is None:
            return conjugate
        return np.asarray(conjugate - np.einsum("nck,nk->c", own, self.offset[counts]))

    def _complete(self, eta: Floats) -> Floats:
        """Linear predictors (n, c, K) with the offset."""
        return eta if self.offset is None else eta + self.offset[:, None]


def _probabilities(eta: Floats) -> Floats:
    """exp(eta_k) as a share of their sum over the last axis."""
    p = eta - eta.max(axis=2, keepdims=True)
    np.exp(p, out=p)
    p /= p.sum(axis=2, keepdims=True)
    return np.asarray(p)


def _product(Z: Matrix, weight: Floats) -> Floats:
    """Z' diag(weight) Z, no weight negative."""
    if sparse.issparse(Z):
        product: Floats = (Z.T @ (sparse.diags_array(weight) @ Z)).toarray()
        return product
    scaled = Z * np.sqrt(weight)[:, None]
    return np.asarray(scaled.T @ scaled)


class Multinomial(Family):
    """One of several classes, the penalty that of each class's coefficients.

    `class_weight` multiplies the weights of rows that train, by label, or `balanced`, as if all
    classes had as many rows; scores are without it.
    """

    name: Literal["multinomial"]
    class_weight: ClassWeight
    reads: ClassVar[Literal["numbers", "labels"]] = "labels"
    averaged: ClassVar[Averaged] = "classes"
    has_reference: ClassVar[bool] = True
    takes_offset: ClassVar[bool] = False  # the same for every class, it would cancel

    def settle(self, table: Table) -> Table:
        """Three labels or more."""
        return weighable(several_classes(table), self.class_weight)

    def strata(self, table: Table) -> Integers:
        """The classes."""
        return table.target.astype(np.int64)

    def likelihood(self, observed: Observed) -> MultinomialLoss:
        """Of rows weighted by their class."""
        return MultinomialLoss(by_class(observed, self.class_weight), len(observed.labels))

    def without_class_weight(self) -> Multinomial:
        """Each row as it is."""
        return self.model_copy(update={"class_weight": None})

    def regressors(self, observed: Observed) -> Floats:
        """Whether it is each class but the first."""
        return np.eye(len(observed.labels))[observed.y.astype(np.int64), 1:]

    def cone(self, Z: Floats, observed: Observed) -> Cone:
        """Those in which each row's class gains on every other, (n (K - 1), K w)."""
        classes = len(observed.labels)
        own = np.eye(classes)[observed.y.astype(np.int64)]
        blocks = []
        for other in range(classes):
            rows = own[:, other] == 0
            signs = own[rows] - np.eye(classes)[other]
            columns = [sparse.csr_array(signs[:, [k]] * Z[rows]) for k in range(classes)]
            blocks.append(sparse.hstack(columns))
        return Cone(sparse.csc_array(sparse.vstack(blocks)))

    def pool(self, etas: Floats) -> Floats:
        """The logs of mean probabilities."""
        return log_of_mean(etas - logsumexp(etas, axis=-1, keepdims=True))

    def predicted(self, eta: Floats, trained: Trained) -> Floats:
        """The probability of each class, (n, K)."""
        del trained
        return np.asarray(softmax(eta, axis=-1))

    def responses(self, table: Table) -> tuple[Any, ...]:
        """The labels."""
        return table.labels

    def shown(self, threshold: float, labels: tuple[Any, ...]) -> Shown:
        """The labels and their probabilities."""
        del threshold, labels
        return shown_classes

    def estimator(self, found: PenalisedFit, X: Matrix, observed: Observed) -> Any:  # noqa: ANN401
        """A LogisticRegression."""
        del X
        return multinomial_estimator(found, observed.labels)

    def linear_predictors(
        self,
        model: Any,  # noqa: ANN401 - a Pipeline or an average of them
        features: pd.DataFrame,
        labels: tuple[Any, ...],
    ) -> Floats:
        """The logs of the probabilities, but for a constant of each row, in the labels' order."""
        place = {label: at for at, label in enumerate(model.classes_.tolist())}
        order = [place[label] for label in labels]
        if hasattr(model, "decision_function"):
            return np.asarray(model.decision_function(features)[:, order])
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(model.predict_proba(features)[:, order]))
