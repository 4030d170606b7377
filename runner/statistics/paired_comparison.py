"""Differences of two runs' scores on the same folds come in; what they are worth goes out.

Folds share training rows, so that a mean over J of them varies by more than s^2 / J, with s^2 the
differences' variance (divisor J - 1). What is added for that is the ratio of the rows of a fold's
validation side to those of its training side (Nadeau & Bengio 2003):

    variance of the mean = (1/J + n_test / n_train) s^2,   J - 1 degrees of freedom.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from runner.records import Floats

LEVEL = 0.95
ROUNDING = 1e-9  # differences smaller than this share of the score are none


@dataclass(frozen=True)
class Paired:
    """A mean difference over folds, its interval, and the p-value of there being none."""

    difference: float
    low: float
    high: float
    p: float


@dataclass(frozen=True)
class Practical:
    """The probabilities that a mean difference lies below, within and above what matters."""

    below: float
    within: float
    above: float


def fold_differences(scores: Floats, others: Floats) -> Floats:
    """Scores (..., J) less others that they broadcast with; 0 where only rounding differs."""
    differences = np.subtract(scores, others)
    differences[np.abs(differences) <= ROUNDING * np.abs(others)] = 0.0
    return differences


def compare_folds(differences: Floats, ratio: float) -> Paired:
    """The corrected resampled t-test (Nadeau & Bengio 2003) of fold-by-fold differences (J,).

    Of one fold there is neither an interval nor a p-value.

    Args:
        differences: (J,), one per fold.
        ratio: n_test / n_train, 1 / (k - 1) for k folds.
    """
    mean, error = _mean_and_error(differences, ratio)
    away = stats.t.ppf((1 + LEVEL) / 2, differences.shape[-1] - 1) * error if error else error
    p = p_values(differences, ratio)
    return Paired(float(mean), float(mean - away), float(mean + away), float(p))


def p_values(differences: Floats, ratio: float) -> Floats:
    """The p-values (...) of the same test of differences (..., J); NaN of one fold."""
    mean, error = _mean_and_error(differences, ratio)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = 2 * stats.t.sf(np.abs(mean) / error, differences.shape[-1] - 1)
    certain = (mean == 0).astype(np.float64)
    found: Floats = np.where(error == 0, certain, p)
    return found


def practical_difference(differences: Floats, ratio: float, rope: float) -> Practical | None:
    """The Bayesian correlated t-test (Corani & Benavoli 2015; Benavoli et al. 2017).

    The posterior of the mean difference, from a flat prior of it and of log s, is Student's t with
    J - 1 degrees of freedom about the mean, with the variance above as its squared scale.

    Args:
        differences: (J,), one per fold.
        ratio: n_test / n_train; with rho = n_test / n the correlation, it is rho / (1 - rho).
        rope: half the width of the region of practical equivalence about 0, in the score's units.

    Returns:
        The probabilities below -rope, between, and above rope; None of one fold.
    """
    mean, error = _mean_and_error(differences, ratio)
    if np.isnan(error):
        return None
    if error == 0:
        below, above = float(mean < -rope), float(mean > rope)
    else:
        posterior = stats.t(differences.shape[-1] - 1, loc=mean, scale=error)
        below, above = float(posterior.cdf(-rope)), float(posterior.sf(rope))
    return Practical(below, 1 - below - above, above)


def _mean_and_error(differences: Floats, ratio: float) -> tuple[Floats, Floats]:
    """The means (...) over the last axis, and their errors; NaN of one fold."""
    J = differences.shape[-1]
    mean = np.asarray(differences.mean(axis=-1))
    if J < 2:  # noqa: PLR2004 - one value has no spread
        return mean, np.full(mean.shape, np.nan)
    return mean, np.sqrt((1 / J + ratio) * differences.var(axis=-1, ddof=1))
