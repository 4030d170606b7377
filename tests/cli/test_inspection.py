"""What is printed instead of run: the runs of a sweep, the config, where it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from runner.cli.inspection import runs_table
from runner.config import composer

if TYPE_CHECKING:
    from conftest import Program


def test_a_dry_run_prints_the_runs_and_stops(program: Program) -> None:
    """--dry-run has a line for each run, with its number and what to type for it alone."""
    ended = program("-m", "imputer=mean,knn", "split.folds=3", "model.l1_ratio=0.5,1", "--dry-run",
                    "hydra.sweep.dir=swept")  # fmt: skip
    assert (0, "") == (ended.status, ended.err)
    assert [
        "4 runs, to be written to swept/",
        "all of them: split.folds=3",
        "run  overrides",
        "0    imputer=mean model.l1_ratio=0.5",
        "1    imputer=mean model.l1_ratio=1",
        "2    imputer=knn model.l1_ratio=0.5",
        "3    imputer=knn model.l1_ratio=1",
    ] == ended.out.splitlines()
    assert [] == list(program.folder.iterdir())


def test_a_dry_run_of_one_run(program: Program) -> None:
    """A single run is told as one, without a folder of a sweep."""
    lines = program("--dry-run", "seed=3", "hydra.run.dir=made").out.splitlines()
    assert ["1 run, to be written to made/", "run  overrides", "0    seed=3"] == lines


def test_a_dry_run_validates(program: Program) -> None:
    """A key that is wrong in one of the runs is said as it would be before a sweep."""
    ended = program("-m", "split.folds=3,1", "--dry-run")
    assert (2, "") == (ended.status, ended.out)
    assert "split.folds is 1" in ended.err


def test_a_table_takes_further_columns() -> None:
    """Columns such as what a run is reused from stand between number and overrides."""
    with composer(None, "config") as composing:
        jobs, _ = composing.jobs(["seed=1,2"], multirun=True)
        runs = [composing.compose(job, number) for number, job in enumerate(jobs)]
    lines = runs_table(runs, swept=True, more={"reused from": ["", "outputs/x"]}).splitlines()
    assert ["run  reused from  overrides", "0                 seed=1",
            "1    outputs/x    seed=2"] == lines[1:]  # fmt: skip


@pytest.mark.parametrize("flag", [["-c"], ["--cfg"], ["-c", "job"], ["--cfg=job"], ["-cjob"]])
def test_cfg_is_the_jobs_unless_said_otherwise(program: Program, flag: list[str]) -> None:
    """-c alone, whatever follows it, is -c job."""
    for given in ([*flag, "seed=7"], ["seed=7", *flag]):
        shown = yaml.safe_load(program(*given).out)
        assert (7, False) == (shown["seed"], "hydra" in shown)


def test_cfg_of_hydra_and_of_all(program: Program) -> None:
    """-c hydra has Hydra's own section, -c all both."""
    assert {"hydra"} == yaml.safe_load(program("-c", "hydra").out).keys()
    everything = yaml.safe_load(program("-c", "all", "seed=7").out)
    assert (7, "${hydra.job.num}") == (
        everything["seed"],
        everything["hydra"]["sweep"]["subdir"],
    )


def test_resolve_follows_interpolations(program: Program) -> None:
    """Interpolations are printed as they stand, and with --resolve what they lead to."""
    given = ("-c", "all", "seed=${split.folds}", "hydra.run.dir=made")
    plain, resolved = (yaml.safe_load(program(*given, *more).out) for more in ([], ["--resolve"]))
    assert ("${split.folds}", 5) == (plain["seed"], resolved["seed"])
    assert "made" == resolved["hydra"]["runtime"]["output_dir"]
    ended = program("-c", "--resolve", "seed=${nothing}")
    assert (2, True) == (ended.status, "nothing" in ended.err)


def test_info_names_places_and_files(program: Program) -> None:
    """--info has the search path, the user's folder in it, and the files that are merged."""
    (program.folder / "mine" / "imputer").mkdir(parents=True)
    (program.folder / "mine" / "imputer" / "near.yaml").write_text("defaults: [knn]\n")
    out = program("--config-dir", "mine", "--info", "imputer=near").out
    assert ["pkg://runner.conf" in out, f"file://{program.folder / 'mine'}" in out] == [True] * 2
    files = [line.split()[0] for line in program("--info", "defaults").out.splitlines()[2:]]
    assert "imputer/mean" in files
    assert files.index("config") > files.index("imputer/mean")
    assert "imputer/near" in out


def test_flags_stand_anywhere(program: Program) -> None:
    """Overrides before and after a flag all count."""
    ended = program("seed=1", "-m", "imputer=mean,knn", "--dry-run", "split.folds=3")
    assert (0, "2 runs") == (ended.status, ended.out[:6])
    assert "all of them: seed=1 split.folds=3" in ended.out


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("hydra/launcher=joblib", "launcher=processes"),
        ("hydra/launcher=basic", "launcher=serial"),
        ("hydra.launcher.n_jobs=2", "launcher=processes"),
        ("hydra/sweeper=optuna", "search=optuna"),
        ("hydra/sweeper=basic", "-m KEY=VALUE,VALUE"),
        ("hydra.sweeper.params.seed=1", "-m KEY=VALUE,VALUE"),
    ],
)
@pytest.mark.parametrize("prefix", [(), ("-m", "seed=1,2")])
def test_hydras_words_are_answered_with_ours(
    program: Program, given: str, said: str, prefix: tuple[str, ...]
) -> None:
    """A launcher or sweeper of Hydra's ends with code 2 and what to write instead."""
    ended = program(*prefix, given)
    assert (2, "") == (ended.status, ended.out)
    assert [given in ended.err, said in ended.err] == [True, True]
