"""On a worker: one item at a time, by one worker at a time, and no more often than is sensible."""

from __future__ import annotations

import ctypes
import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic

from runner.core.threads import meanwhile
from runner.launcher.base import MOST_TRIES, R, T, WorkerDied
from runner.store.lock import locked_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

LOCKS = "locks"  # in the folder that workers share, a file per item
STOPPED = "stopped"  # in the same folder: nobody waits for the items any more
PAUSE = 0.5  # seconds between two looks at whether that is so
_ONE = threading.Lock()  # a worker may have several threads, and an item wants a process


@dataclass(frozen=True)
class Errand(Generic[T]):
    """An item that goes to a worker.

    It is made in the driver's working directory, to which paths are relative. `shared` is the
    folder that the workers share; without one nobody sees to it that an item is not made twice at
    once, and its tries are not counted.
    """

    name: str
    item: T
    directory: str
    shared: Path | None


def run_errand(work: Callable[[T], R], errand: Errand[T]) -> R | WorkerDied:
    """Make an item; WorkerDied if too many workers have died of it.

    The scheduler gives an item to another worker if it hears nothing of the first, which may be
    alive, so that the second waits for it: an idempotent item then only looks up its result.
    """
    with _ONE:
        os.chdir(errand.directory)
        if errand.shared is None:
            return work(errand.item)
        with locked_file(errand.shared / LOCKS / errand.name) as descriptor:
            tries = os.fstat(descriptor).st_size  # a byte for each that has not come to an end
            if tries >= MOST_TRIES:
                return WorkerDied(tries)
            os.pwrite(descriptor, b".", tries)
            try:
                with _stopped_with(errand.shared / STOPPED):
                    made = work(errand.item)
            except KeyboardInterrupt:  # nobody waits for it, and raised it would end the worker
                return WorkerDied(tries)
            os.ftruncate(descriptor, 0)
            return made


def forget_tries(shared: Path) -> None:
    """Begin to count anew. The files stay: a worker that was left behind may hold one."""
    (shared / STOPPED).unlink(missing_ok=True)
    locks = shared / LOCKS
    locks.mkdir(parents=True, exist_ok=True)
    for file in locks.iterdir():
        os.truncate(file, 0)


def _stopped_with(sign: Path) -> AbstractContextManager[None]:
    """Interrupt a block, as Ctrl-C would, once a file is there."""
    thread = threading.get_ident()

    def look() -> bool:
        if not sign.exists():
            return False
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread), ctypes.py_object(KeyboardInterrupt)
        )
        return True

    return meanwhile(look, PAUSE)
