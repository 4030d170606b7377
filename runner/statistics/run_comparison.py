"""Records of runs with the same data and split come in; what each is worth among them goes out.

Runs are told apart by scores that no choice has seen alone: those of the outer folds of nested
cross-validation, or, of a run that had one candidate, those of its folds. The CV score that a
search has chosen its winner by flatters the winner, the more so the more candidates there were: a
larger grid cannot lose on it.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.core.metrics import loss
from runner.statistics.holm import holm
from runner.statistics.paired_comparison import (
    Practical,
    compare_folds,
    fold_differences,
    p_values,
    practical_difference,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runner.records import Floats
    from runner.statistics.paired_comparison import Paired

    Record = Mapping[str, Any]

MANY = 2000  # runs, of which all pairs are 4 million
LEVEL = 0.05  # of being called different from the best, over all pairs together


@dataclass(frozen=True)
class Standing:
    """What one of several is worth: its rank, and how it differs from the best of them."""

    rank: int
    behind: float  # its loss less the least, of that which they are ranked by
    against_best: Paired | None = None  # the difference from the best expected loss
    p_best: float | None = None  # Holm's over all pairs; None of the best, and without a test
    ties: bool | None = (
        None  # whether it is the best or cannot be told from it; None without a test
    )
    practical: Practical | None = None  # of the difference; below is better than the best


@dataclass(frozen=True)
class Losses:
    """Several runs' losses on the same folds."""

    folds: Floats  # (m, J), NaN in all of a run that is not tested
    expected: Floats  # (m,), of which the least is the best that others are tested against
    means: Floats  # (m,), by which they are ranked: the expected ones where all have them
    ratio: float  # rows of a validation side by those of its training side


def standings(losses: Losses, rope: float | None = None) -> list[Standing]:
    """Where each stands; the p-values are corrected for all pairs, not those with the best alone.

    Args:
        losses: of each, on every fold.
        rope: the share of the best's mean loss below which a difference does not matter.
    """
    means, folds = losses.means, losses.folds
    best = _best(losses.expected, means)
    p = _p_against(best, losses)
    found = []
    for at, mean in enumerate(means):
        rank, behind = 1 + int((means < mean).sum()), float(mean - means.min())
        if np.isnan(p[at]):
            ties = True if at == best and not np.isnan(p).all() else None
            found.append(Standing(rank, behind, ties=ties))
            continue
        differences = fold_differences(folds[at], folds[best])
        paired = compare_folds(differences, losses.ratio)
        practical = None
        if rope is not None:
            matters = rope * abs(float(folds[best].mean()))
            practical = practical_difference(differences, losses.ratio, matters)
        p_best = float(p[at])
        found.append(Standing(rank, behind, paired, p_best, p_best >= LEVEL, practical))
    return found


def _best(expected: Floats, means: Floats) -> int:
    """The one with the least expected loss, else with the least of any."""
    return int(np.argmin(means) if np.isnan(expected).all() else np.nanargmin(expected))


def _p_against(best: int, losses: Losses) -> Floats:
    """The p-value (m,) of each against the best one, by Holm over all pairs; NaN without one.

    Of more than MANY the pairs would fill the memory: there it is Bonferroni's, which is never
    smaller than Holm's and needs the pairs with the best alone.
    """
    folds, m = losses.folds, len(losses.means)
    if m > MANY:
        p = p_values(fold_differences(folds, folds[best]), losses.ratio)
        p[best] = np.nan
        tested = 1 + int((~np.isnan(p)).sum())
        adjusted: Floats = np.minimum(1.0, p * (tested * (tested - 1) / 2))
        return adjusted
    p = np.full((m, m), np.nan)
    for at in range(m):  # one run at a time: all pairs at once may not fit in memory
        differences = fold_differences(folds[at + 1 :], folds[at])
        p[at, at + 1 :] = p_values(differences, losses.ratio)
    adjusted = holm(p.ravel()).reshape(m, m)
    return np.where(np.arange(m) < best, adjusted[:, best], adjusted[best])


def describe_group(records: Sequence[Record], rope: float | None = None) -> list[Standing]:
    """Where each run stands within its group.

    They are ranked by expected scores where all have one, else by CV means. A run without an
    expected score, or scored on other rows or folds than the best, has no p-value.

    Args:
        records: of runs with the same data, folds and metric, each with a score.
        rope: see `standings`.
    """
    means = np.array([_loss(record, ranked_by(records)) for record in records])
    known = [expected_score(record) for record in records]
    metric = records[0]["metric"]
    expected = loss(metric, np.array(known, dtype=np.float64))
    best = records[_best(expected, means)]
    scores = [None if why_incomparable(r, best) else unselected_folds(r) for r in records]
    untested = np.full(max((len(each) for each in scores if each is not None), default=1), np.nan)
    folds = np.array([untested if each is None else each for each in scores])
    return standings(Losses(loss(metric, folds), expected, means, rows_ratio(best)), rope)


def compared_parts(record: Record) -> Record:
    """What of a record `describe_group` asks for: of thousands of runs all of it is too much."""
    metric = record["metric"]
    scored = {
        part: {metric: found[metric]}
        for part in ("cv", "nested", "expected")
        if (found := record.get(part)) and metric in found
    }
    search = {"trials": (record.get("search") or {}).get("trials")}
    kept = {key: record.get(key) for key in ("metric", "folds", "rows_left_out")}
    return {**kept, **scored, "search": search}


def ranked_by(records: Sequence[Record]) -> str:
    """Which score a group is ranked by: `expected` where all have it, else `cv`."""
    return "cv" if any(expected_score(record) is None for record in records) else "expected"


def unselected_folds(record: Record) -> Floats | None:
    """The scores (J,) on each fold of its metric that no choice has seen; None where it has none.

    A run of one candidate had no choice, so that its CV scores are not flattered.
    """
    metric = record["metric"]
    nested = (record.get("nested") or {}).get(metric)
    if nested is None and (record.get("search") or {}).get("trials") == 1:
        nested = record["cv"][metric]
    return None if nested is None else np.asarray(nested["folds"], dtype=np.float64)


def expected_score(record: Record) -> float | None:
    """What the optimised metric is expected to be on new rows; None where no score tells."""
    found = (record.get("expected") or {}).get(record["metric"])
    if found is not None and found["score"] is not None:
        return float(found["score"])
    folds = unselected_folds(record) if record.get("cv") else None
    mean = np.nan if folds is None else float(folds.mean())
    return None if np.isnan(mean) else mean


def why_incomparable(record: Record, other: Record) -> str | None:
    """Why the fold scores of two runs are no pairs, or None if they are."""
    if other["metric"] != record["metric"] or other["folds"] != record["folds"]:
        return "has other folds, or another metric"
    sizes = {len(folds) for r in (record, other) if (folds := unselected_folds(r)) is not None}
    if len(sizes) > 1:  # in time the first fold has none within it
        return "has scores that no choice has seen on other folds"
    if other.get("rows_left_out") != record.get("rows_left_out") and _skips(other, record):
        return "is scored on other rows"
    return None


def rows_ratio(record: Record) -> float:
    """Rows of a validation side by those of its training side, the mean over folds."""
    sizes = record["folds"]
    return float(np.mean(np.divide(sizes["validation"], sizes["training"])))


def summarise_group(records: Sequence[Record], by: str) -> dict[str, Any]:
    """The best, the median and the worst score of such records, and which one is the best.

    Args:
        records: some of a group's.
        by: the score that the whole group is ranked by, see `ranked_by`.
    """
    scores, losses = [_score(r, by) for r in records], [_loss(r, by) for r in records]
    best_at = losses.index(min(losses))
    return {
        "runs": len(records),
        "best": scores[best_at],
        "median": statistics.median(scores),
        "worst": scores[losses.index(max(losses))],
        "best_at": best_at,
    }


def _skips(*records: Record) -> bool:
    """Whether any of the runs leaves rows without a prediction."""
    return any((record.get("rows_left_out") or {}).get("prediction", 0) > 0 for record in records)


def _score(record: Record, by: str) -> float:
    expected = expected_score(record) if by == "expected" else None
    return float(record["cv"][record["metric"]]["mean"]) if expected is None else expected


def _loss(record: Record, by: str) -> float:
    return loss(record["metric"], _score(record, by))
