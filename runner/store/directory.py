"""The only writer of run directories: each file under a temporary name first, then renamed."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.errors import RunDirectoryError
from runner.store.run_record import upgrade

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    import pandas as pd

RECORD = "run.json"


class RunDirectory:
    """One run's directory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def open(cls, folder: Path, fingerprint: str, *, chosen: bool) -> RunDirectory:
        """Make the folder, or go on in one that holds the same run unfinished.

        Args:
            folder: where.
            fingerprint: what determines the run's result.
            chosen: whether the user named the folder. If not, and it is taken (two runs in one
                second), a free name beside it is used.

        Raises:
            RunDirectoryError: the folder holds a finished run, another run, or other files.
        """
        number = 1
        while True:
            path = folder if number == 1 else folder.with_name(f"{folder.name}-{number}")
            try:
                path.mkdir(parents=True)
                return cls(path)
            except FileExistsError:
                if chosen:
                    _check_same_run(path, fingerprint)
                    return cls(path)
                number += 1
            except OSError as error:
                raise RunDirectoryError(f"cannot make the run directory {path}: {error}") from error

    def write(self, name: str, dump: Callable[[BinaryIO], object]) -> Path:
        """Write one file with a function that fills it; readers see all of it or nothing."""
        return _write(self.folder / name, dump)

    def write_text(self, name: str, text: str) -> Path:
        """Write one text file, UTF-8."""
        return self.write(name, lambda file: file.write(text.encode()))

    def write_json(self, name: str, content: dict[str, Any]) -> Path:
        """Write one JSON file; NaN and infinities become null."""
        return self.write_text(name, to_json(content))

    def write_table(self, name: str, table: pd.DataFrame) -> Path:
        """Write one CSV file, numbers in full precision."""
        return self.write_text(name, table.to_csv(index=False, lineterminator="\n"))

    def write_composed(self, yaml: dict[str, str]) -> None:
        """Write what Hydra composed under .hydra, a file per name."""
        for name, text in yaml.items():
            self.write_text(f".hydra/{name}.yaml", text)

    @contextmanager
    def logging(self) -> Iterator[None]:
        """Copy this package's log to run.log while the block runs."""
        handler = logging.FileHandler(self.folder / "run.log", encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        logger = logging.getLogger("runner")
        before = logger.level
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        try:
            yield
        finally:
            logger.setLevel(before)
            logger.removeHandler(handler)
            handler.close()


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint_of(content: Any) -> str:  # noqa: ANN401 - any JSON value
    """The SHA-256 of a JSON value, whatever the order of its keys."""
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def to_json(content: dict[str, Any]) -> str:
    """Indented JSON of plain and numpy values; NaN and infinities become null, dates text."""
    return json.dumps(_plain(content), indent=2, allow_nan=False) + "\n"


def read_record(folder: Path) -> dict[str, Any] | None:
    """The record in a folder as this version writes it, or None if there is none to be read."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return upgrade(record) if isinstance(record, dict) else None


@contextmanager
def temporary_name(path: Path) -> Iterator[Path]:
    """A name beside `path` that is removed if the block fails, and renamed to it if not."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _write(path: Path, dump: Callable[[BinaryIO], object]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with temporary_name(path) as temporary, temporary.open("wb") as file:
            dump(file)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise RunDirectoryError(f"cannot write {path}: {error}") from error
    return path


def _check_same_run(folder: Path, fingerprint: str) -> None:
    if folder.is_file():
        raise RunDirectoryError(f"the run directory {folder} is a file")
    if not any(folder.iterdir()):
        return
    record = read_record(folder)
    if (folder / "results.csv").exists():
        raise RunDirectoryError(
            f"the run directory {folder} holds a sweep, which cannot go on: choose another"
        )
    if record is None:
        raise RunDirectoryError(f"the run directory {folder} has other files: choose another")
    if record.get("status") == "finished":
        raise RunDirectoryError(f"the run directory {folder} holds a finished run: choose another")
    if record.get("fingerprint") != fingerprint:
        raise RunDirectoryError(
            f"the run directory {folder} holds an unfinished run of another config: choose another"
        )


def _plain(value: Any) -> Any:  # noqa: ANN401 - any JSON value, or numpy's
    match value:
        case dict():
            return {str(key): _plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
        case np.ndarray():
            return _plain(value.tolist())
        case np.generic():
            return _plain(value.item())
        case float():
            return value if np.isfinite(value) else None
        case Path():
            return str(value)
        case date():  # a timestamp is one
            return value.isoformat()
        case _:
            return value
