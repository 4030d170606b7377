"""setuptools, and a compiled library in the wheel wherever a compiler can be had.

It is the system's compiler, else ziglang from the package index, which is asked for only then.
Where neither builds, the wheel is one for all platforms, without a library. The environment
variable ENET_RUNNER_BUILD can be `none`, `cc` or `zig`, the one thing to build with, or `require`.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compilers import build_library, system_compiler, wish
from setuptools import build_meta

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCES = ("runner", "conf", "build_backend")
FILES = ("pyproject.toml", "MANIFEST.in", "README.md", "LICENSE", "constraints.txt")
MADE = shutil.ignore_patterns("__pycache__", "libpaths.*")
# a requirement that the index does not have would end the installation
ZIGLANG = (
    "ziglang>=0.13; sys_platform in 'linux darwin win32' "
    "and platform_machine in 'x86_64 AMD64 aarch64 arm64 ARM64'"
)

Settings = dict[str, Any] | None


def get_requires_for_build_sdist(config_settings: Settings = None) -> list[str]:
    """Nothing but what pyproject.toml names."""
    return []


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    """A compiler, where it is needed and there is none."""
    wanted = wish()
    without = wanted in {"none", "cc"} or (wanted != "zig" and system_compiler())
    return [] if without else [ZIGLANG]


get_requires_for_build_editable = get_requires_for_build_wheel


def prepare_metadata_for_build_wheel(
    metadata_directory: str, config_settings: Settings = None
) -> str:
    """The metadata alone."""
    with copied_sources():
        return build_meta.prepare_metadata_for_build_wheel(metadata_directory, config_settings)


prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    """The sources, those of the library among them."""
    folder = Path(sdist_directory).resolve()
    with copied_sources():
        return build_meta.build_sdist(folder, config_settings)


def build_wheel(
    wheel_directory: str,
    config_settings: Settings = None,
    metadata_directory: str | None = None,
) -> str:
    """A wheel, with a library if one can be built."""
    folder = Path(wheel_directory).resolve()
    with copied_sources():
        build_library()
        return build_meta.build_wheel(folder, config_settings, metadata_directory)


def build_editable(
    wheel_directory: str,
    config_settings: Settings = None,
    metadata_directory: str | None = None,
) -> str:
    """A wheel that names this tree, in which a library is left if one can be built."""
    build_library()
    return build_meta.build_editable(wheel_directory, config_settings, metadata_directory)


@contextmanager
def copied_sources() -> Iterator[None]:
    """Be in a copy of the tree meanwhile, as setuptools writes to where it builds."""
    with tempfile.TemporaryDirectory() as folder:
        for name in SOURCES:
            shutil.copytree(name, Path(folder, name), ignore=MADE)
        for name in FILES:
            shutil.copy(name, folder)
        with chdir(folder):
            yield
