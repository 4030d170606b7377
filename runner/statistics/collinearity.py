"""Correlations of features come in; how far they stand in for one another goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.records import Floats, Integers

# of the largest eigenvalue, below which one is rounding: cross products know variances no better
ROUNDING = 1e-12
SHARE = 1e-4  # of a feature that is in a combination without variance, below which it is rounding
LINKAGE: Final = "complete"  # every pair of a group is correlated as the threshold says
# from which correlation on features distort each other's estimates (Dormann et al. 2013)
THRESHOLD = 0.7


def correlation_of(covariance: Floats) -> Floats:
    """Correlations, (q, q), of features of positive variance."""
    spread = np.sqrt(np.diagonal(covariance))
    correlation: Floats = np.clip(covariance / np.outer(spread, spread), -1.0, 1.0)
    np.fill_diagonal(correlation, 1.0)
    return correlation


def inflation(correlation: Floats) -> Floats:
    """Variance inflation factors, (q,): 1 / (1 - R2) of each feature from all others.

    1 - R2_j is the least of b'Rb where b_j = 1, so that the factor is the diagonal of the inverse
    (Marquardt 1970) or, of a singular R, of its pseudo-inverse, and infinite for a feature that is
    in a combination without variance.
    """
    inverse, exact = _invert(correlation)
    return np.where(exact, np.inf, np.maximum(np.diagonal(inverse), 1.0))


def generalised_inflation(correlation: Floats, terms: Sequence[Integers]) -> Floats:
    """GVIF^(1/df) of each set of features, (t,), to be read as a variance inflation factor.

    Fox & Monette (1992), with A the df features of a set and B all others,

        GVIF = det R_AA det R_BB / det R = det R_AA det (R^-1)_AA,

    which is the same whichever level of a category is left out: one is, where levels add up.

    Args:
        correlation: (q, q).
        terms: the features of each set by position, each in one set.
    """
    kept = [_without_one(correlation, term) for term in terms]
    chosen = np.concatenate(kept)
    inverse, exact = _invert(correlation[np.ix_(chosen, chosen)])
    place = np.split(np.arange(len(chosen)), np.cumsum([len(term) for term in kept])[:-1])
    return np.array([
        np.inf
        if exact[at].any()
        else _generalised(correlation[np.ix_(term, term)], inverse[np.ix_(at, at)])
        for term, at in zip(kept, place, strict=True)
    ])  # fmt: skip


def condition(correlation: Floats) -> tuple[float, int]:
    """Condition number of the standardised features within their rank, and that rank.

    The largest of their singular values over the smallest that is no rounding (Belsley, Kuh &
    Welsch 1980): numpy.linalg.cond of the standardised rows where the rank is full.
    """
    values = np.linalg.eigvalsh(correlation)
    positive = values[values > ROUNDING * values[-1]]
    return float(np.sqrt(positive[-1] / positive[0])), len(positive)


def group_alike(correlation: Floats, threshold: float) -> Integers:
    """Which features stand in for each other: a number from 1 per group, (q,), 0 for the others.

    Clusters of complete linkage by the distance 1 - |r|: every pair of a group has at least the
    threshold. They are numbered by their first features.
    """
    if len(correlation) < 2:  # noqa: PLR2004 - a pair has two
        return np.zeros(len(correlation), dtype=np.int64)
    distance = squareform(1 - np.abs(correlation), checks=False)
    # a pair of exactly the threshold belongs together, whatever the rounding of 1 - |r|
    cut = 1 - threshold + np.finfo(np.float64).eps
    labels = fcluster(linkage(distance, LINKAGE), float(cut), criterion="distance")
    found, first, counts = np.unique(labels, return_index=True, return_counts=True)
    several = counts > 1
    order = found[several][np.argsort(first[several])]
    number = {int(label): at for at, label in enumerate(order, start=1)}
    return np.array([number.get(int(label), 0) for label in labels], dtype=np.int64)


def _invert(correlation: Floats) -> tuple[Floats, Floats]:
    """The pseudo-inverse, and which features are in a combination without variance, (q,)."""
    d, V = np.linalg.eigh(correlation)
    rounding = d <= ROUNDING * d[-1]
    exact = (V[:, rounding] ** 2).sum(axis=1) > SHARE**2
    kept = V[:, ~rounding]
    return (kept / d[~rounding]) @ kept.T, exact


def _without_one(correlation: Floats, term: Integers) -> Integers:
    """A set without its first feature, if its features add up."""
    d = np.linalg.eigvalsh(correlation[np.ix_(term, term)])
    return term[1:] if len(term) > 1 and d[0] <= ROUNDING * d[-1] else term


def _generalised(own: Floats, inverse: Floats) -> float:
    logarithm = np.linalg.slogdet(own)[1] + np.linalg.slogdet(inverse)[1]
    return max(float(np.exp(logarithm / len(own))), 1.0)
