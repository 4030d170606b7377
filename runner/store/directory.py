"""The only writer of run directories: each file under a temporary name first, then renamed."""

from __future__ import annotations

import csv
import hashlib
import itertools
import json
import logging
import shutil
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import yaml

from runner.checks import NO_LOCK
from runner.errors import InUseError, RunDirectoryError
from runner.store.encryption import ENDING
from runner.store.lock import FolderLock
from runner.store.own_files import RECORD, hash_files
from runner.store.plain_text import as_cell, reveal
from runner.store.run_record import upgrade
from runner.store.whole_files import flush_file, is_partial, link_or_copy, write_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import BinaryIO

    import pandas as pd

    from runner.checks import Finding
    from runner.store.encryption import Encryption
    from runner.store.whole_files import Written

SWEEP = "sweep.json"
REGISTRY = "registry.json"  # of models: the runs in its folder are copies
CONFIG = ".hydra/config.yaml"
OVERRIDES = ".hydra/overrides.yaml"
YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where it is built
DONE = {"finished", "reused"}
log = logging.getLogger("runner")


class _OtherRunError(RunDirectoryError):
    """A folder holds an unfinished run of another config."""


class _LogFile(logging.FileHandler):
    """A log that a full disk does not stop."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        """What cannot be logged is not worth a run."""


class _Plain(logging.Formatter):
    """Lines in which a name cannot do anything, nor make a line of its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """The line of a record, with control characters written out."""
        return reveal(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: ANN401, N802 - logging's own
        """A traceback, which keeps its lines."""
        return reveal(super().formatException(ei), breaks=True)


class RunDirectory:
    """One run's directory, locked by this process until `close`."""

    def __init__(self, folder: Path, lock: FolderLock | None = None) -> None:
        self.folder = folder
        self.finished: dict[str, Any] | None = None  # the record of the same run, if it is there
        self.encryption: Encryption | None = None
        self.escapes_formulas = False  # whether tables are written for spreadsheets
        self._lock = lock
        self._unflushed: list[Path] = []
        self._hashes: dict[str, str] = {}  # of what was written, by name

    @classmethod
    def open(
        cls, folder: Path, fingerprint: str, *, chosen: bool, replaces: bool = False
    ) -> RunDirectory:
        """Make the folder, or take one that holds the same run, and lock it.

        Args:
            folder: where.
            fingerprint: what determines the run's result.
            chosen: whether the user named the folder. If not, and it is taken (two runs in one
                second), a free name beside it is used.
            replaces: whether an unfinished run of another config makes way.

        Raises:
            RunDirectoryError: another process is at work in the folder, or it holds another run,
                or other files.
        """
        directory = cls.locked(folder, chosen=chosen)
        try:
            directory.finished = _what_is_done(directory.folder, fingerprint)
            for path in filter(is_partial, directory.folder.iterdir()):
                path.unlink()
        except _OtherRunError as error:
            if not replaces:
                directory.close()
                raise
            directory.clear()
            log.info("an unfinished run made way: %s", error)
        except RunDirectoryError:
            directory.close()
            raise
        return directory

    @classmethod
    def locked(cls, folder: Path, *, chosen: bool) -> Self:
        """Make the folder, or take the one that is there, and lock it; see `open`."""
        for number in itertools.count(1):
            path = folder if number == 1 else folder.with_name(f"{folder.name}-{number}")
            try:
                path.mkdir(parents=True)
            except FileExistsError:
                if not chosen:
                    continue
                if path.is_file():
                    raise RunDirectoryError(f"the run directory {path} is a file") from None
            except OSError as error:
                raise RunDirectoryError(f"cannot make the run directory {path}: {error}") from error
            lock = FolderLock.take(path)
            if lock is None:
                raise InUseError(f"another process is at work in {path}: choose another")
            return cls(path, lock)
        raise AssertionError  # there is always a next number

    def findings(self) -> list[Finding]:
        """Whether nothing keeps another process out."""
        if self._lock is None or self._lock.descriptor is not None:
            return []
        return [NO_LOCK.found(f"the file system of {self.folder} has no locks")]

    def __enter__(self) -> Self:
        """The directory itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let others work in it."""
        self.close()

    def close(self) -> None:
        """Let others work in it."""
        if self._lock is not None:
            self._lock.release()

    def clear(self) -> None:
        """Remove what an unfinished run has left, its record last: by that it is known as one."""
        for path in sorted(self.folder.iterdir(), key=lambda path: path.name == RECORD):
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def write(self, name: str, dump: Callable[[BinaryIO], object]) -> Written:
        """Write one file with a function that fills it; readers see all of it or nothing.

        It is on the disk for sure once the next record is. Where the run is encrypted, and this
        file with it, `NAME.age` is written, and what is returned is what that holds.
        """
        if self.encryption is not None and self.encryption.covers(name):
            there, plain = self.encryption.write(self.folder / name, dump)
            self._note(f"{name}{ENDING}", there.sha256)
            return plain
        written = write_file(self.folder / name, dump)
        self._note(name, written.sha256)
        return written

    def write_record(self, content: dict[str, Any]) -> None:
        """Write run.json; that of a run that has ended after all it has written is on the disk.

        It then has the hashes of all files of the run, so that whatever is to be among them is
        written before. Whether a run that is under way is remembered does not matter: it would be
        begun again.
        """
        ended = content["status"] != "running"
        for path in self._unflushed if ended else ():
            flush_file(path)
        files = {"files": hash_files(self.folder, self._hashes)} if ended else {}
        text = to_json({**content, **files}).encode()
        write_file(self.folder / RECORD, lambda file: file.write(text), flushed=ended)
        if ended:
            self._unflushed = []
            flush_file(self.folder)

    def take_over(self, source: Path, names: Iterable[str], hashes: Mapping[str, str]) -> None:
        """Have some files of a finished run, as links where the file system has them.

        Args:
            source: the run's folder.
            names: of the files.
            hashes: as that run has recorded them: a file that was changed since does not become
                one that was not.
        """
        for name in names:
            if not (source / name).is_file():
                continue
            link_or_copy(source / name, self.folder / name)
            self._note(name, hashes.get(name))

    def _note(self, name: str, found: str | None) -> None:
        """A file is there, of a hash that is known or not."""
        self._unflushed.append(self.folder / name)
        self._hashes.pop(name, None)
        if found is not None:
            self._hashes[name] = found

    def write_text(self, name: str, text: str) -> Written:
        """Write one text file, UTF-8."""
        return self.write(name, lambda file: file.write(text.encode()))

    def write_json(self, name: str, content: dict[str, Any]) -> Written:
        """Write one JSON file; NaN and infinities become null."""
        return self.write_text(name, to_json(content))

    def write_table(self, name: str, table: pd.DataFrame) -> Path:
        """Write one CSV file, numbers in full precision, and texts that read as they were."""
        from runner.store.long_table import long_csv

        if self.escapes_formulas:
            table = table.map(as_cell).rename(columns=as_cell)
        text = long_csv(table) or table.to_csv(index=False, lineterminator="\n")
        if "\r" in text:  # which readers take for the end of a line, and writers do not quote
            text = table.to_csv(index=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
        return self.write_text(name, text).path

    def write_composed(self, yaml: dict[str, str]) -> None:
        """Write what Hydra composed under .hydra, a file per name."""
        for name, text in yaml.items():
            self.write_text(f".hydra/{name}.yaml", text)

    @contextmanager
    def logging(self) -> Iterator[None]:
        """Copy this package's log to run.log while the block runs."""
        handler = _LogFile(self.folder / "run.log", encoding="utf-8")
        handler.setFormatter(_Plain("%(asctime)s %(levelname)s %(message)s"))
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
        with open(f"{folder}/{RECORD}", "rb") as file:  # noqa: PTH123 - thousands are read at a time
            record = json.loads(file.read())
    except (OSError, ValueError):
        return None
    return upgrade(record) if isinstance(record, dict) else None


def is_done(folder: Path) -> bool:
    """Whether a folder holds a run that has ended with a result."""
    return (read_record(folder) or {}).get("status") in DONE


def read_json(path: Path) -> dict[str, Any]:
    """The content of a JSON file, empty if there is none to be read."""
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def read_composed(folder: Path) -> dict[str, Any] | None:
    """The config of the run in a folder, or None if there is none to be read."""
    try:
        config = yaml.load((folder / CONFIG).read_text(encoding="utf-8"), Loader=YAML)  # noqa: S506
    except (OSError, ValueError, yaml.YAMLError):
        return None
    return config if isinstance(config, dict) else None


def read_overrides(folder: Path) -> list[str]:
    """The overrides of the run in a folder as they were typed; none if they cannot be read."""
    try:
        text = (folder / OVERRIDES).read_text(encoding="utf-8")
        return [str(line) for line in yaml.load(text, Loader=YAML) or []]  # noqa: S506
    except (OSError, ValueError, yaml.YAMLError):
        return []


def _is_cut(record: Path) -> bool:
    """Whether a record has a name but no content, as a crash can leave one of a running run."""
    return record.is_file() and not record.read_bytes().strip(b"\0")


def _what_is_done(folder: Path, fingerprint: str) -> dict[str, Any] | None:
    """The record of the same run if it is finished; None if it is to be made.

    Raises:
        RunDirectoryError: the folder holds something else.
    """
    record = read_record(folder)
    if (folder / SWEEP).exists() or (folder / "results.csv").exists():
        raise RunDirectoryError(f"the run directory {folder} holds a sweep: choose another")
    if record is None:
        if all(map(is_partial, folder.iterdir())):
            return None
        if _is_cut(folder / RECORD):
            raise _OtherRunError(
                f"the run directory {folder} holds a run whose record was lost in a crash: remove "
                "it, or choose another"
            )
        raise RunDirectoryError(f"the run directory {folder} has other files: choose another")
    done = record.get("status") in DONE
    if record.get("fingerprint") == fingerprint:
        return record if done else None
    if done:
        raise RunDirectoryError(
            f"the run directory {folder} holds a finished run of another config: choose another"
        )
    raise _OtherRunError(
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
