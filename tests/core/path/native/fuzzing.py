"""The fuzzer of the compiled solvers, fuzz.c: how it is compiled and run."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import compilers

HERE = Path(__file__).parent
SOURCES = HERE.parents[3] / compilers.NATIVE
SANITISED = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-DPAD=8", "-g")
SHIPPED = (*(flag for flag in compilers.FLAGS if flag not in {"-shared", "-g0"}), "-g")


@dataclass(frozen=True)
class Fuzzer:
    """The compiled program."""

    program: Path

    @classmethod
    def compiled(cls, folder: Path, *flags: str) -> Fuzzer:
        """Compile it with more flags, all instruction sets in one."""
        program = folder / "fuzz"
        source = ("-std=gnu99", f"-I{SOURCES}", str(HERE / "fuzz.c"), "-lm", "-o", str(program))
        subprocess.run(["gcc", *flags, *source], check=True)  # noqa: S607
        return cls(program)

    def __call__(
        self, first: int, count: int, *more: str, under: tuple[str, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run so many problems; `more` may name an array that is too short."""
        return subprocess.run(
            [*under, str(self.program), str(first), str(count), *more],
            capture_output=True,
            text=True,
            check=False,
            timeout=3600,
        )

    def counts(self, first: int, count: int, *, under: tuple[str, ...] = ()) -> dict[str, float]:
        """What became of so many problems.

        Raises:
            RuntimeError: a sanitiser, or what the program runs under, has ended it.
        """
        done = self(first, count, under=under)
        if done.returncode:
            raise RuntimeError(done.stderr)
        found: dict[str, float] = json.loads(done.stdout)
        return found
