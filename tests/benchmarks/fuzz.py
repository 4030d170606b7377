"""Random problems for the compiled solvers: `python tests/benchmarks/fuzz.py [--valgrind 500]`.

Every array is an allocation of its own of the exact size, under the sanitisers of gcc, on each
instruction set that this machine has in turn. With --valgrind, so many of them as well without
sanitisers and with the flags of the package, under valgrind's memcheck, which sees reads of what
was never written; its long doubles are doubles, so that its false claims say nothing. Prints a
Markdown table; ends with an error where anything is found.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [
    str(Path(__file__).parents[1] / "core" / "path" / "native"),
    str(Path(__file__).parents[2] / "build_backend"),
]

from fuzzing import SANITISED, SHIPPED, Fuzzer  # noqa: E402 - it is not in a package

MEMCHECK = ("valgrind", "--quiet", "--error-exitcode=9", "--leak-check=full")
SHOWN = ("runs", "levels", "strengths", "claims", "false_claims", "beyond", "open", "stopped")


def main() -> None:
    """Compile, run, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first run, its seed")
    parser.add_argument("--valgrind", type=int, default=0, help="runs under valgrind")
    asked = parser.parse_args()
    print(f"| under | {' | '.join(SHOWN)} | slowest call, s | seconds |".replace("_", " "))
    print("|---" + "|--:" * (len(SHOWN) + 2) + "|")
    wrong = _row("sanitisers", (*SANITISED, "-O1"), asked.first, asked.runs)
    if asked.valgrind:
        wrong |= _row("valgrind", SHIPPED, asked.first, asked.valgrind, under=MEMCHECK)
    sys.exit(wrong)


def _row(
    name: str, flags: tuple[str, ...], first: int, runs: int, *, under: tuple[str, ...] = ()
) -> bool:
    """Print what so many runs have found; whether it should not be."""
    with tempfile.TemporaryDirectory() as folder:
        fuzzer = Fuzzer.compiled(Path(folder), *flags)
        began = time.perf_counter()
        found = fuzzer.counts(first, runs, under=under)
    seconds = time.perf_counter() - began
    counts = " | ".join(f"{found[key]:,}" for key in SHOWN)
    print(f"| {name} | {counts} | {found['slowest']:.2f} | {seconds:.0f} |", flush=True)
    return bool((found["false_claims"] and not under) or found["beyond"])


if __name__ == "__main__":
    main()
