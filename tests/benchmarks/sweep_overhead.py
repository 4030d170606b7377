"""What a further short run of a sweep costs: `python tests/benchmarks/sweep_overhead.py`.

A sweep of many runs less one of few, so that the start does not count, over the runs between; and
beside it Hydra's own launcher with a job that does nothing, in the same minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FEW = 20
EMPTY_JOB = """\
import hydra

@hydra.main(version_base="1.3", config_path=None)
def job(config):
    pass

job()
"""
QUIET = ("report=none", "reuse=false", "search=none", "model.alpha=0.1", "model.l1_ratio=0.5")
COMPUTING = ("data", "search", "refit", "evaluate")  # stages that write nothing


def main() -> None:
    """Measure both, and print a row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "empty.py").write_text(EMPTY_JOB)
        ours, grown = _slope(folder, runs, _sweep)
        hydra, _ = _slope(folder, runs, _empty)
        computing = _computing(folder / f"sweep{runs}")
    print("| a further short run | ms |")
    print("|---|--:|")
    print(f"| the whole of it | {1e3 * ours:.0f} |")
    print(f"| of which it computes | {1e3 * computing:.0f} |")
    print(f"| overhead | {1e3 * (ours - computing):.0f} |")
    print(f"| an empty job of Hydra's own launcher | {1e3 * hydra:.0f} |")
    print(f"\nMemory at the peak of {runs} runs beside that of {FEW}: {grown:+.1f} MB.")


def _slope(
    folder: Path, runs: int, command: Callable[[Path, int], list[str]]
) -> tuple[float, float]:
    """Seconds of a further run, and MB of memory that all of them add."""
    seconds, peaks = [], []
    for count in (FEW, runs):
        started = time.perf_counter()
        arguments = command(folder, count)
        environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
        subprocess.run(arguments, cwd=folder, check=True, capture_output=True, env=environment)
        seconds.append(time.perf_counter() - started)
        peaks.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3)
    return (seconds[1] - seconds[0]) / (runs - FEW), peaks[1] - peaks[0]


def _sweep(folder: Path, count: int) -> list[str]:
    own = [sys.executable, "-m", "runner", "-m", "dataset=hitters", *QUIET]
    return [*own, f"seed={_numbers(count)}", f"hydra.sweep.dir={folder / f'sweep{count}'}"]


def _empty(folder: Path, count: int) -> list[str]:
    swept = folder / f"empty{count}"
    return [
        sys.executable,
        "empty.py",
        "-m",
        f"+seed={_numbers(count)}",
        f"hydra.sweep.dir={swept}",
    ]


def _numbers(count: int) -> str:
    return ",".join(map(str, range(count)))


def _computing(swept: Path) -> float:
    """Mean seconds of the stages that compute."""
    records = [json.loads(path.read_text()) for path in swept.glob("*/run.json")]
    spent = [sum(record["timings"][stage] for stage in COMPUTING) for record in records]
    return float(sum(spent) / len(spent))


if __name__ == "__main__":
    main()
