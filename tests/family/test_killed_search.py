"""A family's search that is killed in the middle goes on with the trials of one that is not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pandas as pd
from test_family_runs import arguments, make_frame

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Program

TRIALS = 20
TRIAL_ENDS = b'{"op_code":6'  # in Optuna's journal
SEARCH = ("search=optuna", f"search.n_trials={TRIALS}", "imputer=mean", "reuse=false",
          "model.tol=1e-10")  # fmt: skip


def kill_in_the_middle(folder: Path, asked: tuple[str, ...], journal: Path) -> bytes:
    """Start a run, kill it once some trials are in its journal, and give those that had ended."""
    command = [sys.executable, "-m", "runner", *asked]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
    while not (journal.exists() and journal.read_bytes().count(b"\n") > TRIALS):
        time.sleep(0.01)
        assert process.poll() is None
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    lines = journal.read_bytes().splitlines(keepends=True)
    ended = [at for at, line in enumerate(lines) if line.startswith(TRIAL_ENDS)]
    return b"".join(lines[: ended[-1] + 1])


def test_the_trials_are_those_of_an_undisturbed_search(program: Program) -> None:
    """What was done is kept, the rest is done, and each trial has the same values and scores.

    The first solution after the stop has no neighbour to start from: scores are equal within `tol`.
    """
    make_frame().to_csv(program.folder / "rows.csv", index=False)
    asked = arguments("cox", *SEARCH)
    whole = pd.read_csv(program.run(*asked, name="whole") / "trials.csv")
    stopped = program.folder / "stopped"
    journal = stopped / "optuna.journal"
    done = kill_in_the_middle(program.folder, (*asked, "hydra.run.dir=stopped"), journal)
    assert not (stopped / "trials.csv").exists()
    program.run(*asked, name="stopped")
    assert journal.read_bytes().startswith(done)
    found = pd.read_csv(stopped / "trials.csv")
    assert len(found) == TRIALS
    values = ["trial", "model.l1_ratio", "model.alpha", "status"]
    pd.testing.assert_frame_equal(found[values], whole[values], check_exact=True)
    scores = found.filter(regex="_mean$|_fold").columns
    pd.testing.assert_frame_equal(found[scores], whole[scores], rtol=1e-6)
