"""The compiled library is used if it is of this version; else numpy serves, and says so."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from conftest import QUICK, read_json

from runner.core.path.native import library as native
from runner.core.path.native.follow_gram import Memory
from runner.store import fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Program

OWN = native.FILE.with_name("library.c")
# the library, but one function says something else
OTHER = (
    '#define {0} own_{0}\n#include "{1}"\n#undef {0}\nEXPORT int64_t {0}(void) {{ return {2}; }}'
)
OTHER_ABI = OTHER.format("enet_abi", OWN, native.ABI + 1)
OTHER_LAYOUT = OTHER.format("enet_row_size", OWN, 8)
NO_LEVEL = f"long long enet_abi(void) {{ return {native.ABI}; }}"


@pytest.fixture(autouse=True)
def asked_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Which library there is is asked once per process, but here in each test."""
    monkeypatch.delenv("ENET_RUNNER_CORE", raising=False)
    native.library.cache_clear()
    yield
    native.library.cache_clear()


@pytest.mark.parametrize("source", [OTHER_ABI, OTHER_LAYOUT, NO_LEVEL])
def test_a_library_of_another_version_is_refused(source: str, tmp_path: Path) -> None:
    """It loads, but is not what is expected."""
    code, built = tmp_path / "other.c", tmp_path / "other.so"
    code.write_text(source)
    subprocess.run(["gcc", "-shared", "-fPIC", str(code), "-o", str(built)], check=True)  # noqa: S607
    assert native.load(built) is None


def test_a_broken_file_is_refused(tmp_path: Path) -> None:
    """Bytes that are no library, a header alone, none, and no file."""
    for content in (b"", b"no library\n" * 100, native.FILE.read_bytes()[:20]):
        file = tmp_path / f"{len(content)}.so"
        file.write_bytes(content)
        assert native.load(file) is None
    assert native.load(tmp_path / "absent.so") is None


def test_the_library_says_what_it_uses() -> None:
    """It is there, as tests are run where a compiler is, and its core is one of three."""
    assert native.library() is native.library() is not None
    assert native.core_in_use() in native.BY_LEVEL
    assert [] == native.findings()


def codes(run: Path) -> set[str]:
    """The checks of a run."""
    return {found["code"] for found in read_json(run / "run.json")["checks"]}


def core(run: Path) -> str:
    """What has solved its paths."""
    found: str = read_json(run / "environment.json")["platform"]["core"]
    return found


def test_a_run_notes_that_the_library_is_not_there(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its paths are numpy's; nothing is said where there is a library."""
    compiled = program.run("dataset=diabetes", *QUICK, name="compiled")
    monkeypatch.setattr(native, "FILE", tmp_path / "libpaths.so")
    native.library.cache_clear()
    without = program.run("dataset=diabetes", *QUICK, "reuse=false", name="without")
    assert {"EN306"} == codes(without) - codes(compiled)
    assert "numpy" == core(without) != core(compiled)


def test_a_run_is_silent_where_numpy_was_chosen(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record has it all the same."""
    monkeypatch.setenv("ENET_RUNNER_CORE", "numpy")
    run = program.run("dataset=diabetes", *QUICK, name="chosen")
    assert ("numpy", False) == (core(run), "EN306" in codes(run))


@pytest.mark.parametrize("stride", [0, 1, 7, 100])
def test_the_workspace_is_as_large_as_the_library_needs(stride: int) -> None:
    """What Python sets aside is what C writes to."""
    found = native.library()
    assert found is not None
    assert found.enet_gram_work(stride) == len(Memory.of(stride).work)


def test_the_fingerprint_says_which_core_solves(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that numpy has solved is not taken for one of the library."""
    monkeypatch.setattr(fingerprint, "core", fingerprint.core.__wrapped__)
    assert fingerprint.core() == "c"
    compiled = fingerprint.fingerprint({"dataset": {}}, "", [])
    monkeypatch.setenv(native.CHOICE, "numpy")
    assert fingerprint.core() == "numpy"
    assert compiled != fingerprint.fingerprint({"dataset": {}}, "", [])
