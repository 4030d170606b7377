"""Sweeps killed at random instants and gone on with: `python tests/benchmarks/kills.py`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "experiment"))

from killing import Killed, kill_and_go_on, prepare

LAUNCHERS = ("serial", "processes")


def main() -> None:
    """Kill, go on, and print what was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sweeps", type=int, default=200, help="per launcher")
    parser.add_argument("--launcher", choices=LAUNCHERS, nargs="*", default=LAUNCHERS)
    asked = parser.parse_args()
    sweeps = asked.sweeps
    print("| launcher | sweeps killed | finished before | lost | made twice | other tables |")
    print("|---|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole = prepare(folder)
        for launcher in asked.launcher:
            ended = [
                kill_and_go_on(folder, f"{launcher}{seed}", whole, launcher=launcher, seed=seed)
                for seed in range(sweeps)
            ]
            print(_row(launcher, ended), flush=True)


def _row(launcher: str, ended: list[Killed]) -> str:
    counts = (
        sum(killed.finished_before for killed in ended),
        sum(killed.lost for killed in ended),
        sum(killed.made_again for killed in ended),
        sum(killed.different for killed in ended),
    )
    return f"| {launcher} | {len(ended)} | " + " | ".join(map(str, counts)) + " |"


if __name__ == "__main__":
    main()
