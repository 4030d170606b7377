"""A sweep's directory: which folders it can be, and the command that it remembers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runner.errors import InUseError, RunDirectoryError
from runner.store.directory import RunDirectory
from runner.store.lock import is_locked
from runner.store.sweep_directory import Command, describe_sweep, open_sweep, read_command

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = Command(("seed=1,2", "imputer=mean"), True, "/configs", "config", "/work")


def test_a_new_sweep_gets_its_folder(tmp_path: Path) -> None:
    """The folder is made, with those above it, and is locked until it is closed."""
    place = tmp_path / "outputs" / "mine"
    with open_sweep(place, chosen=True) as directory:
        assert (place, True, []) == (directory.folder, is_locked(place), list(place.iterdir()))
    assert not is_locked(place)


def test_a_sweep_goes_on_in_its_folder(tmp_path: Path) -> None:
    """A folder with a sweep is taken, and what is in it stays."""
    (tmp_path / "0").mkdir()
    (tmp_path / "sweep.json").write_text("{}")
    with open_sweep(tmp_path, chosen=True) as directory:
        assert tmp_path == directory.folder
    assert {"0", "sweep.json"} == {path.name for path in tmp_path.iterdir()}


def test_a_half_written_sweep_is_a_new_one(tmp_path: Path) -> None:
    """A start that was killed before its first file was whole does not keep others out."""
    (tmp_path / ".sweep.json.1234.partial").write_text("{")
    open_sweep(tmp_path, chosen=True).close()


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["run.json"], "holds a run: choose another"),
        (["run.json", "sweep.json"], "holds a run: choose another"),
        (["notes.txt"], "has other files: choose another"),
        ([".hidden"], "has other files: choose another"),
        (["0/run.json"], "has other files: choose another"),
    ],
)
def test_other_folders_are_refused(tmp_path: Path, files: list[str], expected: str) -> None:
    """A run's folder and one with other files are left alone, and not locked."""
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    with pytest.raises(RunDirectoryError, match=expected):
        open_sweep(tmp_path, chosen=True)
    assert not is_locked(tmp_path)
    assert all((tmp_path / name).exists() for name in files)


def test_a_sweep_at_work_is_refused(tmp_path: Path) -> None:
    """A second start beside one that is under way is told so."""
    with (
        open_sweep(tmp_path / "a", chosen=True),
        pytest.raises(InUseError, match="another process is at work"),
    ):
        open_sweep(tmp_path / "a", chosen=True)


def test_a_name_that_nobody_chose_is_avoided(tmp_path: Path) -> None:
    """Sweeps that begin in the same second get folders of their own."""
    names = [open_sweep(tmp_path / "a", chosen=False).folder.name for _ in range(3)]
    assert ["a", "a-2", "a-3"] == names


@pytest.mark.parametrize("command", [COMMAND, replace(COMMAND, config_dir=None, multirun=False)])
def test_the_command_comes_back(tmp_path: Path, command: Command) -> None:
    """What was typed is stored beside the counts, and is the same when it is read."""
    content = describe_sweep(command, "interrupted", {"finished": 2, "failed": 1}, 4)
    assert (7, {"finished": 2, "failed": 1}) == (content["runs"], content["statuses"])
    assert (2, "interrupted") == (content["schema_version"], content["status"])
    RunDirectory(tmp_path).write_json("sweep.json", content)
    assert command == read_command(tmp_path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, r"holds no sweep: it has no sweep\.json"),
        ("{", r"sweep\.json cannot be read"),
        ("[]", r"sweep\.json cannot be read"),
        ('{"schema_version": 2, "command": {"overrides": []}}', r"sweep\.json cannot be read"),
        ('{"schema_version": 2, "command": 3}', r"sweep\.json cannot be read"),
        (json.dumps({"status": "finished"}), "of a version that did not store the command"),
    ],
)
def test_what_holds_no_sweep_is_named(tmp_path: Path, text: str | None, expected: str) -> None:
    """No sweep, a broken description and one without a command each have their own error."""
    if text is not None:
        (tmp_path / "sweep.json").write_text(text)
    with pytest.raises(RunDirectoryError, match=expected):
        read_command(tmp_path)
