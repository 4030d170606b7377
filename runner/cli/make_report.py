"""`enet report`: the directory of a run or of a sweep comes in; its page is written."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from runner.cli.printing import print_text
from runner.errors import ConfigError, RunDirectoryError
from runner.store.directory import DONE, SWEEP
from runner.store.own_files import RECORD, SIGNATURE

if TYPE_CHECKING:
    from runner.experiment.pages import PageStyle


def make_parser() -> argparse.ArgumentParser:
    """The parser of `enet report DIR [--inline] [--figures FORMATS]`."""
    parser = argparse.ArgumentParser(
        prog="enet report",
        description="Write report.html of a finished run, or of a sweep and each of its runs.",
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="a run's or a sweep's directory")
    parser.add_argument(
        "--inline",
        action="store_true",
        help="put the drawing library into the page, which can then be sent on its own",
    )
    parser.add_argument(
        "--figures",
        type=_formats,
        default=(),
        metavar="FORMATS",
        help="files of the figures too, in the folder figures: svg, png, pdf, or several: svg,pdf",
    )
    return parser


def main(options: argparse.Namespace) -> int:
    """Write the page and say where it is.

    Raises:
        ConfigError: figures are asked for and vl-convert is not installed.
        RunDirectoryError: the folder holds no finished run and no sweep, or one that is signed, or
            cannot be written to.
    """
    from runner.report import FILES_NEED, can_draw_files

    if options.figures and not can_draw_files():
        raise ConfigError(f"--figures {FILES_NEED}")
    from runner.experiment.pages import PageStyle

    print_text(f"page: {_write(options.folder, PageStyle(options.inline, options.figures))}")
    return 0


def _formats(text: str) -> tuple[str, ...]:
    from runner.report import FigureFormat

    names, formats = tuple(text.split(",")), get_args(FigureFormat)
    unknown = [name for name in names if name not in formats]
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(formats)}")
    return names


def _write(folder: Path, style: PageStyle) -> Path:
    from runner.experiment.pages import write_sweep_page
    from runner.store.directory import read_record
    from runner.store.index import runs_under

    if (folder / SWEEP).exists():
        for run, _ in runs_under(folder):
            record = read_record(run)
            if record is not None and record["status"] in DONE:
                _write_of_sweep(run, record, style)
        return write_sweep_page(folder, style)
    record = read_record(folder)
    if record is None:
        raise RunDirectoryError(f"{folder} holds neither a run nor a sweep: it has no {RECORD}")
    if record["status"] not in DONE:
        raise RunDirectoryError(
            f"the run in {folder} is {record['status']}, and only a finished one has a page"
        )
    return _write_of_run(folder, record, style)


def _write_of_run(folder: Path, record: dict[str, Any], style: PageStyle) -> Path:
    """Write the page of a run, and its hash into the record."""
    from runner.experiment.pages import write_run_page
    from runner.store.page_hashes import check_unsigned, note_page

    check_unsigned(folder)
    path = write_run_page(folder, record, style)
    note_page(folder)
    return path


def _write_of_sweep(folder: Path, record: dict[str, Any], style: PageStyle) -> None:
    """The same of one of many runs, where one that is signed keeps its page."""
    if (folder / SIGNATURE).exists():
        print_text(f"{folder} is signed, and left as it is")
    else:
        _write_of_run(folder, record, style)
