"""A sweep's folder comes in; the text of its report.html, and its figures, go out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.report.numbers import NONE
from runner.report.page.combination_figures import draw_combinations
from runner.report.page.cost_figures import draw_costs
from runner.report.page.document import render
from runner.report.page.labels import begun, listed
from runner.report.page.option_figures import GROUPS, MOST, draw_effects, effects_of, same_scores
from runner.report.page.sweep_board import best_of_each, board, reasons
from runner.report.page.sweep_material import Sweep
from runner.report.page.sweep_words import command, facts, order, summary, title
from runner.report.standing import standing_notes
from runner.store.ledger import looks_at_test, outputs_of

if TYPE_CHECKING:
    from pathlib import Path

    from runner.report.page.figure import Figure
    from runner.report.page.option_figures import Effect


@dataclass(frozen=True)
class Part:
    """A part of the page that has figures, under a heading."""

    name: str
    title: str
    figures: tuple[Figure, ...]
    text: tuple[str, ...] = ()


def parts(sweep: Sweep) -> list[Part]:
    """The parts that have something to show."""
    effects = effects_of(sweep)
    found = (
        Part(
            "options",
            "What does each option change?",
            tuple(draw_effects(effects)),
            _effect_notes(sweep, effects),
        ),
        Part("combinations", "How do they go together?", tuple(draw_combinations(sweep))),
        Part("cost", "What does it cost?", tuple(draw_costs(sweep))),
    )
    return [part for part in found if part.figures or part.text]


def figures(folder: Path) -> list[Figure]:
    """All figures of a sweep's page."""
    return [figure for part in parts(Sweep.of(folder)) for figure in part.figures]


def sweep_page(folder: Path, script: str | None) -> str:
    """The HTML of a sweep's page.

    Args:
        folder: the sweep's.
        script: where the drawing library is, relative to the page; None puts it into the page.
    """
    sweep = Sweep.of(folder)
    records = [run.record for run in sweep.runs]
    looks = looks_at_test(records, outputs_of(folder, swept=False))
    content = {
        "title": title(sweep),
        "above": _above(sweep),
        "summary": summary(sweep, looks),
        "facts": facts(sweep),
        "best": best_of_each(sweep),
        "board": board(sweep),
        "order": order(sweep),
        "notes": _standing_notes(sweep),
        "reasons": reasons(sweep),
        "parts": parts(sweep),
        "command": command(sweep),
    }
    return render("sweep.html", content, script)


def _above(sweep: Sweep) -> str:
    ended = max((str(run.record.get("finished") or "") for run in sweep.runs), default="")
    when = f" · {ended[:16].replace('T', ' ')} UTC" if ended else ""
    return f"{sweep.folder.name}{when}"


def _standing_notes(sweep: Sweep) -> list[str]:
    """What the words of the leaderboard mean."""
    scored = [run for group in sweep.groups if len(group.runs) > 1 for run in group.runs]
    lacking = any(run.score("expected") is None for run in scored)
    cells = ["tested" if run.ties is not None else NONE for run in scored]
    notes = standing_notes(cells, lacking=lacking) if scored else []
    return [f"{note}." if note.startswith("p_best") else f"{begun(note)}." for note in notes]


def _effect_notes(sweep: Sweep, effects: list[Effect]) -> tuple[str, ...]:
    many = [key for key, values in sweep.options.items() if len(values) > MOST]
    left = (f"{listed(many)} has more than {MOST} values: see the leaderboard.",) if many else ()
    return (*same_scores(effects), *left, *(_group_note(sweep) if sweep.options else ()))


def _group_note(sweep: Sweep) -> tuple[str, ...]:
    """What is said where not all groups have figures."""
    if len(sweep.groups) <= GROUPS:
        return ()
    return (f"Of {len(sweep.groups)} groups the first {GROUPS} are drawn.",)
