"""A run that is finished elsewhere is taken over, and `enet why` says what keeps one from it."""

from __future__ import annotations

import csv
import shutil
from typing import TYPE_CHECKING

import pandas as pd
import yaml
from conftest import mixed_frame, read_json

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from conftest import Program

TABLES = ("trials.csv", "coefficients.csv", "predictions.csv", "environment.json", "model.pkl")
Asked = tuple[str, ...]


def status(run: Path) -> tuple[str, str | None]:
    """A run's status, and the folder that its files came from."""
    record = read_json(run / "run.json")
    return record["status"], record.get("reused_from")


def test_the_same_command_is_not_made_twice(program: Program, mixed: Asked) -> None:
    """The second has the first one's files and scores, and its own config and overrides."""
    first = program.run(*mixed, name="first")
    before = (first / "run.json").read_bytes()
    ended = program(*mixed, "retries=1", "hydra.run.dir=second")
    second = program.folder / "second"
    assert (0, ("reused", str(first))) == (ended.status, status(second))
    assert "the same run is finished in first and is not made again (reuse=false)" in ended.out
    assert "best of 16 candidates" in ended.out
    for name in TABLES:
        assert (first / name).read_bytes() == (second / name).read_bytes()
    old, new = read_json(first / "run.json"), read_json(second / "run.json")
    same = ("cv", "test", "best", "dataset", "fingerprint", "checks")
    assert [old[key] for key in same] == [new[key] for key in same]
    assert {**old["overrides"], "retries": "1"} == new["overrides"]
    assert "retries=1" in yaml.safe_load((second / ".hydra" / "overrides.yaml").read_text())
    configs = [
        yaml.safe_load((run / ".hydra" / "config.yaml").read_text())["retries"]
        for run in (first, second)
    ]
    assert ([0, 1], before) == (configs, (first / "run.json").read_bytes())


def test_a_reused_run_is_shown_again_and_reused_in_turn(program: Program, mixed: Asked) -> None:
    """Once the first is gone a copy serves, and a copy is what it was when it is asked again."""
    first, second = program.run(*mixed, name="first"), program.run(*mixed, name="second")
    assert ("reused", str(first)) == status(program.run(*mixed, name="third"))
    shutil.rmtree(first)
    before = (second / "run.json").stat().st_mtime_ns
    assert 0 == program(*mixed, "hydra.run.dir=second").status
    assert before == (second / "run.json").stat().st_mtime_ns
    where = {str(second), str(program.folder / "third")}
    assert status(program.run(*mixed, name="fourth"))[1] in where
    assert (second / "model.pkl").stat().st_size > 0


def test_reuse_can_be_refused(program: Program, mixed: Asked) -> None:
    """`reuse=false` makes the run anew, with the same figures."""
    first = program.run(*mixed, name="first")
    second = program.run(*mixed, "reuse=false", name="second")
    assert ("finished", None) == status(second)
    for name in ("coefficients.csv", "predictions.csv"):
        assert (first / name).read_bytes() == (second / name).read_bytes()
        assert not (first / name).samefile(second / name)


def test_another_seed_or_another_content_is_another_run(program: Program, mixed: Asked) -> None:
    """What changes a result is made anew; the same data under another name is not."""
    first = program.run(*mixed, name="first")
    assert ("finished", None) == status(program.run(*mixed, "seed=1", name="seed"))
    shutil.copy(program.folder / "mixed.csv", program.folder / "moved.csv")
    moved = program.run(*mixed, "dataset.path=moved.csv", name="moved")
    assert ("reused", str(first)) == status(moved)
    frame = pd.read_csv(program.folder / "mixed.csv")
    frame.loc[0, "age"] = 41.0
    frame.to_csv(program.folder / "mixed.csv", index=False)
    assert ("finished", None) == status(program.run(*mixed, name="changed"))


def test_a_copy_never_writes_into_its_source(program: Program, mixed: Asked) -> None:
    """A start that was killed amid linking, and is made anew, leaves the source as it was."""
    asked = (*mixed, "search=optuna", "search.n_trials=3")
    first, second = program.run(*asked, name="first"), program.run(*asked, name="second")
    before = {path.name: path.read_bytes() for path in first.iterdir() if path.is_file()}
    text = (second / "run.json").read_text()
    (second / "run.json").write_text(text.replace('"reused"', '"running"', 1))
    assert ("finished", None) == status(program.run(*asked, "reuse=false", name="second"))
    assert before == {path.name: path.read_bytes() for path in first.iterdir() if path.is_file()}
    assert "optuna.journal" in before


def test_runs_are_looked_for_below_the_outputs(program: Program, mixed: Asked) -> None:
    """Below outputs/ the whole of it is searched; a run elsewhere looks beside itself only."""
    first = program.run(*mixed, name="outputs/monday/first")
    assert ("reused", str(first)) == status(program.run(*mixed, name="outputs/second"))
    assert ("finished", None) == status(program.run(*mixed, name="other/third"))
    found = status(program.run(*mixed, name="other/fourth"))
    assert ("reused", str(program.folder / "other" / "third")) == found


def test_a_run_that_has_failed_is_not_reused(
    program: Program, mixed: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only finished runs are."""

    def fail(*_: object) -> None:
        raise MemoryError("no memory left")

    with monkeypatch.context() as patched:
        patched.setattr("runner.store.directory.RunDirectory.write_table", fail)
        assert 1 == program(*mixed, "hydra.run.dir=first").status
    assert ("finished", None) == status(program.run(*mixed, name="second"))


def test_a_sweep_reuses_a_single_run(program: Program, mixed: Asked) -> None:
    """The run that is there is taken over, the other made; its row has the same score."""
    single = program.run(*mixed, "imputer=median", name="single")
    swept = program.sweep("-m", *mixed, "imputer=mean,median")
    assert [("finished", None), ("reused", str(single))] == [status(swept / n) for n in "01"]
    with (swept / "results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert ["finished", "reused"] == [row["status"] for row in rows]
    assert read_json(single / "run.json")["cv"]["mse"]["mean"] == float(rows[1]["cv_mse"])
    assert {"finished": 1, "reused": 1} == read_json(swept / "sweep.json")["statuses"]
    again = program.sweep("-m", *mixed, "imputer=mean,median", name="again")
    assert [str(swept / "0"), str(single)] == [status(again / n)[1] for n in "01"]


def test_a_sweep_reuses_its_own_runs(program: Program, mixed: Asked) -> None:
    """What is asked for twice in one sweep is made once."""
    swept = program.sweep("-m", *mixed, "imputer=mean", "retries=0,1")
    assert [("finished", None), ("reused", str(swept / "0"))] == [status(swept / n) for n in "01"]
    apart = program.sweep("-m", *mixed, "imputer=mean", "retries=0,1", "reuse=false", name="apart")
    assert [("finished", None)] * 2 == [status(apart / n) for n in "01"]


def test_why_says_that_nothing_differs(program: Program, mixed: Asked) -> None:
    """The same command ends with code 0, whether it is repeated or left out."""
    program.run(*mixed, name="first")
    for overrides in ((), (*mixed, "reuse=false", "launcher=processes")):
        ended = program("why", "first", *overrides)
        assert (0, "nothing differs: the run would be reused\n") == (ended.status, ended.out)


def test_why_names_what_differs(program: Program, mixed: Asked) -> None:
    """Another seed is named by its key with both values, other data by its content; code 1."""
    program.run(*mixed, name="first")
    ended = program("why", "first", *mixed, "seed=1")
    assert (1, "config seed: 0 then, 1 now\n") == (ended.status, ended.out)
    mixed_frame(seed=1).to_csv(program.folder / "mixed.csv", index=False)
    ended = program("why", "first")
    (line,) = ended.out.splitlines()
    assert (1, True) == (ended.status, line.startswith("data content: "))
    (program.folder / "mixed.csv").unlink()
    ended = program("why", "first")
    assert (2, True) == (ended.status, "dataset.path is 'mixed.csv', but there is no" in ended.err)


def test_why_of_an_unfinished_run_and_of_none(program: Program, mixed: Asked) -> None:
    """A status that forbids reuse is named first; a folder without a run is refused with code 2."""
    made = program.run(*mixed, name="first")
    text = (made / "run.json").read_text()
    (made / "run.json").write_text(text.replace('"finished",', '"interrupted",', 1))
    ended = program("why", "first")
    said = "status: the run is interrupted, and only finished ones are reused\n"
    assert (1, said) == (ended.status, ended.out)
    ended = program("why", ".")
    assert (2, True) == (ended.status, "holds no run" in ended.err)
