"""The figures of the features: coefficient paths, the chosen coefficients, their importance."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.report.numbers import number
from runner.report.page.figure import (
    HALO,
    Cells,
    Figure,
    beside_names,
    logarithmic,
    named,
    quantitative,
    tooltips,
)
from runner.report.page.labels import asked, in_the_model, listed, shorten, told_apart
from runner.report.page.search_figures import AXIS, curve_of
from runner.report.target_words import modelled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runner.records import Floats, Integers
    from runner.report.page.material import CoefficientPath, Material

LINES = 40  # of a path
BARS = 20  # coefficients in a figure
RESPONSES = 4  # whose figures are drawn
NAMED = 3  # features in a sentence
LABELS = 8  # of a path
LARGEST = 700.0  # whose exponential is a number
LABEL_HEIGHT = 1 / 18  # of the axis
RATIOS = {"poisson": "the mean", "gamma": "the mean", "cox": "the hazard"}


def draw_paths(material: Material) -> list[Figure]:
    """The coefficients along alpha, a figure for each of the first responses."""
    found = [_draw_path(material, response) for response in material.responses[:RESPONSES]]
    return [figure for figure in found if figure is not None]


def _draw_path(material: Material, response: str) -> Figure | None:
    known = [row["feature"] for row in material.coefficients if row.get("response", "") == response]
    whole, curve = material.path(known, response), curve_of(material)
    if curve is None or whole is None or not whole.coefficients.any():
        return None
    entries = _entries(whole, known)
    features, sd = _path_features(material, entries), _spreads(material, response)
    place = {name: at for at, name in enumerate(known)}
    path = replace(whole, coefficients=whole.coefficients[:, [place[name] for name in features]])
    what = "coefficient per standard deviation" if sd else "coefficient"
    labels = told_apart(features)
    rows = _path_rows(path, np.array([sd.get(name, 1.0) for name in features]))
    lines = {
        "feature": list(range(len(features))),
        "label": labels,
        "colour": [material.colours.get(name, "$faint") for name in features],
    }
    return Figure(
        name=named("path", material.responses, response),
        question=asked("Which features enter, and in which order?", response),
        sentence=_path_sentence(whole, entries, what),
        spec={"layer": _path_layers(path, what)},
        data={
            "rows": rows,
            "features": lines,
            "rules": {"alpha": [curve.chosen]},
            "ends": _ends(material, rows, features, labels),
        },
        table=Cells(
            ("feature", "enters at alpha"),
            tuple((name, number(entries[name])) for name in features if name in entries),
        ),
        height=320,
    )


def _path_features(material: Material, entries: Mapping[str, float]) -> list[str]:
    """The features to draw: the selected ones, strongest first, then those that enter first."""
    selected = set(material.strongest)
    return [*material.strongest, *(name for name in entries if name not in selected)][:LINES]


def _spreads(material: Material, response: str) -> dict[str, float]:
    """The standard deviation of each feature; none in a table of an earlier version."""
    rows = [row for row in material.coefficients if row.get("response", "") == response]
    if not rows or "sd" not in rows[0]:
        return {}
    return {row["feature"]: float(row["sd"] or "nan") for row in rows}


def _path_rows(path: CoefficientPath, sd: Floats) -> dict[str, Floats | Integers]:
    """A row per alpha and feature; of one that never enters there is no line."""
    used = np.flatnonzero(path.coefficients.any(axis=0))
    return {
        "alpha": np.tile(path.alpha, len(used)),
        "value": (path.coefficients[:, used] * sd[used]).T.ravel(),
        "feature": np.repeat(used, len(path.alpha)),
    }


def _ends(
    material: Material,
    rows: Mapping[str, Floats | Integers],
    features: Sequence[str],
    labels: Sequence[str],
) -> dict[str, list[Any]]:
    """A label beside the left end of the first lines, none where another would be hit."""
    alpha, value, feature = (rows[key] for key in ("alpha", "value", "feature"))
    least = alpha == alpha.min(initial=np.inf)
    room = float(np.ptp(value)) * LABEL_HEIGHT if len(value) else 0.0
    placed: list[tuple[float, int]] = []
    for end, at in sorted(zip(value[least], feature[least], strict=True), key=lambda e: e[1]):
        is_free = all(abs(end - other) > room for other, _ in placed)
        if is_free and len(placed) < LABELS:
            placed.append((float(end), int(at)))
    return {
        "alpha": [float(alpha[least][0])] * len(placed) if placed else [],
        "value": [end for end, _ in placed],
        "label": [shorten(labels[at], 18) for _, at in placed],
        "colour": [material.colours.get(features[at], "$muted") for _, at in placed],
    }


def _path_layers(path: CoefficientPath, what: str) -> list[dict[str, Any]]:
    x = logarithmic("alpha", AXIS, path.alpha)
    y = quantitative("value", what, axis={"format": "~g"})
    colour = {"field": "colour", "type": "nominal", "scale": None, "legend": None}
    shown = tooltips({"label": "feature", "alpha": "alpha", "value": what})
    lines = {"x": x, "y": y, "color": colour, "detail": {"field": "feature"}}
    source = {"data": {"name": "features"}, "key": "feature", "fields": ["label", "colour"]}
    looked_up = {"transform": [{"lookup": "feature", "from": source}]}
    text = {"type": "text", "align": "left", "baseline": "bottom", "dx": 4, "dy": -2}
    at_end = {"x": x, "y": y, "text": {"field": "label"}}
    return [
        {"mark": {"type": "rule"}, "encoding": {"y": {"datum": 0}, "color": {"value": "$line"}}},
        looked_up | {"mark": {"type": "line", "opacity": 0.9}, "encoding": lines},
        looked_up
        | {
            "mark": {"type": "point", "opacity": 0, "size": 60},
            "encoding": lines | {"tooltip": shown},
        },
        {
            "data": {"name": "rules"},
            "mark": {"type": "rule", "strokeDash": [4, 3]},
            "encoding": {"x": x},
        },
        {"data": {"name": "ends"}, "mark": text | HALO, "encoding": at_end},
        {"data": {"name": "ends"}, "mark": text, "encoding": at_end | {"color": colour}},
    ]


def _entries(path: CoefficientPath, features: Sequence[str]) -> dict[str, float]:
    """Each feature that enters, and the largest alpha at which it is in, first comes first.

    Of those that enter at one alpha the larger coefficient comes first.
    """
    used = np.flatnonzero(path.coefficients.any(axis=0))
    own = path.coefficients[:, used]
    alpha = np.where(own != 0, path.alpha[:, np.newaxis], 0.0).max(axis=0, initial=0.0)
    order = np.lexsort((-np.abs(own).max(axis=0, initial=0.0), -alpha))
    return {features[int(used[at])]: float(alpha[at]) for at in order}


def _path_sentence(path: CoefficientPath, entries: Mapping[str, float], what: str) -> str:
    line = f"Each line is one feature's {what}; the dashed line is the chosen alpha."
    if len(entries) > LINES:
        line = f"{LINES} of {len(entries):,} lines are drawn. {line}"
    first = [shorten(name) for name in [*entries][:NAMED]]
    if not first:
        return "No feature enters at any alpha."
    if len(first) > 1 and min(entries.values()) == path.alpha.max():
        return f"All at once: they are in from the strongest penalty on. {line}"
    if len(entries) == 1:
        return f"{first[0]} is the only one. {line}"
    how = "first to enter are" if len(entries) > NAMED else "order is"
    return f"As the penalty weakens, to the left, the {how} {listed(first)}. {line}"


def draw_coefficients(material: Material) -> list[Figure]:
    """The selected coefficients, a figure for each of the first responses."""
    found = [_draw_bars(material, response) for response in material.responses[:RESPONSES]]
    return [figure for figure in found if figure is not None]


def _draw_bars(material: Material, response: str) -> Figure | None:
    own = [row for row in material.coefficients if row.get("response", "") == response]
    chosen = [row for row in own if row["selected"] == "True"]
    if not chosen:
        return None
    chosen.sort(key=lambda row: -abs(float(row["standardised"])))
    drawn = chosen[:BARS]
    rows = _bar_rows(material, drawn, response)
    return Figure(
        name=named("coefficients", material.responses, response),
        question=asked("How does each feature move the prediction?", response),
        sentence=_bar_sentence(material, chosen, len(own), response),
        spec={"layer": _bar_layers(rows)},
        data={"rows": rows},
        table=_bar_cells(material, chosen, response),
        height=22 * len(drawn) + 10,
    )


def _described(material: Material, response: str) -> dict[str, dict[str, str]]:
    """The rows of features.csv by feature, if there are any."""
    rows = material.rows("features.csv")
    return {row["feature"]: row for row in rows if row.get("response", "") == response}


def _bar_rows(
    material: Material, drawn: Sequence[dict[str, str]], response: str
) -> dict[str, list[Any]]:
    described = _described(material, response)
    rows: dict[str, list[Any]] = {
        "label": told_apart([row["feature"] for row in drawn]),
        "value": [float(row["standardised"]) for row in drawn],
        "coefficient": [number(float(row["coefficient"])) for row in drawn],
        "colour": [material.colours.get(row["feature"], "$muted") for row in drawn],
    }
    if described:
        spreads = [_spread_of(row, described) for row in drawn]
        rows["low"], rows["high"] = map(list, zip(*spreads, strict=True))
        rows["frequency"] = [_frequency(described.get(row["feature"])) for row in drawn]
    return rows


def _spread_of(row: dict[str, str], described: dict[str, dict[str, str]]) -> tuple[float, float]:
    """The 5 % and 95 % quantiles over resamples, per standard deviation of the feature."""
    found = described.get(row["feature"], {})
    per_unit = float(row["standardised"]) / float(row["coefficient"])
    low, high = (found.get(f"resample_{q}") or row["coefficient"] for q in ("q05", "q95"))
    return float(low) * per_unit, float(high) * per_unit


def _frequency(found: dict[str, str] | None) -> str:
    share = (found or {}).get("resample_frequency")
    return f"{float(share):.0%}" if share else ""


def _bar_layers(rows: dict[str, list[Any]]) -> list[dict[str, Any]]:
    order = {"field": "label", "type": "nominal", "title": None, "sort": None}
    y = order | {"axis": {"labelColor": "$ink"}}
    x = beside_names("value", "coefficient per standard deviation", scale={"zero": True})
    colour = {"field": "colour", "type": "nominal", "scale": None, "legend": None}
    shown = {"label": "feature", "value": "standardised", "coefficient": "coefficient"}
    layers = [
        {"mark": {"type": "rule"}, "encoding": {"x": {"datum": 0}, "color": {"value": "$line"}}},
        {
            "mark": {"type": "bar", "height": {"band": 0.62}, "opacity": 0.85},
            "encoding": {"x": x, "y": y, "color": colour, "tooltip": tooltips(shown)},
        },
    ]
    if "low" in rows:
        ends = {"x": x | {"field": "low"}, "x2": {"field": "high"}, "y": y}
        layers.append(
            {"mark": {"type": "rule", "color": "$ink", "strokeWidth": 1.5}, "encoding": ends}
        )
        text = {"type": "text", "align": "left", "dx": 6, "color": "$muted"}
        at = {"x": {"value": "width"}, "y": y, "text": {"field": "frequency"}}
        layers.append({"mark": text, "encoding": at})
    return layers


def _bar_sentence(
    material: Material, chosen: Sequence[dict[str, str]], features: int, response: str
) -> str:
    first = chosen[0]
    said = (
        f"{in_the_model(len(chosen), features)}. The strongest is {shorten(first['feature'])}: one "
        f"standard deviation more {_moves(material, float(first['standardised']), response)}."
    )
    if len(chosen) > BARS:
        said += f" The {BARS} strongest are drawn."
    if material.rows("features.csv"):
        said += (
            " Lines reach from the 5 % to the 95 % quantile over resamples of the rows; the "
            "percentage is how often a feature is selected there."
        )
    return said


def _moves(material: Material, by: float, response: str) -> str:
    """What a coefficient does to the prediction, in words."""
    labels = material.target.get("labels", [""])
    ratio = number(math.exp(min(by, LARGEST)), 3)
    if material.family == "binomial":
        return f"multiplies the odds of {shorten(str(labels[-1]))} by {ratio}"
    if material.family == "multinomial":
        return (
            f"multiplies the odds of {shorten(response)} against a class whose own is 0 by {ratio}"
        )
    if material.family in RATIOS:
        return f"multiplies {RATIOS[material.family]} by {ratio}"
    name = shorten(response or modelled(material.target))
    return f"{'raises' if by > 0 else 'lowers'} the predicted {name} by {number(abs(by))}"


def _bar_cells(material: Material, chosen: Sequence[dict[str, str]], response: str) -> Cells:
    described = _described(material, response)
    headers = ["feature", "standardised", "coefficient"]
    headers += ["ratio"] if "ratio" in chosen[0] else []
    more = ["selected", "5 %", "95 %"] if described else []
    rows = []
    for row in chosen:
        cells = [row["feature"], *(number(float(row[name])) for name in headers[1:])]
        if described:
            found = described.get(row["feature"], {})
            quantiles = (found.get(f"resample_{q}") for q in ("q05", "q95"))
            cells += [_frequency(found), *(number(float(q)) if q else "" for q in quantiles)]
        rows.append(tuple(cells))
    return Cells((*headers, *more), tuple(rows))


def draw_importance(material: Material) -> Figure | None:
    """How much worse the model does without each column."""
    rows = [r for r in material.rows("importance.csv") if float(r["drop_one_mean"] or 0)][:BARS]
    if not rows:
        return None
    loss = material.record["importance"]["loss"]
    data = {
        "label": told_apart([row["column"] for row in rows]),
        "value": [float(row["drop_one_mean"]) for row in rows],
        "low": [float(r["drop_one_mean"]) - float(r["drop_one_se"] or 0) for r in rows],
        "high": [float(r["drop_one_mean"]) + float(r["drop_one_se"] or 0) for r in rows],
    }
    order = {"field": "label", "type": "nominal", "title": None, "sort": None}
    y = order | {"axis": {"labelColor": "$ink"}}
    x = beside_names("value", f"increase of {loss} without it", scale={"zero": True})
    ends = {"x": x | {"field": "low"}, "x2": {"field": "high"}, "y": y}
    point = {"type": "point", "filled": True, "size": 60}
    shown = tooltips({"label": "column", "value": f"increase of {loss}"})
    return Figure(
        name="importance",
        question="What would be lost without a column?",
        sentence=f"{_loses(rows[0], loss)} Lines are one standard error on each side.",
        spec={
            "layer": [
                {"mark": "rule", "encoding": {"x": {"datum": 0}, "color": {"value": "$line"}}},
                {"mark": "rule", "encoding": ends},
                {"mark": point, "encoding": {"x": x, "y": y, "tooltip": shown}},
            ]
        },
        data={"rows": data},
        table=_importance_cells(rows, loss),
        height=22 * len(rows) + 10,
    )


def _loses(first: dict[str, str], loss: str) -> str:
    grows = float(first["drop_one_mean"])
    if grows <= 0:
        return f"Nothing: without any single column the {loss} does not grow."
    return (
        f"Refitted without {shorten(first['column'])}, the {loss} grows the most, by "
        f"{number(grows, 3)} on average over the folds."
    )


def _importance_cells(rows: Sequence[dict[str, str]], loss: str) -> Cells:
    keys = ("drop_one_mean", "drop_one_se", "permutation_mean", "permutation_se")
    cells = tuple(
        (row["column"], *(number(float(row[key]), 3) if row[key] else "" for key in keys))
        for row in rows
    )
    headers = ("column", f"{loss} without it", "SE", "when shuffled", "SE")
    return Cells(headers, cells)
