"""`enet show`: a run as it was shown when it ended, a sweep's table, and what a run ran on."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from conftest import QUICK, read_json

from runner.cli.show_runs import main, make_parser
from runner.errors import RunDirectoryError

if TYPE_CHECKING:
    from conftest import Program

VERSION_1 = Path(__file__).parents[1] / "golden" / "version_1"
MASK = "dataset.mask={share: 0.2, mechanism: MCAR}"


def show(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> list[str]:
    """The lines that `enet show` prints."""
    capsys.readouterr()
    assert 0 == main(make_parser().parse_args([str(argument) for argument in arguments]))
    return capsys.readouterr().out.splitlines()


def test_a_run_is_shown_as_it_was(
    capsys: pytest.CaptureFixture[str], program: Program, mixed: tuple[str, ...]
) -> None:
    """Every line of the summary at the end of the run is there again, but for its files."""
    ended = program(*mixed, "hydra.run.dir=made", "report.progress=false", "imputer=linear")
    summary = [line for line in ended.out.splitlines() if line][:-1]
    told = [line for line in summary if not line.startswith("strongest")]
    lines = show(capsys, program.folder / "made")
    wide = [" ".join(line.split()) for line in lines]
    assert [] == [line for line in told if " ".join(line.split()) not in wide]
    assert 14 < len(told)
    choices = "metric mse; split kfold (3 folds, 18 test rows); imputer linear; model elastic_net;"
    assert f"{choices} search grid" in lines
    assert f"{program.folder / 'made'}: finished " in lines[0]
    assert "dataset.path=mixed.csv" in lines[1]


def test_all_selected_features_are_shown(
    capsys: pytest.CaptureFixture[str], program: Program
) -> None:
    """Not the strongest ten alone, and the intercept, which is no feature, last."""
    made = program.run("split.folds=3", "bootstrap.resamples=20", "model=ridge")
    table = pd.read_csv(made / "coefficients.csv")
    ranked = table[table["selected"]].sort_values("rank")["feature"].tolist()
    lines = show(capsys, made)
    start = next(at for at, line in enumerate(lines) if line.startswith("selected features"))
    shown = [line.split("  ")[0] for line in lines[start + 1 : start + 2 + len(ranked)]]
    assert [*ranked, "(intercept)"] == shown
    assert len(ranked) == read_json(made / "run.json")["n_selected"] > 10


def test_findings_are_shown(capsys: pytest.CaptureFixture[str], program: Program) -> None:
    """With their codes and what can be done."""
    made = program.run("dataset=earthquakes", *QUICK)
    assert any(line.startswith("note EN120: the target 'mag'") for line in show(capsys, made))


def test_a_failed_run_shows_its_reason(
    capsys: pytest.CaptureFixture[str], finished_sweep: Path
) -> None:
    """The status and the error, without a table."""
    lines = show(capsys, finished_sweep / "2")
    assert f"{finished_sweep / '2'}: refused " in lines[0]
    assert ": imputer=none, but values are missing in age" in lines[0]
    assert not any("CV mean" in line for line in lines)


def test_a_run_that_has_not_ended_says_so(
    capsys: pytest.CaptureFixture[str], finished_run: Path, tmp_path: Path
) -> None:
    """A running record is shown with its start, one of an interrupt with its status."""
    record = read_json(finished_run / "run.json")
    begun = {
        key: record[key]
        for key in ("schema_version", "started", "fingerprint", "overrides", "choices", "metric")
    }
    for status, said in (("running", "interrupted, begun "), ("interrupted", "interrupted")):
        (tmp_path / "run.json").write_text(json.dumps({**begun, "status": status}))
        assert show(capsys, tmp_path)[0].startswith(f"{tmp_path}: {said}")


def test_a_run_of_version_1(capsys: pytest.CaptureFixture[str]) -> None:
    """Its scores are shown, though it has no coefficients, and its manifest's versions."""
    lines = show(capsys, VERSION_1)
    assert "finished 2026-11-24 18:29 UTC" in lines[0]
    assert ["mse", "55.9", "2.9"] == next(x for x in lines if x.startswith("mse ")).split()[:3]
    assert "15 of 59 features selected" in lines
    assert "# Python 3.11.7" == show(capsys, VERSION_1, "--environment")[0]


def test_the_environment_is_a_requirements_file(
    capsys: pytest.CaptureFixture[str], finished_run: Path, tmp_path: Path
) -> None:
    """Pip reads it; each package has the version that is installed."""
    lines = show(capsys, finished_run, "--environment")
    assert f"# Python {'.'.join(map(str, sys.version_info[:3]))}" == lines[0]
    assert f"numpy=={version('numpy')}" in lines
    assert f"scikit-learn=={version('scikit-learn')}" in lines
    file = tmp_path / "requirements.txt"
    file.write_text("\n".join(line for line in lines if "enet-runner" not in line))
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-index", "-r", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr


def test_versions_of_plugins_are_among_them(
    capsys: pytest.CaptureFixture[str], finished_run: Path, tmp_path: Path
) -> None:
    """A package that brought a kind is needed too."""
    shutil.copy(finished_run / "run.json", tmp_path)
    plugin = {"kind": "imputer=near", "package": "enet-near", "version": "1.2"}
    environment = {"versions": {"python": "3.11.7", "optuna": None}, "plugins": [plugin]}
    (tmp_path / "environment.json").write_text(json.dumps(environment))
    assert ["# Python 3.11.7", "enet-near==1.2"] == show(capsys, tmp_path, "--environment")


def test_a_sweep_shows_its_table(
    capsys: pytest.CaptureFixture[str], program: Program, mixed: tuple[str, ...]
) -> None:
    """The same as when it ended, and why runs failed."""
    ended = program("-m", *mixed, "imputer=none,mean", "metric=r2", "model.l1_ratio=0.5,1",
                    "hydra.sweep.dir=swept")  # fmt: skip
    start = ended.out.index("run  model.l1_ratio")
    table = ended.out[start:].splitlines()[:5]
    lines = show(capsys, program.folder / "swept")
    assert f"{program.folder / 'swept'}: 2 refused, 2 finished" == lines[0]
    assert [line.rstrip() for line in table] == lines[2:7]
    assert 2 == sum("refused" in line and "imputer=none, but" in line for line in lines[7:])


def test_a_compared_sweep_shows_its_comparison(
    capsys: pytest.CaptureFixture[str], program: Program
) -> None:
    """Differences from the baseline, in its parts, as when it ended."""
    ended = program("-m", "dataset=diabetes", MASK, *QUICK, "imputer=mean,linear",
                    "report.baseline={imputer: mean}", "split.test=0.2,0.3",
                    "hydra.sweep.dir=swept")  # fmt: skip
    assert 0 == ended.status, ended.err
    lines = show(capsys, program.folder / "swept")
    start = ended.out.index("split.test=0.2\nimputer")
    assert ended.out[start:].splitlines()[:-1] == lines[2:]


def test_a_sweep_that_was_killed_shows_what_there_is(
    capsys: pytest.CaptureFixture[str], finished_sweep: Path, tmp_path: Path
) -> None:
    """Without results.csv, with a run under way."""
    for run in ("0", "1"):
        shutil.copytree(finished_sweep / run, tmp_path / run)
    record = read_json(tmp_path / "1" / "run.json")
    begun = {k: record[k] for k in ("schema_version", "started", "overrides", "choices", "metric")}
    (tmp_path / "1" / "run.json").write_text(json.dumps({**begun, "status": "running"}))
    lines = show(capsys, tmp_path)
    assert f"{tmp_path}: 1 finished, 1 running" == lines[0]
    assert f"{tmp_path / '1'}: interrupted, begun " in lines[-1]


@pytest.mark.parametrize(
    ("made", "arguments", "said"),
    [
        (None, [], "is no directory"),
        ("folder", [], "holds neither a run nor a sweep: there is no run.json in it"),
        ("folder", ["--environment"], "holds no run, whose environment could be shown"),
        ("run.json", [], "cannot be read: it is no record of a run"),
        ("run.json", ["--environment"], "has no environment.json, and so no versions"),
    ],
)
def test_what_cannot_be_shown(
    tmp_path: Path, made: str | None, arguments: list[str], said: str
) -> None:
    """An error of ours names the directory and what is missing."""
    folder = tmp_path / "it"
    if made:
        folder.mkdir()
    if made == "run.json":
        (folder / made).write_text("{")
    with pytest.raises(RunDirectoryError, match=said):
        main(make_parser().parse_args([str(folder), *arguments]))
