"""The figure of the learning curve: the score by the number of training rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runner.report.numbers import number
from runner.report.page.figure import Cells, Figure, quantitative

if TYPE_CHECKING:
    from runner.report.page.material import Material


def draw_learning(material: Material) -> Figure | None:
    """The score by the number of rows that a model is trained on."""
    rows = material.rows("learning_curve.csv")
    if len(rows) < 2:  # noqa: PLR2004 - no curve
        return None
    metric = material.record["learning_curve"]["metric"]
    sizes = [float(row["rows"]) for row in rows]
    mean, se = ([float(r[f"{metric}_{key}"] or "nan") for r in rows] for key in ("mean", "se"))
    training = [float(row[f"{metric}_training"] or "nan") for row in rows]
    lines = {
        "size": sizes * 2,
        "score": mean + training,
        "rows of": ["left out"] * len(rows) + ["trained on"] * len(rows),
    }
    band = {"size": sizes, "low": _less(mean, se), "high": _less(mean, se, sign=-1)}
    cells = tuple(
        (f"{n:,.0f}", number(m, 4), number(s, 2), number(t, 4))
        for n, m, s, t in zip(sizes, mean, se, training, strict=True)
    )
    return Figure(
        name="learning",
        question="Would more rows help?",
        sentence=_learning_sentence(metric, sizes, mean, se),
        spec={"layer": _learning_layers(metric)},
        data={"rows": lines, "band": band},
        table=Cells(
            ("training rows", f"{metric} of rows left out", "SE", "of training rows"), cells
        ),
        height=240,
    )


def _less(values: list[float], errors: list[float], sign: int = 1) -> list[float]:
    return [value - sign * error for value, error in zip(values, errors, strict=True)]


def _learning_layers(metric: str) -> list[dict[str, Any]]:
    x = quantitative("size", "training rows")
    y = quantitative("score", metric)
    range_ = {"domain": ["left out", "trained on"], "range": ["$accent", "$muted"]}
    colour = {"field": "rows of", "type": "nominal", "title": "rows", "scale": range_}
    area = {"type": "area", "opacity": 0.16, "color": "$accent"}
    ends = {"x": x, "y": y | {"field": "low"}, "y2": {"field": "high"}}
    line = {"type": "line", "point": {"size": 30}}
    return [
        {"data": {"name": "band"}, "mark": area, "encoding": ends},
        {"mark": line, "encoding": {"x": x, "y": y, "color": colour}},
    ]


def _learning_sentence(metric: str, sizes: list[float], mean: list[float], se: list[float]) -> str:
    gain = abs(mean[-1] - mean[-2])
    return (
        f"The {metric} of rows left out is {number(mean[-2], 3)} with {sizes[-2]:,.0f} training "
        f"rows and {number(mean[-1], 3)} with {sizes[-1]:,.0f}: the last rows changed it by "
        f"{number(gain, 2)}, its standard error is {number(se[-1], 2)}."
    )
