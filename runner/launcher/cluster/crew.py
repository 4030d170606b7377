"""The workers of a cluster: who is there, who is fit, and who can take an item now."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runner.errors import ClusterLostError, ConfigError
from runner.launcher.cluster.fitness import Wanted, prepare

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from distributed import Client

ASKED_AT_ONCE = 8  # workers
ANSWER = 60.0  # seconds in which a scheduler that is there must answer, though a link may be cut


@dataclass(frozen=True)
class Member:
    """A worker as the scheduler sees it.

    Args:
        identity: another after each start, though the address may be the same.
        threads: that it has.
        runs: whether it begins what it is given; one that is short of memory does not.
        executing: how many items it makes.
    """

    identity: str
    threads: int
    runs: bool
    executing: int


class Crew:
    """The workers of a cluster.

    Args:
        client: of the cluster.
        wanted: what a worker must have.
        say: takes a line for the person at the screen.
    """

    def __init__(self, client: Client, wanted: Wanted, say: Callable[[str], None]) -> None:
        self.address = str(client.scheduler_info(n_workers=0)["address"])
        self.there: dict[str, Member] = {}  # by address
        self.met = False  # whether any worker was fit
        self._client = client
        self._wanted = wanted
        self._say = say
        self._lacking: dict[str, list[str]] = {}  # of those that were asked
        self._asked: dict[str, Future[list[str] | None]] = {}
        self._asking = ThreadPoolExecutor(ASKED_AT_ONCE)

    @property
    def is_asking(self) -> bool:
        """Whether some worker has not said yet what it lacks."""
        return bool(self._asked)

    @property
    def fit(self) -> list[str]:
        """The addresses of those that lack nothing and begin what they are given."""
        return [name for name, each in self.there.items()
                if each.runs and self._lacking.get(name) == []]  # fmt: skip

    def look(self) -> set[str]:
        """See who is there, and hear of new ones what they lack; gives who is gone.

        Raises:
            ConfigError: all that are there lack something, and none was ever fit.
            ClusterLostError: the scheduler is gone.
        """
        found, before = self._find(), self.there
        gone = {name for name, each in before.items()
                if name not in found or found[name].identity != each.identity}  # fmt: skip
        self.there = found
        for name in gone:
            self._asked.pop(name, None)
            if self._lacking.pop(name, None) == []:
                self._say(f"worker {name} is gone")
        for name in found.keys() - self._lacking.keys() - self._asked.keys():
            self._asked[name] = self._asking.submit(self._ask, name, found[name].threads)
        for name in self._lacking.keys() & before.keys():
            if before[name].runs and not found[name].runs:
                self._say(f"worker {name} is short of memory, and gets no run while it is")
        self._hear()
        return gone

    def check_connected(self) -> None:
        """Raise ClusterLostError if the scheduler is known to be gone."""
        if self._client.status != "running":
            raise ClusterLostError(f"the scheduler {self.address} is gone")

    def close(self) -> None:
        """Ask nobody any more."""
        self._asking.shutdown(wait=False, cancel_futures=True)

    def _find(self) -> dict[str, Member]:
        """Who is there as the scheduler itself says: what a client keeps is old."""
        self.check_connected()
        try:
            scheduler: Any = self._client.scheduler  # None once the client is closed
            said = self._client.sync(scheduler.identity, n_workers=-1, callback_timeout=ANSWER)
        except (OSError, AttributeError) as error:
            raise ClusterLostError(f"the scheduler {self.address} does not answer") from error
        return {
            name: Member(
                identity=str(each["id"]) + str(each["local_directory"]),
                threads=int(each["nthreads"]),
                runs=each["status"] == "running",
                executing=each["metrics"].get("task_counts", {}).get("executing", 0),
            )
            for name, each in said["workers"].items()
        }

    def _ask(self, name: str, threads: int) -> list[str] | None:
        """What a worker lacks; None if it is gone."""
        answers = self._client.run(
            prepare, self._wanted, threads, workers=[name], on_error="return"
        )
        lacking: list[str] | BaseException | None = answers.get(name)
        if lacking is None or isinstance(lacking, OSError):
            return None
        if isinstance(lacking, BaseException):
            return [f"it cannot be asked: {lacking!r}"]
        return lacking

    def _hear(self) -> None:
        """Take the answers that have come."""
        for name, asked in list(self._asked.items()):
            if not asked.done():
                continue
            del self._asked[name]
            lacking = None if asked.exception() is not None else asked.result()
            if lacking is None:
                continue  # if it is there after all it is asked again
            self._lacking[name] = lacking
            self.met = self.met or not lacking
            if lacking:
                self._say(f"worker {name} gets no run: {'; '.join(lacking)}")
        if not self.met and self.there and self.there.keys() == self._lacking.keys():
            lacking = next(iter(self._lacking.values()))
            raise ConfigError(f"no worker of the cluster can make these runs: {'; '.join(lacking)}")
