"""What a better score costs: the runs of a group by their seconds and their scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runner.report.numbers import number
from runner.report.page.figure import (
    HALO,
    Cells,
    Figure,
    logarithmic,
    quantitative,
    thin,
    thinned_note,
    tooltips,
)
from runner.report.page.labels import counted, listed, shorten
from runner.report.page.theme import FEATURES
from runner.statistics.paired_comparison import ROUNDING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.report.page.sweep_material import Sweep, SweptGroup, SweptRun

GROUPS = 4  # that have figures
LEAST = 3  # runs in a figure
FEW = 60  # runs whose points may be large
NAMED = 5  # runs that have their names beside them
SHAPES = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down"]
SHAPES += ["triangle-right", "triangle-left"]
COLOURS = [f"$feature{at}" for at in range(1, FEATURES + 1)]


def draw_costs(sweep: Sweep) -> list[Figure]:
    """A figure for each of the first groups with enough runs that were made here."""
    found = [_draw(sweep, group, at) for at, group in enumerate(sweep.groups[:GROUPS], start=1)]
    return [figure for figure in found if figure is not None]


def unbeaten(group: SweptGroup, runs: Sequence[SweptRun]) -> list[SweptRun]:
    """The runs that no other beats in both, the quickest first; of equal ones the first."""
    ordered = sorted(runs, key=lambda run: (run.seconds or 0.0, group.loss(run)))
    found: list[SweptRun] = []
    for run in ordered:
        if not found or _gain(group, run, found[-1]) > 0:
            found.append(run)
    return found


def _gain(group: SweptGroup, run: SweptRun, other: SweptRun) -> float:
    """By how much a run is better than another; nothing where only rounding differs."""
    least = ROUNDING * abs(group.loss(other))
    gain = group.loss(other) - group.loss(run)
    return gain if gain > least else 0.0


def _draw(sweep: Sweep, group: SweptGroup, at: int) -> Figure | None:
    runs = [run for run in group.runs if run.seconds]
    if len(runs) < LEAST:
        return None
    marked, key = unbeaten(group, runs), _told_by(sweep)
    shown = [runs[each] for each in thin(len(runs))]
    title = f"{'expected' if group.by == 'expected' else 'CV'} {group.metric}"
    return Figure(
        name=f"cost-{at}",
        question=f"What does a better score cost{group.of}?",
        sentence=_sentence(group, runs, marked) + thinned_note(len(runs)),
        spec={"layer": _layers(sweep, key, [run.seconds or 0.0 for run in runs], title)},
        data={
            "rows": _rows(sweep, group, shown, key),
            "unbeaten": _rows(sweep, group, marked, key) | {"name": _names(marked)},
        },
        table=_cells(sweep, group, marked, title),
        height=300,
    )


def _told_by(sweep: Sweep) -> str | None:
    """The option with most values of those that colours can tell."""
    few = {key: values for key, values in sweep.options.items() if len(values) <= FEATURES}
    return max(few, key=lambda key: len(few[key])) if few else None


def _rows(
    sweep: Sweep, group: SweptGroup, runs: Sequence[SweptRun], key: str | None
) -> dict[str, list[Any]]:
    return {
        "seconds": [run.seconds for run in runs],
        "score": [group.value(run) for run in runs],
        "run": [run.name for run in runs],
        "settings": [sweep.label(run, sweep.options) for run in runs],
        "value": [sweep.labels[key][run.settings[key]] if key else "" for run in runs],
    }


def _names(marked: Sequence[SweptRun]) -> list[str]:
    """Of those beside which there is room: few, or the first and the last one."""
    if len(marked) <= NAMED:
        return [f"run {run.label}" for run in marked]
    ends = (marked[0], marked[-1])
    return [f"run {run.label}" if run in ends else "" for run in marked]


def _layers(
    sweep: Sweep, key: str | None, seconds: list[float], title: str
) -> list[dict[str, Any]]:
    x = logarithmic("seconds", "seconds (log scale)", [min(seconds) / 1.15, max(seconds) * 1.35])
    place = {
        "x": x,
        "y": quantitative("score", title, axis={"tickCount": 5}, scale={"padding": 14}),
    }
    told = _told(sweep, key)
    shown = {"run": "run", "settings": "with", "seconds": "seconds", "score": title}
    point = {
        "type": "point",
        "filled": True,
        "size": 60 if len(seconds) <= FEW else 30,
        "opacity": 0.8,
    }
    ring = {"type": "point", "size": 190, "strokeWidth": 1.5, "stroke": "$ink", "filled": False}
    text = {"type": "text", "align": "left", "baseline": "bottom", "dx": 8, "dy": -6}
    name = place | {"text": {"field": "name"}}
    return [
        {
            "data": {"name": "unbeaten"},
            "mark": {"type": "line", "strokeWidth": 1, "color": "$faint"},
            "encoding": place,
        },
        {"mark": point, "encoding": place | told | {"tooltip": tooltips(shown)}},
        {"data": {"name": "unbeaten"}, "mark": ring, "encoding": place},
        {"data": {"name": "unbeaten"}, "mark": text | HALO, "encoding": name},
        {"data": {"name": "unbeaten"}, "mark": text, "encoding": name},
    ]


def _told(sweep: Sweep, key: str | None) -> dict[str, Any]:
    """By colour and by shape."""
    if key is None:
        return {}
    domain = [sweep.labels[key][value] for value in sweep.options[key]]
    base = {"field": "value", "type": "nominal", "title": shorten(key)}
    ranges = {"color": COLOURS, "shape": SHAPES}
    return {
        channel: base | {"scale": {"domain": domain, "range": each[: len(domain)]}}
        for channel, each in ranges.items()
    }


def _sentence(group: SweptGroup, runs: Sequence[SweptRun], marked: Sequence[SweptRun]) -> str:
    quick, best = marked[0], marked[-1]
    left = len(group.runs) - len(runs)
    note = f" {counted(left, 'run')} taken over from elsewhere left out." if left else ""
    if len(marked) == 1:
        both = f"run {best.label} is both the quickest and the best"
        return f"Nothing: {both}, {_both(group, best)}.{note}"
    names = f"{len(marked):,} runs"
    if len(marked) <= NAMED:
        names = f"Runs {listed([run.label for run in marked])}"
    return (
        f"Run {quick.label} is the quickest ({_both(group, quick)}), run {best.label} the best "
        f"({_both(group, best)}). {names} are ringed: no other run beats them in both.{note}"
    )


def _both(group: SweptGroup, run: SweptRun) -> str:
    return f"{group.metric} {number(group.value(run))} in {number(run.seconds, 2)} s"


def _cells(sweep: Sweep, group: SweptGroup, marked: Sequence[SweptRun], title: str) -> Cells:
    """The ringed runs; the others are in the leaderboard."""
    rows = tuple(
        (
            run.label,
            *(sweep.labels[key][run.settings[key]] for key in sweep.options),
            number(group.value(run)),
            number(run.seconds, 2),
        )
        for run in marked
    )
    headers = ("ringed run", *sweep.options, title, "seconds")
    return Cells(headers, rows, labels=1 + len(sweep.options))
