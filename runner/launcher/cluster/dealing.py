"""The driver's side: items go to workers that are fit for them, and come back made."""

from __future__ import annotations

import time
from collections import deque
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Generic

from runner.launcher.base import R, T, WorkerDied
from runner.launcher.cluster.crew import Crew
from runner.launcher.cluster.fitness import Wanted
from runner.launcher.cluster.on_worker import STOPPED, Errand, forget_tries, run_errand
from runner.launcher.cluster.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent import futures

    from distributed import Client, Future

    from runner.launcher.base import Site

    Fetched = futures.Future[Any]

LOOK = 1.0  # seconds between two looks at which workers there are
BRIEF = 0.1  # seconds, while new ones are asked what they lack
SHORT = 1.0  # seconds that an item takes for a worker to be given the next one beforehand
FETCHERS = 8  # results that are on their way at once
AGAIN = 3  # times that the scheduler may give up an item whose tries are not counted


def _see_nothing(met: bool) -> None:
    """Where nothing else is to be looked at."""
    del met


class _GoneError(Exception):
    """The worker that had an item is gone."""


@dataclass
class _Out(Generic[T]):
    """An item that a worker has."""

    number: int
    worker: str
    future: Future[Any]
    since: float


class Dealer(Generic[T, R]):
    """Deals items to the workers of a cluster until all are made.

    Each item goes to a worker by its name, and to another once that one is gone: so a worker that
    lacks something gets none, and like items go to like workers.

    Args:
        client: of the cluster.
        work: makes an item.
        items: all of them.
        site: what they have in common.
        look: called once in a while with whether any worker has been fit; what it raises ends the
            dealing.
    """

    def __init__(
        self,
        client: Client,
        work: Callable[[T], R],
        items: Sequence[T],
        site: Site,
        look: Callable[[bool], None] = _see_nothing,
    ) -> None:
        self._client = client
        self._work = work
        self._items = items
        self._site = site
        self._look_too = look
        self._waiting = Waiting(items, site.alike)
        self._out: dict[str, _Out[T]] = {}  # by key
        self._ended: SimpleQueue[tuple[str, Fetched]] = SimpleQueue()  # each with its key
        self._fetching = ThreadPoolExecutor(FETCHERS)
        self._wanted = Wanted.here(site.packages, site.shared)
        self._crew = Crew(client, self._wanted, site.say)
        self._seconds: deque[float] = deque(maxlen=20)  # of the latest items
        self._given = 0
        self._lost: dict[int, int] = {}  # how often the scheduler has given up an item
        self._next_look = 0.0

    def deal(self) -> Iterator[tuple[int, R | WorkerDied]]:
        """Each item's number and what came of it, as they end.

        Raises:
            ConfigError: no worker is fit.
            ClusterLostError: the scheduler is gone.
        """
        if self._site.shared is not None:
            forget_tries(self._site.shared)
        done = False
        try:
            while self._waiting or self._out:
                self._look()
                self._give()
                with suppress(Empty):
                    yield from self._take(*self._ended.get(timeout=self._pause))
            done = True
        finally:
            self._fetching.shutdown(wait=False, cancel_futures=True)
            self._crew.close()
            if not done:
                self._stop()

    def _look(self) -> None:
        """See which workers there are, once in a while, and take back what they will not make."""
        self._crew.check_connected()
        if time.monotonic() < self._next_look:
            return
        self._look_too(self._crew.met)
        gone = self._crew.look()
        for name in gone:
            self._waiting.forget(name)
        self._take_back(gone)
        self._count()
        self._next_look = time.monotonic() + self._pause

    @property
    def _pause(self) -> float:
        return BRIEF if self._crew.is_asking else LOOK

    def _take_back(self, gone: set[str]) -> None:
        """Have the items given to others that a worker is not at, and does not come to."""
        for key, out in list(self._out.items()):
            member = None if out.worker in gone else self._crew.there.get(out.worker)
            if member is None or not (member.runs or member.executing):
                del self._out[key]
                out.future.cancel()
                self._waiting.put_back(out.number)

    def _give(self) -> None:
        """Give every free worker an item, and one beforehand if items are short."""
        mean = sum(self._seconds) / len(self._seconds) if self._seconds else SHORT
        most = 2 if mean < SHORT else 1
        held = [out.worker for out in self._out.values()]
        for worker in self._crew.fit:
            for _ in range(most - held.count(worker)):
                if self._waiting:
                    self._submit(self._waiting.take(worker), worker)

    def _submit(self, number: int, worker: str) -> None:
        self._given += 1
        key = f"{self._wanted.content}-{number}-{self._given}"
        future = self._client.submit(
            run_errand,
            self._work,
            Errand(
                self._name_of(number),
                self._items[number],
                self._wanted.directory,
                self._site.shared,
            ),
            key=key,
            workers=[worker],
            pure=False,
        )
        self._out[key] = _Out(number, worker, future, time.monotonic())
        future.add_done_callback(self._fetch)
        self._count()

    def _name_of(self, number: int) -> str:
        name = self._site.name
        return str(number) if name is None else name(self._items[number])

    def _fetch(self, ended: Future[Any]) -> None:
        """Have what an item came to sent here, while the others are seen to."""
        with suppress(RuntimeError):  # nobody fetches any more
            fetched = self._fetching.submit(ended.result)
            fetched.add_done_callback(lambda got: self._ended.put((ended.key, got)))

    def _take(self, key: str, fetched: Fetched) -> Iterator[tuple[int, R | WorkerDied]]:
        """What came of an item; nothing if it was taken back, or is to be made by another."""
        out = self._out.pop(key, None)
        if out is None:
            return
        try:
            result = self._result(out, fetched)
        except _GoneError:
            self._waiting.put_back(out.number)
            return
        self._seconds.append(time.monotonic() - out.since)
        self._count()
        yield out.number, result

    def _result(self, out: _Out[T], fetched: Fetched) -> R | WorkerDied:
        """What an item came to.

        Raises:
            _GoneError: its worker is gone.
            Exception: whatever the item has raised.
        """
        from distributed import KilledWorker
        from distributed.client import FutureCancelledError
        from distributed.comm.core import CommClosedError

        try:
            result: R | WorkerDied = fetched.result()
        except KilledWorker as error:
            lost = self._lost[out.number] = self._lost.get(out.number, 0) + 1
            if lost < AGAIN:
                raise _GoneError from error
            return WorkerDied(lost)
        except (CancelledError, FutureCancelledError, CommClosedError) as error:
            raise _GoneError from error  # the next look finds whether it is, or the scheduler
        out.future.release()
        return result

    def _count(self) -> None:
        self._site.count(len({out.worker for out in self._out.values()}), len(self._crew.fit))

    def _stop(self) -> None:
        """Take back what is not begun, and have what is begun stop."""
        if self._site.shared is not None:
            with suppress(OSError):
                (self._site.shared / STOPPED).touch()
        with suppress(Exception):  # the scheduler may be what is gone
            self._client.cancel([out.future for out in self._out.values()], force=True)
