"""Every metric: its name, which way is better, and what scores it; the metrics of each family."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Literal, TypeVar

if TYPE_CHECKING:
    from runner.records import Floats

Score = TypeVar("Score", float, "Floats")
MetricName = Literal[
    "mse",
    "rmse",
    "mae",
    "median_ae",
    "r2",
    "mape",
    "explained_variance",
    "log_loss",
    "roc_auc",
    "average_precision",
    "brier",
    "balanced_accuracy",
    "f1",
    "mcc",
    "calibration_slope",
    "calibration_intercept",
    "f1_macro",
    "roc_auc_ovr",
    "poisson_deviance",
    "d2_poisson",
    "gamma_deviance",
    "d2_gamma",
    "partial_deviance",
    "harrell_c",
    "uno_c",
]
# the modules of this folder that score, by the kind of target
Kind = Literal["squared_error", "two_classes", "classes", "amounts", "survival_scores"]
FamilyName = Literal[
    "gaussian", "binomial", "multinomial", "poisson", "gamma", "cox", "multi_gaussian"
]


@dataclass(frozen=True)
class Metric:
    """One metric."""

    name: MetricName
    kinds: tuple[Kind, ...]  # what scores it
    larger_is_better: bool = False
    ideal: float | None = None  # where it is best, if neither way is
    least: float = -inf  # what no score is below
    most: float = inf


TABLE: tuple[Metric, ...] = (
    Metric("mse", ("squared_error",), least=0.0),
    Metric("rmse", ("squared_error",), least=0.0),
    Metric("mae", ("squared_error",), least=0.0),
    Metric("median_ae", ("squared_error",), least=0.0),
    Metric("r2", ("squared_error",), larger_is_better=True, most=1.0),
    Metric("mape", ("squared_error",), least=0.0),
    Metric("explained_variance", ("squared_error",), larger_is_better=True, most=1.0),
    Metric("log_loss", ("two_classes", "classes"), least=0.0),
    Metric("roc_auc", ("two_classes",), larger_is_better=True, least=0.0, most=1.0),
    Metric("average_precision", ("two_classes",), larger_is_better=True, least=0.0, most=1.0),
    Metric("brier", ("two_classes",), least=0.0, most=1.0),
    Metric(
        "balanced_accuracy", ("two_classes", "classes"), larger_is_better=True, least=0.0, most=1.0
    ),
    Metric("f1", ("two_classes",), larger_is_better=True, least=0.0, most=1.0),
    Metric("mcc", ("two_classes",), larger_is_better=True, least=-1.0, most=1.0),
    Metric("calibration_slope", ("two_classes",), ideal=1.0),
    Metric("calibration_intercept", ("two_classes",), ideal=0.0),
    Metric("f1_macro", ("classes",), larger_is_better=True, least=0.0, most=1.0),
    Metric("roc_auc_ovr", ("classes",), larger_is_better=True, least=0.0, most=1.0),
    Metric("poisson_deviance", ("amounts",), least=0.0),
    Metric("d2_poisson", ("amounts",), larger_is_better=True, most=1.0),
    Metric("gamma_deviance", ("amounts",), least=0.0),
    Metric("d2_gamma", ("amounts",), larger_is_better=True, most=1.0),
    Metric("partial_deviance", ("survival_scores",)),
    Metric("harrell_c", ("survival_scores",), larger_is_better=True, least=0.0, most=1.0),
    Metric("uno_c", ("survival_scores",), larger_is_better=True, least=0.0, most=1.0),
)
LARGER_IS_BETTER: frozenset[MetricName] = frozenset(m.name for m in TABLE if m.larger_is_better)
BOUNDS: dict[MetricName, tuple[float, float]] = {m.name: (m.least, m.most) for m in TABLE}
IDEAL: dict[MetricName, float] = {m.name: m.ideal for m in TABLE if m.ideal is not None}

METRICS: tuple[MetricName, ...] = (
    "mse",
    "rmse",
    "mae",
    "median_ae",
    "r2",
    "mape",
    "explained_variance",
)
FROM_MOMENTS: frozenset[MetricName] = frozenset({"mse", "rmse", "r2", "explained_variance"})

# all metrics of a family, the first one its default
FAMILY_METRICS: dict[FamilyName, tuple[MetricName, ...]] = {
    "gaussian": METRICS,
    "binomial": (
        "log_loss",
        "roc_auc",
        "average_precision",
        "brier",
        "balanced_accuracy",
        "f1",
        "mcc",
        "calibration_slope",
        "calibration_intercept",
    ),
    "multinomial": ("log_loss", "balanced_accuracy", "f1_macro", "roc_auc_ovr"),
    "poisson": ("poisson_deviance", "d2_poisson"),
    "gamma": ("gamma_deviance", "d2_gamma"),
    "cox": ("partial_deviance", "harrell_c", "uno_c"),
    "multi_gaussian": METRICS,
}
# those that are means over rows, cheap enough for every trial: `trial_metrics: auto`
TRIAL_METRICS: dict[FamilyName, tuple[MetricName, ...]] = {
    "gaussian": ("mse", "rmse", "r2", "explained_variance"),
    "binomial": ("log_loss", "brier"),
    "multinomial": ("log_loss",),
    "poisson": ("poisson_deviance", "d2_poisson"),
    "gamma": ("gamma_deviance", "d2_gamma"),
    "cox": ("partial_deviance",),
    "multi_gaussian": ("mse", "rmse", "r2", "explained_variance"),
}


def loss(metric: MetricName, score: Score) -> Score:
    """The score such that smaller is better.

    Itself, or less it where larger is better; of a metric with an ideal the distance from there:
    |calibration_slope - 1| and |calibration_intercept|. A mean over folds is taken of the losses,
    so that a slope of 0.5 in one fold is not made good by 1.5 in another. NaN stays NaN.
    """
    if metric in IDEAL:
        return abs(score - IDEAL[metric])
    return -score if metric in LARGER_IS_BETTER else score
