"""The compiled library beside this file, where one has been built."""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache
from pathlib import Path
from typing import Literal

ABI = 1  # of library.c
NAME = {"win32": "libpaths.dll", "darwin": "libpaths.dylib"}.get(sys.platform, "libpaths.so")
CHOICE = "ENET_RUNNER_CORE"  # in the environment: `numpy` leaves the library aside


@cache
def library() -> ctypes.CDLL | None:
    """The library; None where there is none, it does not load, or it has another interface."""
    if os.environ.get(CHOICE) == "numpy":
        return None
    try:
        loaded = ctypes.CDLL(str(Path(__file__).with_name(NAME)))
        loaded.enet_abi.restype = loaded.enet_level.restype = ctypes.c_int64
        return loaded if loaded.enet_abi() == ABI else None
    except (OSError, AttributeError):
        return None


@cache
def level() -> int:
    """The widest instruction set that this machine has, 0 to 2."""
    loaded = library()
    return 0 if loaded is None else int(loaded.enet_level())


def core_in_use() -> Literal["c-avx512", "c-avx2", "c", "numpy"]:
    """What solves paths in this process."""
    if library() is None:
        return "numpy"
    names: tuple[Literal["c", "c-avx2", "c-avx512"], ...] = ("c", "c-avx2", "c-avx512")
    return names[level()]
