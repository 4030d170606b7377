"""The README says what the program does: its commands run, and its output is the real one."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language, in order."""
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


COMMANDS = [line for block in blocks("bash") for line in block.splitlines()]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reader's folder: my.csv, and the config that the README shows."""
    folder = tmp_path_factory.mktemp("reader")
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "id": range(120),
            "area": rng.normal(100, 20, 120),
            "rooms": rng.integers(1, 6, 120).astype(float),
            "town": rng.choice(["Ulm", "Bonn", "Jena"], 120),
        }
    )
    frame["price"] = frame["area"] * 2 + frame["rooms"] * 10 + rng.normal(0, 10, 120)
    frame.loc[::7, "area"] = np.nan
    frame.loc[::11, "town"] = np.nan
    frame.to_csv(folder / "my.csv", index=False)
    frame.drop(columns="id").rename(columns={"price": "y"}).to_parquet(folder / "big.parquet")
    (config,) = blocks("yaml")
    file = folder / config.splitlines()[0].removeprefix("# ")
    file.parent.mkdir(parents=True)
    file.write_text(config, encoding="utf-8")
    return folder


def enet(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the program as a reader would."""
    command = [sys.executable, "-m", "runner", *arguments]
    return subprocess.run(command, cwd=home, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_runs(home: Path, command: str) -> None:
    """Each command that the README shows does what it says without an error."""
    program, *arguments = shlex.split(command)
    done = enet(home, *arguments)
    assert ("enet", 0, "") == (program, done.returncode, done.stderr)


def test_the_model_loads_as_shown(home: Path) -> None:
    """The README's Python lines predict from the model of its own command."""
    folder = home / "outputs" / "my-run"
    if not folder.exists():  # when this test is run alone
        (command,) = [line for line in COMMANDS if "my-run" in line]
        enet(home, *shlex.split(command)[1:])
    (snippet,) = blocks("python")
    code = snippet + "\nprint(len(predictions))\n"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=home, capture_output=True, text=True, check=True
    )
    assert "120\n" == done.stdout


def test_the_default_output_is_real(home: Path) -> None:
    """The first screen is what `enet` prints, but for the progress bar and the folder's name."""
    shown = blocks("text")[0].splitlines()
    printed = [line.rstrip() for line in enet(home).stdout.splitlines()]
    printed = [line for line in printed if line and not line.startswith("search")]
    assert shown[:-1] == printed[:-1]
    assert shown[-1].split(": ")[1] == printed[-1].split(": ")[1]
