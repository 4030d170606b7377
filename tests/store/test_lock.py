"""The lock of a folder: held against other processes, ended by its holder's end, without a file."""

from __future__ import annotations

import errno
import fcntl
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from runner.checks import NO_LOCK
from runner.errors import InUseError
from runner.store.directory import RunDirectory
from runner.store.lock import FolderLock, is_locked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOLD = """
import sys
from pathlib import Path
from runner.store.lock import FolderLock
lock = FolderLock.take(Path(sys.argv[1]))
print("none" if lock is None else "taken", flush=True)
sys.stdin.readline()
lock.release()
print("released", flush=True)
sys.stdin.readline()
"""


def hold(folder: Path) -> subprocess.Popen[str]:
    """Start a process that takes a folder's lock, and releases it when it is sent a line."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def line_of(process: subprocess.Popen[str]) -> str:
    """The next line that a process says."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Give another process that holds the lock of the empty folder."""
    with hold(tmp_path) as process:
        assert "taken" == line_of(process)
        yield process
        process.kill()


def test_another_process_keeps_it(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    """What another process holds cannot be taken, and its folder cannot be opened for a run."""
    assert holder.poll() is None
    assert (None, True) == (FolderLock.take(tmp_path), is_locked(tmp_path))
    with pytest.raises(InUseError, match="another process is at work in"):
        RunDirectory.locked(tmp_path, chosen=True)


def test_it_is_free_once_released(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    """A process that lives on, and has released it, keeps nobody out."""
    assert holder.stdin is not None
    holder.stdin.write("\n")
    holder.stdin.flush()
    assert "released" == line_of(holder)
    assert (None, False) == (holder.poll(), is_locked(tmp_path))
    lock = FolderLock.take(tmp_path)
    assert lock is not None
    lock.release()


def test_it_dies_with_its_holder(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    """A holder that is killed leaves neither a lock nor a file."""
    assert is_locked(tmp_path)
    holder.kill()
    holder.wait()
    assert (False, []) == (is_locked(tmp_path), list(tmp_path.iterdir()))


def test_it_keeps_another_process_out(tmp_path: Path) -> None:
    """What this process holds, another cannot take until it is released; no file says so."""
    lock = FolderLock.take(tmp_path)
    assert lock is not None
    assert (True, []) == (is_locked(tmp_path), list(tmp_path.iterdir()))
    with hold(tmp_path) as other:
        assert "none" == line_of(other)
        other.kill()
    lock.release()
    lock.release()  # a second time does nothing
    assert not is_locked(tmp_path)
    with hold(tmp_path) as other:
        assert "taken" == line_of(other)
        other.kill()


def test_folders_have_locks_of_their_own(tmp_path: Path) -> None:
    """A lock is on one folder, not on what is below it or beside it."""
    for name in ("a", "b", "a/below"):
        (tmp_path / name).mkdir()
    lock = FolderLock.take(tmp_path / "a")
    assert lock is not None
    found = {name: is_locked(tmp_path / name) for name in ("a", "b", "a/below", "missing")}
    assert {"a": True, "b": False, "a/below": False, "missing": False} == found
    lock.release()


def test_a_file_system_without_locks_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing can be locked a run is made nevertheless, and has a finding that says it."""

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "no locks available")

    with RunDirectory.locked(tmp_path / "a", chosen=True) as directory:
        assert [] == directory.findings()
    monkeypatch.setattr(fcntl, "flock", refuse)
    assert not is_locked(tmp_path)
    with RunDirectory.locked(tmp_path / "a", chosen=True) as directory:
        (finding,) = directory.findings()
    assert (NO_LOCK.code, True) == (finding.code, str(tmp_path / "a") in str(finding))
