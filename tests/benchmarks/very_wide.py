"""Times runs of very many columns, and takes the peak of their memory.

    python tests/benchmarks/very_wide.py sparse dense

Makes svmlight files of 20,000 x 200,000 with 0.1 % of the entries, and a Parquet file of
300 x 100,000 with 5 % of the values missing, in a temporary folder; runs each command in a
process of its own, one after the other, and prints a Markdown table. Memory is the peak resident
set of the process; `enet --version` says what the program takes by itself.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyarrow import parquet

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS, COLUMNS, PER_ROW = 20_000, 200_000, 200  # of the sparse file, 0.1 %
DENSE_ROWS, DENSE_COLUMNS, MISSING = 300, 100_000, 0.05
GRID = ("model.alpha={eps:0.1,count:10}", "model.l1_ratio=[1.0]", "split.folds=5")


@dataclass(frozen=True)
class Timing:
    """One process."""

    seconds: float
    processor: float
    megabytes: float


def make_sparse(path: Path, kind: str) -> None:
    """Write the rows of a linear model whose first hundred columns are common and count."""
    rng = np.random.default_rng(0)
    effects = rng.standard_normal(100)
    with path.open("w", encoding="ascii") as file:
        for _ in range(ROWS):
            others = rng.choice(COLUMNS - 100, PER_ROW - 10, replace=False) + 100
            at = np.sort(np.concatenate([rng.choice(100, 10, replace=False), others]))
            value = rng.standard_normal(PER_ROW)
            eta = value[:10] @ effects[at[:10]] + rng.standard_normal()
            label = f"{eta:.6f}" if kind == "gaussian" else str(int(eta > 0))
            pairs = " ".join(f"{j + 1}:{v:.6f}" for j, v in zip(at, value, strict=True))
            file.write(f"{label} {pairs}\n")


def make_dense(path: Path) -> None:
    """Write the rows of a linear model of twenty columns, some of all values hidden."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((DENSE_ROWS, DENSE_COLUMNS))
    y = X[:, :20] @ rng.standard_normal(20) + rng.standard_normal(DENSE_ROWS)
    X[rng.random(X.shape) < MISSING] = np.nan
    names = [*(f"x{j}" for j in range(DENSE_COLUMNS)), "y"]
    parquet.write_table(pa.table([*X.T, y], names=names), path)


def timed(command: list[str], folder: Path) -> Timing:
    """Run a command, and ask the system what it took."""
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"{' '.join(command)} has failed")
    took = time.perf_counter() - started
    return Timing(took, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def commands(asked: list[str], folder: Path) -> Iterator[tuple[str, list[str]]]:
    """What is run, with what it is called."""
    enet = [sys.executable, "-m", "runner"]
    yield "the program itself", [*enet, "--version"]
    for kind in ("gaussian", "binomial") if "sparse" in asked else ():
        make_sparse(folder / f"{kind}.svm", kind)
        run = ["dataset=svmlight", f"dataset.path={kind}.svm", f"family={kind}", *GRID]
        yield f"20,000 x 200,000 sparse, {kind}", [*enet, *run]
    if "dense" in asked:
        make_dense(folder / "wide.parquet")
        for imputer in ("mean", "knn"):
            run = ["dataset=parquet", "dataset.path=wide.parquet", "dataset.target=y"]
            yield f"300 x 100,000, {imputer}", [*enet, *run, f"imputer={imputer}", *GRID]


def main() -> None:
    """Print a row per command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("what", nargs="+", choices=["sparse", "dense"])
    asked = parser.parse_args().what
    print("| run | seconds | of the processor | peak MB |\n|---|--:|--:|--:|", flush=True)
    with tempfile.TemporaryDirectory() as name:
        for said, command in commands(asked, Path(name)):
            took = timed(command, Path(name))
            row = f"{took.seconds:.0f} | {took.processor:.0f} | {took.megabytes:.0f}"
            print(f"| {said} | {row} |", flush=True)


if __name__ == "__main__":
    main()
