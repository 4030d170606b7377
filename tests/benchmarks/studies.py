"""What a trial of a study costs beside its score: `python tests/benchmarks/studies.py`.

A candidate's score is a formula, so that all time is the study's. Processes begin together.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path += [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "search")]

from postgres import running_server
from study_worker import RESOLVER, SEED, Slow, study_at, worker

from runner.config import validate_section
from runner.search import Search

SAMPLERS = ("random", "tpe")
PAUSE = 0.005


def main() -> None:
    """Print a row per sampler, storage and number of workers; or be one of these workers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--work", nargs=5, help="of a worker: URL, study, folder, name, sampler")
    asked = parser.parse_args()
    if asked.work:
        _work(asked.trials, asked.work)
        return
    print("| sampler | storage | workers | ms a trial, by the clock | trials | load |")
    print("|---|---|--:|--:|--:|--:|")
    with running_server() as server, tempfile.TemporaryDirectory() as name:
        os.environ |= server.environment
        for sampler in SAMPLERS:
            _print(sampler, "journal, unshared", 1, *_measure_unshared(sampler, asked.trials))
            for storage, url in (("journal", "-"), ("PostgreSQL", server.url)):
                for workers in (1, 4):
                    folder = Path(name) / f"{sampler}-{storage}-{workers}"
                    folder.mkdir()
                    _print(
                        sampler,
                        storage,
                        workers,
                        *_measure(url, folder, workers, sampler, asked.trials),
                    )


def _print(sampler: str, storage: str, workers: int, spent: float, made: int) -> None:
    each, load = 1000 * spent / made, os.getloadavg()[0]
    row = (sampler, storage, workers, f"{each:.1f}", made, f"{load:.1f}")
    print("|", " | ".join(map(str, row)), "|", flush=True)


def _measure_unshared(sampler: str, trials: int) -> tuple[float, int]:
    """Of a search that is its process's own."""
    raw = {"name": "optuna", "sampler": sampler, "n_trials": trials}
    search = validate_section("search", raw)
    assert isinstance(search, Search)
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        made = search.run(RESOLVER, Slow(0.0), seed=SEED, folder=Path(folder))
        return time.perf_counter() - began, len(made)


def _measure(url: str, folder: Path, workers: int, sampler: str, trials: int) -> tuple[float, int]:
    """Seconds from when all workers are ready until the last one ends, and the trials made."""
    at = study_at(None if url == "-" else url, folder.name, folder)
    with at.open() as shared:
        script = [sys.executable, __file__, "--trials", str(trials), "--work"]
        given = [url, at.name, str(folder)]
        started = [
            subprocess.Popen([*script, *given, f"{number}", sampler]) for number in range(workers)
        ]
        while len(list(folder.glob("*.ready"))) < workers:
            time.sleep(PAUSE)
        began = time.perf_counter()
        (folder / "go").touch()
        if any(process.wait() for process in started):
            raise SystemExit("a worker has failed")
        spent = time.perf_counter() - began
        return spent, len(shared.places(trials, RESOLVER).results(RESOLVER))


def _work(trials: int, given: list[str]) -> None:
    url, study, folder, name, sampler = given
    at = study_at(None if url == "-" else url, study, Path(folder))
    one = worker(at, Slow(0.0), name, size=trials, sampler=sampler)
    one.places()
    (Path(folder) / f"{name}.ready").touch()
    while not (Path(folder) / "go").exists():
        time.sleep(PAUSE)
    with one.shared:
        one.take_part(None)


if __name__ == "__main__":
    main()
