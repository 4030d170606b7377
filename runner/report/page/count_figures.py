"""The figure of counts: a hanging rootogram of observed frequencies and those of the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from runner.report.numbers import number
from runner.report.page.figure import Cells, Figure, quantitative, tooltips
from runner.report.page.labels import shorten
from runner.statistics.rootogram import Rootogram, rootogram

if TYPE_CHECKING:
    from runner.report.page.material import Material

ROWS = 25  # of the table


def draw_rootogram(material: Material) -> Figure | None:
    """Square roots of frequencies: bars hang from what the predicted means would give."""
    found = material.predicted("oof")
    if material.family != "poisson" or not {"y_true", "y_pred"} <= set(found):
        return None
    found = found[found["y_pred"].notna()]
    counted = rootogram(found["y_true"].to_numpy(float), found["y_pred"].to_numpy(float))
    if isinstance(counted, str):
        return None
    expected, observed = np.sqrt(counted.expected), np.sqrt(counted.observed)
    x = quantitative("count", shorten(str(material.target.get("name", "count"))))
    y = quantitative("expected", "square root of the number of rows", scale={"zero": True})
    bar = {"type": "bar", "color": "$faint", "width": {"band": 0.8}}
    shown = {"count": "count", "observed": "rows observed", "rows": "rows expected"}
    hanging = {"x": x | {"type": "ordinal", "axis": _axis(len(expected))}, "y": y}
    del hanging["x"]["scale"]
    return Figure(
        name="rootogram",
        question="Are the counts as spread as the model says?",
        sentence=_sentence(counted),
        spec={
            "layer": [
                {
                    "mark": bar,
                    "encoding": hanging | {"y2": {"field": "hung"}, "tooltip": tooltips(shown)},
                },
                {"mark": {"type": "line", "point": {"size": 16}}, "encoding": hanging},
                {"mark": "rule", "encoding": {"y": {"datum": 0}}},
            ]
        },
        data={
            "rows": {
                "count": counted.count.tolist(),
                "expected": expected.tolist(),
                "hung": (expected - observed).tolist(),
                "observed": counted.observed.tolist(),
                "rows": counted.expected.tolist(),
            }
        },
        table=Cells(
            ("count", "rows observed", "rows expected"),
            tuple(
                (f"{c:.0f}", number(float(o), 3), number(float(e), 3))
                for c, o, e in zip(counted.count, counted.observed, counted.expected, strict=True)
            )[:ROWS],
        ),
    )


def _axis(bars: int) -> dict[str, object]:
    every = max(1, round(bars / 12))
    return {"values": list(range(0, bars, every)), "labelAngle": 0}


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
    return f"{counted.count[at]} ({counted.observed[at]:,.0f} rows, {expected} expected)"
