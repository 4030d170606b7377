"""Completion: what a shell is told when a line is asked to go on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from argparse import Namespace
from typing import TYPE_CHECKING

import pytest

from runner.cli.completion import override_completions

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Program

BASH = """
enet() {{ "{python}" -m runner "$@"; }}
eval "$(enet -sc install=bash)"
COMP_LINE={line!r}; COMP_POINT=${{#COMP_LINE}}; COMP_TYPE=9
_python_argcomplete enet
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def completed(folder: Path, line: str, shell: str = "bash") -> list[str]:
    """Ask bash, or argcomplete as another shell would, how a line goes on."""
    environment = {**os.environ, "_ARGCOMPLETE_SUPPRESS_SPACE": "1"}
    if shell == "bash":
        command = ["bash", "--norc", "-c", BASH.format(python=sys.executable, line=line)]
    else:
        asked = {"_ARGCOMPLETE": "1", "_ARGCOMPLETE_SHELL": shell, "_ARGCOMPLETE_IFS": "\n",
                 "COMP_LINE": line, "COMP_POINT": str(len(line)),
                 "_ARGCOMPLETE_STDOUT_FILENAME": str(folder / "told")}  # fmt: skip
        environment |= asked
        command = [sys.executable, "-m", "runner"]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    told = done.stdout if shell == "bash" else (folder / "told").read_text()
    return [word.strip().removesuffix(":") for word in told.splitlines() if word.strip()]


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("enet re", ["report", "resume", "reproduce", "report=", "reuse=", "retries=", "report."]),
        ("enet imputer=k", ["knn"]),
        ("enet run -m model=lasso,r", ["lasso,ridge"]),
        ("enet -m imputer=knn imputer.n", ["imputer.n_neighbors="]),
        ("enet imputer.n", []),
        ("enet dataset.path=my", ["my.csv"]),
        ("enet -sc install=f", ["fish"]),
        ("enet --dr", ["--dry-run"]),
    ],
)
def test_bash_completes(tmp_path: Path, line: str, words: list[str]) -> None:
    """Commands, groups, options, lists of them, keys of what is chosen, files and flags."""
    (tmp_path / "my.csv").touch()
    assert words == completed(tmp_path, line)


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_complete(tmp_path: Path, shell: str) -> None:
    """Other shells are told whole words."""
    (tmp_path / "my.csv").touch()
    assert ["imputer=knn"] == completed(tmp_path, "enet imputer=k", shell)
    assert ["dataset.path=my.csv"] == completed(tmp_path, "enet dataset.path=my", shell)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("met", ["metric="]),
        ("+met", ["+metric="]),
        ("~boot", ["~bootstrap"]),
        ("cache.", ["cache.folder=", "cache.megabytes="]),
        ("imputer.indicator=", ["imputer.indicator=true", "imputer.indicator=false"]),
        ("experiment=smo", ["experiment=smoke"]),
        ("imputer=near", ["imputer=near"]),
        ("hydra.run", ["hydra.run.dir="]),
        ("nothing", []),
    ],
)
def test_overrides(tmp_path: Path, typed: str, words: list[str]) -> None:
    """Keys of every kind with their prefix, values of flags, and the user's own options."""
    (tmp_path / "imputer").mkdir()
    (tmp_path / "imputer" / "near.yaml").write_text("name: knn\n")
    parsed = Namespace(config_dir=tmp_path, overrides=[])
    assert words == override_completions(typed, parsed)


def test_nothing_heavy_is_imported(tmp_path: Path) -> None:
    """Completion needs no Hydra, pydantic or numpy, and so answers at once."""
    code = (
        "import os, sys\nos._exit = lambda status: (print(sorted({'hydra', 'omegaconf', 'numpy', "
        "'pandas', 'pydantic', 'sklearn'} & sys.modules.keys())), sys.stdout.flush(), "
        "sys.exit(status))\nfrom runner.cli.program import main\nmain()"
    )
    line = "enet imputer=knn imputer."
    environment = {**os.environ, "_ARGCOMPLETE": "1", "COMP_LINE": line,
                   "COMP_POINT": str(len(line)),
                   "_ARGCOMPLETE_STDOUT_FILENAME": str(tmp_path / "told")}  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True,
                          text=True, check=True)  # fmt: skip
    assert "[]\n" == done.stdout
    assert "imputer.n_neighbors=" in (tmp_path / "told").read_text()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_installation_is_printed(program: Program, shell: str) -> None:
    """-sc install=SHELL prints what the shell is to evaluate, and nothing else."""
    ended = program("-sc", f"install={shell}")
    assert (0, "") == (ended.status, ended.err)
    assert "enet" in ended.out


def test_another_shell_is_refused(program: Program) -> None:
    """A shell that is not known is answered with those that are."""
    ended = program("-sc", "install=csh")
    assert (2, True) == (ended.status, "install=bash, install=zsh, install=fish" in ended.err)
