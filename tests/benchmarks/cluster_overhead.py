"""What many short runs on a Dask cluster cost: `python tests/benchmarks/cluster_overhead.py`.

One sweep on two workers with TLS. The driver's memory is looked at all the while, and its time of
the processor is taken beside what the runs themselves took on the workers.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))
from dask_cluster import Cluster, running

from runner.launcher import Site
from runner.launcher.cluster.transport import Tls
from runner.launcher.dask import Dask

WORKERS = ("one", "two")
QUIET = (
    "report=none", "reuse=false", "search=none", "model.alpha=0.1", "model.l1_ratio=0.5",
    "bootstrap.resamples=10",
)  # fmt: skip


def main() -> None:
    """Sweep, and print how it went."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with running(Cluster(folder), WORKERS) as cluster:
            dealt = _deal(cluster, folder, runs)
            began = time.perf_counter()
            driver = subprocess.Popen(_command(cluster, runs), cwd=folder)
            memory = _watch(driver, folder / "swept")
            whole = time.perf_counter() - began
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        results = pd.read_csv(folder / "swept" / "results.csv")
        checked = time.perf_counter()
        again = [*_command(cluster, runs)[:3], "resume", "swept"]
        subprocess.run(again, cwd=folder, check=True, capture_output=True)
        resumed = time.perf_counter() - checked
        shards = len([path for path in (folder / "swept").iterdir() if path.is_dir()])
    made, finished = results["seconds"].sum(), int((results["status"] == "finished").sum())
    overhead = (whole - made / len(WORKERS)) / runs
    print(f"{len(results)} runs, {finished} finished, {shards} folders in the sweep's")
    print(f"{whole:.0f} s by the clock, {1e3 * whole / runs:.1f} ms a run")
    print(f"the runs themselves: {1e3 * made / runs:.1f} ms on one of {len(WORKERS)} workers")
    print(f"{runs} items that do nothing: {1e3 * dealt:.1f} ms each")
    print(f"overhead: {1e3 * overhead:.1f} ms a run by the clock")
    print(f"time of the processor but for workers: {used.ru_utime + used.ru_stime:.0f} s")
    print(f"nothing left to do, and told so by enet resume: {resumed:.0f} s")
    print("the driver's memory, MB, by the share of runs that were finished:")
    for share, megabytes in memory.items():
        print(f"  {share:4.0%} {megabytes:6.0f}")


def _deal(cluster: Cluster, folder: Path, items: int) -> float:
    """Seconds of an item that does nothing."""
    launcher = Dask(
        name="dask", address=cluster.address, tls=Tls(**cluster.files), insecure=False, timeout=15.0
    )
    site = Site(shared=folder / "shared")
    list(launcher.launch(abs, range(2), site))
    began = time.perf_counter()
    assert sum(1 for _ in launcher.launch(abs, range(items), site)) == items
    return (time.perf_counter() - began) / items


def _command(cluster: Cluster, runs: int) -> list[str]:
    own = [sys.executable, "-m", "runner", "-m", "dataset=hitters", *QUIET, *cluster.overrides]
    return [*own, f"seed=range(0,{runs})", "hydra.sweep.dir=swept"]


def _watch(driver: subprocess.Popen[bytes], swept: Path) -> dict[float, float]:
    """The driver's memory in MB at some shares of the time from its first run to its last."""
    seen: list[float] = []
    while driver.poll() is None:
        if (swept / ".shared" / "locks" / "0").exists():
            seen.append(_resident(driver.pid))
        time.sleep(0.5)
    assert driver.returncode == 0
    sizes = [size for size in seen if size]
    marks = (0.02, 0.1, 0.25, 0.5, 0.75, 0.95)
    return {mark: sizes[int(mark * len(sizes))] for mark in marks} | {1.0: max(sizes)}


def _resident(process: int) -> float:
    try:
        status = Path(f"/proc/{process}/statm").read_text().split()
    except OSError:
        return 0.0
    return int(status[1]) * os.sysconf("SC_PAGESIZE") / 1e6


if __name__ == "__main__":
    main()
