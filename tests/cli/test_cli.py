"""The command line: help, what was composed, exit codes, and the same answer every time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from conftest import OtherProcess, mixed_frame, read_json

from runner import __version__

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Program

OWN_YAML = "# the nearest row alone\nname: knn\nn_neighbors: 1\n"


def test_version(program: Program) -> None:
    """--version names the package's version."""
    assert (0, f"enet-runner {__version__}\n") == (program("--version").status,
                                                   program("--version").out)  # fmt: skip


def test_cfg_prints_and_stops(program: Program) -> None:
    """--cfg prints the composed config, overrides included, and runs nothing."""
    ended = program("--cfg", "imputer=knn", "seed=7")
    assert (0, "") == (ended.status, ended.err)
    assert ["n_neighbors: 5" in ended.out, "seed: 7" in ended.out] == [True, True]
    assert "hydra" not in ended.out
    assert [] == list(program.folder.iterdir())


def test_cfg_of_a_sweep(program: Program) -> None:
    """--cfg of a sweep prints the config of every run."""
    ended = program("-c", "-m", "model=lasso,ridge")
    assert 2 == len(ended.out.split("---\n"))
    assert ["name: lasso" in ended.out, "name: ridge" in ended.out] == [True, True]


def test_an_unknown_flag_is_refused(program: Program) -> None:
    """A flag that does not exist ends with code 2 and is named."""
    ended = program("--resume")
    assert (2, True) == (ended.status, "--resume" in ended.err)


def test_a_run_from_another_process(other_process: OtherProcess) -> None:
    """`python -m runner` runs an experiment, says what it found and warns of nothing."""
    mixed_frame().to_csv(other_process.folder / "my data.csv", index=False)
    ended = other_process("dataset=csv", "dataset.path='my data.csv'", "dataset.target=outcome",
                          "split.folds=3", "bootstrap.resamples=20")  # fmt: skip
    assert (0, "") == (ended.status, ended.err)
    assert "88 rows, 2 numeric and 2 categorical columns" in ended.out
    assert "2 rows with target missing left out" in ended.out
    (made,) = other_process.folder.glob("outputs/*/*/run.json")
    assert "finished" == read_json(made)["status"]
    assert str(made.parent.relative_to(other_process.folder)) in ended.out


def test_exit_codes_of_another_process(other_process: OtherProcess) -> None:
    """A config error is code 2 and a message on stderr, as seen from a shell."""
    ended = other_process("split.folds=1")
    assert (2, "", "enet: split.folds is 1, but must be at least 2\n") == (
        ended.status, ended.out, ended.err,
    )  # fmt: skip


def test_own_options_run(program: Program, mixed: tuple[str, ...]) -> None:
    """An experiment with an option of the user's runs as any other, and its record names it."""
    (program.folder / "mine" / "imputer").mkdir(parents=True)
    (program.folder / "mine" / "imputer" / "near.yaml").write_text(OWN_YAML)
    made = program.run("--config-dir", "mine", *mixed, "imputer=near")
    assert "near" == read_json(made / "run.json")["choices"]["imputer"]
    assert "n_neighbors: 1" in (made / ".hydra" / "config.yaml").read_text()


def test_own_primary_config_runs(program: Program, mixed: tuple[str, ...]) -> None:
    """So does one with a primary config of the user's, which keeps its own output directory."""
    (program.folder / "mine").mkdir()
    text = "defaults: [/config, _self_]\nseed: 5\nhydra: {run: {dir: elsewhere}}\n"
    (program.folder / "mine" / "study.yaml").write_text(text)
    ended = program("--config-dir", "mine", "--config-name", "study", *mixed)
    assert (0, "") == (ended.status, ended.err)
    environment = read_json(program.folder / "elsewhere" / "environment.json")
    assert 5 == environment["seeds"]["seed"]


def test_report_none_is_silent(program: Program, mixed: tuple[str, ...]) -> None:
    """With report=none a run that succeeds says nothing."""
    ended = program(*mixed, "report=none")
    assert (0, "", "") == (ended.status, ended.out, ended.err)


@pytest.mark.parametrize(
    "search",
    [
        ("search=grid",),
        ("search=random", "search.n_trials=6"),
        ("search=random", "search.n_trials=6", "imputer=knn",
         "+search.space.imputer.n_neighbors={low:1,high:9}"),
        ("search=optuna", "search.n_trials=6"),
        ("search=optuna", "search.n_trials=6", "search.sampler=qmc"),
        ("search=optuna", "search.n_trials=6", "search.sampler=cmaes"),
        ("search=none", "model.alpha=0.1", "model.l1_ratio=0.5"),
        ("imputer=iterative", "split=repeated", "split.repeats=2"),
    ],
    ids=lambda search: " ".join(search[:4]),
)  # fmt: skip
def test_the_same_command_gives_the_same_tables(
    program: Program, mixed: tuple[str, ...], search: tuple[str, ...]
) -> None:
    """Twice the same command: the same tables byte for byte, timings aside."""
    first = program.run(*mixed, *search, name="first")
    second = program.run(*mixed, *search, "reuse=false", name="second")
    for name in ("coefficients.csv", "predictions.csv"):
        assert (first / name).read_bytes() == (second / name).read_bytes()
    assert timeless(first) == timeless(second)


def timeless(made: Path) -> str:
    """trials.csv as text, without its timings."""
    return pd.read_csv(made / "trials.csv", dtype=str).drop(columns="seconds").to_csv()


def test_another_process_gives_the_same_tables(
    program: Program, mixed: tuple[str, ...], other_process: OtherProcess
) -> None:
    """Nor does a table depend on the process, and so on hashes of text."""
    made = program.run(*mixed)
    other_process(*mixed, "hydra.run.dir=other")
    for name in ("coefficients.csv", "predictions.csv"):
        assert (made / name).read_bytes() == (program.folder / "other" / name).read_bytes()
    assert timeless(made) == timeless(program.folder / "other")


def test_another_seed_gives_other_folds(program: Program, mixed: tuple[str, ...]) -> None:
    """The seed decides the folds; the search does not."""
    seeds = [program.run(*mixed, f"seed={seed}", name=f"seed{seed}") for seed in (0, 1)]
    searched = program.run(*mixed, "search=random", "search.n_trials=3", name="random")
    first, second, third = (
        pd.read_csv(made / "predictions.csv")[["row", "part", "fold"]]
        for made in [*seeds, searched]
    )
    assert not first.equals(second)
    pd.testing.assert_frame_equal(first, third)


def test_a_killed_search_goes_on(program: Program) -> None:
    """A search killed amid its trials goes on in its directory, and ends as if never stopped."""
    mixed_frame().to_csv(program.folder / "mixed.csv", index=False)
    arguments = [
        "dataset=csv", "dataset.path=mixed.csv", "dataset.target=outcome", "search=optuna",
        "search.n_trials=60", "search.sampler=random", "report=none", "bootstrap.resamples=20",
    ]  # fmt: skip
    killed = program.folder / "killed"
    process = subprocess.Popen(
        [sys.executable, "-m", "runner", *arguments, "hydra.run.dir=killed"],
        cwd=program.folder,
    )
    deadline = time.monotonic() + 30
    while trials_in(killed / "optuna.journal") < 5:
        assert process.poll() is None, "the search ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert "running" == read_json(killed / "run.json")["status"]
    assert not (killed / "trials.csv").exists()
    before = trials_in(killed / "optuna.journal")
    assert before < 60
    for name in ("killed", "whole"):
        ended = program(*arguments, f"hydra.run.dir={name}")
        assert (0, "") == (ended.status, ended.err)
    assert "finished" == read_json(killed / "run.json")["status"]
    assert list(range(1, 61)) == pd.read_csv(killed / "trials.csv")["trial"].to_list()
    whole, resumed = (
        pd.read_csv(program.folder / name / "trials.csv") for name in ("whole", "killed")
    )
    # a fit starts from those before it, so that scores agree to the solver's tolerance
    pd.testing.assert_frame_equal(
        whole.drop(columns=["seconds", "dual_gap"]),
        resumed.drop(columns=["seconds", "dual_gap"]),
        rtol=1e-4,
    )


def trials_in(journal: Path) -> int:
    """How many scored trials a journal holds."""
    return journal.read_text().count('"trial"') if journal.exists() else 0


def test_another_config_does_not_go_on(program: Program, mixed: tuple[str, ...]) -> None:
    """A directory with another experiment's unfinished run is refused with code 2."""
    (program.folder / "made").mkdir()
    text = '{"status": "running", "fingerprint": "another"}'
    (program.folder / "made" / "run.json").write_text(text)
    ended = program(*mixed, "hydra.run.dir=made")
    assert (2, True) == (ended.status, "another config" in ended.err)


def test_splits_with_roles_run(program: Program) -> None:
    """Time, groups and weights together: a run in time order, and one by groups."""
    frame = mixed_frame(120)
    frame["day"] = pd.date_range("2020-01-01", periods=120).astype(str)
    frame["clinic"] = [f"c{i % 12}" for i in range(120)]
    frame["w"] = [float(i % 3) for i in range(120)]
    frame.to_csv(program.folder / "roles.csv", index=False)
    data = ("dataset=csv", "dataset.path=roles.csv", "dataset.target=outcome", "dataset.time=day",
            "dataset.group=clinic", "dataset.weight=w", "bootstrap.resamples=20",
            "split.folds=3")  # fmt: skip
    for split in ("time", "grouped"):
        made = program.run(*data, f"split={split}", name=split)
        record = read_json(made / "run.json")
        assert {"target missing": 2, "weight zero": 39} == record["dataset"]["dropped"]
        assert 3 == len(record["cv"]["mse"]["folds"])


@pytest.mark.parametrize("imputer", ["mean", "median"])
@pytest.mark.parametrize("categorical", ["missing", "most_frequent"])
def test_a_category_without_a_value_in_training(
    program: Program, imputer: str, categorical: str
) -> None:
    """Folds whose training rows have no value of a category are solved, and every trial is ok."""
    frame = mixed_frame(60)[["age", "outcome"]].assign(town=None)
    frame["town"] = frame["town"].astype(object)
    frame.loc[[20, 21], "town"] = ["York", "Ely"]
    frame.to_csv(program.folder / "rare.csv", index=False)
    data = ("dataset=csv", "dataset.path=rare.csv", "dataset.target=outcome", "report=none",
            "bootstrap.resamples=20", "split=holdout", "split.validation=0.5")  # fmt: skip
    for seed in range(4):
        chosen = (f"imputer={imputer}", f"imputer.categorical={categorical}", f"seed={seed}")
        made = program.run(*data, *chosen, name=f"seed{seed}")
        assert {"ok"} == set(pd.read_csv(made / "trials.csv")["status"])
