"""Where a page and what it is drawn by lie: its folder, that of its sweep, and how it names it."""

from __future__ import annotations

import os
from pathlib import Path

from runner.store.directory import SWEEP
from runner.store.whole_files import write_file

PAGE = "report.html"
LIBRARY = "report.js"
FIGURES = "figures"  # the folder of their files
DEEPEST = 4  # folders between a run and its sweep


def library_folder(folder: Path) -> Path:
    """Where the drawing library of a folder's page lies: once for a sweep, else beside the page."""
    parents = folder.absolute().parents[:DEEPEST]
    return next((path for path in parents if (path / SWEEP).exists()), folder.absolute())


def library_link(folder: Path) -> str:
    """The library as the page of a folder names it, so that both can be moved together."""
    return Path(os.path.relpath(library_folder(folder) / LIBRARY, folder.absolute())).as_posix()


def write_library(folder: Path, content: bytes) -> None:
    """Write the library of a folder's page, unless it is there already."""
    path = library_folder(folder) / LIBRARY
    if not path.exists() or path.read_bytes() != content:
        write_bytes(path, content)


def write_bytes(path: Path, content: bytes) -> Path:
    """Write one file of a report.

    Raises:
        RunDirectoryError: it cannot be written.
    """
    return write_file(path, lambda file: file.write(content)).path
