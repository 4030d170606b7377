"""`enet compare`: what differs as columns, ranks among comparable runs alone, and its files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from conftest import QUICK, Program, mixed_frame, read_json

from runner.cli.compare_runs import main, make_parser
from runner.errors import ConfigError, RunDirectoryError

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a sweep of three imputers, one of which cannot be used, and two runs beside it."""
    folder = tmp_path_factory.mktemp("compared")
    mixed_frame().to_csv(folder / "mixed.csv", index=False)
    mixed_frame(seed=1).to_csv(folder / "other.csv", index=False)
    program = Program(folder)
    data = ("dataset=csv", "dataset.target=outcome", "report=none", *QUICK)
    mixed = ("dataset.path=mixed.csv", *data)
    ended = program("-m", *mixed, "imputer=mean,none,median", "hydra.sweep.dir=outputs/sweep")
    assert ended.status == 1
    program.run(*mixed, "imputer=mean", "seed=1", name="outputs/seed")
    program.run("dataset.path=other.csv", *data, name="outputs/data")
    return folder / "outputs"


@pytest.fixture
def compare(
    outputs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., list[str]]:
    """Give the command, on a screen of 80 columns; gives the printed lines."""
    monkeypatch.chdir(outputs.parent)
    monkeypatch.setenv("COLUMNS", "80")

    def give(*arguments: str) -> list[str]:
        assert 0 == main(make_parser().parse_args(arguments))
        return capsys.readouterr().out.splitlines()

    return give


def score(made: Path) -> float:
    """The CV mean of a run's record."""
    mean = read_json(made / "run.json")["cv"]["mse"]["mean"]
    assert isinstance(mean, float)
    return mean


def expected_score(made: Path) -> float:
    """The score that a run's record expects on new rows."""
    found = read_json(made / "run.json")["expected"]["mse"]["score"]
    assert isinstance(found, float)
    return found


def test_runs_of_a_sweep_are_ranked(compare: Callable[..., list[str]], outputs: Path) -> None:
    """One table, best first, with what differs as a column; what failed stands below, and why."""
    lines = compare("outputs/sweep")
    mean, median = (expected_score(outputs / "sweep" / name) for name in ("0", "2"))
    first, second = ("0", "mean"), ("2", "median")
    if median < mean:
        first, second = second, first
    assert "by the expected mse, the mean on folds that no choice has seen" == lines[0]
    assert ["rank", "run", "expected", "p_best", "CV", "test", "imputer", "status"] == [
        word for word in lines[1].split() if word not in {"selected", "SE"}
    ]
    assert ["1", f"outputs/sweep/{first[0]}"] == lines[2].split()[:2]
    assert ["2", f"outputs/sweep/{second[0]}"] == lines[3].split()[:2]
    assert [first[1], second[1]] == [line.split()[-2] for line in lines[2:4]]
    assert f"{min(mean, median):.4g}" == lines[2].split()[2]
    assert "best" == lines[2].split()[3]
    assert 0 < float(lines[3].split()[3]) <= 1
    assert lines[4].startswith("p_best: corrected resampled t-test against the best")
    at = lines.index("without a score, so not ranked:")
    assert ["outputs/sweep/1", "none", "refused"] == lines[at + 2].split()
    assert "imputer=none, but values are missing in age" in " ".join(lines[at + 3 :])


def test_other_data_and_other_splits_are_not_ranked(compare: Callable[..., list[str]]) -> None:
    """Each has a group of its own, which says what forbids it; the largest comes first."""
    lines = compare("outputs")
    groups = [line for line in lines if line.startswith("group ")]
    assert [True, True, True] == [
        groups[0].startswith("group 1: mixed.csv"),
        any("other.csv" in group for group in groups[1:]),
        any("seed=1" in group for group in groups[1:]),
    ]
    reasons = {line.rpartition(": ")[2] for line in lines if line.startswith("not ranked")}
    assert {"other data", "seed"} == reasons
    ranks = [line.split()[0] for line in lines if line.strip()[:1].isdigit()]
    assert ["1", "2", "1", "1"] == ranks


def test_nothing_is_wider_than_the_screen(compare: Callable[..., list[str]]) -> None:
    """No line exceeds 80 columns, and every score is whole."""
    assert max(len(line) for line in compare("outputs")) <= 80


def test_a_run_given_twice_counts_once(compare: Callable[..., list[str]]) -> None:
    """A sweep and one of its runs are two runs, not three."""
    assert compare("outputs/sweep") == compare("outputs/sweep", "outputs/sweep/0")


def test_where_keeps_what_meets_all(compare: Callable[..., list[str]], outputs: Path) -> None:
    """--where takes options, keys, statuses and scores, and all of several count."""
    between = (score(outputs / "sweep" / "0") + score(outputs / "sweep" / "2")) / 2
    better = min((0, 2), key=lambda number: score(outputs / "sweep" / str(number)))
    for conditions in (
        ("imputer=median",),
        ("imputer.name=median", "status=finished"),
        ("imputer!=mean", "seed=0", "n_selected>0"),
    ):
        given = [word for text in conditions for word in ("--where", text)]
        lines = compare("outputs/sweep", *given)
        assert ["outputs/sweep/2"] == [word for line in lines for word in line.split()
                                       if word.startswith("outputs")]  # fmt: skip
    lines = compare("outputs/sweep", "--where", f"cv_mse<{between}")
    assert f"outputs/sweep/{better}" in lines[-1]
    assert 3 == len(lines)
    assert ["none of the 3 runs meets cv_mse<0"] == compare("outputs/sweep", "--where", "cv_mse<0")


def test_by_summarises_each_value(compare: Callable[..., list[str]], outputs: Path) -> None:
    """--by has a row per value of the key, with the number of runs and their best."""
    lines = compare("outputs/sweep", "--by", "imputer")
    table = lines[: lines.index("")]
    found = {line.split()[0]: line.split()[1:3] for line in table if line.startswith("me")}
    made = {"mean": outputs / "sweep" / "0", "median": outputs / "sweep" / "2"}
    scores = {value: expected_score(folder) for value, folder in made.items()}
    assert {value: ["1", f"{mean:.4g}"] for value, mean in scores.items()} == found
    assert min(scores, key=lambda value: scores[value]) == next(iter(found))


def test_the_files_have_every_run(compare: Callable[..., list[str]], outputs: Path) -> None:
    """CSV and Parquet have a row per run with all scores; Markdown is a table of the same."""
    for name in ("out.csv", "out.parquet", "out.md"):
        assert f"wrote {name}" == compare("outputs/sweep", "-o", name)[-1]
    read = [pd.read_csv("out.csv"), pd.read_parquet("out.parquet")]
    for table in read:
        assert 3 == len(table)
        row = table.set_index("run").loc["outputs/sweep/2"]
        assert ("median", "finished") == (row["imputer"], row["status"])
        assert score(outputs / "sweep" / "2") == row["cv_mse"]
        assert sorted(table["rank"].dropna()) == [1, 2]
        assert table["behind"].min() == 0
        failed = table.set_index("run").loc["outputs/sweep/1"]
        assert failed["error"].startswith("imputer=none, but")
    lines = Path("out.md").read_text(encoding="utf-8").splitlines()
    assert 5 == len(lines)
    assert {lines[0].count("|")} == {line.count("|") for line in lines}
    assert "imputer" in lines[0]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere",), "nowhere is no folder"),
        (("outputs/sweep/0/.hydra",), "holds no run"),
    ],
)
def test_what_holds_no_run_is_refused(
    compare: Callable[..., list[str]], arguments: tuple[str, ...], said: str
) -> None:
    """A folder that is not there, or has no run, is named."""
    with pytest.raises(RunDirectoryError, match=said):
        compare(*arguments)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--where", "imputr=mean"), "did you mean imputer"),
        (("--where", "imputer"), "no condition"),
        (("--where", "cv_mse<low"), "'low', no number"),
        (("--by", "imputter"), "--by names 'imputter'"),
        (("-o", "out.txt"), "must end in .csv, .parquet or .md"),
        (("--rope", "1"), "--rope is 1, but must be a share between 0 and 1"),
        (("--rope", "0"), "--rope is 0, but must be a share"),
    ],
)
def test_what_cannot_be_read_is_refused(
    compare: Callable[..., list[str]], arguments: tuple[str, ...], said: str
) -> None:
    """A key of no run, what is no condition, and an ending that is none of the three are named."""
    with pytest.raises(ConfigError) as refused:
        compare("outputs/sweep", *arguments)
    assert said in str(refused.value)
