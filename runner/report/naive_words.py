"""A run's record comes in; what forecasts without a model are worth beside it goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runner.core.metrics import loss
from runner.report.numbers import NONE, interval, is_number, place_of, score

if TYPE_CHECKING:
    from collections.abc import Mapping

    Record = Mapping[str, Any]

CALLED = {"last_value": "last value", "seasonal_naive": "seasonal naive"}
BY = {"last_value": "the last value", "seasonal_naive": "the value of a season before"}
OVER_MEAN = ("r2", "d2_poisson", "d2_gamma")  # above 0 where the mean of the rows is beaten


def baseline_cells(record: Record) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Headers, and a row for each forecast: the optimised metric over the folds, its SE, the test.

    No rows of a run that forecasts nothing.
    """
    metric, test = record["metric"], record.get("test")
    headers = (f"{metric} of", "CV mean", "SE", *(["test"] if test else []))
    rows = []
    for name, found in (record.get("baselines") or {}).items():
        cv = found["cv"][metric]
        place = place_of(cv["se"])
        cells = [CALLED[name], score(cv["mean"], place)]
        cells.append(score(cv["se"], place) if is_number(cv["se"]) else NONE)
        cells += [score(found["test"][metric], _test_place(test[metric]))] if test else []
        rows.append(tuple(cells))
    return headers, rows


def naive_scores(record: Record, *, tested: bool) -> dict[str, float]:
    """The optimised metric of each forecast by what it is called: test scores, else CV means."""
    metric = record["metric"]
    return {
        CALLED[name]: found["test"][metric] if tested else found["cv"][metric]["mean"]
        for name, found in (record.get("baselines") or {}).items()
        if not tested or found.get("test")
    }


def shortfalls(record: Record) -> list[str]:
    """A sentence for each simple forecast that the model does not beat on the test rows."""
    if not record.get("baselines") or not record.get("test"):
        return []
    return [*_against_naive(record), *_against_mean(record["test"])]


def _against_naive(record: Record) -> list[str]:
    """That the better of the naive forecasts is as good as the model, if it is."""
    metric, own = record["metric"], record["test"][record["metric"]]
    scores = {name: found["test"][metric] for name, found in record["baselines"].items()}
    known = {name: value for name, value in scores.items() if is_number(value)}
    if not known or not is_number(own["score"]):
        return []
    best = min(known, key=lambda name: loss(metric, float(known[name])))
    if loss(metric, float(own["score"])) < loss(metric, float(known[best])):
        return []
    place = _test_place(own)
    figures = f"{score(own['score'], place)} against {score(known[best], place)} ({metric})"
    return [f"it does not beat the forecast by {BY[best]}: {figures}"]


def _against_mean(test: Record) -> list[str]:
    """That the mean of the test rows is as good as the model, or may be by the interval."""
    said = []
    for name in OVER_MEAN:
        own = test.get(name, {})
        if not is_number(own.get("low")) or own["low"] > 0:
            continue
        verb = "does not beat" if own["score"] <= 0 else "is not sure to beat"
        figures = f"{score(own['score'], _test_place(own))} ({interval(own['low'], own['high'])})"
        said.append(f"it {verb} the forecast by the mean: {name} {figures}")
    return said


def _test_place(found: Record) -> int | None:
    """The digits that the interval of a test score leaves."""
    low, high = found["low"], found["high"]
    return place_of((high - low) / 2) if is_number(low) and is_number(high) else None
