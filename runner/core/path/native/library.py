"""The compiled library beside this file, where the package was installed with one."""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from runner.checks import NOT_COMPILED
from runner.core.path.native.layouts import EnetGram, EnetLosses, EnetPass, EnetRows

if TYPE_CHECKING:
    from runner.checks import Finding

Core = Literal["c-avx512", "c-avx2", "c", "numpy"]

ABI = 2  # of the functions that library.c exports
# of a problem and a level: paths, and passes over rows
SOLVERS = ("enet_gram_path", "enet_gram_gaps", "enet_row_path", "enet_loss_path")
PASSES = ("enet_predict", "enet_settle", "enet_gather", "enet_conjugate")
SIZES = ("enet_row_work", "enet_loss_work")  # of a workspace, of n and p
LAYOUTS = {
    "enet_gram_size": EnetGram,
    "enet_row_size": EnetRows,
    "enet_loss_size": EnetLosses,
    "enet_pass_size": EnetPass,
}
CHOICE = "ENET_RUNNER_CORE"  # in the environment: numpy leaves the library out
NAMES = {"darwin": "libpaths.dylib", "win32": "libpaths.dll"}
FILE = Path(__file__).with_name(NAMES.get(sys.platform, "libpaths.so"))
BY_LEVEL: tuple[Core, ...] = ("c", "c-avx2", "c-avx512")


@cache
def library() -> ctypes.CDLL | None:
    """The library; None where there is none that can be used, or numpy was chosen."""
    return None if numpy_chosen() else load(FILE)


@cache
def level() -> int:
    """The widest instruction set that this machine has, 0 to 2; asked once, as it takes long."""
    found = library()
    return 0 if found is None else int(found.enet_level())


def core_in_use() -> Core:
    """What solves paths: the library, by the instructions that it has found, or numpy."""
    return "numpy" if library() is None else BY_LEVEL[level()]


def numpy_chosen() -> bool:
    """Whether the environment says that numpy is to solve paths."""
    return os.environ.get(CHOICE) == "numpy"


def load(file: Path) -> ctypes.CDLL | None:
    """A library; None if it is not there, not of this machine, or not what this version expects."""
    try:
        found = ctypes.CDLL(str(file))
        for name in ("enet_abi", "enet_level", *SOLVERS, *PASSES, *SIZES, *LAYOUTS):
            getattr(found, name).restype = ctypes.c_int64
        for name in (*SOLVERS, *PASSES):
            getattr(found, name).argtypes = (ctypes.c_void_p, ctypes.c_int64)
        for name in SIZES:
            getattr(found, name).argtypes = (ctypes.c_int64, ctypes.c_int64)
    except (OSError, AttributeError):
        return None
    fits = all(getattr(found, name)() == ctypes.sizeof(own) for name, own in LAYOUTS.items())
    return found if fits and found.enet_abi() == ABI else None


def findings() -> list[Finding]:
    """That numpy solves the paths, where nobody has chosen it."""
    if library() is not None or numpy_chosen():
        return []
    what = "cannot be used" if FILE.exists() else "is not there"
    return [NOT_COMPILED.found(f"numpy solves the paths, as {FILE.name} {what}")]
