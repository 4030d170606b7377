"""Where the runs of a sweep are: those of thousands a folder deeper, and nobody forgets them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from conftest import Program

from runner.store.sweep_directory import run_folders

if TYPE_CHECKING:
    from pathlib import Path


def made(folder: Path) -> Path:
    """A folder that holds a record."""
    folder.mkdir(parents=True)
    (folder / "run.json").write_text("{}")
    return folder


def test_runs_are_found_by_number(tmp_path: Path) -> None:
    """Beside each other, in folders of a thousand, and links in their place; nothing else."""
    numbers = ("0", "10", "9", "1000/1000", "1000/1234", "2000/2000")
    for number in numbers:
        made(tmp_path / number)
    (tmp_path / "1000" / "1235").symlink_to(tmp_path / "9")
    (tmp_path / "500").mkdir()
    made(tmp_path / "600" / "601")
    found = [str(path.relative_to(tmp_path)) for path in run_folders(tmp_path)]
    assert ["0", "9", "10", "1000/1000", "1000/1234", "1000/1235", "2000/2000"] == found


def test_commands_find_them(finished_sweep: Path, tmp_path: Path) -> None:
    """Those that show, verify and list a sweep."""
    swept = tmp_path / "swept"
    shutil.copytree(finished_sweep, swept)
    (swept / "1000").mkdir()
    (swept / "1").rename(swept / "1000" / "1234")
    program = Program(tmp_path)
    shown, listed = program("show", "swept"), program("list", "swept")
    assert "1000/1234" in shown.out
    assert "1234" in listed.out
    assert 0 == program("verify", "swept").status
    with (swept / "1000" / "1234" / "model.pkl").open("ab") as file:
        file.write(b"x")
    changed = program("verify", "swept")
    assert 1 == changed.status
    assert "1000/1234: " in changed.out + changed.err
    assert 0 == program("report", "swept").status
