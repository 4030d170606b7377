"""Sweeps survive: killed at any instant, interrupted, on a full disk, or started twice."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from killing import RUNS, SWEEP, finished, kill_and_go_on, prepare, start, tables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Program

Tables = dict[str, list[list[str]]]
KILLS = [("serial", 0), ("processes", 5)]  # at 3 and 2 runs; benchmarks/kills.py has hundreds


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Tables]:
    """A folder with data and an undisturbed sweep, and the tables of that."""
    folder = tmp_path_factory.mktemp("sweeps")
    return folder, prepare(folder)


@pytest.mark.parametrize(("launcher", "seed"), KILLS)
def test_a_killed_sweep_goes_on(whole: tuple[Path, Tables], launcher: str, seed: int) -> None:
    """No run is lost, none is made twice, and the tables are those of an undisturbed sweep."""
    folder, tables = whole
    killed = kill_and_go_on(folder, f"{launcher}{seed}", tables, launcher=launcher, seed=seed)
    assert (killed.made_again, killed.lost, killed.different) == (0, 0, 0)
    assert killed.finished_before >= random.Random(seed).randrange(RUNS)  # noqa: S311 - no secret


@pytest.mark.parametrize("launcher", ["serial", "processes"])
def test_an_interrupted_sweep_says_how_to_go_on(whole: tuple[Path, Tables], launcher: str) -> None:
    """Ctrl-C ends with code 130, the table of what has finished, and the command that goes on."""
    folder, expected = whole
    name = f"interrupted-{launcher}"
    command = [sys.executable, "-m", "runner", *SWEEP, f"launcher={launcher}"]
    process = subprocess.Popen(
        [*command, f"hydra.sweep.dir={name}"],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    while not finished(folder / name):
        time.sleep(0.01)
        assert process.poll() is None
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert re.search(r"^run .*status", out, flags=re.MULTILINE)
    (said,) = re.findall(r"to go on: enet (resume .*)", err)
    assert json.loads((folder / name / "sweep.json").read_text())["status"] == "interrupted"
    assert start(folder, said.split()).wait() == 0
    assert tables(folder / name) == expected


def test_two_processes_do_not_share_a_sweep(whole: tuple[Path, Tables]) -> None:
    """The second one is told that another is at work, and changes nothing."""
    folder, expected = whole
    first = start(folder, [*SWEEP, "hydra.sweep.dir=shared"])
    while not (folder / "shared" / "sweep.json").exists():
        time.sleep(0.001)
    first.send_signal(signal.SIGSTOP)
    command = [sys.executable, "-m", "runner", *SWEEP, "hydra.sweep.dir=shared"]
    second = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    first.send_signal(signal.SIGCONT)
    assert second.returncode == 2
    assert "another process is at work in shared" in second.stderr
    assert first.wait() == 0
    assert tables(folder / "shared") == expected


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 40 kB, which only root can mount."""
    place = tmp_path / "small"
    place.mkdir()
    mount = shutil.which("mount")
    if os.geteuid() != 0 or mount is None:
        pytest.skip("only root can mount a small file system")
    subprocess.run([mount, "-t", "tmpfs", "-o", "size=40k", "tmpfs", place], check=True)
    yield place
    subprocess.run(["umount", place], check=True)  # noqa: S607


def test_a_full_disk_leaves_no_half_run(program: Program, small_disk: Path) -> None:
    """The run ends with our own message and is plainly not finished; with room it is made."""
    asked = ["experiment=smoke", "reuse=false", f"hydra.run.dir={small_disk}/run"]
    paged = replace(program, pages=True)
    ended = paged(*asked)
    assert ended.status == 2
    assert "cannot write" in ended.err
    assert "No space left" in ended.err
    assert "Traceback" not in ended.err
    record = json.loads((small_disk / "run" / "run.json").read_text())
    assert record["status"] in {"running", "failed"}
    subprocess.run(["mount", "-o", "remount,size=50m", small_disk], check=True)  # noqa: S607
    assert paged(*asked).status == 0
    record = json.loads((small_disk / "run" / "run.json").read_text())
    assert record["status"] == "finished"
