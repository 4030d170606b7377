"""How the options of a sweep go together: a heat map, one for each value of a third option."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.report.numbers import NONE, number
from runner.report.page.figure import Cells, Figure, tooltips
from runner.report.page.labels import listed, told_apart
from runner.statistics.paired_comparison import ROUNDING

if TYPE_CHECKING:
    from runner.report.page.sweep_material import Sweep, SweptGroup, SweptRun

GROUP = ""  # the axis of what parts the groups
MOST = 40  # values on an axis
PANELS = 6  # values of the third option
COLUMNS = 4  # up to which a cell has room for its score
CLAMP = 3.0  # standard errors behind the best, from which on all cells have one colour
LEAST = 0.5  # that the colours reach at least: what is nearer than that should look alike
DARK = 0.22  # share of the colours on which letters are light
ROW = 30  # pixels
LETTER, GAP, NARROW = 6, 6, 250  # pixels: of a letter, between labels, of the least wide figure


@dataclass(frozen=True)
class Cell:
    """The best run of those that have some values."""

    run: SweptRun
    group: SweptGroup
    behind: float  # the best of its group, in standard errors of that, or as a share of the range

    @property
    def score(self) -> float:
        """That which the group's order is by."""
        return self.group.value(self.run)


@dataclass(frozen=True)
class Grid:
    """What is drawn: two axes, and a third one for panels."""

    x: str
    y: str
    panel: str | None
    values: dict[str, list[str]]  # of each axis, as they are shown
    cells: dict[tuple[str, str, str], Cell]  # by panel, x and y
    failed: set[tuple[str, str, str]]
    unit: str
    is_best_of: bool  # whether a cell stands for several runs


def draw_combinations(sweep: Sweep) -> list[Figure]:
    """Heat maps of the two or three options with most values; none of a single option."""
    grid = grid_of(sweep)
    if grid is None:
        return []
    panels = grid.values[grid.panel] if grid.panel is not None else [""]
    drawn = (_draw(sweep, grid, panel, at) for at, panel in enumerate(panels, start=1))
    return [figure for figure in drawn if figure is not None]


def grid_of(sweep: Sweep) -> Grid | None:
    """Groups first, as their scores do not compare, then options by how many values they have."""
    axes = _axes(sweep)
    if len(axes) < 2 or max(len(values) for values in axes.values()) > MOST:  # noqa: PLR2004
        return None
    x, y, *rest = axes
    third = rest[0] if rest and len(axes[rest[0]]) <= PANELS else None
    keys = (third, x, y)
    unit = _unit(sweep)
    cells: dict[tuple[str, str, str], Cell] = {}
    count = 0
    for group in sweep.groups:
        for run, behind in zip(group.runs, _behind(group, unit), strict=True):
            count += 1
            cells.setdefault(_place(sweep, run, group.label, keys), Cell(run, group, behind))
    failed = {_place(sweep, run, _label_of(sweep, run), keys) for run in sweep.unscored}
    values = {key: axes[key] for key in keys if key is not None}
    return Grid(x, y, third, values, cells, failed - set(cells), unit, count > len(cells))


def _axes(sweep: Sweep) -> dict[str, list[str]]:
    """The values on each possible axis."""
    groups = list(dict.fromkeys(group.label for group in sweep.groups))
    found = {GROUP: groups} if len(groups) > 1 else {}
    by_size = sorted(sweep.options, key=lambda key: -len(sweep.options[key]))
    return found | {key: [sweep.labels[key][v] for v in sweep.options[key]] for key in by_size}


def _place(
    sweep: Sweep, run: SweptRun, group: str, keys: tuple[str | None, str, str]
) -> tuple[str, str, str]:
    panel, x, y = (
        group if key == GROUP else "" if key is None else sweep.labels[key][run.settings[key]]
        for key in keys
    )
    return panel, x, y


def _label_of(sweep: Sweep, run: SweptRun) -> str:
    """The group in which a run without a score would be, where one has its conditions."""
    own = [run.settings[key] for key in sweep.conditions]
    for group in sweep.groups:
        if own == [group.runs[0].settings[key] for key in sweep.conditions]:
            return group.label
    return GROUP


def _unit(sweep: Sweep) -> str:
    has_se = all(group.best.score("se") for group in sweep.groups)
    return "standard errors behind the best" if has_se else "share of the way from best to worst"


def _behind(group: SweptGroup, unit: str) -> list[float]:
    """Of each run of a group, by the order's score."""
    losses = np.array([group.loss(run) for run in group.runs])
    away = losses - losses.min()
    scale = group.best.score("se") if unit.startswith("standard") else float(away.max())
    found: list[float] = (away / (scale or 1.0)).tolist()
    return found


def _draw(sweep: Sweep, grid: Grid, panel: str, at: int) -> Figure | None:
    rows = _rows(grid, panel)
    if not rows["score"]:
        return None
    few = len(grid.values[grid.x]) <= COLUMNS
    return Figure(
        name=f"combinations-{at}",
        question=_question(sweep, grid, panel),
        sentence=_sentence(sweep, grid, panel),
        spec={"layer": _layers(grid, few=few)},
        data={"rows": rows, "failed": _failed(grid, panel)},
        table=_table(grid, panel),
        height=ROW * len(grid.values[grid.y]) + 10,
    )


def _rows(grid: Grid, panel: str) -> dict[str, list[Any]]:
    cells = {place: cell for place, cell in grid.cells.items() if place[0] == panel}
    return {
        "x": [x for _, x, _ in cells],
        "y": [y for _, _, y in cells],
        "behind": [cell.behind for cell in cells.values()],
        "score": [cell.score for cell in cells.values()],
        "text": [number(cell.score) for cell in cells.values()],
        "run": [cell.run.name for cell in cells.values()],
    }


def _failed(grid: Grid, panel: str) -> dict[str, list[Any]]:
    places = [place for place in grid.failed if place[0] == panel]
    places = [p for p in places if p[1] in grid.values[grid.x] and p[2] in grid.values[grid.y]]
    return {
        "x": [x for _, x, _ in places],
        "y": [y for _, _, y in places],
        "text": ["failed"] * len(places),
    }


def _domain(grid: Grid) -> float:
    """Where the colours end, the same in all panels."""
    most = max(cell.behind for cell in grid.cells.values())
    return min(max(most, LEAST), CLAMP)


def _layers(grid: Grid, *, few: bool) -> list[dict[str, Any]]:
    place = {"x": _x(grid), "y": _axis("y", grid.y, grid)}
    titles = {"x": grid.x or "of", "y": grid.y, "score": "score", "behind": grid.unit, "run": "run"}
    mark = {"type": "rect", "stroke": "$paper", "strokeWidth": 2}
    cells = {"color": _colour(grid), "tooltip": tooltips(titles)}
    text = {"text": {"field": "text"}}
    is_dark = f"datum.behind < {DARK * _domain(grid)}"
    letters = {"condition": {"test": is_dark, "value": "$paper"}, "value": "$ink"}
    layers: list[dict[str, Any]] = [
        {"mark": mark, "encoding": place | cells},
        {
            "data": {"name": "failed"},
            "mark": {"type": "text", "color": "$muted", "fontStyle": "italic", "fontSize": 11},
            "encoding": place | text,
        },
    ]
    scores = {"mark": {"type": "text"}, "encoding": place | text | {"color": letters}}
    return [*layers, scores] if few else layers


def _x(grid: Grid) -> dict[str, Any]:
    axis = {"orient": "top", "domain": False, "ticks": False}
    return _axis("x", grid.x, grid) | {"axis": axis | {"labelAngle": 0 if _fits(grid) else -40}}


def _colour(grid: Grid) -> dict[str, Any]:
    """The same in all panels."""
    most = _domain(grid)
    legend = {"gradientLength": 160, "gradientThickness": 10, "titleLimit": 320}
    return {
        "field": "behind",
        "type": "quantitative",
        "title": grid.unit,
        "scale": {"domain": [0, most], "clamp": True, "range": ["$low", "$high"]},
        "legend": legend | {"orient": "bottom", "values": [0, most]},
    }


def _fits(grid: Grid) -> bool:
    """Whether the labels of the columns stand side by side on a narrow screen."""
    labels = grid.values[grid.x]
    return (max(map(len, labels)) * LETTER + GAP) * len(labels) < NARROW


def _axis(field: str, key: str, grid: Grid) -> dict[str, Any]:
    scale = {"domain": grid.values[key]}
    return {"field": field, "type": "nominal", "title": key or None, "scale": scale}


def _question(sweep: Sweep, grid: Grid, panel: str) -> str:
    what = listed([key or _conditions(sweep) for key in (grid.x, grid.y)])
    given = f" with {grid.panel}={panel}" if grid.panel else ""
    return f"How do {what} go together{given}?"


def _conditions(sweep: Sweep) -> str:
    return listed(sweep.conditions) if sweep.conditions else "metric"


def _sentence(sweep: Sweep, grid: Grid, panel: str) -> str:
    """The best cell of each group, and what the colours mean."""
    parted: dict[str, list[Cell]] = {}
    for place, cell in grid.cells.items():
        if place[0] == panel:
            parted.setdefault(cell.group.label, []).append(cell)
    best = list(parted.values())
    keys = [key for key in (grid.x, grid.y) if key]
    said = [_best(sweep, cells, keys) for cells in best[:3]]
    more = f" (and so on for {len(best) - 3} more)" if len(best) > 3 else ""  # noqa: PLR2004
    each = " Each cell is the best of its runs." if grid.is_best_of else ""
    near = "the best of its column" if grid.x == GROUP else "the best"
    meaning = f"The stronger its colour, the nearer a cell is to {near}."
    return f"Best is {'; '.join(said)}{more}.{each} {meaning}"


def _best(sweep: Sweep, cells: list[Cell], keys: list[str]) -> str:
    """The best of some cells of a group, or that they are all alike."""
    behind = [cell.behind for cell in cells]
    cell = cells[behind.index(min(behind))]
    kind = "expected" if cell.group.by == "expected" else "CV"
    score = f"({kind} {cell.group.metric} {number(cell.score)})"
    alike = len(cells) > 1 and max(behind) - min(behind) <= ROUNDING
    named = "any of them, as all score the same" if alike else sweep.label(cell.run, keys)
    return f"{named} {score}{cell.group.of}"


def _table(grid: Grid, panel: str) -> Cells:
    """The scores, a row per value of y."""
    columns = grid.values[grid.x]
    rows = tuple((y, *(_text(grid, (panel, x, y)) for x in columns)) for y in grid.values[grid.y])
    return Cells((grid.y, *told_apart(columns)), rows)


def _text(grid: Grid, place: tuple[str, str, str]) -> str:
    if place in grid.cells:
        return number(grid.cells[place].score)
    return "failed" if place in grid.failed else NONE
