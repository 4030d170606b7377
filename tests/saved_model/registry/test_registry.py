"""The registry of models: versions are counted, aliases moved, and nothing is lost."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from runner.errors import ConfigError, RunDirectoryError, UnknownModelError
from runner.saved_model import load_model
from runner.saved_model.registry.model_registry import Registry
from runner.saved_model.registry.reference import Reference, checked_alias
from runner.store.finding import find_runs
from runner.store.index import runs_under

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Program

PUSHING = """
import sys
from pathlib import Path
from runner.saved_model.registry.model_registry import Registry
registry, runs = Registry(Path(sys.argv[1])), sys.argv[2:]
for run in runs:
    registry.push(Path(run), "churn", "0" * 64)
    registry.promote("churn", "latest", f"by-{Path(run).name}")
"""


@pytest.fixture
def model(program: Program, finished_run: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run's copy in an empty folder, which the process is in."""
    monkeypatch.chdir(program.folder)
    monkeypatch.delenv("ENET_REGISTRY", raising=False)
    shutil.copytree(finished_run, program.folder / "outputs" / "one")
    return program.folder / "outputs" / "one"


def another(run: Path, name: str) -> Path:
    """The same model from another run."""
    made = run.with_name(name)
    shutil.copytree(run, made)
    record = json.loads((run / "run.json").read_text())
    (made / "run.json").write_text(json.dumps({**record, "fingerprint": name}))
    return made


def test_a_model_is_pushed_promoted_and_loaded(program: Program, model: Path) -> None:
    """By the command, step by step, as the page shows it."""
    assert (
        "pushed models:churn@1" in program("models", "push", "outputs/one", "--name", "churn").out
    )
    again = program("models", "push", "outputs/one", "--name", "churn")
    assert (0, True) == (again.status, "is there already: models:churn@1" in again.out)
    another(model, "two")
    assert "churn@2" in program("models", "push", "outputs/two", "--name", "churn").out
    promoted = program("models", "promote", "churn", "1", "champion")
    assert "models:churn@champion is version 1\n" == promoted.out
    assert "is version 1 already" in program("models", "promote", "churn", "1", "champion").out
    folder = model.parent / "models" / "churn"
    for reference, version in (("", "2"), ("@latest", "2"), ("@1", "1"), ("@champion", "1")):
        assert folder / version == load_model(f"models:churn{reference}").folder.resolve()
    moved = program("models", "promote", "churn", "latest", "champion").out
    assert "is version 2 (before: 1)" in moved
    listed = program("models", "list").out.splitlines()[1].split()
    assert ["churn", "2"] == listed[:2]
    assert "champion=2" == listed[-1]
    record = json.loads((model / "run.json").read_text())
    told = json.loads(program("models", "history", "churn", "--json").out)
    assert record["fingerprint"] == told["versions"][0]["fingerprint"]
    assert record["cv"][record["metric"]]["mean"] == told["versions"][0]["score"]
    assert ["pushed", "pushed", "promoted", "promoted"] == [e["what"] for e in told["history"]]
    history = program("models", "history", "churn").out.splitlines()
    assert (4, True) == (len(history), history[3].endswith("promoted 2 to champion (before: 1)"))


def test_all_files_of_a_run_are_there(model: Path) -> None:
    """As links, and later ones too; a link of the run's own is not followed."""
    (model / "elsewhere").symlink_to("/etc/passwd")
    registry = Registry(model.parents[1] / "registry")
    registry.push(model, "churn", "0" * 64)
    folder = registry.folder("churn", 1)
    found = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    own = {path.relative_to(model) for path in model.rglob("*") if path.is_file()}
    assert own - found == {(model / "elsewhere").relative_to(model)}
    assert (folder / "model.pkl").samefile(model / "model.pkl")
    (model / "run.json.sig").write_text("signed")
    assert not registry.push(model, "churn", "0" * 64)[1]
    assert "signed" == (folder / "run.json.sig").read_text()


def test_copies_are_no_runs(model: Path) -> None:
    """Whoever looks for runs in a folder does not find those in its registry."""
    before = len(find_runs(model.parent))
    Registry(model.parent / "models").push(model, "churn", "0" * 64)
    assert before == len(find_runs(model.parent)) == len(list(runs_under(model.parent))) == 1


def test_what_is_not_there_is_said(program: Program, model: Path) -> None:
    """With what is; and an unfinished run, or a broken registry, is left alone."""
    with pytest.raises(UnknownModelError, match=r"no model 'churn': it has none; push one"):
        load_model("models:churn")
    registry = Registry.chosen()
    registry.push(model, "churn", "0" * 64)
    registry.promote("churn", "1", "champion")
    for which in ("challenger", "2", "0"):
        with pytest.raises(UnknownModelError, match=r"versions 1 to 1, aliases champion \(1\)"):
            load_model(f"models:churn@{which}")
    ended = program("serve", "models:churn@challenger")
    assert (1, True) == (ended.status, "aliases champion (1)" in ended.err)
    unfinished = another(model, "two")
    (unfinished / "run.json").write_text('{"status": "failed", "schema_version": 2}')
    with pytest.raises(RunDirectoryError, match="is failed, and not finished"):
        registry.push(unfinished, "churn", "1" * 64)
    assert 1 == len(registry.model("churn").versions)
    (registry.root / "registry.json").write_text("{")
    with pytest.raises(RunDirectoryError, match="cannot be read"):
        registry.push(model, "other", "0" * 64)
    assert "{" == (registry.root / "registry.json").read_text()


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".", ".hidden", "a b", "x" * 101, "é", "a\n"])
def test_names_lead_nowhere_else(name: str, model: Path) -> None:
    """A name is no path, in a reference neither."""
    with pytest.raises(ConfigError, match="is no name of a model"):
        Registry(model.parent).push(model, name, "0" * 64)
    with pytest.raises(ConfigError, match="of a model"):
        Reference.parse(f"models:{name}")
    assert not (model.parent / "registry.json").exists()


def test_a_run_that_is_pushed_by_a_bad_name_is_not_read(program: Program) -> None:
    """The name is looked at first, and an alias that is a number is none."""
    assert 2 == program("models", "push", "nowhere", "--name", "../x").status
    for alias in ("latest", "3"):
        with pytest.raises(ConfigError, match="taken for a version"):
            checked_alias(alias)


def test_processes_push_at_once_and_nothing_is_lost(model: Path) -> None:
    """Each run has a version of its own, each alias its version, and a killed push leaves none."""
    root = model.parents[1] / "shared"
    left = root / "churn" / "1"
    left.mkdir(parents=True)
    (left / "half").write_text("of a push that was killed")
    runs = [another(model, f"run-{at}") for at in range(12)]
    environment = {**os.environ, "USER": "somebody", "LOGNAME": "somebody"}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PUSHING, str(root), *map(str, runs[at::3])], env=environment
        )
        for at in range(3)
    ]
    assert [0, 0, 0] == [process.wait(timeout=300) for process in processes]
    known = Registry(root).model("churn")
    assert list(range(1, 13)) == [version.version for version in known.versions]
    assert {run.name for run in runs} == {version.fingerprint for version in known.versions}
    assert {f"by-{run.name}" for run in runs} == set(known.aliases)
    assert {"somebody"} == {event.by for event in known.history}
    for version in known.versions:
        folder = root / "churn" / str(version.version)
        assert version.fingerprint == json.loads((folder / "run.json").read_text())["fingerprint"]
        assert not (folder / "half").exists()
