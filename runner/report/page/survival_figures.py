"""The figure of survival: Kaplan-Meier curves of the rows of low, middling and high risk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from runner.report.numbers import number
from runner.report.page.figure import Cells, Figure, quantitative, tooltips
from runner.report.page.labels import shorten
from runner.statistics.kaplan_meier import SurvivalCurve, kaplan_meier, risk_groups

if TYPE_CHECKING:
    from runner.report.page.material import Material

GROUPS = ("low", "middle", "high")
HALF = 0.5
TIMES = 4  # rows of the table


def draw_survival(material: Material) -> Figure | None:
    """Survival of the training rows by thirds of their out-of-fold risk."""
    found = material.out_of_fold
    if material.family != "cox" or not {"risk", "event", "y_true"} <= set(found):
        return None
    found = found[found["risk"].notna()]
    group = risk_groups(found["risk"].to_numpy(), len(GROUPS))
    time, event = found["y_true"].to_numpy(), found["event"].to_numpy().astype(bool)
    curves = {
        name: kaplan_meier(time[group == at], event[group == at])
        for at, name in enumerate(GROUPS)
        if np.any(group == at)
    }
    name = shorten(str(material.target.get("name", "time")))
    return Figure(
        name="survival",
        question="Do rows of high predicted risk fare worse?",
        sentence=_sentence(curves, name),
        spec={"layer": _layers(name)},
        data={"rows": _rows(curves)},
        table=_cells(curves, float(time.max())),
        height=320,
    )


def _rows(curves: dict[str, SurvivalCurve]) -> dict[str, list[Any]]:
    rows: dict[str, list[Any]] = {key: [] for key in ("time", "survival", "low", "high", "risk")}
    for name, curve in curves.items():
        rows["time"] += [0.0, *curve.time.tolist()]
        rows["survival"] += [1.0, *curve.survival.tolist()]
        rows["low"] += [1.0, *curve.low.tolist()]
        rows["high"] += [1.0, *curve.high.tolist()]
        rows["risk"] += [name] * (len(curve.time) + 1)
    return rows


def _layers(name: str) -> list[dict[str, Any]]:
    share = {"scale": {"domain": [0, 1]}, "axis": {"format": "%", "tickCount": 5}}
    x, y = quantitative("time", name), quantitative("survival", "without the event", **share)
    scale = {"domain": list(GROUPS), "range": ["$feature3", "$feature1", "$feature2"]}
    colour = {"field": "risk", "type": "nominal", "title": "predicted risk", "scale": scale}
    colour["legend"] = {"symbolType": "stroke", "symbolOpacity": 1, "symbolStrokeWidth": 3}
    band = {"x": x, "y": y | {"field": "low"}, "y2": {"field": "high"}, "color": colour}
    shown = tooltips({"risk": "risk", "time": name, "survival": "without the event"})
    line = {"x": x, "y": y, "color": colour, "tooltip": shown}
    area = {"type": "area", "interpolate": "step-after", "opacity": 0.12}
    return [
        {"mark": area, "encoding": band},
        {"mark": {"type": "line", "interpolate": "step-after"}, "encoding": line},
    ]


def _median(curve: SurvivalCurve) -> float | None:
    below = np.flatnonzero(curve.survival <= HALF)
    return float(curve.time[below[0]]) if len(below) else None


def _sentence(curves: dict[str, SurvivalCurve], name: str) -> str:
    medians = {risk: _median(curve) for risk, curve in curves.items()}
    told = ", ".join(f"{risk} {_told(median)}" for risk, median in medians.items())
    of_all = f"Median {name} by predicted risk: {told}."
    if not any(medians.values()):
        of_all = (
            f"In none of them half of the rows have the event, so that no median {name} is known."
        )
    return (
        "Training rows in thirds by their risk, predicted while they were left out "
        f"(Kaplan-Meier, 95 % bands). {of_all}"
    )


def _told(median: float | None) -> str:
    return "not reached" if median is None else number(median)


def _cells(curves: dict[str, SurvivalCurve], last: float) -> Cells:
    times = [last * (at + 1) / (TIMES + 1) for at in range(TIMES)]
    rows = []
    for name, curve in curves.items():
        at = [int(np.searchsorted(curve.time, time, side="right")) - 1 for time in times]
        survival = [1.0 if index < 0 else float(curve.survival[index]) for index in at]
        rows.append((name, _told(_median(curve)), *(f"{s:.0%}" for s in survival)))
    headers = ("predicted risk", "median", *(f"at {number(time, 3)}" for time in times))
    return Cells(headers, tuple(rows))
