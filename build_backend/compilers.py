"""The compiled library of the package: which compilers can build it, and how they are asked."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

NATIVE = Path("runner", "core", "path", "native")  # in the tree that is built
WISH = "ENET_RUNNER_BUILD"
WISHES = ("", "none", "cc", "zig", "require")
FLAGS = (
    *("-std=c99", "-O3", "-shared", "-g0", "-fno-math-errno", "-fno-trapping-math"),
    *("-fno-signed-zeros", "-fassociative-math", "-ffp-contract=fast"),
)


@dataclass(frozen=True)
class System:
    """What the library is called on an operating system, and the flags that it needs there."""

    library: str
    flags: tuple[str, ...]


HIDDEN = ("-fPIC", "-fvisibility=hidden")
LINUX = System("libpaths.so", (*HIDDEN, "-nostdlib"))  # memset and memcpy are the process's
MACOS = System("libpaths.dylib", HIDDEN)
WINDOWS = System("libpaths.dll", ("-nostdlib", "-fno-builtin", "-Wl,--no-entry", "-s"))
HERE = {"darwin": MACOS, "win32": WINDOWS}.get(sys.platform, LINUX)
ZIG = [sys.executable, "-m", "ziglang", "cc"]


def wish() -> str:
    """What the environment says of the library; an unknown value ends the program."""
    found = os.environ.get(WISH, "")
    if found not in WISHES:
        sys.exit(f"{WISH}={found} is unknown: it can be {', '.join(WISHES[1:])}, or left out")
    return found


def system_compiler() -> list[str] | None:
    """The command of the first compiler that builds the library, here without optimising it."""
    for name in (os.environ.get("CC", ""), "cc", "gcc", "clang"):
        command = shlex.split(name, posix=os.name == "posix")
        if command and shutil.which(command[0]):
            with tempfile.TemporaryDirectory() as folder:
                if builds(command, Path(folder, HERE.library), "-O0"):
                    return command
    return None


def build_library() -> None:
    """Leave a library that loads in the tree, or none; ends the program where one is required."""
    wanted = wish()
    if any(_leaves_library(command) for command in commands(wanted)):
        return
    if wanted == "require":
        sys.exit(f"{WISH}=require, but nothing builds {HERE.library}: install gcc or clang")
    print(f"without {HERE.library}: numpy will solve the paths", file=sys.stderr)
    with suppress(OSError):  # an older one, if there is one and the tree can be written to
        (NATIVE / HERE.library).unlink()


def _leaves_library(command: list[str]) -> bool:
    """Whether a compiler could build the library, which is then there, and whole."""
    try:
        with tempfile.TemporaryDirectory(prefix="libpaths.", dir=NATIVE) as folder:
            built = Path(folder, HERE.library)
            if builds(command, built):
                built.replace(NATIVE / HERE.library)
                return True
    except OSError as error:  # the tree cannot be written to
        print(error, file=sys.stderr)
    return False


def commands(wanted: str) -> Iterator[list[str]]:
    """The compilers to try, in order."""
    if wanted in {"", "cc", "require"} and (command := system_compiler()):
        yield command
    if wanted in {"", "zig", "require"}:
        yield [*ZIG, "-mcpu=baseline"]  # it builds for the processor of this machine else


def builds(command: list[str], target: Path, *more: str) -> bool:
    """Whether a compiler makes a library for this machine, and that loads."""
    load = "import ctypes, sys; ctypes.CDLL(sys.argv[1]).enet_abi()"
    made = compiles([*command, *HERE.flags], target, *more)
    return made and _succeeds([sys.executable, "-c", load, str(target)])


def compiles(command: list[str], target: Path, *more: str) -> bool:
    """Whether a compiler makes a library."""
    return _succeeds([*command, *FLAGS, *more, str(NATIVE / "library.c"), "-o", str(target)])


def _succeeds(command: list[str]) -> bool:
    with tempfile.TemporaryDirectory() as cache:
        zig = {"ZIG_GLOBAL_CACHE_DIR": cache, "ZIG_LOCAL_CACHE_DIR": cache}
        try:
            subprocess.run(command, check=True, timeout=600, env={**zig, **os.environ})
        except (OSError, subprocess.SubprocessError) as error:
            print(error, file=sys.stderr)
            return False
    return True
