"""Several items of work at once, each in a process of its own."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from concurrent.futures import FIRST_COMPLETED, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Literal, Self

from runner.core.threads import SHARE, usable_threads
from runner.launcher.base import MOST_TRIES, Launcher, R, Site, T, WorkerDied
from runner.spec import Count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

PAUSE = 0.2  # seconds between two looks at whether the parent is there


class Processes(Launcher):
    """Worker processes of joblib's loky, each with a pool of its own.

    A worker that is killed breaks its pool alone: the item that it had is tried again in a new
    one, and the others' go on.
    """

    name: Literal["processes"]
    workers: Count | None

    @property
    def in_this_process(self) -> bool:
        """No."""
        return False

    def launch(
        self, work: Callable[[T], R], items: Sequence[T], site: Site
    ) -> Iterator[tuple[int, R | WorkerDied]]:
        """The items in their order, as workers become free."""
        threads = usable_threads()
        count = min(self.workers or threads, max(len(items), 1))
        waiting = deque((number, 1) for number in range(len(items)))
        busy: dict[Future[R], tuple[_Worker, int, int]] = {}
        with ExitStack() as stack:
            free = [stack.enter_context(_Worker(max(1, threads // count))) for _ in range(count)]
            while waiting or busy:
                while waiting and free:
                    number, tries = waiting.popleft()
                    worker = free.pop()
                    busy[worker.submit(work, items[number])] = (worker, number, tries)
                site.count(len(busy), count)
                done, _ = wait(busy, return_when=FIRST_COMPLETED)
                for future in done:
                    worker, number, tries = busy.pop(future)
                    free.append(worker)
                    try:
                        yield number, future.result()
                    except BrokenProcessPool:
                        worker.restart()
                        if tries < MOST_TRIES:
                            waiting.appendleft((number, tries + 1))
                        else:
                            yield number, WorkerDied(tries)


class _Worker:
    """One worker process with so many threads, replaced by another when it has died."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._pool: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End the process, whatever it is at."""
        self.restart()

    def submit(self, work: Callable[[T], R], item: T) -> Future[R]:
        """Have an item made."""
        if self._pool is None:
            from joblib.externals.loky import ProcessPoolExecutor

            self._pool = ProcessPoolExecutor(
                max_workers=1,
                env={SHARE: str(self._threads)},
                initializer=_end_with,
                initargs=(os.getpid(),),
            )
        future: Future[R] = self._pool.submit(work, item)
        return future

    def restart(self) -> None:
        """Leave the process there was; the next item gets a new one."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, kill_workers=True)


def _end_with(parent: int) -> None:
    """End this process soon after its parent, so that none is left that nobody knows of."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(PAUSE)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
