"""`enet list`: runs and sweeps, newest first, at 80 columns and as JSON, and cheap."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from runner.cli.list_runs import main, make_parser
from runner.errors import ConfigError, RunDirectoryError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import OtherProcess

    List = Callable[..., str]


def store(folder: Path, hour: int, **record: Any) -> None:  # noqa: ANN401 - JSON values
    """Make a run's directory with a record, started at that hour of a day."""
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(
        json.dumps({"schema_version": 2, "started": f"2026-01-02T{hour:02}:30:00+00:00", **record})
    )


def scored(mean: float, metric: str = "mse", **overrides: str) -> dict[str, Any]:
    """The record of a finished run on a CSV file."""
    return {
        "status": "finished",
        "metric": metric,
        "cv": {metric: {"mean": mean, "se": 0.5}},
        "overrides": {"dataset": "csv", "dataset.path": "data/my.csv", **overrides},
        "choices": {"dataset": "csv", "imputer": overrides.get("imputer", "mean")},
    }


@pytest.fixture
def give(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> List:
    """Give the command beside an outputs folder of two runs and a sweep, at 80 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TZ", "UTC")
    outputs = tmp_path / "outputs"
    long = "of-a-name-that-is-longer-than-any-screen-would-show-in-a-single-line"
    store(outputs / long, 9, **scored(1234567.0, imputer="knn"))
    store(outputs / "sweep" / "0", 10, **scored(3.0, imputer="mean"))
    store(outputs / "sweep" / "1", 11, **scored(2.0, imputer="knn"))
    store(outputs / "sweep" / "2", 11, status="failed", metric="mse",
          overrides={"dataset": "csv", "dataset.path": "data/my.csv", "imputer": "none"},
          choices={"dataset": "csv", "imputer": "none"})  # fmt: skip
    (outputs / "sweep" / "sweep.json").write_text("{}")
    store(outputs / "new", 12, status="running", metric="r2", overrides={"seed": "1"},
          choices={"dataset": "nhefs"})  # fmt: skip

    def given(*arguments: str) -> str:
        assert 0 == main(make_parser().parse_args(arguments))
        return capsys.readouterr().out

    return given


def test_the_newest_is_first(give: List) -> None:
    """A line per run and sweep, and below it what was overridden, less the data's path."""
    lines = give().splitlines()
    assert ["name", "when", "dataset", "score", "status"] == lines[0].split()
    assert ["new", "2026-01-02", "12:30", "nhefs", "-", "interrupted"] == lines[1].split()
    assert "    seed=1" == lines[2]
    assert ["sweep", "2026-01-02", "10:30", "my.csv", "mse", "2", "2/3", "finished"] == (
        lines[3].split()
    )
    assert "    imputer=mean,knn,none" == lines[4]
    assert ["2026-01-02", "09:30", "my.csv", "mse", "1,234,567", "finished"] == lines[5].split()[1:]


def test_it_fits_80_columns(give: List) -> None:
    """The name is shortened, beginning and end kept; nothing is wider than the screen."""
    lines = give().splitlines()
    assert max(len(line) for line in lines) == 80
    name = lines[5].split()[0]
    assert name.startswith("of-a-na")
    assert name.endswith("a-single-line")


def test_a_sweep_lists_its_runs(give: List) -> None:
    """Named itself, its runs are the lines, the last one first."""
    lines = [line for line in give("outputs/sweep").splitlines()[1:] if line[0] != " "]
    assert ["2", "1", "0"] == [line.split()[0] for line in lines]
    assert ["failed", "finished", "finished"] == [line.split()[-1] for line in lines]


def test_where_finds_runs_in_sweeps(give: List) -> None:
    """With conditions each run counts by itself."""
    found = json.loads(give("--json", "--where", "imputer=knn", "--where", "cv_mse<5"))
    assert [("sweep/1", 2.0)] == [(entry["name"], entry["score"]) for entry in found]
    assert "no run in outputs that meets cv_mse<0\n" == give("--where", "cv_mse<0")


def test_limit_keeps_the_newest(give: List) -> None:
    """--limit shows that many, and says of how many."""
    lines = give("--limit", "1").splitlines()
    assert ["new", "1 of 3"] == [lines[1].split()[0], lines[-1]]


def test_json_has_all_of_it(give: List) -> None:
    """--json has full names, numbers as they are, times in UTC, and counts."""
    newest, sweep, oldest = json.loads(give("--json"))
    assert {
        "name": "new",
        "kind": "run",
        "score": None,
        "status": "interrupted",
        "runs": 1,
    }.items() <= (newest.items())
    assert {"kind": "sweep", "runs": 3, "score": 2.0, "se": 0.5, "metric": "mse"}.items() <= (
        sweep.items()
    )
    assert "2026-01-02T10:30:00+00:00" == sweep["started"]
    assert len("of-a-name-that-is-longer-than-any-screen-would-show-in-a-single-line") == len(
        oldest["name"]
    )
    assert "knn" == oldest["overrides"]["imputer"]


def test_scores_of_other_data_have_no_best(give: List, tmp_path: Path) -> None:
    """A sweep over datasets has no single score."""
    other = scored(1.0) | {"choices": {"dataset": "nhefs"}, "overrides": {"dataset": "nhefs"}}
    store(tmp_path / "outputs" / "sweep" / "3", 11, **other)
    assert ["my.csv,nhefs", "-", "3/4", "finished"] == give().splitlines()[3].split()[3:]


def test_r2_is_best_where_it_is_largest(give: List, tmp_path: Path) -> None:
    """The best of a sweep is that of its metric's sign."""
    for number, mean in enumerate((0.2, 0.4, 0.3)):
        store(tmp_path / "other" / str(number), 9, **scored(mean, "r2"))
    (tmp_path / "other" / "results.csv").touch()
    (entry,) = json.loads(give(".", "--json"))[-1:]
    assert ("other", 0.4) == (entry["name"], entry["score"])


def test_what_is_wrong_is_refused(give: List, tmp_path: Path) -> None:
    """A folder that is not there, a limit of none and a key of no run are named."""
    with pytest.raises(RunDirectoryError, match="nowhere is no folder"):
        give("nowhere")
    with pytest.raises(ConfigError, match="--limit is 0, but must be at least 1"):
        give("--limit", "0")
    with pytest.raises(ConfigError, match="did you mean imputer"):
        give("--where", "imputr=knn")
    (tmp_path / "outputs").rename(tmp_path / "elsewhere")
    with pytest.raises(RunDirectoryError, match="no folder outputs here"):
        give()


def test_it_imports_nothing_heavy(other_process: OtherProcess, finished_run: Path) -> None:
    """Neither pandas nor scikit-learn is imported to list a run."""
    code = (
        "import sys; from runner.cli.list_runs import main, make_parser; "
        "main(make_parser().parse_args(sys.argv[1:])); "
        "print({'pandas', 'sklearn', 'scipy'} & {name.split('.')[0] for name in sys.modules})"
    )
    ended = other_process.python("-c", code, str(finished_run.parent))
    assert (0, "") == (ended.status, ended.err)
    assert "mixed.csv" in ended.out
    assert "set()" == ended.out.splitlines()[-1]
