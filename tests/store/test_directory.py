"""A run's directory through kills and crashes: what is linked, cleared, flushed and begun again."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import read_json

from runner.errors import RunDirectoryError
from runner.store.directory import RunDirectory


def files_of(folder: Path) -> set[str]:
    """Every file below a folder."""
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}


def test_files_are_taken_over_again(tmp_path: Path) -> None:
    """A start that was killed while it linked files goes on, and never writes into a source."""
    for name in ("one", "two", "mine"):
        (tmp_path / name).mkdir()
    (tmp_path / "one" / "model.pkl").write_text("of one")
    (tmp_path / "two" / "model.pkl").write_text("of two")
    mine = RunDirectory(tmp_path / "mine")
    for source in ("one", "one", "two"):
        mine.take_over(tmp_path / source, ["model.pkl", "missing.csv"], {})
        assert f"of {source}" == (tmp_path / "mine" / "model.pkl").read_text()
    assert "of one" == (tmp_path / "one" / "model.pkl").read_text()
    assert {"model.pkl"} == files_of(tmp_path / "mine")


def test_a_clearing_that_is_killed_can_be_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While other files are left the record is too: without it they would be anybody's."""
    for name in ("a.csv", "run.json", "z.csv", ".hydra/config.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    removed: list[str] = []
    unlink = type(tmp_path).unlink

    def note(path: Path) -> None:
        removed.append(path.name)
        unlink(path)

    monkeypatch.setattr(type(tmp_path), "unlink", note)
    RunDirectory(tmp_path).clear()
    assert ("run.json", []) == (removed[-1], list(tmp_path.iterdir()))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are seen in /proc")
def test_a_record_that_has_ended_comes_after_all_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything is on the disk before the record's name counts, and the folder after it."""
    events: list[str] = []
    flush = os.fsync

    def note(descriptor: int) -> None:
        name = str(Path(f"/proc/self/fd/{descriptor}").readlink()).removeprefix(str(tmp_path))
        known = (tmp_path / "run.json").exists() and read_json(tmp_path / "run.json")["status"]
        events.append(f"{name.split('.json')[0]} {known}")
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    directory = RunDirectory(tmp_path)
    directory.write_record({"status": "running"})
    directory.write_text("a.csv", "a")
    directory.write_text("b/c.csv", "c")
    directory.write_record({"status": "finished"})
    directory.write_record({"status": "failed"})  # what is on the disk is not flushed again
    assert [
        "/a.csv running", "/b/c.csv running", "/.run running", " finished", "/.run finished",
        " failed",
    ] == events  # fmt: skip


@pytest.mark.parametrize("text", ["", "\0\0\0\0"])
def test_a_run_whose_record_a_crash_has_emptied(tmp_path: Path, text: str) -> None:
    """In a sweep it makes way; a folder that the user chose is refused, and nothing is removed."""
    (tmp_path / "run.json").write_text(text)
    (tmp_path / "trials.csv").touch()
    with pytest.raises(RunDirectoryError, match="record was lost in a crash: remove it"):
        RunDirectory.open(tmp_path, "f", chosen=True)
    assert {"run.json", "trials.csv"} == files_of(tmp_path)
    with RunDirectory.open(tmp_path, "f", chosen=True, replaces=True) as directory:
        assert (None, set()) == (directory.finished, files_of(tmp_path))


def test_a_record_that_is_not_ours_is_kept(tmp_path: Path) -> None:
    """A run.json with some other text does not make way, not even in a sweep."""
    (tmp_path / "run.json").write_text("{ my own notes")
    with pytest.raises(RunDirectoryError, match="has other files"):
        RunDirectory.open(tmp_path, "f", chosen=True, replaces=True)
    assert {"run.json"} == files_of(tmp_path)


def test_hundreds_of_runs_of_one_second_do_not_collide(tmp_path: Path) -> None:
    """Begun at once under one name, each has a folder of its own."""
    with ThreadPoolExecutor(8) as pool:
        opened = [
            pool.submit(RunDirectory.open, tmp_path / "a", "f", chosen=False) for _ in range(200)
        ]
    folders = {done.result().folder.name for done in opened}
    for done in opened:
        done.result().close()
    assert {"a", *(f"a-{number}" for number in range(2, 201))} == folders
