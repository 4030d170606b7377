"""The figures of the search: the CV curve, the surface over alpha and l1_ratio, the trace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from runner.report.numbers import is_number, number, place_of, score
from runner.report.page.figure import (
    Cells,
    Figure,
    logarithmic,
    quantitative,
    thin,
    thinned_note,
    tooltips,
)
from runner.report.page.labels import listed
from runner.report.page.material import CoefficientPath

if TYPE_CHECKING:
    from runner.records import Floats
    from runner.report.page.material import Material

    Json = dict[str, Any]

ALPHA, L1_RATIO = "model.alpha", "model.l1_ratio"
CLAMP = 3.0  # standard errors above the best, from which on the surface has one colour
COUNTS = 8  # numbers of features above the curve
LATE = 0.75  # share of the axis, from which on a label stands left of its line
ROOM = 0.35  # share of the axis that a label has room in, left of the first of several lines
AXIS = "alpha (log scale, stronger to the right)"
FEW = 25  # l1_ratios that the surface has a row for each


@dataclass(frozen=True)
class Curve:
    """The scores along alpha at the winner's other parameters."""

    path: CoefficientPath  # alpha rising
    chosen: float  # alpha
    best: float | None  # alpha, where the candidate of least loss is on this curve
    one_se: float | None  # alpha, where that of the one-SE rule is


def curve_of(material: Material) -> Curve | None:
    """From path.csv, or from the trials that share the winner's other parameters."""
    best = material.record["best"]["parameters"]
    if ALPHA not in best:
        return None
    path = material.path([], material.responses[0] if material.responses else "")
    path = _trials_alike(material) if path is None else path
    path = path[np.isfinite(path.mean) & (path.alpha > 0)]
    if len(path.alpha) < 3:  # noqa: PLR2004 - no curve
        return None
    has_se = is_number(material.record["cv"][material.metric]["se"])
    one_se = _kept(material, "one_se") if has_se else None
    path = path[np.argsort(path.alpha)]
    return Curve(path, float(best[ALPHA]), _kept(material, "best"), one_se)


def _kept(material: Material, rule: str) -> float | None:
    """The alpha that a rule keeps, if the rest of what it keeps is the winner's too."""
    best = material.record["best"]["parameters"]
    kept = material.record.get("rules", {}).get(rule, {}).get("parameters", {})
    others = [key for key in best if key != ALPHA]
    if ALPHA not in kept or any(kept.get(key) != best[key] for key in others):
        return None
    return float(kept[ALPHA])


def _trials_alike(material: Material) -> CoefficientPath:
    """The trials with the winner's parameters but for alpha, as path.csv has them."""
    trials, metric = _alike(material, {ALPHA}), material.metric
    names = (ALPHA, f"{metric}_mean", f"{metric}_se", "n_nonzero")
    alpha, mean, se, count = (trials[name].to_numpy(float) for name in names)
    return CoefficientPath(alpha, mean, se, count, coefficients=np.zeros((len(trials), 0)))


def _alike(material: Material, but: set[str]) -> pd.DataFrame:
    """The trials with the winner's parameters but for some."""
    trials = material.trials
    for key, value in material.record["best"]["parameters"].items():
        if key not in but and key in trials:
            trials = trials[trials[key] == value]
    return trials


def draw_curve(material: Material) -> Figure | None:
    """The mean score and its standard error along alpha."""
    curve = curve_of(material)
    if curve is None:
        return None
    path, metric = curve.path, material.metric
    se = np.nan_to_num(path.se)
    rows = {"alpha": path.alpha, "mean": path.mean, "features": path.count}
    rows |= {"low": path.mean - se, "high": path.mean + se}
    return Figure(
        name="curve",
        question="How strong should the penalty be?",
        sentence=_curve_sentence(material, curve),
        spec={"layer": _curve_layers(path.alpha, metric)},
        data={"rows": rows, "rules": _rules(curve), "counts": _counts(path)},
        table=_curve_cells(path, metric),
    )


def _curve_layers(alphas: Floats, metric: str) -> list[dict[str, Any]]:
    x = logarithmic("alpha", AXIS, alphas)
    y = quantitative("mean", metric)
    shown = {
        "alpha": "alpha",
        "mean": metric,
        "low": "less SE",
        "high": "plus SE",
        "features": "features",
    }
    band = {"type": "area", "opacity": 0.16, "color": "$accent"}
    return [
        {"mark": band, "encoding": {"x": x, "y": y | {"field": "low"}, "y2": {"field": "high"}}},
        {"mark": {"type": "line"}, "encoding": {"x": x, "y": y}},
        {
            "mark": {"type": "point", "opacity": 0, "size": 120},
            "encoding": {"x": x, "y": y, "tooltip": tooltips(shown)},
        },
        {
            "data": {"name": "rules"},
            "mark": {"type": "rule", "strokeDash": [4, 3]},
            "encoding": {"x": x},
        },
        *_rule_labels(x),
        {
            "data": {"name": "counts"},
            "mark": {"type": "text", "baseline": "bottom", "dy": -4, "color": "$muted"},
            "encoding": {"x": x, "y": {"value": 0}, "text": {"field": "features"}},
        },
    ]


def _rule_labels(x: dict[str, Any]) -> list[dict[str, Any]]:
    """Each label beside its line, on a line of its own: on a phone the two rules are close."""
    text = {"type": "text", "baseline": "top", "dy": {"expr": "2 + 15 * datum.line"}}
    sides = {"right": {"align": "left", "dx": 5}, "left": {"align": "right", "dx": -5}}
    shown = {"x": x, "y": {"value": 0}, "text": {"field": "rule"}}
    return [
        {
            "data": {"name": "rules"},
            "transform": [{"filter": {"field": "side", "equal": side}}],
            "mark": text | at,
            "encoding": shown,
        }
        for side, at in sides.items()
    ]


def _rules(curve: Curve) -> dict[str, list[Any]]:
    """The lines of the chosen alpha, the best one and that of the one-SE rule, each once."""
    names: dict[float, list[str]] = {}
    for name, alpha in {"best": curve.best, "one SE": curve.one_se}.items():
        if alpha is not None:
            names.setdefault(alpha, []).append(name)
    names.setdefault(curve.chosen, []).extend(["chosen"] if len(names) != 1 else [])
    alphas = sorted(names)
    ends = np.log(curve.path.alpha[[0, -1]])
    share = ((np.log(alphas) - ends[0]) / np.ptp(ends)).tolist()
    return {
        "alpha": alphas,
        "rule": [", ".join(names[alpha]) for alpha in alphas],
        "side": ["left" if _is_left(share, at) else "right" for at in range(len(alphas))],
        "line": list(range(len(alphas))),
    }


def _is_left(share: list[float], at: int) -> bool:
    """Whether a label stands left of its line, so that it hits neither the end nor another one."""
    return share[at] > LATE or (at < len(share) - 1 and share[at] > ROOM)


def _counts(path: CoefficientPath) -> dict[str, list[Any]]:
    """The number of features at some alphas, evenly over the curve."""
    at = np.unique(np.linspace(0, len(path.alpha) - 1, COUNTS).round().astype(int))
    counts = [number(count, 3) for count in path.count[at].tolist()]
    return {"alpha": path.alpha[at].tolist(), "features": counts}


def _curve_sentence(material: Material, curve: Curve) -> str:
    folds, cv = len(material.record["folds"]["training"]), material.record["cv"][material.metric]
    place, has_se = place_of(cv["se"]), is_number(cv["se"])
    mean = (
        f"The mean {material.metric} over {folds} folds" if folds > 1 else f"The {material.metric}"
    )
    error = f" (SE {score(cv['se'], place)})" if has_se else ""
    band = "The band is one standard error wide on each side; numbers" if has_se else "Numbers"
    return (
        f"{mean} at the chosen alpha, {number(curve.chosen)}, is {score(cv['mean'], place)}{error}."
        f"{_other_rule(material, curve, place)}{_given(material)} {band} on top count features."
    )


def _other_rule(material: Material, curve: Curve, place: int | None) -> str:
    """What the rule keeps that did not choose, where that is another candidate on the curve."""
    rules = material.record.get("rules", {})
    if curve.one_se is None or curve.one_se == curve.best:
        return ""
    simplest = "the simplest model within one standard error of the best"
    if curve.one_se == curve.chosen:
        return f" It is {simplest}, which has {_about(material, rules['best'], place)}."
    return f" T{simplest[1:]} has {_about(material, rules['one_se'], place)}."


def _about(material: Material, kept: Json, place: int | None) -> str:
    count = kept["n_features"]
    return (
        f"alpha {number(kept['parameters'][ALPHA])}, {material.metric} "
        f"{score(kept['score'], place)} and, on average, {number(count, 3)} "
        f"{'feature' if count == 1 else 'features'}"
    )


def _given(material: Material) -> str:
    """The winner's other parameters, which the curve has all along."""
    found = material.record["best"]["parameters"].items()
    others = [f"{key.removeprefix('model.')} {number(v)}" for key, v in found if key != ALPHA]
    return f" All of the curve has {listed(others)}." if others else ""


def _curve_cells(path: CoefficientPath, metric: str) -> Cells:
    columns = (each.tolist() for each in (path.alpha, path.mean, path.se, path.count))
    cells = tuple(
        (number(a), score(mean, place_of(se)), score(se, place_of(se)), number(n, 3))
        for a, mean, se, n in zip(*columns, strict=True)
    )
    return Cells(("alpha", metric, "SE", "features"), cells)


def draw_surface(material: Material) -> Figure | None:
    """How much worse than the best each pair of alpha and l1_ratio has scored."""
    trials = material.trials
    if not {ALPHA, L1_RATIO, f"{material.metric}_mean"} <= set(trials):
        return None
    trials = _alike(material, {ALPHA, L1_RATIO})
    trials = trials[trials[f"{material.metric}_mean"].notna() & (trials[ALPHA] > 0)]
    if trials[L1_RATIO].nunique() < 2:  # noqa: PLR2004 - no surface
        return None
    at = thin(len(trials))
    shown, unit = _excess(material, trials.iloc[at])
    by_row = shown["l1_ratio"].nunique() <= FEW and len(shown) > shown["l1_ratio"].nunique()
    rows = _edges(shown) if by_row else shown
    return Figure(
        name="surface",
        question="Which mix of lasso and ridge is best?",
        sentence=_surface_sentence(material, trials) + thinned_note(len(trials)),
        spec={"layer": _surface_layers(rows, unit, by_row=by_row)},
        data={"rows": {str(name): rows[name] for name in rows}, "chosen": _chosen(material)},
        table=_surface_cells(material, trials),
        height=24 * min(trials[L1_RATIO].nunique(), 12) + 20 if by_row else 260,
    )


def _excess(material: Material, trials: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """alpha, l1_ratio, score, and by how much it is worse than the winner's."""
    found = material.record["cv"][material.metric]
    mean = trials[f"{material.metric}_mean"]
    sign = -1.0 if material.greater_is_better else 1.0
    worse = (sign * (mean - found["mean"])).clip(lower=0.0)
    in_se = bool(found["se"])
    shown = trials[[ALPHA, L1_RATIO]].rename(columns={ALPHA: "alpha", L1_RATIO: "l1_ratio"})
    unit = "standard errors worse than the chosen one" if in_se else "worse than the chosen one"
    return shown.assign(score=mean, worse=worse / found["se"] if in_se else worse), unit


def _edges(shown: pd.DataFrame) -> pd.DataFrame:
    """Each cell with the alphas where it ends, half way to its neighbours on a log scale.

    A cell reaches under the next one, as the page would show between cells that only touch.
    """
    parts = []
    for _, row in shown.sort_values("alpha").groupby("l1_ratio"):
        log = np.log(row["alpha"].to_numpy())
        inner = (log[1:] + log[:-1]) / 2
        first, last = (
            (2 * log[0] - inner[0], 2 * log[-1] - inner[-1]) if len(log) > 1 else log[[0, 0]]
        )
        right = [*log[1:], last]
        parts.append(row.assign(left=np.exp([first, *inner]), right=np.exp(right)))
    return pd.concat(parts)


def _surface_layers(rows: pd.DataFrame, unit: str, *, by_row: bool) -> list[dict[str, Any]]:
    ends = [*rows["left"], *rows["right"]] if by_row else list(rows["alpha"])
    x = logarithmic("left" if by_row else "alpha", "alpha (log scale)", ends)
    y = {"field": "l1_ratio", "type": "ordinal" if by_row else "quantitative", "title": "l1_ratio"}
    colour = {
        "field": "worse",
        "type": "quantitative",
        "title": unit,
        "scale": {"domain": [0, CLAMP], "clamp": True, "range": ["$low", "$high"]},
        "legend": {"gradientLength": 160, "gradientThickness": 10, "titleLimit": 320},
    }
    shown = tooltips({"alpha": "alpha", "l1_ratio": "l1_ratio", "score": "score", "worse": unit})
    mark = {"type": "rect"} if by_row else {"type": "point", "filled": True, "size": 60}
    more = {"x2": {"field": "right"}} if by_row else {}
    ring = {"type": "point", "size": 90, "filled": False, "opacity": 1}
    # with an edge of its own, so that it is seen on dark cells and on light ones
    rings = [
        ring | {"stroke": "$paper", "strokeWidth": 6},
        ring | {"stroke": "$warm", "strokeWidth": 3},
    ]
    at = {"x": x | {"field": "alpha"}, "y": y}
    return [
        {"mark": mark, "encoding": {"x": x, "y": y, **more, "color": colour, "tooltip": shown}},
        *({"data": {"name": "chosen"}, "mark": each, "encoding": at} for each in rings),
    ]


def _chosen(material: Material) -> dict[str, list[Any]]:
    best = material.record["best"]["parameters"]
    return {"alpha": [best[ALPHA]], "l1_ratio": [best[L1_RATIO]]}


def _best_by_ratio(material: Material, trials: pd.DataFrame) -> pd.DataFrame:
    """The best trial of each l1_ratio."""
    sign = -1.0 if material.greater_is_better else 1.0
    ordered = (sign * trials[f"{material.metric}_mean"]).sort_values(kind="stable").index
    return trials.loc[ordered].drop_duplicates(L1_RATIO).sort_values(L1_RATIO)


def _surface_sentence(material: Material, trials: pd.DataFrame) -> str:
    best = material.record["best"]["parameters"]
    count = trials[L1_RATIO].nunique()
    return (
        f"{len(trials):,} pairs of alpha and l1_ratio were scored, with {count} values of l1_ratio "
        f"from {number(trials[L1_RATIO].min())} to {number(trials[L1_RATIO].max())}; the ring is "
        f"the chosen one, alpha {number(best[ALPHA])} and l1_ratio {number(best[L1_RATIO])}."
    )


def _surface_cells(material: Material, trials: pd.DataFrame) -> Cells:
    metric = material.metric
    best = _best_by_ratio(material, trials).head(FEW)
    rows = zip(
        best[L1_RATIO], best[ALPHA], best[f"{metric}_mean"], best[f"{metric}_se"], strict=True
    )
    cells = tuple(
        (number(ratio), number(alpha), score(mean, place_of(se)), score(se, place_of(se)))
        for ratio, alpha, mean, se in rows
    )
    return Cells(("l1_ratio", "its best alpha", metric, "SE"), cells)


def draw_trace(material: Material) -> Figure | None:
    """The best score by the number of candidates."""
    found = material.record["search"].get("best_so_far")
    if not found or len(found["candidates"]) < 3:  # noqa: PLR2004 - no trace
        return None
    metric = material.metric
    x: dict[str, Any] = {"field": "candidates", "type": "quantitative"}
    axis = {"format": ",d", "values": found["candidates"], "labelOverlap": True}
    x |= {"title": "candidates (log scale)", "axis": axis}
    x["scale"] = {"type": "log", "nice": False}
    shown = tooltips({"candidates": "candidates", "score": metric})
    step = {"type": "line", "interpolate": "step-after", "point": {"size": 30}}
    y = quantitative("score", f"best {metric} so far")
    cells = tuple((f"{n:,}", number(value, 5)) for n, value in zip(*_pair(found), strict=True))
    return Figure(
        name="trace",
        question="Was the search long enough?",
        sentence=_trace_sentence(material, found),
        spec={"mark": step, "encoding": {"x": x, "y": y, "tooltip": shown}},
        data={"rows": {"candidates": found["candidates"], "score": found["scores"]}},
        table=Cells(("candidates", f"best {metric}"), cells),
        height=200,
    )


def _pair(found: dict[str, Any]) -> tuple[list[int], list[float]]:
    return found["candidates"], found["scores"]


def _trace_sentence(material: Material, found: dict[str, Any]) -> str:
    sizes, scores = _pair(found)
    half = max(at for at, size in enumerate(sizes) if size <= max(sizes[-1] / 2, sizes[0]))
    gain = abs(scores[-1] - scores[half])
    se = material.record["cv"][material.metric]["se"]
    share = f" ({number(gain / se, 2)} standard errors)" if se else ""
    drawn = " drawn at random" if found["order"] == "random" else ""
    return (
        f"The best {material.metric} of {sizes[half]:,} candidates{drawn} is "
        f"{number(scores[half])}, that of all {sizes[-1]:,} {number(scores[-1])}: the rest of the "
        f"search gained {number(gain, 2)}{share}."
    )
