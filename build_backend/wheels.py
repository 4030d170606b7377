"""Wheels for every platform that ziglang compiles for: python build_backend/wheels.py FOLDER."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path
from typing import Any

import lief
from backend import Settings, copied_sources
from compilers import LINUX, MACOS, NATIVE, WINDOWS, ZIG, System, compiles
from setuptools import build_meta

# a library that needs no C library is one for glibc and musl
PLATFORMS = {
    "manylinux_2_17_x86_64.musllinux_1_2_x86_64": ("x86_64-linux-musl", LINUX),
    "manylinux_2_17_aarch64.musllinux_1_2_aarch64": ("aarch64-linux-musl", LINUX),
    "macosx_11_0_x86_64": ("x86_64-macos.11.0", MACOS),
    "macosx_11_0_arm64": ("aarch64-macos.11.0", MACOS),
    "win_amd64": ("x86_64-windows-gnu", WINDOWS),
    "win_arm64": ("aarch64-windows-gnu", WINDOWS),
}


def build(platform: str, target: str, system: System, folder: Path) -> Path:
    """Build the wheel of a platform, given ziglang's name of it."""
    with copied_sources():
        if not compiles([*ZIG, "-target", target, *system.flags], NATIVE / system.library):
            sys.exit(f"{system.library} cannot be built for {platform}")
        options: Settings = {
            "--global-option": "--quiet",
            "--build-option": ["--plat-name", platform],
        }
        return folder / build_meta.build_wheel(folder, options)


def exported(wheel: Path) -> set[str]:
    """The functions that the library of a wheel exports."""
    with zipfile.ZipFile(wheel) as content:
        (name,) = (name for name in content.namelist() if Path(name).stem == "libpaths")
        library: Any = lief.parse(content.read(name))
    names = (function.name for function in library.exported_functions)
    return {name.removeprefix("_") for name in names if "enet_" in name}


def main(folder: Path) -> None:
    """Build all wheels; the program ends if their libraries do not export the same."""
    lief.logging.disable()
    folder.mkdir(parents=True, exist_ok=True)
    wheels = [build(name, *how, folder.resolve()) for name, how in PLATFORMS.items()]
    functions = {wheel.name: exported(wheel) for wheel in wheels}
    for name, found in functions.items():
        print(name, "exports", *sorted(found))
    if not all(found == exported(wheels[0]) != set() for found in functions.values()):
        sys.exit("the libraries do not export the same functions")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
