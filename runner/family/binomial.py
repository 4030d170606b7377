"""Yes or no: the log-odds of the positive class are linear in the features."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from scipy.special import logsumexp

from runner.core.likelihood import Cone, RowWise, xlogx
from runner.core.metrics import TwoClassScores
from runner.family.base import Averaged, Family, Trained
from runner.family.class_weights import ClassWeight, by_class, weighable
from runner.family.estimators import PenalisedFit, binomial_estimator
from runner.family.shown import ShownBinary
from runner.family.targets import two_classes
from runner.family.threshold import Threshold, called_positive, choose_threshold

if TYPE_CHECKING:
    import pandas as pd

    from runner.core.metrics import Scoring
    from runner.family.shown import Shown
    from runner.records import Floats, Integers, Matrix, Observed, Table


class LogLoss(RowWise):
    """The logistic loss of y from 0 to 1, l = log(1 + exp(eta)) - y eta."""

    compiled = "logistic"

    def loss(self, y: Floats, eta: Floats) -> Floats:
        """Minus the log of the probability of what was observed."""
        value = np.exp(-np.abs(eta))
        value += 1.0
        np.log(value, out=value)
        value += np.maximum(eta, 0.0)
        return np.asarray(value - y * eta)

    def slope(self, y: Floats, eta: Floats) -> Floats:
        """The probability less the observed share."""
        return np.asarray(probability(eta) - y)

    def bend(self, y: Floats, eta: Floats) -> Floats:
        """The variance of one draw."""
        del y
        p = probability(eta)
        return np.asarray(p * (1.0 - p))

    def conjugate_loss(self, y: Floats, slope: Floats) -> Floats:
        """Minus the entropy of the probability y + slope."""
        p = np.clip(y + slope, 0.0, 1.0)
        return xlogx(p) + xlogx(1.0 - p)

    def least(self, y: Floats) -> Floats:
        """The entropy of y, 0 for 0 and 1."""
        return -xlogx(y) - xlogx(1.0 - y)

    def start(self) -> float:
        """The log-odds."""
        mean = float(self.share @ self.y)
        return float(np.log(mean) - np.log1p(-mean)) - self.mean_offset()


def probability(eta: Floats) -> Floats:
    """1 / (1 + exp(-eta)); numpy's exp is several times faster than scipy's expit."""
    with np.errstate(over="ignore"):  # exp is infinite then, and the probability 0
        p = np.exp(-eta)
    p += 1.0
    return np.reciprocal(p, out=p)


class Binomial(Family):
    """One of two classes.

    `positive` is the label whose probability is modelled: by default 1 or true, else the rarer of
    the two. `class_weight` multiplies the weights of rows that train, by label, or `balanced`, as
    if both classes had as many rows; scores are without it. `threshold` is the probability from
    which a row is called positive, or how it is chosen out of fold.
    """

    name: Literal["binomial"]
    positive: bool | int | float | str | None
    class_weight: ClassWeight
    threshold: Threshold
    reads: ClassVar[Literal["numbers", "labels"]] = "labels"
    averaged: ClassVar[Averaged] = "classes"

    def settle(self, table: Table) -> Table:
        """A target of 0 and 1."""
        return weighable(two_classes(table, self.positive), self.class_weight)

    def strata(self, table: Table) -> Integers:
        """The classes."""
        return table.target.astype(np.int64)

    def likelihood(self, observed: Observed) -> LogLoss:
        """Of rows weighted by their class."""
        return LogLoss(by_class(observed, self.class_weight))

    def without_class_weight(self) -> Binomial:
        """Each row as it is."""
        return self.model_copy(update={"class_weight": None})

    def cone(self, Z: Floats, observed: Observed) -> Cone:
        """Those on the side of each row's class."""
        return Cone((2 * observed.y - 1)[:, None] * Z)

    def test_scoring(
        self, validation: Observed, training: Observed, threshold: float | None
    ) -> Scoring:
        """At the threshold that was decided on."""
        plain = self.scoring(validation, training)
        return plain if threshold is None else TwoClassScores(validation, threshold)

    def decide(self, observed: Observed, predicted: Floats) -> float:
        """The threshold, or what is best by its rule."""
        return choose_threshold(self.threshold, observed.y, predicted, observed.weight)

    def pool(self, etas: Floats) -> Floats:
        """The log-odds of mean probabilities."""
        likely = logsumexp(-np.logaddexp(0.0, -etas), axis=0)
        return np.asarray(likely - logsumexp(-np.logaddexp(0.0, etas), axis=0))

    def predicted(self, eta: Floats, trained: Trained) -> Floats:
        """The probability of the positive class."""
        del trained
        return probability(eta[:, 0])

    def shown(self, threshold: float, labels: tuple[Any, ...]) -> Shown:
        """The labels and the probability."""
        return ShownBinary(partial(called_positive, threshold=threshold, labels=labels))

    def estimator(self, found: PenalisedFit, X: Matrix, observed: Observed) -> Any:  # noqa: ANN401
        """A LogisticRegression."""
        del X
        return binomial_estimator(found, observed.labels)

    def linear_predictors(
        self,
        model: Any,  # noqa: ANN401 - a Pipeline or an average of them
        features: pd.DataFrame,
        labels: tuple[Any, ...],
    ) -> Floats:
        """The log-odds of the positive class."""
        sign = 1.0 if model.classes_[1] == labels[1] else -1.0
        if hasattr(model, "decision_function"):
            return np.asarray(sign * model.decision_function(features))[:, None]
        chances = model.predict_proba(features)
        with np.errstate(divide="ignore"):
            logs = np.log(chances)
        return np.asarray(sign * (logs[:, 1] - logs[:, 0]))[:, None]
