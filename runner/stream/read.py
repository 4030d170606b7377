"""A config's dataset and split come in; what one reading of the files gives goes out.

A reading goes on in threads of its own, so that it can begin before the rest of the program has
been imported.
"""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from runner.errors import ConfigError
from runner.stream.file_batches import open_source
from runner.stream.passage import Passage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from runner.dataset import Dataset
    from runner.dataset.files import File
    from runner.split.splitters import Splitter
    from runner.stream.passage import Stream

    Progress = Callable[[str, int | None, str], AbstractContextManager[Callable[[int], None]]]

TICK = 0.1  # seconds between two looks at the progress
# seconds after which a thread must let another one go on: reading needs Python for moments only,
# and would wait for imports at Python's own 0.005
SWITCH = 0.0002


@dataclass(frozen=True)
class Asked:
    """What a reading depends on."""

    dataset: Dataset  # one that streams
    split: Splitter  # one that can tell a row's block by itself
    seed: int


class Reading:
    """A dataset that is being read."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self._rows = 0
        self._total: int | None = None
        self._stream: Stream | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._read, name="passage", daemon=True)
        self._thread.start()

    def result(self, progress: Progress) -> Stream:
        """Wait until all rows are read.

        Args:
            progress: shows a bar, given its name, its length if known and its unit.

        Raises:
            DataError: the data cannot be used as the config asks.
        """
        with progress("read", self._total, "rows") as advance:
            shown = 0
            while self._thread.is_alive():
                self._thread.join(TICK)
                shown, before = self._rows, shown
                advance(shown - before)
            advance(self._rows - shown)
        if self._error is not None:
            raise self._error
        return cast("Stream", self._stream)

    def _read(self) -> None:
        try:
            with _switching_often():
                self._stream = self._passage().run(self._advance)
        except BaseException as error:  # noqa: BLE001 - raised by the thread that asks
            self._error = error

    def _passage(self) -> Passage:
        split = self.asked.split.by_hash()
        if split is None:  # a config that was validated has none of these
            raise ConfigError(f"split={self.asked.split.name} needs the rows in memory")
        files = cast("File", self.asked.dataset)
        source = open_source(files)
        self._total = source.rows()
        return Passage(files, source, split, seed=self.asked.seed)

    def _advance(self, rows: int) -> None:
        self._rows += rows


@contextmanager
def _switching_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
