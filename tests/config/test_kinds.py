"""Kinds are found by name, imported when chosen, and brought by other installed packages too."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from test_docs import files_shown

from runner.config.kinds import GROUPS, all_kinds, find_kind, kind_names
from runner.errors import ConfigError

if TYPE_CHECKING:
    from conftest import OtherProcess

ROOT = Path(__file__).parents[2]
SHOWN = files_shown("extending.md")
METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
WHEEL = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the package that docs/extending.md shows; gives the folder for PYTHONPATH."""
    folder = tmp_path_factory.mktemp("installed")
    project = tomllib.loads(SHOWN["pyproject.toml"])["project"]
    (points,) = project["entry-points"].items()
    lines = [f"{name} = {value}" for name, value in points[1].items()]
    about = f"enet_halves-{project['version']}.dist-info"
    wheel = folder / f"enet_halves-{project['version']}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        for name, content in SHOWN.items():
            file.writestr(name, content)
        file.writestr(f"{about}/METADATA", METADATA.format(**project))
        file.writestr(f"{about}/WHEEL", WHEEL)
        file.writestr(f"{about}/entry_points.txt", "\n".join([f"[{points[0]}]", *lines, ""]))
        file.writestr(f"{about}/RECORD", "")
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps"]
    subprocess.run([*command, "--target", str(folder / "site"), str(wheel)], check=True)
    return folder / "site"


def with_point(site: Path, folder: Path, point: str) -> Path:
    """Give a copy of what is installed, whose entry point names another object."""
    shutil.copytree(site, folder / "site")
    (file,) = (folder / "site").glob("*.dist-info/entry_points.txt")
    text, found = re.subn(r"= .*", f"= {point}", file.read_text(encoding="utf-8"))
    assert found == 1
    file.write_text(text, encoding="utf-8")
    return folder / "site"


@pytest.mark.parametrize("group", GROUPS)
def test_every_kind_is_found_and_has_its_yaml(group: str) -> None:
    """Each name of a group has a class that states it, and an option of that name."""
    options = [yaml.safe_load(f.read_text()) for f in (ROOT / "conf" / group).glob("*.yaml")]
    assert {option["name"] for option in options} == set(kind_names(group))
    for name, kind in all_kinds(group).items():
        assert name in kind.model_fields["name"].annotation.__args__  # type: ignore[union-attr]


def test_a_group_has_the_folder_of_its_name() -> None:
    """conf/X has runner/X, for every X; the presets of conf/experiment are run by theirs."""
    folders = {path.name for path in (ROOT / "conf").iterdir() if path.is_dir()} - {"__pycache__"}
    assert folders == {*GROUPS, "experiment"}
    assert [] == [name for name in folders if not (ROOT / "runner" / name).is_dir()]


def test_no_two_files_have_one_name() -> None:
    """Only the faces of packages, and the bases of families, share a name with another."""
    seen: dict[str, list[str]] = {}
    for path in (ROOT / "runner").rglob("*"):
        if "__pycache__" not in path.parts and (path.suffix == ".py" or path.is_dir()):
            seen.setdefault(path.stem, []).append(str(path.relative_to(ROOT)))
    for name in ("__init__", "base"):
        del seen[name]
    assert {} == {name: paths for name, paths in seen.items() if len(paths) > 1}


def test_only_what_is_chosen_is_imported(other_process: OtherProcess) -> None:
    """Validating the default config imports no imputer but its own, and no study of Optuna."""
    program = (
        "import sys; from runner.config import composer, validate\n"
        "with composer(None, 'config') as c: validate(c.compose([]).sections)\n"
        "print(sorted(name for name in sys.modules if name.startswith('runner.')))"
    )
    ended = other_process.python("-c", program)
    assert "runner.imputer.simple" in ended.out, ended.err
    for name in ("forest", "knn", "boosting", "interpolate"):
        assert f"runner.imputer.{name}" not in ended.out
    assert "runner.search.optuna" not in ended.out


def test_there_is_no_such_kind() -> None:
    """A name that nothing states is an error of ours."""
    with pytest.raises(ConfigError, match="imputer has no kind 'nothing'"):
        find_kind("imputer", "nothing")


class TestInstalled:
    """A kind that an installed package brings."""

    def test_is_used_from_yaml(
        self, other_process: OtherProcess, monkeypatch: pytest.MonkeyPatch, site: Path
    ) -> None:
        """It is listed, run with its own YAML, searched, and named with its version."""
        monkeypatch.setenv("PYTHONPATH", str(site))
        assert "the same share of one everywhere" in other_process("--help", "imputer").out
        quick = ["dataset=penguins", "model=ols", "bootstrap.resamples=20", "hydra.run.dir=made"]
        space = "+search.space.imputer.share=[0.25,0.75]"
        ended = other_process("imputer=halves", "imputer.share=0.25", space, *quick)
        assert (0, "") == (ended.status, ended.err)
        environment = json.loads((other_process.folder / "made/environment.json").read_text())
        assert environment["plugins"] == [
            {"kind": "imputer=halves", "package": "enet-halves", "version": "1.2"}
        ]
        record = json.loads((other_process.folder / "made/run.json").read_text())
        assert record["best"]["parameters"]["imputer.share"] in {0.25, 0.75}

    def test_is_validated_like_ours(
        self, other_process: OtherProcess, monkeypatch: pytest.MonkeyPatch, site: Path
    ) -> None:
        """An unknown key and a value of the wrong type are named."""
        monkeypatch.setenv("PYTHONPATH", str(site))
        ended = other_process("imputer=halves", "imputer.share=much", "+imputer.shape=1")
        assert ended.status == 2
        assert "imputer.share is 'much', but must be" in ended.err
        assert "imputer.shape is not a key; did you mean imputer.share?" in ended.err

    @pytest.mark.parametrize(
        ("point", "said"),
        [
            ("enet_halves.fill:Literal", "must be a subclass of runner.imputer.base.Imputer"),
            ("enet_halves.fill:Nothing", "cannot be imported"),
            ("enet_halves.full:Halves", "cannot be imported"),
        ],
    )
    def test_that_is_none_is_refused(
        self,
        other_process: OtherProcess,
        monkeypatch: pytest.MonkeyPatch,
        site: Path,
        point: str,
        said: str,
    ) -> None:
        """What cannot be imported or is no imputer is named with its package."""
        monkeypatch.setenv("PYTHONPATH", str(with_point(site, other_process.folder, point)))
        ended = other_process("imputer=halves")
        assert ended.status == 2
        assert "enet-halves" in ended.err
        assert said in ended.err
