"""The effect of each option that a sweep varied, paired within the runs that are else alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runner.report.numbers import NONE, interval, number
from runner.report.page.figure import Cells, Figure, quantitative, tooltips
from runner.report.page.labels import counted, listed
from runner.report.standing import standing_cell
from runner.statistics.option_effects import option_effects
from runner.statistics.paired_comparison import ROUNDING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.report.page.sweep_material import Sweep, SweptGroup
    from runner.statistics.option_effects import Effects
    from runner.statistics.run_comparison import Standing

    Record = dict[str, Any]

MOST = 30  # values of an option in a figure
GROUPS = 4  # that have figures
NAMED = 3  # values in a sentence
ROW = 30  # pixels


@dataclass(frozen=True)
class Effect:
    """How the values of an option differ within a group."""

    key: str
    group: SweptGroup
    found: Effects
    labels: dict[str, str]  # of the values

    @property
    def ranked(self) -> list[tuple[str, Standing]]:
        """The values by their labels, best first."""
        pairs = ((self.labels[value], standing) for value, standing in self.found.standings.items())
        return sorted(pairs, key=lambda pair: pair[1].rank)

    @property
    def is_tested(self) -> bool:
        """Whether there are scores that no choice has seen."""
        return any(standing.ties is not None for _, standing in self.ranked)

    @property
    def is_none(self) -> bool:
        """Whether all values score the same, but for rounding."""
        least = ROUNDING * abs(self.group.loss(self.group.best))
        return all(standing.behind <= least for _, standing in self.ranked)


def draw_effects(found: Sequence[Effect]) -> list[Figure]:
    """A figure per effect; of one that is none there is nothing to draw."""
    differing = [effect for effect in found if not effect.is_none]
    return [_draw(effect, at) for at, effect in enumerate(differing, start=1)]


def same_scores(effects: Sequence[Effect]) -> list[str]:
    """What is said of options that change nothing, which need no figure."""
    found: dict[str, list[str]] = {}
    for effect in effects:
        if effect.is_none:
            found.setdefault(effect.key, []).append(effect.group.label)
    return [
        f"The same score comes of every {key}{f' for {listed(labels)}' if any(labels) else ''}."
        for key, labels in found.items()
    ]


def effects_of(sweep: Sweep) -> list[Effect]:
    """Option by option, within the first groups, where values have runs that are else alike."""
    found = (
        _effect(sweep, key, group)
        for key, values in sweep.options.items()
        if len(values) <= MOST
        for group in sweep.groups[:GROUPS]
    )
    return [effect for effect in found if effect is not None]


def _effect(sweep: Sweep, key: str, group: SweptGroup) -> Effect | None:
    rest = [other for other in sweep.options if other != key]
    cells: dict[str, dict[str, list[Record]]] = {}
    for value in sweep.options[key]:  # in their order
        for run in group.runs:
            if run.settings[key] == value:
                alike = repr([run.settings[other] for other in rest])
                cells.setdefault(value, {}).setdefault(alike, []).append(run.record)
    found = option_effects(cells)
    return None if found is None else Effect(key, group, found, sweep.labels[key])


def _draw(effect: Effect, at: int) -> Figure:
    unit = f"{effect.group.metric} behind the best"
    domain = [effect.labels[value] for value in effect.found.standings]
    y = {"field": "value", "type": "nominal", "title": None, "scale": {"domain": domain}}
    x = quantitative("behind", unit, scale={"zero": True, "padding": 14}, axis={"tickCount": 5})
    shown = {"value": effect.key, "behind": unit, "between": "95% interval"}
    text = {"type": "text", "align": "left", "dx": 9, "color": "$accent", "fontWeight": 600}
    layers = [
        {"mark": {"type": "rule"}, "encoding": {"x": {"datum": 0}, "color": {"value": "$line"}}},
        {
            "data": {"name": "intervals"},
            "mark": {"type": "rule", "strokeWidth": 1.75, "color": "$accent"},
            "encoding": {"y": y, "x": x | {"field": "low"}, "x2": {"field": "high"}},
        },
        {
            "mark": {"type": "point", "filled": True, "size": 80, "opacity": 1},
            "encoding": {"y": y, "x": x, "tooltip": tooltips(shown)},
        },
        {"mark": text, "encoding": {"y": y, "x": x, "text": {"field": "best"}}},
    ]
    rows, between = _rows(effect), _intervals(effect)
    return Figure(
        name=f"effect-{at}",
        question=f"How much does {effect.key} matter{effect.group.of}?",
        sentence=_sentence(effect),
        spec={"layer": [layer for layer in layers if _has_data(layer, between)]},
        data={"rows": rows, "intervals": between},
        table=_cells(effect),
        height=ROW * len(rows["value"]) + 10,
    )


def _has_data(layer: dict[str, Any], between: dict[str, list[Any]]) -> bool:
    """Whether there is something to draw: without a test there are no intervals."""
    return "data" not in layer or bool(between["value"])


def _rows(effect: Effect) -> dict[str, list[Any]]:
    """A row per value, in their own order."""
    found = [(effect.labels[value], each) for value, each in effect.found.standings.items()]
    return {
        "value": [label for label, _ in found],
        "behind": [standing.behind for _, standing in found],
        "between": [_between(standing) for _, standing in found],
        "best": ["best" if label == effect.ranked[0][0] else "" for label, _ in found],
    }


def _intervals(effect: Effect) -> dict[str, list[Any]]:
    """Of each value but the best."""
    pairs = ((label, standing.against_best) for label, standing in effect.ranked)
    found = [(label, paired) for label, paired in pairs if paired is not None]
    return {
        "value": [label for label, _ in found],
        "low": [paired.low for _, paired in found],
        "high": [paired.high for _, paired in found],
    }


def _between(standing: Standing) -> str:
    found = standing.against_best
    return interval(found.low, found.high) if found else NONE


def _sentence(effect: Effect) -> str:
    (best, _), *others = effect.ranked
    over = f"Over {counted(effect.found.sets, 'set')} of runs that are else alike"
    if not effect.is_tested:
        return (
            f"{over}, {best} has the best mean CV score; {_behind(others)}. There is no test, as "
            "not every run has scores that no choice has seen."
        )
    parts = {
        "cannot be told from it": [pair for pair in others if pair[1].ties],
        "worse": [pair for pair in others if pair[1].ties is False],
    }
    said = [f"{_behind(pairs)} and {word}" for word, pairs in parts.items() if pairs]
    line = "Lines are 95% intervals of the paired difference."
    return f"{over}, {best} is best; {'; '.join(said)}. {line}"


def _behind(others: list[tuple[str, Standing]]) -> str:
    """Which are behind, and by how much the nearest and the last one."""
    labels, behind = [label for label, _ in others], [number(s.behind, 3) for _, s in others]
    names = listed(labels) if len(labels) <= NAMED else f"{len(labels)} others"
    much = behind[0] if behind[0] == behind[-1] else f"{behind[0]} to {behind[-1]}"
    return f"{names} {'is' if len(labels) == 1 else 'are'} {much} behind"


def _cells(effect: Effect) -> Cells:
    headers = (effect.key, f"{effect.group.metric} behind the best", "95% interval", "p")
    rows = []
    for label, standing in effect.ranked:
        p = standing_cell(standing.p_best, standing.ties)
        rows.append((label, number(standing.behind), _between(standing), p))
    return Cells(headers, tuple(rows))
