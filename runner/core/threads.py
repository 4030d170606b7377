"""How many threads there are to use, the one of BLAS that keeps sums the same, and one beside."""

from __future__ import annotations

import os
from contextlib import contextmanager
from functools import cache
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from threadpoolctl import ThreadpoolController

SHARE = "ENET_RUNNER_THREADS"  # of the machine's threads, in the environment of a worker process


def usable_threads() -> int:
    """This process's share of the machine's threads; all of them unless it has been told."""
    if os.environ.get(SHARE, "").isdigit():
        return max(1, int(os.environ[SHARE]))
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def one_thread_of_blas() -> AbstractContextManager[Any]:
    """Let BLAS use one thread while a block runs.

    The order in which it adds up depends on how many it has, and so the last digits of a result.
    """
    limited: AbstractContextManager[Any] = _libraries().limit(limits=1, user_api="blas")
    return limited


@contextmanager
def meanwhile(step: Callable[[], object], seconds: float) -> Iterator[None]:
    """Call a function in a thread of its own while a block runs.

    Args:
        step: called after each pause, until it gives True.
        seconds: between two calls.
    """
    ended = Event()

    def go_on() -> None:
        while not ended.wait(seconds):
            if step() is True:
                return

    thread = Thread(target=go_on, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@cache
def _libraries() -> ThreadpoolController:
    """Looking for the libraries takes longer than a small path."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
