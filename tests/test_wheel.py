"""The built wheel holds every package, config and file that the checkout has."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHIPPED = {".py", ".yaml", ".csv", ".parquet", ".md", ".json", ".typed"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names in the wheel that `pip install .` would make."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"  # setuptools would leave files in the checkout, and take old ones
    for name in ("runner", "conf"):
        unwanted = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, source / name, ignore=unwanted)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(built).namelist())


@pytest.mark.parametrize(("folder", "inside"), [("runner", "runner"), ("conf", "runner/conf")])
def test_nothing_is_left_out(wheel: set[str], folder: str, inside: str) -> None:
    """Each file under runner/ and conf/ is in the wheel, in the packages that pyproject lists."""
    expected = {
        f"{inside}/{path.relative_to(ROOT / folder).as_posix()}"
        for path in (ROOT / folder).rglob("*")
        if path.suffix in SHIPPED and "__pycache__" not in path.parts
    }
    assert expected
    assert set() == expected - wheel


def test_nothing_else_is_in_it(wheel: set[str]) -> None:
    """The wheel holds the package and its description, and no test."""
    assert {"runner"} == {name.split("/")[0] for name in wheel if ".dist-info" not in name}
