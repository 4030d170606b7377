"""The figure of counts: a hanging rootogram of observed frequencies and those of the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from runner.report.numbers import number
from runner.report.page.figure import Cells, Figure, quantitative, tooltips
from runner.report.page.labels import shorten
from runner.statistics.rootogram import Rootogram, rootogram

if TYPE_CHECKING:
    from runner.report.page.material import Material


def draw_rootogram(material: Material) -> Figure | None:
    """Square roots of frequencies: bars hang from what the predicted means would give."""
    found = material.out_of_fold
    if material.family != "poisson" or not {"y_true", "y_pred"} <= set(found):
        return None
    found = found[found["y_pred"].notna()]
    counted = rootogram(found["y_true"].to_numpy(float), found["y_pred"].to_numpy(float))
    if isinstance(counted, str):
        return None
    expected, observed = np.sqrt(counted.expected), np.sqrt(counted.observed)
    name = shorten(str(material.target.get("name", "count")))
    return Figure(
        name="rootogram",
        question="Are the counts as spread as the model says?",
        sentence=_sentence(counted),
        spec={"layer": _layers(counted, name)},
        data={
            "rows": {
                "count": counted.count,
                "expected": expected,
                "hung": expected - observed,
                "observed": counted.observed,
                "rows": counted.expected,
            }
        },
        table=_cells(counted),
    )


def _layers(counted: Rootogram, name: str) -> list[dict[str, Any]]:
    x = {"field": "count", "type": "ordinal", "title": name, "axis": _axis(counted.count.tolist())}
    y = quantitative("expected", "square root of the number of rows", scale={"zero": True})
    bar = {"type": "bar", "color": "$faint", "width": {"band": 0.8}}
    shown = tooltips({"count": name, "observed": "rows observed", "rows": "rows expected"})
    return [
        {"mark": bar, "encoding": {"x": x, "y": y, "y2": {"field": "hung"}, "tooltip": shown}},
        {"mark": {"type": "line", "point": {"size": 16}}, "encoding": {"x": x, "y": y}},
        {"mark": "rule", "encoding": {"y": {"datum": 0}}},
    ]


def _cells(counted: Rootogram) -> Cells:
    frequencies = zip(counted.observed.tolist(), counted.expected.tolist(), strict=True)
    rows = tuple(
        (_class_name(counted, at), number(observed, 3), number(expected, 3))
        for at, (observed, expected) in enumerate(frequencies)
    )
    return Cells(("count", "rows observed", "rows expected"), rows)


def _axis(counts: list[int]) -> dict[str, object]:
    return {"values": counts[:: max(1, round(len(counts) / 10))], "labelAngle": 0}


def _sentence(counted: Rootogram) -> str:
    gap = counted.observed - counted.expected
    most, least = int(gap.argmax()), int(gap.argmin())
    return (
        "The line is how many rows each count would have if counts were Poisson around the "
        "predicted means; the bars of the observed rows hang from it: where they stop short of "
        "zero there are too few rows, where they go below too many. The largest excess has "
        f"{_at(counted, most)}, the largest lack {_at(counted, least)}."
    )


def _at(counted: Rootogram, at: int) -> str:
    expected = number(float(counted.expected[at]), 3)
    return f"{_class_name(counted, at)} ({counted.observed[at]:,.0f} rows, {expected} expected)"


def _class_name(counted: Rootogram, at: int) -> str:
    low, high = counted.count[at], counted.count[at] + counted.width - 1
    if at == len(counted.count) - 1:
        return f"{low} or more"
    return f"{low}" if low == high else f"{low} to {high}"
