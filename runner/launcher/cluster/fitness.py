"""Whether a worker can make what the driver asks for, and make it as the driver would."""

from __future__ import annotations

import os
import platform
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Self

from runner.core.threads import SHARE
from runner.store.fingerprint import code_hash, core
from runner.store.lock import locked_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from distributed import Worker

# what the digits of a result depend on
COUNTED = (
    "enet-runner", "numpy", "scipy", "pandas", "scikit-learn", "joblib", "pyarrow", "optuna",
    "hydra-core", "omegaconf", "distributed",
)  # fmt: skip
SOURCE = "the source of enet-runner"
SOLVER = "paths solved by"
NOWHERE = "none"
DIGITS = 8  # of a hash
PROFILES = {"profile", "profile-cycle"}


@dataclass(frozen=True)
class Wanted:
    """What a worker must have.

    Args:
        versions: by package, that of Python by its name.
        file: one that the driver has written where workers must see it, if they must.
        content: of that file.
        directory: in which items are made.
    """

    versions: dict[str, str]
    file: Path | None
    content: str
    directory: str = field(default_factory=os.getcwd)

    @classmethod
    def here(cls, packages: Sequence[str], shared: Path | None) -> Self:
        """What this process has, and a file in the shared folder that says so."""
        content, file = uuid.uuid4().hex, None
        if shared is not None:
            shared.mkdir(parents=True, exist_ok=True)
            file = shared / "seen_by_workers"
            file.write_text(content)
        return cls(_versions((*COUNTED, *packages)), file, content)

    def lacking(self) -> list[str]:
        """What is otherwise in this process, a phrase each."""
        found = _versions(tuple(self.versions))
        said = [
            f"{name} {found[name]} there, {wanted} here"
            for name, wanted in self.versions.items()
            if found[name] != wanted
        ]
        if not os.path.isdir(self.directory):  # noqa: PTH112
            said.append(f"it does not see the folder {self.directory}, in which runs are made")
        return said + self._unseen()

    def _unseen(self) -> list[str]:
        if self.file is None:
            return []
        with suppress(OSError):
            if self.file.read_text() == self.content:
                return self._unlocked()
        return [f"it does not see the folder {self.file.parent}, which workers must share"]

    def _unlocked(self) -> list[str]:
        """What is wrong with the locks of the shared folder."""
        assert self.file is not None  # noqa: S101 - as it was read
        try:
            with locked_file(self.file.with_name("locked_by_workers")):
                return []
        except OSError as error:
            return [f"files in {self.file.parent} cannot be locked: {error.strerror}"]


def prepare(wanted: Wanted, threads: int, dask_worker: Worker) -> list[str]:
    """What a worker lacks; one that lacks nothing lets items use its threads.

    Dask's profile of what a worker does is ended: of an hour it takes gigabytes.

    Args:
        wanted: what it must have.
        threads: that it has.
        dask_worker: the worker, which Dask fills in by this name.
    """
    os.environ[SHARE] = str(threads)
    for name in PROFILES & dask_worker.periodic_callbacks.keys():
        dask_worker.periodic_callbacks[name].stop()
    return wanted.lacking()


def _versions(packages: tuple[str, ...]) -> dict[str, str]:
    found = {
        "python": ".".join(platform.python_version_tuple()[:2]),
        SOURCE: code_hash()[:DIGITS],
        SOLVER: core(),
    }
    for name in packages:
        if name not in found:
            try:
                found[name] = version(name)
            except PackageNotFoundError:
                found[name] = NOWHERE
    return found
