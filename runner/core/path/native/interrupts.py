"""Ctrl-C while compiled code runs, in which Python cannot answer it: the code looks at a flag."""

from __future__ import annotations

import ctypes
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STOP = ctypes.c_int32(0)  # no longer 0 while this process's solvers should give up


@contextmanager
def solver_threads(count: int) -> Iterator[ThreadPoolExecutor]:
    """Threads for solvers, which an interrupt of the waiting thread ends."""
    threads = ThreadPoolExecutor(count)
    try:
        yield threads
    except KeyboardInterrupt:
        STOP.value = 1
        raise
    finally:
        try:
            threads.shutdown(cancel_futures=True)
        finally:  # even where a second interrupt does not let this wait for the threads
            STOP.value = 0


def call(solve: Callable[[], int], *, long: bool) -> None:
    """Call a solver.

    Args:
        solve: gives what the library gives: whether it was stopped.
        long: whether it may take longer than a user waits. In the main thread, where interrupts
            arrive, it then runs in a thread beside.

    Raises:
        KeyboardInterrupt: the solver was stopped.
    """
    if not long or threading.current_thread() is not threading.main_thread():
        stopped = solve()
    else:
        with solver_threads(1) as beside:
            stopped = beside.submit(solve).result()
    if stopped:
        raise KeyboardInterrupt
