"""The figures of a target that is a class: ROC, precision and recall, calibration, confusion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from runner.report.numbers import number
from runner.report.page.figure import Cells, Figure, quantitative, tooltips
from runner.report.page.labels import shorten, told_apart
from runner.report.page.theme import FEATURES
from runner.statistics.classification_curves import RocCurve, precision_recall_curve, roc_curve
from runner.statistics.reliability import Reliability, reliability

if TYPE_CHECKING:
    from runner.records import Booleans, Floats
    from runner.report.page.material import Material

HALF = 0.5
WORST = 10  # rows in a table
CHOSEN = {"f1": "the largest f1", "youden": "the largest sum of both rates"}


def out_of_fold(material: Material) -> pd.DataFrame | None:
    """The predicted training rows of a run with two classes."""
    found = material.out_of_fold
    if material.family != "binomial" or "probability" not in found:
        return None
    found = found[found["probability"].notna()]
    return found if found["y_true"].nunique() == 2 else None  # noqa: PLR2004 - both classes


def _labels(material: Material) -> tuple[str, str]:
    negative, positive = material.target["labels"]
    return str(negative), str(positive)


def _positive(material: Material, found: pd.DataFrame) -> Floats:
    return np.asarray(found["y_true"] == _labels(material)[1], dtype=float)


def draw_roc(material: Material) -> Figure | None:
    """The share of positive rows that are found by the share of negative ones that are too."""
    found = out_of_fold(material)
    if found is None:
        return None
    curve = roc_curve(_positive(material, found), found["probability"].to_numpy())
    if isinstance(curve, str):
        return None
    rows = {"x": curve.false_positive.tolist(), "y": curve.true_positive.tolist()}
    label = shorten(_labels(material)[1])
    some = [int(np.searchsorted(curve.false_positive, at)) for at in (0.05, 0.1, 0.2, 0.5)]
    cells = tuple(
        (f"{curve.false_positive[at]:.1%}", f"{curve.true_positive[at]:.1%}")
        for at in some
        if at < len(curve.false_positive)
    )
    at_tenth = float(np.interp(0.1, curve.false_positive, curve.true_positive))
    return Figure(
        name="roc",
        question=f"How well are {label} and the others told apart?",
        sentence=(
            f"The area under the ROC curve of all out-of-fold predictions is {curve.area:.3f}; 0.5 "
            f"is chance. With one in ten of the others called {label}, {at_tenth:.0%} of the rows "
            f"that are {label} are found."
        ),
        spec=_rates_spec(
            "others called positive (false positive rate)", "found (true positive rate)"
        ),
        data={"rows": rows, "line": {"x": [0.0, 1.0], "y": [0.0, 1.0]}},
        table=Cells(("false positive rate", "true positive rate"), cells),
    )


def _rates_spec(x_title: str, y_title: str) -> dict[str, Any]:
    share = {"scale": {"domain": [0, 1]}, "axis": {"format": "%", "tickCount": 5}}
    x, y = quantitative("x", x_title, **share), quantitative("y", y_title, **share)
    line = {"type": "line", "color": "$muted", "strokeDash": [4, 3], "strokeWidth": 1}
    shown = tooltips({"x": x_title, "y": y_title})
    return {
        "layer": [
            {"data": {"name": "line"}, "mark": line, "encoding": {"x": x, "y": y}},
            {"mark": {"type": "line"}, "encoding": {"x": x, "y": y, "tooltip": shown}},
        ]
    }


def draw_each_roc(material: Material) -> Figure | None:
    """Of several classes the curve of each against all others."""
    table = _probabilities(material)
    if table is None or material.family != "multinomial" or len(table.columns) > FEATURES:
        return None
    labels = told_apart([*table])
    curves = _each_curve(table.set_axis(labels, axis=1), _actual(material) == [[n] for n in table])
    if not curves:
        return None
    return Figure(
        name="roc",
        question="How well is each class told from the others?",
        sentence=_each_sentence(curves),
        spec=_each_spec(labels),
        data={"rows": _each_rows(curves), "line": {"x": [0.0, 1.0], "y": [0.0, 1.0]}},
        table=Cells(
            ("class", "area"), tuple((label, f"{c.area:.3f}") for label, c in curves.items())
        ),
        height=320,
    )


def _each_curve(table: pd.DataFrame, is_actual: Booleans) -> dict[str, RocCurve]:
    """By class; of one that no row has, or all rows, there is none."""
    found = {
        str(label): roc_curve(actual.astype(float), table[label].to_numpy())
        for label, actual in zip(table, is_actual, strict=True)
    }
    return {label: curve for label, curve in found.items() if not isinstance(curve, str)}


def _each_sentence(curves: dict[str, RocCurve]) -> str:
    ordered = sorted(curves, key=lambda label: curves[label].area)
    worst, best = ordered[0], ordered[-1]
    return (
        "The area under the ROC curve of all out-of-fold predictions is least for "
        f"{worst} ({curves[worst].area:.3f}) and largest for {best} ({curves[best].area:.3f}); 0.5 "
        "is chance."
    )


def _each_rows(curves: dict[str, RocCurve]) -> dict[str, list[Any]]:
    rows: dict[str, list[Any]] = {"x": [], "y": [], "label": []}
    for label, curve in curves.items():
        rows["x"] += curve.false_positive.tolist()
        rows["y"] += curve.true_positive.tolist()
        rows["label"] += [label] * len(curve.false_positive)
    return rows


def _each_spec(labels: list[str]) -> dict[str, Any]:
    spec = _rates_spec("others called so (false positive rate)", "found (true positive rate)")
    line, curve = spec["layer"]
    scale = {"domain": labels, "range": [f"$feature{at + 1}" for at in range(len(labels))]}
    colour = {"field": "label", "type": "nominal", "title": "class", "scale": scale}
    return {"layer": [line, curve | {"encoding": curve["encoding"] | {"color": colour}}]}


def draw_precision_recall(material: Material) -> Figure | None:
    """How many of the rows called positive are so, by how many of the positive are found."""
    found = out_of_fold(material)
    if found is None:
        return None
    actual = _positive(material, found)
    curve = precision_recall_curve(actual, found["probability"].to_numpy())
    if isinstance(curve, str):
        return None
    share = curve.positive
    label = shorten(_labels(material)[1])
    some = [int(np.argmin(np.abs(curve.recall - at))) for at in (0.25, 0.5, 0.75, 0.9)]
    cells = tuple((f"{curve.recall[at]:.1%}", f"{curve.precision[at]:.1%}") for at in some)
    at_half = curve.precision[some[1]]
    return Figure(
        name="precision-recall",
        question=f"How sure is a row that is called {label}?",
        sentence=(
            f"The average precision is {curve.average_precision:.3f}; calling rows at random would "
            f"have {share:.3f}, the share of {label} (dashed). Where half of the {label} rows are "
            f"found, {at_half:.0%} of those called so are right."
        ),
        spec=_rates_spec("found (recall)", "of those called so, right (precision)"),
        data={
            "rows": {"x": curve.recall.tolist(), "y": curve.precision.tolist()},
            "line": {"x": [0.0, 1.0], "y": [share, share]},
        },
        table=Cells(("recall", "precision"), cells),
    )


def draw_calibration(material: Material) -> Figure | None:
    """Observed shares beside predicted probabilities."""
    found = out_of_fold(material)
    if found is None:
        return None
    bins = reliability(_positive(material, found), found["probability"].to_numpy())
    rows = {"x": bins.predicted, "y": bins.observed, "low": bins.low, "high": bins.high}
    gap = np.abs(bins.predicted - bins.observed)
    worst = int(gap.argmax())
    inside = int(np.sum((bins.low <= bins.predicted) & (bins.predicted <= bins.high)))
    return Figure(
        name="calibration",
        question="Can the probabilities be taken at their word?",
        sentence=(
            f"In {inside} of {len(gap)} groups of rows of similar probability the mean prediction "
            "is within the 95 % interval of the observed share. The largest gap: "
            f"{bins.predicted[worst]:.1%} predicted, {bins.observed[worst]:.1%} observed."
        ),
        spec=_calibration_spec(),
        data={"rows": rows, "line": {"x": [0.0, 1.0], "y": [0.0, 1.0]}},
        table=_calibration_cells(bins),
    )


def _calibration_cells(bins: Reliability) -> Cells:
    rows = zip(bins.predicted, bins.observed, bins.low, bins.high, bins.rows, strict=True)
    cells = tuple(
        (f"{x:.1%}", f"{y:.1%}", f"{low:.1%} to {high:.1%}", f"{n:,}")
        for x, y, low, high, n in rows
    )
    return Cells(("mean prediction", "observed share", "95 % interval", "rows"), cells)


def _calibration_spec() -> dict[str, Any]:
    spec = _rates_spec("mean predicted probability", "observed share")
    line, curve = spec["layer"]
    x, y = curve["encoding"]["x"], curve["encoding"]["y"]
    ends = {"x": x, "y": y | {"field": "low"}, "y2": {"field": "high"}}
    point = {"type": "line", "point": {"size": 36}}
    return {"layer": [line, {"mark": "rule", "encoding": ends}, curve | {"mark": point}]}


def confusion(material: Material) -> tuple[str, Cells] | None:
    """What was called what, out of fold: a sentence and a table."""
    table = _probabilities(material)
    if table is None:
        return None
    actual, labels = _actual(material), [*table]
    called = np.asarray(labels)[table.to_numpy().argmax(axis=1)]
    said = "Each row is called the class of the largest predicted probability."
    if material.family == "binomial":
        threshold = material.record.get("threshold", HALF)
        called = np.where(table[labels[1]] >= threshold, labels[1], labels[0])
        said = f"A row is called {shorten(labels[1])} from a probability of {number(threshold)} on"
        said += f"{_chosen_for(material)}."
    rows = tuple(
        (f"is {label}", *(_count((actual == label) & (called == other)) for other in labels))
        for label in labels
    )
    right = float(np.mean(actual == called))
    cells = Cells(("actual", *(f"called {label}" for label in labels)), rows)
    return f"{said} Out of fold {right:.1%} of rows are called right.", cells


def _probabilities(material: Material) -> pd.DataFrame | None:
    """Of each training row the out-of-fold probability of each class, (n, k); None without."""
    found = material.out_of_fold
    labels = [str(label) for label in material.target.get("labels", [])]
    if "probability" in found and len(labels) == 2:  # noqa: PLR2004 - that of the second class
        found = found[found["probability"].notna()]
        both = (1 - found["probability"], found["probability"])
        return pd.DataFrame(dict(zip(labels, both, strict=True)))
    names = [f"probability_{label}" for label in labels]
    if not labels or not set(names) <= set(found):
        return None
    return found[names].dropna().set_axis(labels, axis=1)


def _actual(material: Material) -> Any:  # noqa: ANN401 - an array of text
    """The class of each row that has probabilities."""
    table = _probabilities(material)
    found = material.out_of_fold
    return np.asarray(found["y_true"] if table is None else found["y_true"][table.index])


def _chosen_for(material: Material) -> str:
    """What a threshold was chosen for, if it was: its table then flatters it."""
    asked_for = material.config.get("family", {}).get("threshold", HALF)
    if isinstance(asked_for, int | float):
        return ""
    return f", chosen on these rows for {CHOSEN.get(str(asked_for), 'the least cost')}"


def worst_rows(material: Material) -> Cells | None:
    """The rows whose own class had the least probability."""
    table = _probabilities(material)
    if table is None:
        return None
    actual, labels = _actual(material), np.asarray([*table])
    values = table.to_numpy()
    own = values[actual[:, np.newaxis] == labels]
    order = np.argsort(own, kind="stable")[:WORST]
    row = material.out_of_fold["row"][table.index].to_numpy()
    cells = tuple((str(row[at]), str(actual[at]), f"{own[at]:.2%}") for at in order)
    return Cells(("row", "actual", "probability of that"), cells)


def _count(rows: Booleans) -> str:
    return f"{np.count_nonzero(rows):,}"
