"""The figures of the features: coefficient paths, the chosen coefficients, their importance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from runner.report.numbers import number
from runner.report.page.figure import Cells, Figure, logarithmic, quantitative, tooltips
from runner.report.page.labels import counted, listed, shorten, told_apart
from runner.report.page.search_figures import curve_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runner.records import Floats, Integers
    from runner.report.page.material import Material, Path

LINES = 40  # of a path
BARS = 20  # coefficients in a figure
RESPONSES = 4  # whose figures are drawn
NAMED = 3  # features in a sentence
LABEL_HEIGHT = 1 / 18  # of the axis


def draw_paths(material: Material) -> list[Figure]:
    """The coefficients along alpha, a figure for each of the first responses."""
    found = [_draw_path(material, response) for response in material.responses[:RESPONSES]]
    return [figure for figure in found if figure is not None]


def _draw_path(material: Material, response: str) -> Figure | None:
    features = _path_features(material, response)
    path, curve = material.path(features, response), curve_of(material)
    if curve is None or path is None or not path.coefficients.any():
        return None
    sd = _spreads(material, response)
    what = "coefficient per standard deviation" if sd else "coefficient"
    labels = told_apart(features)
    rows = _path_rows(path, np.array([sd.get(name, 1.0) for name in features]))
    lines = {
        "feature": list(range(len(features))),
        "label": labels,
        "colour": [material.colours.get(name, "$faint") for name in features],
    }
    return Figure(
        name=_named("path", material, response),
        question=_asked("Which features enter, and in which order?", response),
        sentence=_path_sentence(path, features, what),
        spec={"layer": _path_layers(path, what)},
        data={
            "rows": rows,
            "features": lines,
            "rules": {"alpha": [curve.best]},
            "ends": _ends(material, rows, features, labels),
        },
        table=_path_cells(path, features),
        height=320,
    )


def _named(name: str, material: Material, response: str) -> str:
    """The name of a figure, numbered where there are several responses."""
    return f"{name}-{material.responses.index(response) + 1}" if response else name


def _asked(question: str, response: str) -> str:
    """A question, with the response that it is asked of where there are several."""
    return f"{shorten(response)}: {question[0].lower()}{question[1:]}" if response else question


def _path_features(material: Material, response: str) -> list[str]:
    """The features to draw: the selected ones, strongest first, then others in their order."""
    named = [row["feature"] for row in material.coefficients if row.get("response", "") == response]
    others = [name for name in named if name not in set(material.strongest)]
    return [*material.strongest, *others][:LINES]


def _spreads(material: Material, response: str) -> dict[str, float]:
    """The standard deviation of each feature; none in a table of an earlier version."""
    rows = [row for row in material.coefficients if row.get("response", "") == response]
    if not rows or "sd" not in rows[0]:
        return {}
    return {row["feature"]: float(row["sd"] or "nan") for row in rows}


def _path_rows(path: Path, sd: Floats) -> dict[str, Floats | Integers]:
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
    """A label beside the left end of each coloured line, none where another would be hit."""
    alpha, value, feature = (rows[key] for key in ("alpha", "value", "feature"))
    if not len(alpha):
        return {}
    least = alpha == alpha.min()
    room = float(np.ptp(value)) * LABEL_HEIGHT
    placed: list[tuple[float, int]] = []
    for end, at in sorted(zip(value[least], feature[least], strict=True), key=lambda e: e[1]):
        is_free = all(abs(end - other) > room for other, _ in placed)
        if features[at] in material.colours and is_free:
            placed.append((float(end), int(at)))
    return {
        "alpha": [float(alpha.min())] * len(placed),
        "value": [end for end, _ in placed],
        "label": [shorten(labels[at], 18) for _, at in placed],
        "colour": [material.colours[features[at]] for _, at in placed],
    }


def _path_layers(path: Path, what: str) -> list[dict[str, Any]]:
    x = logarithmic("alpha", "alpha (log scale; a stronger penalty to the right)", path.alpha)
    y = quantitative("value", what, axis={"format": "~g"})
    colour = {"field": "colour", "type": "nominal", "scale": None, "legend": None}
    shown = tooltips({"label": "feature", "alpha": "alpha", "value": what})
    lines = {"x": x, "y": y, "color": colour, "detail": {"field": "feature"}}
    named = {"data": {"name": "features"}, "key": "feature", "fields": ["label", "colour"]}
    looked_up = {"transform": [{"lookup": "feature", "from": named}]}
    text = {"type": "text", "align": "left", "baseline": "bottom", "dx": 4, "dy": -2}
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
        {
            "data": {"name": "ends"},
            "mark": text,
            "encoding": {"x": x, "y": y, "text": {"field": "label"}, "color": colour},
        },
    ]


def _entries(path: Path, features: Sequence[str]) -> list[tuple[str, float]]:
    """Each feature that enters, and the largest alpha at which it is in, first comes first."""
    found = [
        (features[int(at)], float(path.alpha[path.coefficients[:, at] != 0].max()))
        for at in np.flatnonzero(path.coefficients.any(axis=0))
    ]
    return sorted(found, key=lambda entry: -entry[1])


def _path_sentence(path: Path, features: Sequence[str], what: str) -> str:
    entered = _entries(path, features)
    if not entered:
        return "No feature enters at any alpha."
    first = listed([shorten(name) for name, _ in entered[:NAMED]])
    return (
        f"As the penalty weakens, to the left, features enter in this order: {first}"
        f"{', then others' if len(entered) > NAMED else ''}. Each line is one feature's {what}; "
        "the dashed line is the chosen alpha."
    )


def _path_cells(path: Path, features: Sequence[str]) -> Cells:
    cells = tuple((name, number(alpha)) for name, alpha in _entries(path, features))
    return Cells(("feature", "enters at alpha"), cells)


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
        name=_named("coefficients", material, response),
        question=_asked("How does each feature move the prediction?", response),
        sentence=_bar_sentence(material, chosen, len(own)),
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
    x = quantitative(
        "value", "coefficient per standard deviation of the feature", scale={"zero": True}
    )
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


def _bar_sentence(material: Material, chosen: Sequence[dict[str, str]], features: int) -> str:
    first = chosen[0]
    moves = "raises" if float(first["standardised"]) > 0 else "lowers"
    of = _moved(material)
    said = (
        f"{len(chosen):,} of {counted(features, 'feature')} are in the model. The strongest is "
        f"{shorten(first['feature'])}: one standard deviation more {moves} {of} by "
        f"{number(abs(float(first['standardised'])))}."
    )
    if len(chosen) > BARS:
        said += f" The {BARS} strongest are drawn."
    if material.rows("features.csv"):
        said += (
            " Lines reach from the 5 % to the 95 % quantile over resamples of the rows; the "
            "percentage is how often a feature is selected there."
        )
    return said


def _moved(material: Material) -> str:
    """What a coefficient adds to, in words."""
    name = shorten(str(material.target.get("name", "the target")))
    return {
        "binomial": f"the log-odds of {name}",
        "multinomial": f"the log-odds of {name}",
        "poisson": f"the logarithm of the mean of {name}",
        "gamma": f"the logarithm of the mean of {name}",
        "cox": "the logarithm of the hazard",
    }.get(material.family, f"the predicted {name}")


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
    x = quantitative("value", f"increase of {loss} without the column", scale={"zero": True})
    ends = {"x": x | {"field": "low"}, "x2": {"field": "high"}, "y": y}
    point = {"type": "point", "filled": True, "size": 60}
    shown = tooltips({"label": "column", "value": f"increase of {loss}"})
    return Figure(
        name="importance",
        question="What would be lost without a column?",
        sentence=(
            f"Refitted without {shorten(rows[0]['column'])}, the {loss} grows the most, by "
            f"{number(float(rows[0]['drop_one_mean']), 3)} on average over the folds. Lines are "
            "one standard error on each side."
        ),
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


def _importance_cells(rows: Sequence[dict[str, str]], loss: str) -> Cells:
    keys = ("drop_one_mean", "drop_one_se", "permutation_mean", "permutation_se")
    cells = tuple(
        (row["column"], *(number(float(row[key]), 3) if row[key] else "" for key in keys))
        for row in rows
    )
    headers = ("column", f"{loss} without it", "SE", "when shuffled", "SE")
    return Cells(headers, cells)
