"""`enet reproduce`: the same again, bit for bit; and where not, what differs, and by how much."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
import yaml
from conftest import QUICK, mixed_frame, read_json

from runner.cli.reproduce_run import main, make_parser
from runner.errors import ConfigError, DataError, RunDirectoryError

if TYPE_CHECKING:
    from conftest import Program

SAME = ["trials.csv: identical", "coefficients.csv: identical", "predictions.csv: identical"]


def reproduce(*arguments: str | Path) -> int:
    """Give the command."""
    return main(make_parser().parse_args([str(argument) for argument in arguments]))


@pytest.fixture
def made(finished_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy a finished run to another folder, which becomes the working directory."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(finished_run, tmp_path / "kept"))


def change(made: Path, table: str, column: str, by: float) -> None:
    """Add to the first number of a column."""
    frame = pd.read_csv(made / table, dtype=str, keep_default_na=False)
    frame.loc[0, column] = repr(float(str(frame.loc[0, column])) + by)
    frame.to_csv(made / table, index=False)


def set_version(made: Path, package: str, version: str) -> None:
    """Make a run one of another environment."""
    environment = read_json(made / "environment.json")
    environment["versions"][package] = version
    (made / "environment.json").write_text(json.dumps(environment))


def test_a_run_is_the_same_again(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From another folder than it was made in: identical tables beside the old record, twice."""
    before = {path.name: path.read_bytes() for path in made.iterdir() if path.is_file()}
    for number in (1, 2):
        assert 0 == reproduce(made)
        printed = capsys.readouterr().out.splitlines()
        assert f"ran {made} again in {made / f'reproduced-{number}'}" in printed
        assert ["in the same environment, so compared bit for bit (but for seconds)", *SAME] == (
            printed[-4:]
        )
        again = made / f"reproduced-{number}"
        assert "finished" == read_json(again / "run.json")["status"]
        assert before["predictions.csv"] == (again / "predictions.csv").read_bytes()
    assert before == {path.name: path.read_bytes() for path in made.iterdir() if path.is_file()}


def test_a_run_of_a_sweep(
    finished_sweep: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """So is a run of a sweep; the sweep as a whole, and a run that failed, are refused."""
    sweep = shutil.copytree(finished_sweep, tmp_path / "swept")
    assert 0 == reproduce(sweep / "1")
    assert SAME == capsys.readouterr().out.splitlines()[-3:]
    with pytest.raises(RunDirectoryError, match="is a sweep: name one of its runs"):
        reproduce(sweep)
    with pytest.raises(RunDirectoryError, match="status refused: only a finished run"):
        reproduce(sweep / "2")


def test_a_difference_is_told(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A record that is not what comes out: exit 1, and the table, column and size of it."""
    change(made, "trials.csv", "mse_mean", 0.25)
    change(made, "trials.csv", "seconds", 100.0)
    assert 1 == reproduce(made)
    printed = capsys.readouterr().out.splitlines()[-5:]
    assert ["trials.csv: differs", *SAME[1:]] == [printed[0], *printed[3:]]
    assert ["mse_mean", "1", "0.25", "too", "large"] == printed[2].split()


@pytest.mark.parametrize(("by", "status", "judged"), [(1e-10, 0, "allowed"), (0.1, 1, "too large")])
def test_another_environment_has_a_tolerance(
    made: Path, capsys: pytest.CaptureFixture[str], by: float, status: int, judged: str
) -> None:
    """What differs in version is named, and a difference of rounding is allowed, no other."""
    set_version(made, "numpy", "1.0")
    change(made, "coefficients.csv", "coefficient", by)
    assert status == reproduce(made)
    printed = capsys.readouterr().out
    installed = read_json(made / "reproduced-1" / "environment.json")["versions"]["numpy"]
    assert f"in another environment: numpy 1.0 is now {installed}\n" in printed
    (line,) = [line for line in printed.splitlines() if line.startswith("coefficient ")]
    assert line.endswith(judged)


def test_the_same_difference_counts_in_the_same_environment(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where nothing else has changed, rounding is no excuse."""
    change(made, "coefficients.csv", "coefficient", 1e-10)
    assert 1 == reproduce(made)
    assert "coefficients.csv: differs\n" in capsys.readouterr().out


def test_a_run_of_an_earlier_version_may_lack_a_column(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What it has is compared, and the new column is named."""
    table = pd.read_csv(made / "coefficients.csv", dtype=str, keep_default_na=False)
    table.drop(columns="sd").to_csv(made / "coefficients.csv", index=False)
    assert 0 == reproduce(made)
    told = ["coefficients.csv: identical in all it had", "  sd is a column of the new one alone"]
    assert [SAME[0], *told, SAME[2]] == capsys.readouterr().out.splitlines()[-4:]


def test_a_table_that_is_gone_is_told(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A table that only one of the two has is a difference."""
    (made / "predictions.csv").unlink()
    assert 1 == reproduce(made)
    assert "  only the new run has it" == capsys.readouterr().out.splitlines()[-1]


def test_data_that_has_moved(program: Program, mixed: tuple[str, ...]) -> None:
    """Without --data it is said to be gone; with it, all is the same. Other data is refused."""
    made = program.run(*mixed)
    (program.folder / "mixed.csv").rename(program.folder / "moved.csv")
    with pytest.raises(ConfigError, match=r"'mixed.csv', but there is no such file .* --data PATH"):
        reproduce(made)
    assert 0 == reproduce(made, "--data", program.folder / "moved.csv")
    mixed_frame(seed=1).to_csv(program.folder / "other.csv", index=False)
    with pytest.raises(DataError, match=r"has the hash .* but the run was made with"):
        reproduce(made, "--data", program.folder / "other.csv")
    assert ["reproduced-1"] == [path.name for path in made.glob("reproduced-*")]


def test_data_that_is_no_file(program: Program) -> None:
    """A dataset that is made has no file to be named."""
    made = program.run("dataset=synthetic", *QUICK)
    with pytest.raises(ConfigError, match="the run's dataset is none"):
        reproduce(made, "--data", program.folder / "mixed.csv")
    assert 0 == reproduce(made)


@pytest.mark.parametrize("later", ["trial_metrics", "bootstrap", "persistence"])
def test_what_came_later_has_its_default(made: Path, later: str) -> None:
    """A config from before a key or a group was there is run as it was meant."""
    path = made / ".hydra" / "config.yaml"
    sections = yaml.safe_load(path.read_text(encoding="utf-8"))
    del sections[later]
    path.write_text(yaml.safe_dump(sections), encoding="utf-8")
    assert 0 == reproduce(made)


def test_a_config_that_is_gone_is_told(made: Path) -> None:
    """Without its config a run cannot be repeated."""
    shutil.rmtree(made / ".hydra")
    with pytest.raises(RunDirectoryError, match=r"no \.hydra/config\.yaml"):
        reproduce(made)
