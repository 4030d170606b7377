"""Times `enet predict` against reading the same file with pyarrow, and writing as much.

    python tests/benchmarks/predicting.py 10000000

Makes a run on 2,000 rows, and files of that many rows of 4 columns of numbers and 2 of categories,
a tenth of the values missing, in a temporary folder. Each process runs by itself; its seconds are
those of the processor, its memory the peak resident set.
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

import numpy as np
import pyarrow as pa
from pyarrow import csv, parquet

CHUNK = 500_000  # rows drawn at a time
MISSING = 0.1
TOWNS = ("York", "Bath", "Ely", "Leeds", "Hull")
SIZES = ("low", "middle", "high")
BARE = """
import sys
import numpy as np
import pyarrow as pa
from pyarrow import csv, parquet
source, target = sys.argv[1:]
if source.endswith(".parquet"):
    batches = parquet.ParquetFile(source).iter_batches(65536, use_threads=False)
    writer = None
else:
    options = csv.ReadOptions(use_threads=False, block_size=1 << 24)
    code = pa.dictionary(pa.int32(), pa.string())
    convert = csv.ConvertOptions(column_types={"town": code, "size": code})
    batches = csv.open_csv(source, read_options=options, convert_options=convert)
schema = pa.schema([("row", pa.int64()), ("prediction", pa.float64())])
kind = parquet.ParquetWriter if target.endswith(".parquet") else csv.CSVWriter
rows = 0
with kind(target, schema) as writer:
    for batch in batches:
        numbers = pa.array(np.arange(rows, rows + len(batch)))
        rows += len(batch)
        writer.write_table(pa.table([numbers, batch.column(0).fill_null(0.1)], schema=schema))
"""


@dataclass(frozen=True)
class Timing:
    """One process."""

    seconds: float
    processor: float
    megabytes: float


def make_file(path: Path, rows: int) -> None:
    """Write rows, and a target."""
    rng = np.random.default_rng(0)
    writer = None
    with path.open("wb") as file:
        for start in range(0, rows, CHUNK):
            table = _draw(rng, min(CHUNK, rows - start))
            if writer is None:
                kind = parquet.ParquetWriter if path.suffix == ".parquet" else csv.CSVWriter
                writer = kind(file, table.schema)
            writer.write_table(table)
        if writer is not None:
            writer.close()


def _draw(rng: np.random.Generator, rows: int) -> pa.Table:
    X = rng.standard_normal((4, rows)).round(4)
    columns = {f"x{j}": pa.array(x, mask=rng.random(rows) < MISSING) for j, x in enumerate(X)}
    for name, levels in (("town", TOWNS), ("size", SIZES)):
        codes = rng.integers(0, len(levels), rows)
        columns[name] = pa.array(np.array(levels)[codes], mask=rng.random(rows) < MISSING)
    y = X[0] - 2 * X[1] + rng.standard_normal(rows)
    return pa.table(columns | {"y": pa.array(y.round(4))})


def run(*command: str) -> Timing:
    """Time one process, and see how much memory it took at the most."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]} failed with {process.returncode}")
    return Timing(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def compare(folder: Path, ending: str, rows: int) -> tuple[Timing, Timing]:
    """Read and write with pyarrow alone, then predict."""
    data, model = folder / f"rows{ending}", folder / "model"
    make_file(data, rows)
    out = folder / f"out{ending}"
    bare = run(sys.executable, "-c", BARE, str(data), str(out))
    arguments = ("predict", str(model), str(data), "-o", str(out))
    return bare, run(sys.executable, "-m", "runner", *arguments)


def main() -> None:
    """Make the run and the files, time, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=10_000_000)
    options = parser.parse_args()
    print(
        "| rows, file | pyarrow alone, s | predict, s | by the clock | pyarrow, MB | predict, MB |"
    )
    print("|---|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_file(folder / "train.csv", 2_000)
        keys = ("dataset=csv", f"dataset.path={folder / 'train.csv'}", "dataset.target=y")
        where = (f"hydra.run.dir={folder / 'model'}", "report=none", "model.alpha=0.01")
        run(sys.executable, "-m", "runner", *keys, *where, "model.l1_ratio=0.5")
        for ending in (".parquet", ".csv"):
            bare, whole = compare(folder, ending, options.rows)
            print(
                f"| {options.rows:,}, {ending} | {bare.processor:.1f} | {whole.processor:.1f} | "
                f"{bare.seconds:.0f}, {whole.seconds:.0f} | {bare.megabytes:.0f} | "
                f"{whole.megabytes:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
