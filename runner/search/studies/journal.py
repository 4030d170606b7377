"""A study as a file in the run's folder: Optuna's journal."""

from __future__ import annotations

import json
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from runner.errors import InUseError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import optuna

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

JOURNAL = "optuna.journal"
STUDY = "search"
TRIAL_ENDS = 6  # SET_TRIAL_STATE_VALUES of the journal's operations
PATIENCE = 10.0  # seconds for the workers of an earlier start to end
PAUSE = 0.1


def open_journal(journal: Path) -> optuna.Study:
    """The study of a folder that no other process works on, what a kill had begun undone."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    journal = journal.absolute()  # Optuna's lock is a link to it
    journal.parent.mkdir(parents=True, exist_ok=True)
    _mend(journal)
    return optuna.create_study(
        storage=journal_storage(journal),
        study_name=STUDY,
        direction="minimize",
        load_if_exists=True,
    )


def journal_storage(journal: Path) -> optuna.storages.BaseStorage:
    """The journal, as it is."""
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    return JournalStorage(JournalFileBackend(str(journal.absolute())))


@contextmanager
def in_use(journal: Path) -> Iterator[None]:
    """Keep the journal from being mended while this process works on it."""
    with journal.open("rb") as file:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_SH)
        yield


def await_workers(journal: Path) -> None:
    """Wait until no worker of an earlier start uses the journal.

    Raises:
        InUseError: one still does.
    """
    if fcntl is None or not journal.exists():
        return
    latest = time.monotonic() + PATIENCE
    with journal.open("rb") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > latest:
                    raise InUseError(
                        f"workers of an earlier start still use {journal}: end them first"
                    ) from None
                time.sleep(PAUSE)
            else:
                return


def _mend(journal: Path) -> None:
    """Undo what a search that was killed had begun: Optuna's lock, half a line, a trial not told.

    A sampler would count the trial that was not told, and propose something else after it. Of
    several workers those trials stay that began before the last one ended.
    """
    journal.with_name(f"{journal.name}.lock").unlink(missing_ok=True)
    if not journal.exists():
        return
    lines = journal.read_bytes().splitlines(keepends=True)
    ended = 0
    for number, line in enumerate(lines, start=1):
        code = _operation(line)
        if code is None:
            break
        ended = number if code == TRIAL_ENDS else ended
    if ended < len(lines):
        os.truncate(journal, sum(map(len, lines[:ended])))


def _operation(line: bytes) -> int | None:
    """What a line of the journal does; None if it is half a line, or two that ran together."""
    try:
        record = json.loads(line)
    except ValueError:
        return None
    whole = line.endswith(b"\n") and isinstance(record, dict)
    return int(record["op_code"]) if whole and "op_code" in record else None
