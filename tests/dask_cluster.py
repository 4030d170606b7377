"""Clusters of Dask that tests start, break and end: a scheduler and workers, each a process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from runner.launcher.cluster.certificates import make_certificates

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LATEST = 60.0  # seconds that a busy machine may need


def wait_until(what: str, there: object, latest: float = LATEST) -> None:
    """Look until something is so.

    Args:
        what: of the message, if it never is.
        there: called; gives whether it is.
        latest: seconds after which it is a failure.
    """
    assert callable(there)
    end = time.monotonic() + latest
    while not there():
        assert time.monotonic() < end, f"not within {latest} s: {what}"
        time.sleep(0.05)


@dataclass
class Cluster:
    """A scheduler at a port of this machine, and its workers, with TLS unless told otherwise."""

    folder: Path
    host: str = "127.0.0.1"
    tls: bool = True
    port: int = 0
    prefixes: dict[str, list[str]] = field(default_factory=dict)  # commands that start others
    members: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the certificates, and find a port."""
        if self.tls:
            make_certificates(self.folder / "tls", days=1)
        if not self.port:
            with socket.create_server((self.host, 0)) as free:
                self.port = free.getsockname()[1]

    @property
    def address(self) -> str:
        """Of the scheduler."""
        return f"{'tls' if self.tls else 'tcp'}://{self.host}:{self.port}"

    @property
    def files(self) -> dict[str, str]:
        """The certificates by what the launcher calls them."""
        return {name: str(self.folder / "tls" / f"{name}.pem") for name in ("ca", "cert", "key")}

    @property
    def overrides(self) -> list[str]:
        """What a sweep is told of it."""
        if not self.tls:
            return ["launcher=dask", f"launcher.address={self.address}", "launcher.insecure=true"]
        files = [f"launcher.tls.{name}={file}" for name, file in self.files.items()]
        return ["launcher=dask", f"launcher.address={self.address}", *files]

    def start_scheduler(self) -> None:
        """Start it, and wait until it listens."""
        protocol = "tls" if self.tls else "tcp"
        asked = ["--protocol", protocol, "--host", self.host, "--port", str(self.port)]
        self._start("scheduler", ["scheduler", *asked, "--no-dashboard"])
        wait_until("the scheduler listens", lambda: "Scheduler at" in self.log("scheduler"))

    def start_worker(self, name: str, more: Sequence[str] = ()) -> None:
        """Start one with a nanny, and wait until it is known."""
        folder = self.folder / f"{name}-files"
        asked = ["--nthreads", "1", "--no-dashboard", "--local-directory", str(folder)]
        self._start(name, ["worker", self.address, *asked, *more])
        wait_until(f"{name} is known", lambda: "Registered to" in self.log(name))

    def _start(self, name: str, command: list[str]) -> None:
        ca, cert, key = self.files.values()
        tls = ["--tls-ca-file", ca, "--tls-cert", cert, "--tls-key", key] if self.tls else []
        with (self.folder / f"{name}.log").open("wb") as log:
            self.members[name] = subprocess.Popen(
                [*self.prefixes.get(name, []), sys.executable, "-m", "dask", *command, *tls],
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, "PYTHONPATH": str(Path(__file__).parent / "launcher")},
            )

    def log(self, name: str) -> str:
        """What a member has said."""
        return (self.folder / f"{name}.log").read_text()

    def worker_process(self, name: str) -> int:
        """The process that makes the runs, of which the member is the nanny."""
        return max(children(self.members[name].pid))

    def end(self, name: str, how: signal.Signals = signal.SIGKILL) -> None:
        """End a member with all its processes."""
        member = self.members.pop(name)
        os.killpg(member.pid, how)
        member.wait()


def children(parent: int) -> list[int]:
    """The processes that a process has started, and that are there."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = stat.read_text().rpartition(")")
        except OSError:
            continue
        if int(rest.split()[1]) == parent and "python" in name:
            found.append(int(stat.parent.name))
    return found


@contextmanager
def running(cluster: Cluster, workers: Sequence[str] = ("one", "two")) -> Iterator[Cluster]:
    """A cluster with its workers, which ends with the block."""
    try:
        cluster.start_scheduler()
        for name in workers:
            cluster.start_worker(name)
        yield cluster
    finally:
        for name in list(cluster.members):
            cluster.end(name)
