"""Sweeps go on: what is finished stays, what is not is made, and exit codes say how it went."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest
from conftest import read_json

from runner.experiment import one_run
from runner.experiment.run import run
from runner.experiment.workspace import Workspace
from runner.launcher import Site, WorkerDied
from runner.launcher.serial import Serial
from runner.store.directory import RunDirectory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Program

Asked = tuple[str, ...]


@pytest.fixture
def quick(mixed: Asked) -> Asked:
    """Give the arguments of a sweep whose runs are quick, into `swept`."""
    return ("-m", *mixed, "model.alpha={eps:0.1,count:3}", "hydra.sweep.dir=swept")


def written(swept: Path) -> dict[str, int]:
    """When the record of each run was written."""
    return {path.parent.name: path.stat().st_mtime_ns for path in swept.glob("*/run.json")}


def statuses(swept: Path) -> dict[str, str]:
    """The status of each run, which results.csv must say too."""
    found = {path.parent.name: read_json(path)["status"] for path in swept.glob("*/run.json")}
    assert dict(sorted(found.items())) == {row["run"]: row["status"] for row in rows(swept)}
    return found


def rows(swept: Path) -> list[dict[str, str]]:
    """The rows of results.csv."""
    with (swept / "results.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def set_status(made: Path, status: str) -> None:
    """Have a run end otherwise than it did."""
    record = read_json(made / "run.json")
    (made / "run.json").write_text(json.dumps({**record, "status": status}))


def first_call(
    monkeypatch: pytest.MonkeyPatch,
    owner: type,
    name: str,
    error: BaseException,
    *,
    when: Callable[..., bool] = lambda *_: True,
) -> None:
    """Have a method raise an error the first time that it is called with such arguments."""
    usual = getattr(owner, name)
    raised: list[BaseException] = []

    def method(*arguments: Any) -> Any:  # noqa: ANN401 - any method's
        if not raised and when(*arguments):
            raised.append(error)
            raise error
        return usual(*arguments)

    monkeypatch.setattr(owner, name, method)


def trials_of(number: str) -> Callable[..., bool]:
    """Whether it is the table of a run's trials that is written."""
    return lambda directory, name, _: (directory.folder.name, name) == (number, "trials.csv")


def test_only_what_is_not_finished_is_made(program: Program, quick: Asked) -> None:
    """Runs that were not done are made again, and their neighbours are not touched."""
    asked = (*quick, "imputer=mean,median,zero,constant,most_frequent,knn", "reuse=false")
    assert 0 == program(*asked).status
    swept = program.folder / "swept"
    results = rows(swept)
    marks = {"1": "running", "2": "failed", "3": "refused", "4": "interrupted"}
    for number, status in marks.items():
        set_status(swept / number, status)
    before = written(swept)
    ended = program(*asked)
    said = "2 runs are finished already, 4 are to be made"
    assert (0, True) == (ended.status, said in ended.out)
    after = written(swept)
    assert set(marks) == {number for number in after if after[number] > before[number]}
    assert {str(number): "finished" for number in range(6)} == statuses(swept)
    again = rows(swept)
    assert (results[0], results[5]) == (again[0], again[5])
    assert [{**row, "seconds": ""} for row in results] == [{**row, "seconds": ""} for row in again]


def test_runs_that_are_not_asked_for_are_named(program: Program, quick: Asked) -> None:
    """A narrower command says that its table is without runs of the wider one, which stay."""
    assert "leaves out" not in program(*quick, "imputer=mean,median,zero").out
    ended = program(*quick, "imputer=mean,median")
    assert "that results.csv leaves out, as not asked for: 1" in ended.out
    swept = program.folder / "swept"
    assert ["0", "1"] == [row["run"] for row in rows(swept)]
    assert "finished" == read_json(swept / "2" / "run.json")["status"]


def test_what_differs_in_an_unfinished_run_is_named(program: Program, quick: Asked) -> None:
    """An unfinished run of another config makes way, and nothing of it is left."""
    assert 0 == program(*quick, "imputer=mean,median").status
    swept = program.folder / "swept"
    before = written(swept)
    set_status(swept / "1", "interrupted")
    (swept / "1" / "left.csv").touch()
    ended = program(*quick, "imputer=mean,zero")
    assert 0 == ended.status
    assert "run 1 was not finished; now imputer.name is 'zero' and not 'median'" in ended.out
    assert ("mean", "zero") == tuple(row["imputer"] for row in rows(swept))
    assert (before["0"], False) == (written(swept)["0"], (swept / "1" / "left.csv").exists())


def test_finished_runs_of_another_config_are_kept(program: Program, quick: Asked) -> None:
    """Another sweep is refused with code 2 and the keys that differ; all stays as it was."""
    assert 0 == program(*quick, "imputer=mean,median").status
    swept = program.folder / "swept"
    before = (written(swept), (swept / "sweep.json").read_bytes())
    ended = program(*quick, "imputer=mean,zero", "seed=7")
    assert 2 == ended.status
    assert "holds finished runs of another sweep: choose another hydra.sweep.dir" in ended.err
    first, second = ended.err.splitlines()[-2:]
    assert "run 0: seed is 7 and not 0" == first
    assert second.startswith("run 1: ")
    assert "imputer.name is 'zero' and not 'median'" in second
    assert before == (written(swept), (swept / "sweep.json").read_bytes())


def test_volatile_keys_are_no_other_sweep(program: Program, quick: Asked) -> None:
    """Another launcher, and other rules for failures, go on with the same runs."""
    assert 0 == program(*quick, "imputer=mean,median").status
    before = written(program.folder / "swept")
    more = ("launcher=processes", "retries=2", "fail_fast=true", "reuse=false")
    assert 0 == program(*quick, "imputer=mean,median", *more).status
    assert before == written(program.folder / "swept")


def test_resume_makes_what_was_refused(program: Program, quick: Asked) -> None:
    """Once the file is mended `enet resume` makes the run, from wherever it is asked."""
    good = (program.folder / "mixed.csv").read_text()
    (program.folder / "second.csv").write_text(good.replace("outcome", "result", 1))
    ended = program(*quick, "dataset.path=mixed.csv,second.csv")
    swept = program.folder / "swept"
    assert (1, {"0": "finished", "1": "refused"}) == (ended.status, statuses(swept))
    before = written(swept)
    assert 1 == program("resume", "swept").status
    (program.folder / "second.csv").write_text(good.replace("York", "Hull"))
    (program.folder / "elsewhere").mkdir()
    ended = type(program)(program.folder / "elsewhere")("resume", "../swept")
    assert (0, {"0": "finished", "1": "finished"}) == (ended.status, statuses(swept))
    assert before["0"] == written(swept)["0"]
    assert [] == list((program.folder / "elsewhere").iterdir())
    assert program("resume", "swept").status == 0


def test_resume_of_what_is_no_sweep(program: Program) -> None:
    """A folder without a sweep, and one whose working directory is gone, end with code 2."""
    ended = program("resume", ".")
    assert (2, True) == (ended.status, "holds no sweep: it has no sweep.json" in ended.err)
    place = program.folder / "gone"
    command = {
        "overrides": [], "multirun": True, "config_dir": None, "config_name": "config",
        "working_directory": str(place),
    }  # fmt: skip
    (program.folder / "sweep.json").write_text(json.dumps({"command": command}))
    ended = program("resume", ".")
    assert (2, True) == (ended.status, f"was begun in {place}, where it cannot go" in ended.err)


def test_fail_fast_stops_at_the_first_failure(program: Program, quick: Asked) -> None:
    """Runs before it are done, those after it are not begun; without it all are."""
    asked = (*quick, "imputer=mean,none,median")
    ended = program(*asked, "fail_fast=true")
    swept = program.folder / "swept"
    assert (1, {"0": "finished", "1": "refused"}) == (ended.status, statuses(swept))
    assert "fail_fast=true: the other runs are not begun" in ended.out
    stored = read_json(swept / "sweep.json")
    assert ("interrupted", 3) == (stored["status"], stored["runs"])
    assert {"finished": 1, "refused": 1} == stored["statuses"]
    assert 1 == program(*asked).status
    expected = {"0": "finished", "1": "refused", "2": "finished"}
    assert (expected, "finished") == (statuses(swept), read_json(swept / "sweep.json")["status"])


@pytest.mark.parametrize("retries", [0, 1])
@pytest.mark.parametrize("place", ["writing", "reading"])
def test_a_failed_run_is_tried_again(
    program: Program, quick: Asked, monkeypatch: pytest.MonkeyPatch, place: str, retries: int
) -> None:
    """What failed once, with or without a directory, succeeds at the next try if there is one."""
    broken = OSError("the network is down")
    if place == "writing":
        first_call(monkeypatch, RunDirectory, "write_table", broken, when=trials_of("0"))
    else:
        first_call(monkeypatch, Workspace, "table", broken)
    ended = program(*quick, "imputer=mean,median", f"retries={retries}")
    first = "finished" if retries else "failed"
    assert {"0": first, "1": "finished"} == statuses(program.folder / "swept")
    said = "failed, and tried again: OSError('the network is down')"
    assert (1 - retries, bool(retries)) == (ended.status, said in ended.out)


@pytest.mark.parametrize(("error", "expected"), [(OSError("down"), 3), (None, 1)])
def test_what_was_refused_is_not_tried_again(
    program: Program,
    quick: Asked,
    monkeypatch: pytest.MonkeyPatch,
    error: OSError | None,
    expected: int,
) -> None:
    """With two retries a run that always fails is tried three times, one that is refused once."""
    calls = []

    def counted(*arguments: Any) -> Any:  # noqa: ANN401 - as the function counted
        calls.append(arguments)
        if error is not None:
            raise error
        return run(*arguments)

    monkeypatch.setattr(one_run, "run", counted)
    assert 1 == program(*quick, "imputer=none", "retries=2").status
    assert expected == len(calls)
    status = "refused" if error is None else "failed"
    assert {"0": status} == statuses(program.folder / "swept")


def test_a_run_whose_worker_always_dies_has_failed(
    program: Program, quick: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It costs its own row alone, which says why, and can be gone on with."""

    def launch(
        _: Serial, work: Callable[[int], Any], items: list[int], site: Site
    ) -> Iterator[Any]:
        del site
        yield 0, WorkerDied(3)
        yield 1, work(items[1])

    with monkeypatch.context() as patched:
        patched.setattr(Serial, "launch", launch)
        assert 1 == program(*quick, "imputer=mean,median").status
    swept = program.folder / "swept"
    assert {"0": "failed", "1": "finished"} == statuses(swept)
    said = "its worker died 3 times: out of memory, or killed"
    assert [said, ""] == [row["error"] for row in rows(swept)]
    assert said == read_json(swept / "0" / "run.json")["error"]
    assert 0 == program("resume", "swept").status
    assert {"0": "finished", "1": "finished"} == statuses(swept)


def test_an_interrupt_says_how_to_go_on(
    program: Program, quick: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C amid the second run: code 130, the table so far, and the command that goes on."""
    asked = (*quick, "imputer=mean,median,zero")
    with monkeypatch.context() as patched:
        first_call(patched, RunDirectory, "write_table", KeyboardInterrupt(), when=trials_of("1"))
        ended = program(*asked)
    swept = program.folder / "swept"
    assert (130, True) == (ended.status, "to go on: enet resume swept" in ended.err)
    assert (2, "interrupted") == (len(rows(swept)), read_json(swept / "sweep.json")["status"])
    found = {name: read_json(swept / name / "run.json")["status"] for name in written(swept)}
    assert {"0": "finished", "1": "interrupted"} == found
    before = written(swept)
    assert 0 == program("resume", "swept").status
    assert {str(n): "finished" for n in range(3)} == statuses(swept)
    assert before["0"] == written(swept)["0"]


def test_a_single_run_at_fault_ends_with_code_two(program: Program, mixed: Asked) -> None:
    """Config and data of a single run are at fault with code 2; in a sweep a refused run is 1."""
    assert 2 == program(*mixed, "split.folds=1", "hydra.run.dir=a").status
    assert 2 == program(*mixed, "imputer=none", "hydra.run.dir=b").status
    assert 1 == program("-m", *mixed, "imputer=none", "hydra.sweep.dir=c").status
    assert {"c", "mixed.csv"} == {path.name for path in program.folder.iterdir()}


def test_results_do_not_depend_on_the_launcher(program: Program, quick: Asked) -> None:
    """Processes give the bytes that serial gives, in every table of every run."""
    asked = (*quick[:-1], "imputer=iterative", "search=grid,random", "reuse=false")
    serial = program.sweep(*asked, name="serial")
    apart = program.sweep(*asked, "launcher=processes", "launcher.workers=2", name="apart")
    for number in "01":
        one, other = serial / number, apart / number
        for name in ("coefficients.csv", "predictions.csv", "missingness.csv"):
            assert (one / name).read_bytes() == (other / name).read_bytes()
        assert trials(one) == trials(other)
    assert [row["cv_mse"] for row in rows(serial)] == [row["cv_mse"] for row in rows(apart)]
    assert ["grid", "random"] == [row["search"] for row in rows(apart)]


def trials(made: Path) -> list[dict[str, str]]:
    """The rows of trials.csv without how long they took."""
    with (made / "trials.csv").open(newline="") as file:
        found = list(csv.DictReader(file))
    assert found
    return [{key: value for key, value in row.items() if key != "seconds"} for row in found]


def test_changed_data_is_not_taken_for_what_was_run(program: Program, quick: Asked) -> None:
    """A file that has changed since refuses the finished runs of the old one, and names itself."""
    program(*quick, "imputer=mean,knn")
    before = written(program.folder / "swept")
    file = program.folder / "mixed.csv"
    file.write_text(file.read_text().replace("Bath", "Ely"))
    ended = program(*quick, "imputer=mean,knn")
    assert ended.status == 2
    assert "the content of the data" in ended.err
    assert before == written(program.folder / "swept")


def test_another_file_is_another_sweep(program: Program, quick: Asked) -> None:
    """A finished run of one file does not stand for a run of a copy of it."""
    program(*quick, "imputer=mean")
    (program.folder / "copy.csv").write_text((program.folder / "mixed.csv").read_text())
    ended = program(*quick, "imputer=mean", "dataset.path=copy.csv")
    assert ended.status == 2
    assert "dataset.path" in ended.err


def test_a_file_that_is_gone_stops_no_other_run(program: Program, quick: Asked) -> None:
    """A sweep goes on with what it can, and refuses the runs whose file is missing."""
    frame = (program.folder / "mixed.csv").read_text()
    (program.folder / "other.csv").write_text(frame.replace("Bath", "Ely"))
    program(*quick, "dataset.path=mixed.csv,other.csv")
    for number in ("0", "1"):
        set_status(program.folder / "swept" / number, "failed")
    (program.folder / "other.csv").unlink()
    assert program("resume", "swept").status == 1
    assert {"0": "finished", "1": "refused"} == statuses(program.folder / "swept")
