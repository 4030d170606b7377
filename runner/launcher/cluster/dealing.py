"""The driver's side: items go to workers that are fit for them, and come back made."""

from __future__ import annotations

import time
from collections import deque
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Generic

from runner.errors import ClusterLostError, ConfigError
from runner.launcher.base import R, T, WorkerDied
from runner.launcher.cluster.fitness import Wanted, prepare
from runner.launcher.cluster.on_worker import STOPPED, Errand, forget_tries, run_errand
from runner.launcher.cluster.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent import futures

    from distributed import Client, Future

    from runner.launcher.base import Site

    Fetched = futures.Future[Any]

LOOK = 1.0  # seconds between two looks at which workers there are
SHORT = 1.0  # seconds that an item takes for a worker to be given the next one beforehand
FETCHERS = 8  # results that are on their way at once
AGAIN = 3  # times that the scheduler may give up an item whose tries are not counted


def _see_nothing() -> None:
    """Where nothing else is to be looked at."""


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
        look: called once in a while; what it raises ends the dealing.
    """

    def __init__(
        self,
        client: Client,
        work: Callable[[T], R],
        items: Sequence[T],
        site: Site,
        look: Callable[[], None] = _see_nothing,
    ) -> None:
        self._client = client
        self._directory = str(Path.cwd())
        self._address = str(client.scheduler_info(n_workers=0)["address"])
        self._work = work
        self._items = items
        self._site = site
        self._look_too = look
        self._waiting = Waiting(items, site.alike)
        self._out: dict[str, _Out[T]] = {}  # by key
        self._ended: SimpleQueue[tuple[str, Fetched]] = SimpleQueue()  # each with its key
        self._fetching = ThreadPoolExecutor(FETCHERS)
        self._fit: dict[str, bool] = {}  # by worker
        self._wanted = Wanted.here(site.packages, site.shared)
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
                    yield from self._take(*self._ended.get(timeout=LOOK))
            done = True
        finally:
            self._fetching.shutdown(wait=False, cancel_futures=True)
            if not done:
                self._stop()

    def _look(self) -> None:
        """See which workers there are, once in a while."""
        if self._client.status != "running":
            raise ClusterLostError(f"the scheduler {self._address} is gone")
        if time.monotonic() < self._next_look:
            return
        self._look_too()
        there = self._workers()
        for gone in self._fit.keys() - there.keys():
            del self._fit[gone]
            self._waiting.forget(gone)
            self._site.say(f"worker {gone} is gone")
        self._take_back(there)
        self._meet({name: there[name] for name in there.keys() - self._fit.keys()})
        self._count()
        self._next_look = time.monotonic() + LOOK

    def _workers(self) -> dict[str, int]:
        """The threads of each worker, as the scheduler itself says: what a client keeps is old."""
        try:
            scheduler: Any = self._client.scheduler  # None once the client is closed
            found = self._client.sync(scheduler.identity, n_workers=-1)["workers"]
        except (OSError, AttributeError) as error:
            raise ClusterLostError(f"the scheduler {self._address} does not answer") from error
        return {name: int(worker["nthreads"]) for name, worker in found.items()}

    def _meet(self, new: dict[str, int]) -> None:
        """Ask new workers what they lack, and let those that lack nothing take part."""
        for name, threads in new.items():
            asked = self._client.run(
                prepare, self._wanted, threads, workers=[name], on_error="return"
            )
            lacking = asked.get(name)
            if isinstance(lacking, OSError):
                continue  # it was gone at once
            if isinstance(lacking, BaseException):
                lacking = [f"it cannot be asked: {lacking!r}"]
            self._fit[name] = not lacking
            if lacking:
                self._site.say(f"worker {name} gets no run: {'; '.join(lacking)}")
                self._refuse_all(lacking)

    def _refuse_all(self, lacking: list[str]) -> None:
        """Raise ConfigError if nobody is fit, and nobody has been."""
        if (
            self._given == 0
            and set(self._fit) == set(self._workers())
            and not any(self._fit.values())
        ):
            raise ConfigError(f"no worker of the cluster can make these runs: {'; '.join(lacking)}")

    def _take_back(self, there: dict[str, int]) -> None:
        """Have the items of workers that are gone given to others."""
        for key, out in list(self._out.items()):
            if out.worker not in there:
                del self._out[key]
                out.future.cancel()
                self._waiting.put_back(out.number)

    def _give(self) -> None:
        """Give every free worker an item, and one beforehand if items are short."""
        mean = sum(self._seconds) / len(self._seconds) if self._seconds else SHORT
        most = 2 if mean < SHORT else 1
        held = [out.worker for out in self._out.values()]
        for worker in [name for name, fit in self._fit.items() if fit]:
            for _ in range(most - held.count(worker)):
                if self._waiting:
                    self._submit(self._waiting.take(worker), worker)

    def _submit(self, number: int, worker: str) -> None:
        self._given += 1
        key = f"{self._wanted.content}-{number}-{self._given}"
        future = self._client.submit(
            run_errand,
            self._work,
            Errand(number, self._items[number], self._directory, self._site.shared),
            key=key,
            workers=[worker],
            pure=False,
        )
        self._out[key] = _Out(number, worker, future, time.monotonic())
        future.add_done_callback(self._fetch)
        self._count()

    def _fetch(self, ended: Future[Any]) -> None:
        """Have what an item came to sent here, while the others are seen to."""
        with suppress(RuntimeError):  # nobody fetches any more
            fetched = self._fetching.submit(ended.result)
            fetched.add_done_callback(lambda got: self._ended.put((ended.key, got)))

    def _take(self, key: str, fetched: Fetched) -> Iterator[tuple[int, R | WorkerDied]]:
        """What came of an item; nothing if it was taken back, or is to be made by another."""
        if self._client.status != "running":
            return  # as the next look finds
        out = self._out.pop(key, None)
        if out is None:
            return
        result = self._result(out, fetched)
        if result is None:
            self._waiting.put_back(out.number)
            return
        self._seconds.append(time.monotonic() - out.since)
        self._count()
        yield out.number, result

    def _result(self, out: _Out[T], fetched: Fetched) -> R | WorkerDied | None:
        """What an item came to; None if its worker is gone.

        Raises:
            Exception: whatever the item has raised.
        """
        from distributed import KilledWorker
        from distributed.client import FutureCancelledError
        from distributed.comm.core import CommClosedError

        try:
            result: R | WorkerDied = fetched.result()
        except KilledWorker:
            lost = self._lost[out.number] = self._lost.get(out.number, 0) + 1
            return WorkerDied(lost) if lost >= AGAIN else None
        except (CancelledError, FutureCancelledError, CommClosedError):
            return None  # the next look finds whether its worker is gone, or the scheduler
        out.future.release()
        return result

    def _count(self) -> None:
        fit = sum(self._fit.values())
        self._site.count(len({out.worker for out in self._out.values()}), fit)

    def _stop(self) -> None:
        """Take back what is not begun, and have what is begun stop."""
        if self._site.shared is not None:
            with suppress(OSError):
                (self._site.shared / STOPPED).touch()
        with suppress(Exception):  # the scheduler may be what is gone
            self._client.cancel([out.future for out in self._out.values()], force=True)
