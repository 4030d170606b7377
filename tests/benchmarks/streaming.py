"""Times a streamed run against reading the same file with pyarrow and nothing else.

    python tests/benchmarks/streaming.py 2000000 --repeat 3

Makes a Parquet file of that many rows in a temporary folder (50 columns of float64 with 10 % of
values missing, a target, zstd), runs both in processes of their own, one after the other, and
prints a Markdown table. Memory is the peak resident set of the process.
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
from statistics import median

import numpy as np
import pyarrow as pa
from pyarrow import parquet

COLUMNS = 50
MISSING = 0.1
BATCH = 65_536
CHUNK = 250_000  # rows drawn at a time, so that making the file takes no more memory than using it
READ = f"""
import sys
from pyarrow import parquet
for _ in parquet.ParquetFile(sys.argv[1]).iter_batches({BATCH}):
    pass
"""


@dataclass(frozen=True)
class Timing:
    """One process."""

    seconds: float
    megabytes: float


def make_file(path: Path, rows: int, row_group: int) -> None:
    """Write a linear model's rows."""
    rng = np.random.default_rng(0)
    effects = rng.standard_normal(COLUMNS) * (rng.random(COLUMNS) < 0.4)
    names = [*(f"x{j}" for j in range(COLUMNS)), "y"]
    schema = pa.schema([(name, pa.float64()) for name in names])
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for start in range(0, rows, row_group):
            parts = [
                _draw(rng, effects, min(CHUNK, rows - at, start + row_group - at))
                for at in range(start, min(start + row_group, rows), CHUNK)
            ]
            columns = [pa.chunked_array(pieces) for pieces in zip(*parts, strict=True)]
            writer.write_table(pa.table(columns, schema=schema), row_group_size=row_group)


def _draw(rng: np.random.Generator, effects: np.ndarray, rows: int) -> list[pa.Array]:
    X = rng.standard_normal((COLUMNS, rows))
    y = effects @ X + rng.standard_normal(rows)
    return [*(pa.array(x, mask=rng.random(rows) < MISSING) for x in X), pa.array(y)]


def run(*command: str) -> Timing:
    """Time one process, and see how much memory it took at the most."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]} failed with {process.returncode}")
    return Timing(seconds, usage.ru_maxrss / 1024)


def compare(path: Path, folder: Path, repeat: int) -> list[tuple[Timing, Timing]]:
    """Run both, side by side, as often as asked."""
    pairs = []
    for number in range(repeat):
        alone = run(sys.executable, "-c", READ, str(path))
        keys = ("dataset=parquet", f"dataset.path={path}", "dataset.target=y")
        where = f"hydra.run.dir={folder / f'run-{number}'}"
        options = ("dataset.stream=true", "report=none", where)
        pairs.append((alone, run(sys.executable, "-m", "runner", *keys, *options)))
    return pairs


def show(rows: int, pairs: list[tuple[Timing, Timing]]) -> None:
    """Print a row of the table; ratios are of runs that were made one after the other."""
    ratios = [whole.seconds / alone.seconds for alone, whole in pairs]
    alone, whole = (min(pair[i].seconds for pair in pairs) for i in (0, 1))
    memory = [max(pair[i].megabytes for pair in pairs) for i in (0, 1)]
    print(
        f"| {rows:,} x {COLUMNS} | {alone:.2f} | {whole:.2f} | {min(ratios):.2f} | "
        f"{median(ratios):.2f} | {memory[0]:.0f} | {memory[1]:.0f} |"
    )


def main() -> None:
    """Make the files, time, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", type=int, default=[2_000_000])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--row-group", type=int, default=CHUNK)
    options = parser.parse_args()
    print(
        "| rows | pyarrow alone, s | whole run, s | ratio, least | ratio, median "
        "| pyarrow, MB | run, MB |\n|---|---|---|---|---|---|---|"
    )
    for rows in options.rows or [2_000_000]:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            make_file(folder / "big.parquet", rows, options.row_group)
            show(rows, compare(folder / "big.parquet", folder, options.repeat))


if __name__ == "__main__":
    main()
