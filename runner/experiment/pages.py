"""A finished run or sweep comes in; its report.html, and the files of its figures, are written."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runner.report import Page
from runner.store.report_files import FIGURES, PAGE, library_link, write_bytes, write_library

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from runner.report import Report
    from runner.report.page.figure import Figure

log = logging.getLogger("runner")


@dataclass(frozen=True)
class PageStyle:
    """How pages are written: with the library in them or beside them, and which files besides."""

    inline: bool = False
    figures: tuple[str, ...] = ()

    @classmethod
    def of(cls, report: Report) -> PageStyle | None:
        """What a report section asks for; None where it asks for no page."""
        if not isinstance(report, Page):
            return None
        return cls(report.inline, tuple(report.figures))


def write_run_page(folder: Path, record: dict[str, Any], style: PageStyle) -> Path:
    """Write the page of a finished run.

    Args:
        folder: the run's, which holds its tables.
        record: its record, which may not be written yet.
        style: how.

    Raises:
        RunDirectoryError: a file cannot be written.
    """
    # what few runs need is not imported before
    from runner.report.page.material import Material
    from runner.report.page.run_page import figures, run_page

    material = Material.of(folder, record)
    path = _write(folder, style, lambda script: run_page(material, script))
    if style.figures:
        _write_figures(folder, figures(material), style.figures)
    return path


def write_sweep_page(folder: Path, style: PageStyle) -> Path:
    """Write the page of a sweep.

    Args:
        folder: the sweep's, which holds results.csv and the folders of the runs.
        style: how.

    Raises:
        RunDirectoryError: a file cannot be written.
    """
    from runner.report.page.sweep_page import figures, sweep_page

    path = _write(folder, style, lambda script: sweep_page(folder, script))
    if style.figures:
        _write_figures(folder, figures(folder), style.figures)
    return path


def try_run_page(folder: Path, record: dict[str, Any], style: PageStyle | None) -> None:
    """Write the page that a run ends with, if one is asked for; a failure is no run's failure."""
    if style is not None:
        _try(lambda: write_run_page(folder, record, style))


def try_sweep_page(folder: Path, style: PageStyle | None) -> str:
    """Write the page that a sweep ends with, in the same way; why there is none is returned."""
    return "" if style is None else _try(lambda: write_sweep_page(folder, style))


def _try(write: Callable[[], Path]) -> str:
    try:
        write()
    except Exception as error:
        log.exception("no report.html was written; enet report tries again")
        return f"no report.html was written ({type(error).__name__}: {error})"
    return ""


def _write(folder: Path, style: PageStyle, render: Callable[[str | None], str]) -> Path:
    from runner.report.page.document import library

    text = render(None if style.inline else library_link(folder))
    if not style.inline:
        write_library(folder, library().encode())
    return write_bytes(folder / PAGE, text.encode())


def _write_figures(folder: Path, figures: Iterable[Figure], formats: tuple[str, ...]) -> None:
    from runner.report.page.figure_files import render_figure

    for figure in figures:
        for name in formats:
            write_bytes(folder / FIGURES / f"{figure.name}.{name}", render_figure(figure, name))
