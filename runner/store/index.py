"""Which runs there are under a folder: kept in SQLite, made again from the folders when it is lost.

The index is a convenience. What it says of a run is looked up in the run's own record before it
counts, and whatever is wrong with it ends in a new one, never in an error.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.store.directory import DONE, read_record
from runner.store.own_files import RECORD, REGISTRY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

COLUMNS = ("fingerprint", "status", "started", "test_rows")  # of a record
DEPTH = 4  # folders below the root in which a run can lie: day, time, number within a sweep
TABLE = """
CREATE TABLE IF NOT EXISTS runs (
    folder TEXT PRIMARY KEY, written INTEGER, bytes INTEGER,
    fingerprint TEXT, status TEXT, started TEXT, test_rows TEXT
);
CREATE INDEX IF NOT EXISTS by_fingerprint ON runs (fingerprint, status);
"""


@dataclass(frozen=True)
class RunIndex:
    """The runs under a root folder.

    Args:
        root: where the runs are.
        file: of the index.
    """

    root: Path
    file: Path

    @classmethod
    def of(cls, root: Path) -> RunIndex:
        """The index of a root folder, kept in the user's cache."""
        home = os.environ.get("XDG_CACHE_HOME")
        cache = Path(home) if home else Path.home() / ".cache"
        name = hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:32]
        return cls(root.resolve(), cache / "enet-runner" / "index" / f"{name}.sqlite")

    def finished(self, fingerprint: str) -> Path | None:
        """A folder with a finished run of that fingerprint, the oldest; None if there is none."""
        query = "SELECT folder FROM runs WHERE fingerprint = ? ORDER BY status, started"
        for (folder,) in self._ask(lambda base: _fetch(base, query, fingerprint)):
            record = read_record(Path(folder)) or {}
            if record.get("status") in DONE and record.get("fingerprint") == fingerprint:
                return Path(folder)
        return None

    def looks(self, test_rows: str) -> int:
        """How many different runs have been scored on some test rows."""
        marks = ", ".join("?" for _ in DONE)
        query = (
            "SELECT COUNT(DISTINCT fingerprint) FROM runs "  # noqa: S608 - question marks alone
            f"WHERE test_rows = ? AND status IN ({marks})"
        )
        ((count,),) = self._ask(lambda base: _fetch(base, query, test_rows, *sorted(DONE)))
        return int(count)

    def refresh(self) -> None:
        """Read what has changed since the last time."""
        self._ask(self._refresh)

    def _refresh(self, base: sqlite3.Connection) -> list[Any]:
        query = "SELECT folder, written, bytes FROM runs"
        known = {folder: (written, size) for folder, written, size in _fetch(base, query)}
        found = {str(folder): stamp for folder, stamp in runs_under(self.root)}
        gone = [(folder,) for folder in known.keys() - found.keys()]
        new = [folder for folder, stamp in found.items() if known.get(folder) != stamp]
        rows = [_row(folder, found[folder]) for folder in new]
        base.executemany("DELETE FROM runs WHERE folder = ?", gone)
        base.executemany("REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        base.commit()
        return []

    def _ask(self, question: Callable[[sqlite3.Connection], list[Any]]) -> list[Any]:
        """Ask the file; if it cannot answer make it again, and if that fails do without a file."""
        with suppress(sqlite3.Error, OSError, ValueError):
            return self._open_and_ask(str(self.file), question)
        with suppress(sqlite3.Error, OSError, ValueError):
            self.file.unlink(missing_ok=True)
            return self._open_and_ask(str(self.file), question, anew=True)
        return self._open_and_ask(":memory:", question, anew=True)

    def _open_and_ask(
        self, name: str, question: Callable[[sqlite3.Connection], list[Any]], *, anew: bool = False
    ) -> list[Any]:
        if name != ":memory:":
            self.file.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(name, timeout=5)) as base:
            base.execute("PRAGMA synchronous = OFF")  # it can be made again
            base.executescript(TABLE)
            if anew:
                self._refresh(base)
            return question(base)


def runs_under(root: Path) -> Iterator[tuple[Path, tuple[int, int]]]:
    """Each folder with a record below a root, and when and how long that was written.

    Hidden folders, links, registries of models and what lies in a run's folder are passed over.
    """
    waiting = [(os.fspath(root), 0)]
    while waiting:
        folder, depth = waiting.pop()
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith(".") or not entry.is_dir(follow_symlinks=False):
                    continue
                try:
                    stat = os.stat(os.path.join(entry.path, RECORD))  # noqa: PTH116, PTH118 - fast
                except OSError:
                    if depth + 1 < DEPTH and not os.path.exists(f"{entry.path}/{REGISTRY}"):  # noqa: PTH110
                        waiting.append((entry.path, depth + 1))
                else:
                    yield Path(entry.path), (stat.st_mtime_ns, stat.st_size)


def _fetch(base: sqlite3.Connection, query: str, *values: str) -> list[Any]:
    return base.execute(query, values).fetchall()


def _row(folder: str, stamp: tuple[int, int]) -> Sequence[Any]:
    record = read_record(Path(folder)) or {}
    return (folder, *stamp, *(record.get(key) for key in COLUMNS))
