"""A lock on a folder that ends with the process that holds it, however that ends."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.errors import RunDirectoryError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows has no lock on a folder
    fcntl = None  # type: ignore[assignment]


@dataclass
class FolderLock:
    """The operating system's own lock on a folder: it leaves no file, and none can be forgotten.

    `descriptor` is None where the system or the file system has no locks.
    """

    descriptor: int | None

    @classmethod
    def take(cls, folder: Path) -> FolderLock | None:
        """The lock, or None if another process holds it.

        Raises:
            RunDirectoryError: this user may not enter the folder.
        """
        if fcntl is None:
            return cls(None)
        try:
            descriptor = os.open(folder, os.O_RDONLY)
        except PermissionError as error:
            raise RunDirectoryError(f"{folder} cannot be entered: {error}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except OSError:  # a network's file system, say
            os.close(descriptor)
            return cls(None)
        return cls(descriptor)

    def release(self) -> None:
        """Let others have it."""
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None


def is_locked(folder: Path) -> bool:
    """Whether some process is at work in a folder; False where there are no locks."""
    with suppress(OSError, RunDirectoryError):
        lock = FolderLock.take(folder)
        if lock is None:
            return True
        lock.release()
    return False


@contextmanager
def locked_file(path: Path) -> Iterator[int]:
    """Hold a file of its own as a lock, across machines that share it; waits until it is free.

    A POSIX lock, which ends with the process, and which file systems of networks have too, other
    than a lock on a folder. It does not tell threads of one process apart. Gives the descriptor.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)
