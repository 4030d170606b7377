"""A run's record comes in; what its family makes of the target goes out, in lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runner.report.numbers import number
from runner.report.target_words import modelled

if TYPE_CHECKING:
    from collections.abc import Mapping

    Record = Mapping[str, Any]

SHOWN = 8  # classes that a line names
HALF = 0.5  # the threshold that goes without saying


def family_lines(record: Record) -> list[str]:
    """What is predicted, by a family other than gaussian; of squared error a transform, if any."""
    family = record.get("family", "gaussian")
    if family == "gaussian":  # which a record of an earlier version does not say
        return _transform_lines(record)
    target = record["target"]
    named = {key: target[key] for key in ("offset", "exposure") if key in target}
    given = "".join(f", {key} {name}" for key, name in named.items())
    return [f"family {family}: {_what(family, target)}{given}", *_threshold_lines(record)]


def _transform_lines(record: Record) -> list[str]:
    """What the model is fitted to in the target's place, and on which scale scores are."""
    target = record.get("target", {})
    if target.get("transform") is None:
        return []
    name, transform = target["name"], target["transform"]
    power = f" (lambda {number(target['lambda'])})" if "lambda" in target else ""
    smeared = (
        "; the test rows and the saved model have Duan's smearing, the folds the plain inverse"
        if target.get("smearing")
        else ""
    )
    fitted = f"transform {transform}{power}: the model is fitted to {modelled(target)}"
    scale = f"{record['metric']} and all other metrics are on the scale of {name}"
    return [f"{fitted}; {scale}{smeared}"]


def _what(family: str, target: Record) -> str:
    name = target["name"]
    if family == "cox":
        of = f"{target['events']:,} events in {target['rows']:,} rows"
        return f"the hazard over {name}, {of}"
    if "labels" not in target:
        return f"the mean of {name}"
    total = sum(target["rows"])
    shares = [f"{count / total:.1%}" for count in target["rows"]]
    if family == "binomial":
        return f"the probability of {name} = {target['labels'][1]}, {shares[1]} of rows"
    each = [f"{label} ({s})" for label, s in zip(target["labels"], shares, strict=True)]
    more = ", ..." if len(each) > SHOWN else ""
    return f"the probability of each {name}: {', '.join(each[:SHOWN])}{more}"


def _threshold_lines(record: Record) -> list[str]:
    threshold = record.get("threshold", HALF)
    if threshold == HALF:
        return []
    label = record["target"]["labels"][1]
    said = f"threshold: {label} is predicted from a probability of {number(threshold)} on"
    return [f"{said}; labels of the test rows are scored at it, those of the folds at 0.5"]
