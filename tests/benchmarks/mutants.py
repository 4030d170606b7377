"""How much of what is changed in a module its tests notice: `python tests/benchmarks/mutants.py`.

Each mutant is a module with one small change (see `mutations`), which the module's tests are run
on: those of its name, those of the folder of its name, and those that `ALSO` lists. It is killed
if one of them fails, or if they take several times as long. Everything happens in copies of the
tree; the checkout is not touched. The same seed and count give the same mutants.
"""

from __future__ import annotations

import argparse
import compileall
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from py_compile import PycInvalidationMode
from queue import SimpleQueue
from typing import TYPE_CHECKING

import numpy as np
from mutations import mutants_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mutations import Mutant

ROOT = Path(__file__).parents[2]
MODULES = ("bootstrap", "active_set", "scorer", "gap", "rubin", "paired_comparison", "splitters")
# tests, by the name of their file, that hold a module of another name to account
ALSO = {
    "accumulate": ("test_moments_accumulate", "test_moments_fold"),
    "hashed": ("test_splitters", "test_stream_reading", "test_stream_equals_memory"),
    "precision": ("test_moments_precision",),
    "scorer": ("test_choose_best",),
}
PYTEST = ("-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-n", "0")
LEFT_OUT = (".git", "__pycache__", ".*_cache", ".hypothesis", "*.egg-info", "outputs", "multirun")
PATIENCE, LEAST = 4, 30.0  # times the clean run, and seconds, until a mutant counts as killed


@dataclass(frozen=True)
class Module:
    """A module, its tests in the order in which they are run, and its mutants."""

    path: Path  # from the root, as the tests' are
    tests: tuple[str, ...]
    mutants: tuple[Mutant, ...]


@dataclass(frozen=True)
class Copies:
    """Copies of the tree, of which each is used by one at a time."""

    free: SimpleQueue[Path]

    @classmethod
    def make(cls, folder: Path, count: int) -> Copies:
        """Copy the tree so often."""
        free: SimpleQueue[Path] = SimpleQueue()
        for number in range(count):
            tree = folder / str(number)
            shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*LEFT_OUT))
            # as the package has it, not as an installed one of the checkout would give it
            shutil.copytree(tree / "conf", tree / "runner" / "conf", dirs_exist_ok=True)
            # known by what is in a file, as mutants are written within the clock's resolution
            mode = PycInvalidationMode.CHECKED_HASH
            compileall.compile_dir(tree / "runner", quiet=1, invalidation_mode=mode)
            free.put(tree)
        return cls(free)

    @contextmanager
    def take(self) -> Iterator[Path]:
        """One that nobody else uses."""
        tree = self.free.get()
        try:
            yield tree
        finally:
            self.free.put(tree)


def find_module(name: str) -> Path:
    """The one module of that name or path, wherever in the package it is.

    Raises:
        SystemExit: there is none, or more than one.
    """
    wanted = Path(name.removesuffix(".py")).parts
    found = [
        path.relative_to(ROOT)
        for path in sorted((ROOT / "runner").rglob("*.py"))
        if path.relative_to(ROOT).with_suffix("").parts[-len(wanted) :] == wanted
    ]
    if len(found) != 1:
        raise SystemExit(f"{name} is {len(found)} modules: {' '.join(map(str, found))}")
    return found[0]


def tests_of(module: Path) -> tuple[str, ...]:
    """The tests of a module: its own first, then those of its folder."""
    every = {path: path.stem for path in sorted((ROOT / "tests").rglob("test_*.py"))}
    named = [path for path, stem in every.items() if f"_{module.stem}_" in f"{stem}_"]
    named += [path for name in ALSO.get(module.stem, ()) for path in every if path.stem == name]
    folder = ROOT / "tests" / module.parent.relative_to("runner")
    if folder != ROOT / "tests" and folder.is_dir():
        named += [path for path in every if folder in path.parents]
    if not named:
        raise SystemExit(f"no tests are known of {module}: add them to ALSO")
    return tuple(dict.fromkeys(str(path.relative_to(ROOT)) for path in named))


def choose(name: str, seed: int, count: int) -> Module:
    """A module with a sample of its mutants, which does not depend on where it is."""
    path = find_module(name)
    every = mutants_of((ROOT / path).read_text(encoding="utf-8"))
    rng = np.random.default_rng([seed, zlib.crc32(path.stem.encode())])
    at = sorted(rng.permutation(len(every))[:count])
    return Module(path, tests_of(path), tuple(every[i] for i in at))


def passes(tree: Path, tests: Sequence[str], limit: float | None = None) -> bool:
    """Whether the tests pass in a copy of the tree, within so many seconds."""
    started = subprocess.Popen(
        [sys.executable, "-B", *PYTEST, *tests],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "CI": "true"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return started.wait(limit) == 0
    except subprocess.TimeoutExpired:
        os.killpg(started.pid, signal.SIGKILL)
        started.wait()
        return False


def survives(copies: Copies, module: Module, mutant: Mutant, limit: float) -> bool:
    """Whether a module's tests pass with the mutant in its place."""
    with copies.take() as tree:
        file = tree / module.path
        original = file.read_bytes()
        file.write_text(mutant.source, encoding="utf-8")
        try:
            return passes(tree, module.tests, limit)
        finally:
            file.write_bytes(original)


def count_survivors(copies: Copies, module: Module, jobs: int) -> int:
    """How many mutants the tests do not notice, each of which is printed.

    Raises:
        SystemExit: the tests fail without any change.
    """
    started = time.monotonic()
    with copies.take() as tree:
        if not passes(tree, module.tests):
            raise SystemExit(f"the tests of {module.path} fail as they are")
    limit = max(LEAST, PATIENCE * (time.monotonic() - started))
    count = 0
    with ThreadPoolExecutor(jobs) as pool:
        alive = pool.map(lambda m: survives(copies, module, m, limit), module.mutants)
        for mutant, lives in zip(module.mutants, alive, strict=True):
            if lives:
                at = f"{module.path}:{mutant.line}"
                print(f"{at}\n  - {mutant.before}\n  + {mutant.after}", flush=True)
                count += 1
    return count


def _row(name: str, count: int, alive: int) -> str:
    share = (count - alive) / max(count, 1)
    return f"| {name} | {count} | {count - alive} | {share:.0%} |"


def main() -> None:
    """Print what survives, and the share killed by module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", default=MODULES, help="names or paths")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=24, help="mutants of each module at the most")
    parser.add_argument("--jobs", type=int, default=1, help="mutants side by side")
    options = parser.parse_args()
    chosen = [choose(name, options.seed, options.count) for name in options.modules]
    rows, count, alive = [], 0, 0
    with tempfile.TemporaryDirectory() as folder:
        copies = Copies.make(Path(folder), options.jobs)
        for module in chosen:
            left = count_survivors(copies, module, options.jobs)
            rows.append(_row(str(module.path), len(module.mutants), left))
            count, alive = count + len(module.mutants), alive + left
    print("\n| module | mutants | killed | share |\n|---|--:|--:|--:|")
    print("\n".join([*rows, _row("all", count, alive)]))


if __name__ == "__main__":
    main()
