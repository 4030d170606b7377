"""The probability from which a row is called positive: chosen out of fold, applied by the model.

A row is positive where its probability is at least the threshold, as scikit-learn's
FixedThresholdClassifier has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Discriminator, Tag

from runner.errors import FitError
from runner.spec import Positive, Share, Spec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.records import Booleans, Floats

DEFAULT = 0.5
FORMS = 'a number between 0 and 1, "f1", "youden", or costs such as {fp: 1, fn: 5}'
ROUNDING = 1e-12  # of sums of weights, below which two of them are the same


class Costs(Spec):
    """What a row costs that is called positive and is not, and one that is and is not so called."""

    fp: Positive
    fn: Positive


def _form(rule: Any) -> str | None:  # noqa: ANN401 - whatever the YAML says
    """Which of its forms a threshold has; None for none."""
    if isinstance(rule, dict | Costs):
        return "Costs"
    if isinstance(rule, int | float) and not isinstance(rule, bool):
        return "float"
    return "str" if rule in ("f1", "youden") else None


Rule = float | Literal["f1", "youden"] | Costs
Threshold = Annotated[
    Annotated[Share, Tag("float")]
    | Annotated[Literal["f1", "youden"], Tag("str")]
    | Annotated[Costs, Tag("Costs")],
    Discriminator(
        _form,
        custom_error_type="threshold",
        custom_error_message=f"Input should be {FORMS}",
    ),
]


def choose_threshold(
    rule: Rule, y: Floats, probability: Floats, weight: Floats | None = None
) -> float:
    """The threshold that is best by a rule, of all that there are, in O(n log n).

    `f1` maximises 2 TP / (2 TP + FP + FN), `youden` TP / P + TN / N - 1, costs minimise
    fp * FP + fn * FN, with TP and so on sums of weights. All thresholds between two neighbouring
    probabilities call the same rows positive: the one in the middle stands for them, and where no
    row or every row is positive that between the outermost probability and 1 or 0. Of several that
    are equally good it is the one nearest to 0.5, then the lower.

    Args:
        rule: a number, which is the threshold itself, or what is to be best.
        y: (n,) 1 where a row is positive, else 0.
        probability: (n,) of being positive, predicted out of fold; NaN for rows that have none.
        weight: (n,) row weights, or None for equal ones.

    Raises:
        FitError: all rows are of one class.
    """
    if isinstance(rule, int | float):
        return float(rule)
    weight = np.ones(len(y)) if weight is None else weight
    known = ~np.isnan(probability) & (weight > 0)
    y, probability, weight = y[known], probability[known], weight[known]
    if not 0 < np.count_nonzero(y) < len(y):
        raise FitError(
            "a family.threshold that is chosen needs rows of both classes among the out-of-fold"
            f" predictions, but all {len(y)} are of one; set family.threshold={DEFAULT}"
        )
    cuts, first = np.unique(probability, return_inverse=True)
    positive = np.bincount(first, weight * y)
    negative = np.bincount(first, weight * (1 - y))
    # of each cut, and of none at all: what lies at it or above is called positive
    tp = np.append(positive[::-1].cumsum()[::-1], 0.0)
    fp = np.append(negative[::-1].cumsum()[::-1], 0.0)
    loss = _loss(rule, tp, fp)
    equal = loss <= loss.min() + ROUNDING * np.abs(loss).max()
    middles = _middles(cuts)[equal]
    return float(middles[np.argmin(np.abs(middles - DEFAULT))])


def _loss(rule: Literal["f1", "youden"] | Costs, tp: Floats, fp: Floats) -> Floats:
    """What is to be least, of true and false positives; the first of each are of all rows."""
    match rule:
        case "f1":
            loss: Floats = -2 * tp / (tp + fp + tp[0])
        case "youden":
            loss = fp / fp[0] - tp / tp[0]
        case Costs():
            loss = rule.fp * fp + rule.fn * (tp[0] - tp)
    return loss


def _middles(cuts: Floats) -> Floats:
    """A threshold for each rising probability that is positive just at it, and one for none."""
    last = cuts[-1]
    none = (last + 1) / 2 if (last + 1) / 2 > last else np.nextafter(last, np.inf)
    below = np.append(0.0, cuts[:-1])
    middles = (below + cuts) / 2
    # of neighbouring numbers the middle may be rounded to the lower one
    return np.append(np.where(middles > below, middles, cuts), none)


def called_positive(probability: Floats, threshold: float, labels: Sequence[Any]) -> Booleans:
    """Which rows (n,) a saved model calls positive; a NaN is not.

    At a threshold of 0.5 it is a plain LogisticRegression, which takes the first of its sorted
    classes where both are as likely.

    Args:
        probability: (n,) of the positive class.
        threshold: from which a row is positive.
        labels: the negative and the positive one.
    """
    negative_first = np.argsort(np.asarray(labels))[0] == 0
    if threshold == DEFAULT and negative_first:
        return probability > threshold
    return probability >= threshold


def with_threshold(model: Any, threshold: float, positive: Any) -> Any:  # noqa: ANN401 - models
    """A fitted classifier that applies a threshold; the same one at 0.5, which is its own.

    Of a Pipeline the last step is wrapped in scikit-learn's FixedThresholdClassifier, so that
    `pipeline[:-1]` stays what it is, and `pipeline[-1].estimator_` is the model; what averages
    several Pipelines is wrapped whole, as its labels come from the averaged probability.

    Args:
        model: a Pipeline, or what `average_of` gives.
        threshold: from which a row is positive.
        positive: the label of the positive class.
    """
    from sklearn.base import clone
    from sklearn.model_selection import FixedThresholdClassifier
    from sklearn.pipeline import Pipeline

    if threshold == DEFAULT:
        return model
    if isinstance(model, Pipeline):
        *steps, (name, last) = model.steps
        return Pipeline([*steps, (name, with_threshold(last, threshold, positive))])
    wrapped = FixedThresholdClassifier(
        clone(model), threshold=threshold, pos_label=positive, response_method="predict_proba"
    )
    wrapped.estimator_ = model  # a Pipeline asks for it, where `estimator` is fitted too
    for name in ("n_features_in_", "feature_names_in_"):
        if hasattr(model, name):
            setattr(wrapped, name, getattr(model, name))
    return wrapped


def without_threshold(model: Any) -> Any:  # noqa: ANN401 - a classifier, wrapped or not
    """The classifier that `with_threshold` has wrapped, or the one given."""
    from sklearn.model_selection import FixedThresholdClassifier

    return model.estimator_ if isinstance(model, FixedThresholdClassifier) else model
