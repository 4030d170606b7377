"""A run's folder comes in; the text of its report.html, and its figures, go out."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runner.report.naive_words import baseline_cells, shortfalls
from runner.report.page import (
    class_figures,
    count_figures,
    feature_figures,
    fit_figures,
    learning_figure,
    missing_figures,
    paper,
    run_words,
    search_figures,
    survival_figures,
    word_figures,
)
from runner.report.page.document import render
from runner.report.page.figure import Cells, Figure
from runner.report.page.labels import begun
from runner.report.search_lines import search_lines
from runner.store.differences import flatten

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.report.page.material import Material


@dataclass(frozen=True)
class Block:
    """Text that is there to be copied."""

    name: str
    title: str
    text: str
    is_prose: bool = False  # whether its lines may break


@dataclass(frozen=True)
class Setting:
    """A key of the config."""

    key: str
    value: str
    own: bool  # whether the command or the sweep set it


@dataclass(frozen=True)
class Section:
    """A part of the page, under a heading."""

    name: str
    title: str
    text: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    tables: tuple[tuple[str, Cells], ...] = ()
    checks: tuple[Mapping[str, str], ...] = ()
    blocks: tuple[Block, ...] = ()
    settings: tuple[Setting, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything in it."""
        parts = (self.text, self.figures, self.tables, self.checks, self.blocks, self.settings)
        return any(parts)


def sections(material: Material) -> list[Section]:
    """The parts of a run's page that have something to say."""
    found = (
        _scores(material),
        _choice(material),
        _features(material),
        _fit(material),
        _gaps(material),
        _checks(material),
        _again(material),
        _paper(material),
    )
    return [section for section in found if section]


def figures(material: Material) -> list[Figure]:
    """All figures of a run's page."""
    return [figure for section in sections(material) for figure in section.figures]


def run_page(material: Material, script: str | None) -> str:
    """The HTML of a run's page.

    Args:
        material: the run.
        script: where the drawing library is, relative to the page; None puts it into the page.
    """
    record = material.record
    ended = record.get("finished", "")[:16].replace("T", " ")
    content = {
        "title": run_words.title(material),
        "above": f"{material.folder.name} · {ended} UTC",
        "summary": [*run_words.summary(material), *_shortfalls(material)],
        "facts": run_words.facts(material),
        "sections": sections(material),
        "below": f"{_seconds(record)} Made by enet-runner from the files beside this page.",
    }
    return render("run.html", content, script)


def _seconds(record: Mapping[str, Any]) -> str:
    spent = sum(record.get("timings", {}).values())
    return f"The run took {spent:.3g} seconds." if spent else ""


def _drawn(*found: Figure | None) -> tuple[Figure, ...]:
    return tuple(figure for figure in found if figure is not None)


def _shortfalls(material: Material) -> list[str]:
    return [begun(f"{text}.") for text in shortfalls(material.record)]


def _scores(material: Material) -> Section:
    headers, rows = run_words.score_cells(material)
    tables = [("Scores", Cells(headers, rows))]
    headers, naive = baseline_cells(material.record)
    if naive:
        tables.append(("Forecasts without a model", Cells(headers, tuple(naive))))
    return Section("scores", "How good is it?", tables=tuple(tables))


def _choice(material: Material) -> Section:
    record = material.record
    return Section(
        "choice",
        "How was it chosen?",
        text=(begun(f"{search_lines(record)[0]}."),) if record["search"]["trials"] > 1 else (),
        figures=_drawn(
            search_figures.draw_curve(material),
            search_figures.draw_surface(material),
            search_figures.draw_trace(material),
            learning_figure.draw_learning(material),
        ),
    )


def _features(material: Material) -> Section:
    return Section(
        "features",
        "What is in the model?",
        figures=_drawn(
            *feature_figures.draw_coefficients(material),
            *word_figures.draw_words(material),
            *feature_figures.draw_paths(material),
            feature_figures.draw_importance(material),
        ),
    )


def _fit(material: Material) -> Section:
    confused = class_figures.confusion(material)
    tables: dict[str, Cells | None] = {"What was called what": confused[1]} if confused else {}
    tables |= fit_figures.worst_rows(material)
    tables |= {
        "The rows whose class was thought the least likely": class_figures.worst_rows(material),
        "The rows that sway the unpenalised fit of the selected features the most": (
            fit_figures.influential_rows(material)
        ),
    }
    return Section(
        "fit",
        "Where does it err?",
        text=(confused[0],) if confused else _no_predictions(material),
        figures=_drawn(
            *fit_figures.draw_fit(material),
            count_figures.draw_rootogram(material),
            class_figures.draw_roc(material),
            class_figures.draw_each_roc(material),
            class_figures.draw_precision_recall(material),
            class_figures.draw_calibration(material),
            survival_figures.draw_survival(material),
        ),
        tables=tuple((name, cells) for name, cells in tables.items() if cells is not None),
    )


def _no_predictions(material: Material) -> tuple[str, ...]:
    """Why there is nothing to look at."""
    is_stream = material.config.get("dataset", {}).get("stream") is True
    return ("Of a stream no predictions are kept that could be looked at.",) if is_stream else ()


def _gaps(material: Material) -> Section:
    return Section(
        "missing",
        "What is missing?",
        figures=_drawn(missing_figures.draw_map(material), missing_figures.draw_filled(material)),
    )


def _checks(material: Material) -> Section:
    found = material.record.get("checks", [])
    text = () if found else ("No check has found anything to say.",)
    return Section("checks", "What should one know?", text=text, checks=tuple(found))


def _again(material: Material) -> Section:
    typed = [shlex.quote(word) for word in material.overrides]
    command = " ".join(["enet", *typed])
    return Section(
        "again",
        "How is it made again?",
        text=(f"{run_words.versions(material.environment)}.",),
        blocks=(Block("command", "The command", command, is_prose=True),),
        settings=_settings(material),
    )


def _settings(material: Material) -> tuple[Setting, ...]:
    own = set(material.record.get("overrides", {}))
    return tuple(
        Setting(key, str(value), own=key in own or key.removesuffix(".name") in own)
        for key, value in flatten(material.config).items()
        if not key.startswith("hydra.")
    )


def _paper(material: Material) -> Section:
    blocks = [Block("methods", "Methods and results", paper.paragraph(material), is_prose=True)]
    if material.strongest:
        blocks += [
            Block("markdown", "Coefficients, Markdown", paper.markdown(material)),
            Block("latex", "Coefficients, LaTeX", paper.latex(material)),
        ]
    return Section("paper", "For a paper", blocks=tuple(blocks))
