"""Items of work in jobs of a cluster's queue, each of which starts a worker of Dask."""

from __future__ import annotations

import re
import shutil
import signal
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from runner.errors import ConfigError
from runner.launcher.base import Launcher, R, Site, T, WorkerDied
from runner.launcher.cluster.certificates import member_security
from runner.launcher.cluster.client import quiet_client
from runner.launcher.cluster.dealing import Dealer
from runner.launcher.cluster.extra import check_extra
from runner.spec import Count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from distributed import Client

CLUSTERS = {"slurm": "SLURMCluster", "pbs": "PBSCluster", "sge": "SGECluster", "lsf": "LSFCluster"}
ACCOUNT = {"slurm": "account", "pbs": "account", "sge": "project", "lsf": "project"}
LOGS = "jobs"  # in the shared folder
CERTIFICATES = "certificates"
PLAIN = re.compile(r"[\w./+@=-]+", re.ASCII)
PATIENCE = 180.0  # seconds in which a job that has begun brings its worker
DEATH = 60  # seconds after which a worker ends that finds no scheduler


@dataclass
class _Jobs:
    """What has become of the jobs of a launch, of which nobody else hears."""

    logs: Path
    refused: list[str] = field(default_factory=list)


class JobQueue(Launcher):
    """`jobs` jobs of a partition, or queue, with `cores` and `memory` each, while there is work.

    The scheduler of Dask is in this process, which must go on until the sweep has ended; it and the
    workers show each other certificates that are made for this one launch.
    """

    name: Literal["slurm", "pbs", "sge", "lsf"]
    partition: str | None
    account: str | None
    jobs: Count
    cores: Count
    memory: str
    walltime: str
    interface: str | None
    prologue: list[str]
    directives: list[str]

    @property
    def in_this_process(self) -> bool:
        """No."""
        return False

    def check(self) -> None:
        """The extra must be installed."""
        check_extra("dask_jobqueue", "cryptography")

    def launch(
        self, work: Callable[[T], R], items: Sequence[T], site: Site
    ) -> Iterator[tuple[int, R | WorkerDied]]:
        """The items, as jobs begin and their workers become free."""
        if site.shared is None:
            raise ConfigError(f"launcher={self.name} needs a folder that all nodes see")
        for path in (str(site.shared), sys.executable):
            if PLAIN.fullmatch(path) is None:
                raise ConfigError(
                    f"launcher={self.name} writes {path!r} into a job's script, which takes only "
                    "letters, digits and ._/+@=-"
                )
        jobs = _Jobs(site.shared / LOGS)
        shutil.rmtree(jobs.logs, ignore_errors=True)  # those of an earlier start
        with self._connect(site, site.shared, min(self.jobs, max(len(items), 1)), jobs) as client:
            look = partial(self._check_jobs, site, jobs)
            yield from Dealer(client, work, items, site, look=look).deal()

    def job_options(self, shared: Path) -> dict[str, Any]:
        """What the class of the cluster is told of each job; their logs go to a shared folder."""
        return {
            "queue": self.partition,
            ACCOUNT[self.name]: self.account,
            "cores": self.cores,
            "processes": 1,
            "memory": self.memory,
            "walltime": self.walltime,
            "interface": self.interface,
            "job_script_prologue": self.prologue,
            "job_extra_directives": self.directives,
            "python": sys.executable,
            "job_name": "enet",
            "nanny": True,  # without one a worker outlives its job
            "worker_extra_args": ["--no-dashboard"],  # which would ask nobody who he is
            "death_timeout": DEATH,
            "log_directory": str(shared / LOGS),
        }

    def _check_jobs(self, site: Site, jobs: _Jobs, met: bool) -> None:
        """See whether the queue takes jobs, and whether they bring workers.

        Raises:
            ConfigError: it does not, or they do not, before any worker was met.
        """
        if jobs.refused and met:
            site.say(f"{self.name} took no further job: {jobs.refused[-1]}")
            jobs.refused.clear()
        if jobs.refused:
            raise ConfigError(f"{self.name} takes no job: {jobs.refused[0]}")
        if met:
            return
        silent_for, words = _last_words(jobs.logs)
        if silent_for > PATIENCE:
            raise ConfigError(
                f"jobs of {self.name} have begun, but for {silent_for:.0f} s none has brought a "
                f"worker; the last one has said: {words}"
            )

    @contextmanager
    def _connect(self, site: Site, shared: Path, count: int, jobs: _Jobs) -> Iterator[Client]:
        """A client of a cluster of so many jobs, which end with the block; `jobs` hears of them."""
        from distributed import Status

        with _own_signals():
            import dask_jobqueue
        kind = getattr(dask_jobqueue, CLUSTERS[self.name])
        job: Any = kind.job_cls

        class Noting(job):  # type: ignore[misc]
            """A job of that queue."""

            async def start(self) -> None:
                """Submit it."""
                try:
                    await super().start()
                except (RuntimeError, OSError) as error:
                    jobs.refused.append(_last_line(error))
                    self.status = Status.failed  # there is nothing to be closed
                    raise

        cluster = kind(
            job_cls=Noting,
            security=member_security(shared / CERTIFICATES),
            scheduler_options={"dashboard_address": "127.0.0.1:0"},  # which asks nobody who he is
            **self.job_options(shared),
        )
        try:
            with cluster, quiet_client(cluster) as client:
                cluster.adapt(minimum_jobs=count, maximum_jobs=count)  # jobs that end are made anew
                partition = self.partition or "the default partition"
                site.say(f"{count} jobs asked of {partition} of {self.name}: waiting for the first")
                site.say(f"dashboard {client.dashboard_link}")
                yield client
        finally:
            shutil.rmtree(shared / CERTIFICATES, ignore_errors=True)


def _last_words(logs: Path) -> tuple[float, str]:
    """For how many seconds the jobs that have begun have said nothing, and what was last."""
    written = {file: file.stat().st_mtime for file in logs.glob("*.err")}
    if not written:
        return 0.0, ""
    latest = max(written, key=lambda file: written[file])
    said = [line.strip() for line in latest.read_text(errors="replace").split("\n")]
    silent_for = time.time() - written[latest]
    return silent_for, next(filter(None, reversed(said)), f"nothing, see {logs}")


def _last_line(error: Exception) -> str:
    """What a command that submits has said last."""
    return (str(error).strip().splitlines() or [repr(error)])[-1].strip()


@contextmanager
def _own_signals() -> Iterator[None]:
    """Keep what Ctrl-C does: dask_jobqueue has it end the program, from when it is imported."""
    before = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
