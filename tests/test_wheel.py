"""The built wheel holds every package, config and file that the checkout has, and a library."""

from __future__ import annotations

import base64
import csv
import hashlib
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHIPPED = {".py", ".yaml", ".csv", ".parquet", ".md", ".json", ".typed"}
NATIVE = "runner/core/path/native"


def build(hook: str, folder: Path, library: str) -> Path:
    """What a hook of the backend builds into a folder."""
    code = f"import sys, backend; backend.build_{hook}(sys.argv[1])"
    there = {"PYTHONPATH": str(ROOT / "build_backend"), "ENET_RUNNER_BUILD": library}
    command = [sys.executable, "-c", code, str(folder)]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT, env={**os.environ, **there})
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that `pip install .` would make where a compiler is."""
    return build("wheel", tmp_path_factory.mktemp("wheel"), "require")


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    """The names of the files in it."""
    return set(zipfile.ZipFile(wheel).namelist())


@pytest.mark.parametrize(("folder", "inside"), [("runner", "runner"), ("conf", "runner/conf")])
def test_nothing_is_left_out(names: set[str], folder: str, inside: str) -> None:
    """Each file under runner/ and conf/ is in the wheel, in the packages that pyproject lists."""
    expected = {
        f"{inside}/{path.relative_to(ROOT / folder).as_posix()}"
        for path in (ROOT / folder).rglob("*")
        if path.suffix in SHIPPED and "__pycache__" not in path.parts
    }
    assert expected
    assert set() == expected - names


def test_nothing_else_is_in_it(names: set[str]) -> None:
    """The wheel holds the package and its description, and no test; of the library no source."""
    assert {"runner"} == {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert set() == {name for name in names if Path(name).suffix in {".c", ".h"}}


def test_it_is_of_this_platform_and_its_record_is_right(wheel: Path) -> None:
    """The library is in it, with its hash, as are all files."""
    with zipfile.ZipFile(wheel) as content:
        (record,) = (name for name in content.namelist() if name.endswith("RECORD"))
        hashes = {name: said for name, said, _ in csv.reader(content.read(record).decode().split())}
        found = {
            name: "sha256=" + base64.urlsafe_b64encode(digest).decode().rstrip("=")
            for name in content.namelist()
            if (digest := hashlib.sha256(content.read(name)).digest())
        }
    assert f"{NATIVE}/libpaths.so" in found
    assert {**found, record: ""} == hashes
    assert "-py3-none-linux_" in wheel.name


def test_without_a_library_it_is_of_all_platforms(tmp_path: Path) -> None:
    """Also where the checkout has a library, which is left as it was."""
    before = (ROOT / "build").exists()
    built = build("wheel", tmp_path, "none")
    assert built.name.endswith("-py3-none-any.whl")
    assert not [name for name in zipfile.ZipFile(built).namelist() if "libpaths" in name]
    assert before == (ROOT / "build").exists()


def test_the_sdist_has_all_that_a_wheel_is_built_from(tmp_path: Path) -> None:
    """The files of the backend and of the library, but none that is built."""
    built = build("sdist", tmp_path, "none")
    with tarfile.open(built) as content:
        within = {name.partition("/")[2] for name in content.getnames()}
    wanted = [
        path.relative_to(ROOT).as_posix()
        for folder in (NATIVE, "build_backend")
        for path in (ROOT / folder).iterdir()
        if path.suffix in {".c", ".h", ".py"}
    ]
    assert f"{NATIVE}/library.c" in wanted
    assert set() == {*wanted, "MANIFEST.in"} - within
    assert not [name for name in within if "libpaths" in name]
