"""Records of runs with the same data and split come in; what each is worth among them goes out."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

from runner.core.metrics import loss

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Record = Mapping[str, Any]


def describe_group(records: Sequence[Record]) -> list[dict[str, Any]]:
    """What is said of each run within its group: its rank, and how far its score is from the best.

    Equal scores have equal ranks. This is the one place for statistics over a group of runs: the
    records hold every fold's score, of the same folds.

    Args:
        records: of runs with the same data, folds and metric, each with a score.
    """
    losses = [_loss(record) for record in records]
    best = min(losses)
    return [
        {"rank": 1 + sum(other < own for other in losses), "behind": own - best} for own in losses
    ]


def summarise_group(records: Sequence[Record]) -> dict[str, Any]:
    """The best, the median and the worst score of such records, and which one is the best."""
    scores, losses = [_score(record) for record in records], [_loss(record) for record in records]
    best_at = losses.index(min(losses))
    return {
        "runs": len(records),
        "best": scores[best_at],
        "median": statistics.median(scores),
        "worst": scores[losses.index(max(losses))],
        "best_at": best_at,
    }


def _score(record: Record) -> float:
    return float(record["cv"][record["metric"]]["mean"])


def _loss(record: Record) -> float:
    return loss(record["metric"], _score(record))
