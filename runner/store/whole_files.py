"""Whole files: each is written under a temporary name, hashed as it is written, then renamed."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.errors import RunDirectoryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from _typeshed import ReadableBuffer


@dataclass(frozen=True)
class Written:
    """A file that was written, and what is in it."""

    path: Path
    bytes: int
    sha256: str


class _Hashing(io.BufferedWriter):
    """A new file that hashes what is written to it."""

    def __init__(self, path: Path) -> None:
        super().__init__(io.FileIO(path, "wb"))
        self.digest, self.in_order = hashlib.sha256(), True

    def write(self, content: ReadableBuffer, /) -> int:
        """As of any file."""
        self.digest.update(content)
        return super().write(content)

    def seek(self, target: int, whence: int = os.SEEK_SET, /) -> int:
        """As of any file, but what is written after is not what comes next in it."""
        self.in_order = False
        return super().seek(target, whence)


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_partial(path: Path) -> bool:
    """Whether a file's name is that of one that was never completed."""
    return path.name.startswith(".") and path.name.endswith(".partial")


@contextmanager
def temporary_name(path: Path) -> Iterator[Path]:
    """A name beside `path` that is removed if the block fails, and renamed to it if not."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_file(path: Path, dump: Callable[[BinaryIO], object], *, flushed: bool = False) -> Written:
    """Write one file with a function that fills it; readers see all of it or nothing.

    Args:
        path: where; folders are made.
        dump: what fills it.
        flushed: whether it is on the disk before its name counts.

    Raises:
        RunDirectoryError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary_name(path) as temporary:
            with _Hashing(temporary) as file:
                dump(file)
                file.flush()
                if flushed:  # before its name counts
                    os.fsync(file.fileno())
                size = os.fstat(file.fileno()).st_size
            found = file.digest.hexdigest() if file.in_order else sha256(temporary)
    except OSError as error:
        raise RunDirectoryError(f"cannot write {path}: {error}") from error
    return Written(path, size, found)


def link_or_copy(source: Path, path: Path) -> None:
    """Have a file at `path` too, in place of what a start that was killed has left there."""
    try:
        with temporary_name(path) as temporary:
            try:
                os.link(source, temporary)
            except OSError:
                shutil.copy2(source, temporary)
    except OSError as error:
        raise RunDirectoryError(f"cannot write {path}: {error}") from error


def flush_file(path: Path) -> None:
    """Have a file, or a folder's entries, on the disk."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if not path.is_dir():  # some systems do not flush folders
            raise RunDirectoryError(f"cannot write {path}: {error}") from error
