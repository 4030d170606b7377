"""What builds the library: the first compiler that can, and nothing where there is none."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from pathlib import Path

import backend
import compilers
import pytest

from runner.core.path.native.library import ABI

ROOT = Path(__file__).parents[2]
LIBRARY = compilers.NATIVE / compilers.HERE.library


@pytest.fixture(autouse=True)
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with the sources of the library and one that was built before."""
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.delenv("ENET_RUNNER_BUILD", raising=False)
    folder = tmp_path / "tree"
    shutil.copytree(ROOT / compilers.NATIVE, folder / compilers.NATIVE, ignore=backend.MADE)
    (folder / LIBRARY).write_bytes(b"of an older version")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def no_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the system nor the index has one."""
    monkeypatch.setenv("PATH", str(tmp_path / "no commands"))
    monkeypatch.setattr(compilers, "ZIG", [sys.executable, "-m", "no_such_compiler"])


def put_first(name: str, script: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a script found before any other command of its name."""
    command = folder / name
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


def built() -> list[str]:
    """The names of what lies beside the sources."""
    sources = {path.name for path in (ROOT / compilers.NATIVE).iterdir()}
    left = {path.name for path in compilers.NATIVE.iterdir()}
    return sorted(left - sources | left & {LIBRARY.name})


def test_the_library_loads_and_nothing_is_left_beside_it() -> None:
    """It takes the place of the older one."""
    compilers.build_library()
    assert [LIBRARY.name] == built()
    assert ABI == ctypes.CDLL(str(LIBRARY.resolve())).enet_abi()


def test_the_named_compiler_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """CC may have options; one that is not there is passed over."""
    monkeypatch.setenv("CC", "gcc -O1")
    assert ["gcc", "-O1"] == compilers.system_compiler()
    monkeypatch.setenv("CC", "no-such-compiler")
    assert ["cc"] == compilers.system_compiler()


@pytest.mark.parametrize(
    "script", ["exit 1", 'for file; do :; done; echo no library >"$file"', "kill -9 $$"]
)
def test_a_broken_compiler_is_passed_over(
    script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It fails, makes something else, or dies: the next one serves."""
    put_first("cc", script, tmp_path, monkeypatch)
    assert ["gcc"] == compilers.system_compiler()
    assert [] == backend.get_requires_for_build_wheel()


@pytest.mark.usefixtures("no_compiler")
@pytest.mark.parametrize(("wish", "asked"), [("", 1), ("require", 1), ("cc", 0), ("none", 0)])
def test_ziglang_is_asked_for_where_it_is_needed(
    wish: str, asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is, where there is no compiler and one may be fetched."""
    monkeypatch.setenv("ENET_RUNNER_BUILD", wish)
    assert [backend.ZIGLANG] * asked == backend.get_requires_for_build_editable()


def test_ziglang_alone_may_be_wished_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked for beside a compiler of the system, which then does not build."""
    monkeypatch.setenv("ENET_RUNNER_BUILD", "zig")
    assert [backend.ZIGLANG] == backend.get_requires_for_build_wheel()
    assert "ziglang" in next(compilers.commands("zig"))
    assert ["cc"] == next(compilers.commands(""))


@pytest.mark.usefixtures("no_compiler")
@pytest.mark.parametrize("wish", ["", "none", "cc", "zig"])
def test_nothing_builds_and_the_older_library_goes(
    wish: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The installation goes on."""
    monkeypatch.setenv("ENET_RUNNER_BUILD", wish)
    compilers.build_library()
    assert [] == built()


@pytest.mark.usefixtures("no_compiler")
def test_a_library_may_be_required(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then nothing is installed without."""
    monkeypatch.setenv("ENET_RUNNER_BUILD", "require")
    with pytest.raises(SystemExit, match="nothing builds libpaths"):
        compilers.build_library()


def test_an_unknown_wish_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message has what there is."""
    monkeypatch.setenv("ENET_RUNNER_BUILD", "gcc")
    with pytest.raises(SystemExit, match="=gcc is unknown: it can be none, cc, zig, require"):
        backend.get_requires_for_build_wheel()
    with pytest.raises(SystemExit, match="=gcc is unknown"):
        compilers.build_library()
