"""What scores linear predictors, whatever the family: the protocol, and weighted sums of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from runner.core.metrics.metric_table import MetricName
    from runner.records import Floats, Observed

CELLS = 250_000  # linear predictors worked on at once, 2 MB: what the processor's cache holds


class Scoring(Protocol):
    """Rows whose outcome is known, ready to score models on."""

    @property
    def validation(self) -> Observed:
        """The rows that are scored."""

    def score(
        self,
        metrics: Iterable[MetricName],
        eta: Floats,
        *,
        training_eta: Callable[[], Floats] | None = None,
        weight: Floats | None = None,
    ) -> dict[MetricName, Floats]:
        """Each metric of c models, or of one model under c sets of row weights.

        A score that the rows do not define is NaN and no error, as is then the mean over the folds:
        such a candidate has no loss, so that it cannot win.

        Args:
            metrics: of this kind of target.
            eta: (n, c, K) complete linear predictors, offsets within, of K responses.
            training_eta: makes the training rows' (m, c, K), for those metrics that need them. It
                is not called for the others.
            weight: (n, r) in place of the rows' own, for r resamples of one model (c = 1).

        Returns:
            (c,) per metric, or (r,).
        """


def row_weights(validation: Observed, weight: Floats | None) -> Floats:
    """The weights to score with, (n, 1) or (n, r)."""
    return validation.weight[:, None] if weight is None else weight


def blocks(eta: Floats, weight: Floats) -> Iterator[tuple[Floats, Floats]]:
    """Some of the c models (n, c, ...) or r sets of weights (n, r) after the others."""
    step = max(1, CELLS // eta[:, 0].size)
    for start in range(0, max(eta.shape[1], weight.shape[1]), step):
        some = slice(start, start + step)
        yield (
            eta if eta.shape[1] == 1 else eta[:, some],
            weight if weight.shape[1] == 1 else weight[:, some],
        )


def score_blocks(
    metrics: tuple[MetricName, ...],
    eta: Floats,
    weight: Floats,
    score: Callable[[Floats, Floats], dict[MetricName, Floats]],
) -> dict[MetricName, Floats]:
    """Each metric of all models or sets of weights, from what scores some of them."""
    parts = [score(some, weights) for some, weights in blocks(eta, weight)]
    return {metric: np.concatenate([part[metric] for part in parts]) for metric in metrics}


def totals(weight: Floats, values: Floats) -> Floats:
    """Sums of weight (n, r) times values (n, c), where r or c is 1: (c,) or (r,)."""
    if values.shape[1] == 1:
        return values[:, 0] @ weight
    return weight[:, 0] @ values


def means(weight: Floats, values: Floats) -> Floats:
    """Weighted means of rows, (c,) or (r,); NaN without any weight."""
    return ratio(totals(weight, values), weight.sum(axis=0))


def ratio(above: Floats, below: Floats, otherwise: float = np.nan) -> Floats:
    """The quotient, and something else where what is below is not positive."""
    above, below = np.broadcast_arrays(above, below)
    quotient = np.full(above.shape, otherwise)
    np.divide(above, below, out=quotient, where=below > 0)
    return quotient


def mean_of_known(scores: Floats) -> Floats:
    """Means (c,) over those of (k, c) that are defined."""
    known = np.isfinite(scores)
    return ratio(np.where(known, scores, 0.0).sum(axis=0), known.sum(axis=0))


def probability(eta: Floats) -> Floats:
    """1 / (1 + exp(-eta)), whatever the size of eta."""
    with np.errstate(over="ignore"):
        chance: Floats = 1 / (1 + np.exp(-eta))
    return chance
