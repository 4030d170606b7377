"""A run's folder comes in; the files that are the run's, and the hash of each, go out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from runner.errors import RunDirectoryError
from runner.store.whole_files import is_partial, sha256

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

RECORD = "run.json"
SIGNATURE = "run.json.sig"
LOG = "run.log"
REGISTRY = "registry.json"  # of models: the runs in its folder are copies
BESIDE = {RECORD, SIGNATURE, LOG}  # what cannot have its hash in the record


def own_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """What lies in a run's folder beside its record and its log, with its name from there.

    Links are not followed. What lies in the folder of another run, as of a reproduction, is that
    run's, and what was never completed is nobody's.
    """
    for place, folders, names in os.walk(folder):
        inner = Path(place)
        links = [name for name in folders if (inner / name).is_symlink()]
        folders[:] = sorted(n for n in folders if n not in links and not is_run(inner / n))
        for name in sorted([*names, *links]):
            path = inner / name
            relative = path.relative_to(folder).as_posix()
            if relative not in BESIDE and not is_partial(path):
                yield relative, path


def runs_within(folder: Path) -> list[str]:
    """The names of the folders in a run's folder that hold a run of their own."""
    return sorted(path.name for path in folder.iterdir() if path.is_dir() and is_run(path))


def is_run(folder: Path) -> bool:
    """Whether a folder holds a run's record."""
    return (folder / RECORD).is_file()


def hash_files(folder: Path, known: Mapping[str, str]) -> dict[str, str]:
    """The SHA-256 of each file of a run, by its name from the folder, with `/` between.

    Args:
        folder: the run's.
        known: hashes of files that need not be read for it.

    Raises:
        RunDirectoryError: a file cannot be read.
    """
    try:
        return {
            name: known.get(name) or sha256(path)
            for name, path in own_files(folder)
            if path.is_file() and not path.is_symlink()
        }
    except OSError as error:
        raise RunDirectoryError(f"cannot read what was written: {error}") from error
