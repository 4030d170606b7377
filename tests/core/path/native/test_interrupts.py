"""Ctrl-C inside a long call of the compiled library ends it at once, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from interrupted import KINDS

from runner.core.path.native.interrupts import STOP, solver_threads

SCRIPT = Path(__file__).with_name("interrupted.py")
AT_ONCE = 2.0  # seconds; a busy machine is no failure
WORKING = 0.4  # seconds that the library is given before


def test_a_second_interrupt_leaves_no_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes while the threads are waited for; calls after that are not stopped."""
    shut_down = ThreadPoolExecutor.shutdown

    def interrupted(threads: ThreadPoolExecutor, **how: bool) -> None:
        assert STOP.value == 1
        shut_down(threads, **how)
        raise KeyboardInterrupt

    monkeypatch.setattr(ThreadPoolExecutor, "shutdown", interrupted)
    with pytest.raises(KeyboardInterrupt), solver_threads(1):
        raise KeyboardInterrupt
    assert STOP.value == 0


@pytest.mark.parametrize("kind", KINDS)
def test_an_interrupt_ends_a_long_call(kind: str) -> None:
    """The program goes on from KeyboardInterrupt, and what it calls next is solved."""
    environment = {name: value for name, value in os.environ.items() if name != "ENET_RUNNER_CORE"}
    with subprocess.Popen(
        [sys.executable, str(SCRIPT), kind], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "inside\n"
        time.sleep(WORKING)
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=120)
    seen = json.loads(said)
    assert seen["interrupted"], "the call had ended before: it must be longer"
    assert (seen["stop"], seen["works"]) == (0, True)
    assert seen["at"] - sent < AT_ONCE
