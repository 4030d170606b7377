"""Tables that the processes of a sweep share: read by the first that needs one, mapped by all."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import joblib

from runner.store.lock import FolderLock
from runner.store.whole_files import temporary_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runner.records import Table

PAUSE = 0.02  # seconds between two looks at whether another process has read a table


@dataclass(frozen=True)
class SharedTables:
    """A folder of tables, each in a file whose arrays are mapped into memory and not copied."""

    folder: Path

    def table(self, key: str, load: Callable[[], Table]) -> Table:
        """The table of that key; if no process has read it yet this one does.

        Args:
            key: what the table depends on.
            load: reads it.
        """
        place = self.folder / hashlib.sha256(key.encode()).hexdigest()
        place.mkdir(parents=True, exist_ok=True)
        file = place / "table.joblib"
        while not file.exists():
            lock = FolderLock.take(place)
            if lock is None:
                time.sleep(PAUSE)
                continue
            try:
                if not file.exists():
                    table = load()
                    with temporary_name(file) as temporary:
                        joblib.dump(table, temporary)
            finally:
                lock.release()
        mapped: Table = joblib.load(file, mmap_mode="r")
        return mapped
