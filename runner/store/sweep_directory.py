"""A sweep's directory: which command made it, and which of its runs are done."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from runner.errors import RunDirectoryError
from runner.store.directory import SWEEP, RunDirectory
from runner.store.own_files import RECORD, is_run
from runner.store.run_record import SCHEMA_VERSION
from runner.store.whole_files import is_partial

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Command:
    """What was typed, and where: enough to compose the same runs again."""

    overrides: tuple[str, ...]
    multirun: bool
    config_dir: str | None
    config_name: str
    working_directory: str


def open_sweep(folder: Path, *, chosen: bool) -> RunDirectory:
    """Make a sweep's folder, or take one to go on in, and lock it.

    Raises:
        RunDirectoryError: another process is at work in it, or it holds a run, or other files.
    """
    directory = RunDirectory.locked(folder, chosen=chosen)
    found = [path for path in directory.folder.iterdir() if not is_partial(path)]
    if (directory.folder / RECORD).exists():
        directory.close()
        raise RunDirectoryError(f"the sweep directory {folder} holds a run: choose another")
    if found and not (directory.folder / SWEEP).exists():
        directory.close()
        raise RunDirectoryError(f"the sweep directory {folder} has other files: choose another")
    return directory


def run_folders(sweep: Path) -> list[Path]:
    """The folders of a sweep's runs, by number, and what is a link in the place of one.

    From run 1000 on each thousand is in a folder of its own, as run 1234 in 1000/1234.
    """
    found: list[Path] = []
    for path in sweep.iterdir():
        inside = path.iterdir() if _is_thousand(path) else (path,)
        found += [each for each in inside if each.is_symlink() or is_run(each)]
    return sorted(found, key=lambda path: (len(path.name), path.name))


def _is_thousand(path: Path) -> bool:
    """Whether a folder is one of a thousand runs."""
    is_named_so = path.name.isdecimal() and int(path.name) % 1000 == 0 < int(path.name)
    return is_named_so and path.is_dir() and not path.is_symlink() and not is_run(path)


def describe_sweep(
    command: Command, status: str, counts: dict[str, int], left: int
) -> dict[str, Any]:
    """The content of sweep.json.

    Args:
        command: what was typed.
        status: running, finished or interrupted.
        counts: how many runs ended in which status.
        left: how many have not ended.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "status": status,
        "runs": sum(counts.values()) + left,
        "statuses": counts,
        "command": asdict(command),
    }


def read_command(folder: Path) -> Command:
    """The command that made a sweep.

    Raises:
        RunDirectoryError: the folder holds no sweep that can go on.
    """
    try:
        content = json.loads((folder / SWEEP).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunDirectoryError(f"{folder} holds no sweep: it has no {SWEEP}") from None
    except (OSError, ValueError) as error:
        raise RunDirectoryError(f"{folder / SWEEP} cannot be read: {error}") from error
    if isinstance(content, dict) and "command" not in content:
        raise RunDirectoryError(f"{folder} is of a version that did not store the command")
    try:
        said = content["command"]
        return Command(**{**said, "overrides": tuple(said["overrides"])})
    except (KeyError, TypeError) as error:
        raise RunDirectoryError(f"{folder / SWEEP} cannot be read: {error!r}") from error
