"""The index of runs: what it finds, what it does not believe, and that it never is an error."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from runner.store.directory import RunDirectory
from runner.store.index import RunIndex, runs_under

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EARLY, LATE = "2026-01-01T00:00:00+00:00", "2026-01-02T00:00:00+00:00"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep indexes in a folder beside the runs, not in the user's cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give an empty outputs folder."""
    (tmp_path / "outputs").mkdir()
    return tmp_path / "outputs"


def record(folder: Path, fingerprint: str, status: str = "finished", started: str = EARLY) -> Path:
    """Leave the record of a run."""
    content = {"schema_version": 2, "fingerprint": fingerprint, "status": status}
    RunDirectory(folder).write_json("run.json", {**content, "started": started})
    return folder


def refreshed(root: Path) -> RunIndex:
    """The index of a folder as it is now."""
    index = RunIndex.of(root)
    index.refresh()
    return index


def test_a_finished_run_is_found_by_its_fingerprint(root: Path) -> None:
    """The run of that fingerprint, not another's; none if nobody has it."""
    one, two = record(root / "one", "f"), record(root / "two", "g")
    index = refreshed(root)
    assert [one, two, None] == [index.finished(key) for key in ("f", "g", "h")]


@pytest.mark.parametrize("status", ["running", "failed", "refused", "interrupted"])
def test_an_unfinished_run_is_not_found(root: Path, status: str) -> None:
    """Only runs that are done can be reused, even where one that is not is older."""
    record(root / "a", "f", status, EARLY)
    index = refreshed(root)
    assert index.finished("f") is None
    done = record(root / "b", "f", "finished", LATE)
    index.refresh()
    assert done == index.finished("f")


def test_the_oldest_is_found_and_an_original_before_a_copy(root: Path) -> None:
    """A run that was made comes before one that was reused, the older before the later."""
    record(root / "a", "f", "finished", LATE)
    first = record(root / "b", "f", "finished", EARLY)
    record(root / "c", "f", "reused", "2025-01-01T00:00:00+00:00")
    copy = record(root / "d", "g", "reused", LATE)
    index = refreshed(root)
    assert (first, copy) == (index.finished("f"), index.finished("g"))


def test_new_changed_and_deleted_runs_are_seen(root: Path) -> None:
    """After each refresh the answers are those of the folders as they are."""
    index = refreshed(root)
    assert index.finished("f") is None
    made = record(root / "a", "f", "running")
    index.refresh()
    assert index.finished("f") is None
    record(made, "f")
    index.refresh()
    assert made == index.finished("f")
    record(made, "g")
    index.refresh()
    assert (None, made) == (index.finished("f"), index.finished("g"))
    (made / "run.json").unlink()
    index.refresh()
    assert index.finished("g") is None
    with sqlite3.connect(index.file) as base:
        assert [(0,)] == base.execute("SELECT count(*) FROM runs").fetchall()
    base.close()


@pytest.mark.parametrize(("fingerprint", "status"), [("f", "failed"), ("g", "finished")])
def test_a_stale_row_is_not_believed(root: Path, fingerprint: str, status: str) -> None:
    """What a run's own record no longer says, the index does not say; the next one is taken."""
    stale, good = record(root / "a", "f"), record(root / "b", "f", started=LATE)
    index = refreshed(root)
    assert stale == index.finished("f")
    record(stale, fingerprint, status)
    assert good == index.finished("f")
    (good / "run.json").unlink()
    assert index.finished("f") is None


def no_file(file: Path) -> None:
    """Remove it."""
    file.unlink()


def no_database(file: Path) -> None:
    """Write over it."""
    file.write_bytes(b"this is no database, whatever its name says" * 100)


def half(file: Path) -> None:
    """Lose its end."""
    file.write_bytes(file.read_bytes()[:5000])


def other_columns(file: Path) -> None:
    """Have the table of some other version."""
    file.unlink()
    with sqlite3.connect(file) as base:
        base.execute("CREATE TABLE runs (fingerprint TEXT, status TEXT)")
    base.close()


def folder_in_its_place(file: Path) -> None:
    """Have a folder of that name, which cannot be removed as a file."""
    file.unlink()
    (file / "inside").mkdir(parents=True)


def nowhere_to_write(file: Path) -> None:
    """Have a file where its folder should be."""
    file.unlink()
    file.parent.rmdir()
    file.parent.touch()


@pytest.mark.parametrize(
    "spoil",
    [no_file, no_database, half, other_columns, folder_in_its_place, nowhere_to_write],
)
def test_whatever_happens_to_the_file_the_answers_stay(
    root: Path, spoil: Callable[[Path], None]
) -> None:
    """A lost, broken or unwritable index is no error, and the runs are found as before."""
    one = record(root / "2026-01-01" / "one", "f")
    record(root / "two", "g", "failed")
    file = refreshed(root).file
    assert file.is_file()
    spoil(file)
    index = refreshed(root)
    assert [one, None, None] == [index.finished(key) for key in ("f", "g", "h")]


def test_a_broken_file_is_made_again(root: Path) -> None:
    """A question alone, without a refresh, also meets an index that is made anew."""
    one = record(root / "one", "f")
    index = refreshed(root)
    no_database(index.file)
    assert one == index.finished("f")
    assert index.file.read_bytes().startswith(b"SQLite format 3")


def test_runs_lie_at_most_four_folders_deep(root: Path) -> None:
    """A run four folders below the root is found, one five below it is not."""
    record(root / "1" / "2" / "3" / "4", "four")
    record(root / "1" / "2" / "3" / "x" / "5", "five")
    index = refreshed(root)
    assert (root / "1/2/3/4", None) == (index.finished("four"), index.finished("five"))


def test_hidden_folders_links_and_what_is_in_a_run_are_passed_over(
    root: Path, tmp_path: Path
) -> None:
    """Only folders of the outputs themselves count, each once; nor does the root."""
    record(root, "root")
    seen = record(root / "seen", "f")
    record(root / ".trash" / "hidden", "hidden")
    record(seen / "inner", "inner")
    record(tmp_path / "elsewhere", "linked")
    (root / "link").symlink_to(tmp_path / "elsewhere")
    (root / "file").touch()
    assert [seen] == [folder for folder, _ in runs_under(root)]
    index = refreshed(root)
    assert [seen] == [index.finished("f")]
    assert {None} == {index.finished(key) for key in ("root", "hidden", "inner", "linked")}


def test_the_file_is_in_the_users_cache(
    root: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One file a root, below XDG_CACHE_HOME or else ~/.cache, and none among the runs."""
    (root / "deep").mkdir()
    one, again, other = RunIndex.of(root), RunIndex.of(root / "deep" / ".."), RunIndex.of(cache)
    assert (one, True) == (again, one.file != other.file)
    one.refresh()
    assert [one.file] == list((cache / "enet-runner" / "index").iterdir())
    assert [root / "deep"] == list(root.iterdir())
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert tmp_path / "home/.cache/enet-runner/index" == RunIndex.of(root).file.parent


def test_a_root_that_is_not_there_has_no_runs(tmp_path: Path) -> None:
    """No outputs folder yet is no error."""
    assert refreshed(tmp_path / "none").finished("f") is None
    assert not (tmp_path / "none").exists()


def test_a_record_that_cannot_be_read_is_no_run(root: Path) -> None:
    """Half a record hides nothing else."""
    (root / "half").mkdir()
    (root / "half" / "run.json").write_text('{"status": "finished", "finger')
    one = record(root / "one", "f")
    assert one == refreshed(root).finished("f")
