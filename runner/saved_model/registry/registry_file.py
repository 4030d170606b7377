"""The file of records of a registry: read by anyone, written by one process at a time."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, Field, ValidationError

from runner.errors import InUseError, RunDirectoryError
from runner.store.lock import FolderLock
from runner.store.own_files import REGISTRY
from runner.store.whole_files import write_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA_VERSION = 1
PATIENCE = 60.0  # seconds for others to finish
PAUSE = 0.02  # seconds
Number = Annotated[int, Field(ge=1)]


class Version(BaseModel):
    """A run that was pushed."""

    version: Number
    run: str  # where it was
    pushed: str
    by: str
    metric: str | None
    score: float | None
    fingerprint: str | None
    sha256: str  # of the model file


class Event(BaseModel):
    """What was done, when, and by whom."""

    when: str
    by: str
    what: Literal["pushed", "promoted"]
    version: Number
    alias: str | None = None
    before: Number | None = None  # the version that had the alias


class Model(BaseModel):
    """What is known under one name."""

    versions: list[Version] = []
    aliases: dict[str, Number] = {}
    history: list[Event] = []


class Records(BaseModel):
    """All that a registry knows."""

    schema_version: Annotated[int, Field(ge=1, le=SCHEMA_VERSION)] = SCHEMA_VERSION
    models: dict[str, Model] = {}


def read_records(root: Path) -> Records:
    """What the file says; nothing where there is none yet.

    Raises:
        RunDirectoryError: it cannot be read.
    """
    path = root / REGISTRY
    try:
        return Records.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return Records()
    except (OSError, ValidationError) as error:
        first = str(error).partition("\n")[0]
        raise RunDirectoryError(f"the registry {path} cannot be read: {first}") from error


@contextmanager
def changing(root: Path) -> Iterator[Records]:
    """The records, written when the block ends without an error; other processes wait for it.

    Raises:
        InUseError: they did not end in time.
        RunDirectoryError: the registry cannot be read or written.
    """
    lock = _lock(root)
    try:
        records = read_records(root)
        yield records
        text = records.model_dump_json(indent=2) + "\n"
        write_file(root / REGISTRY, lambda file: file.write(text.encode()), flushed=True)
    finally:
        lock.release()


def _lock(root: Path) -> FolderLock:
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunDirectoryError(f"cannot make the registry {root}: {error}") from error
    end = time.monotonic() + PATIENCE
    while (lock := FolderLock.take(root)) is None:
        if time.monotonic() > end:
            raise InUseError(f"another process is at work in the registry {root}")
        time.sleep(PAUSE)
    return lock
