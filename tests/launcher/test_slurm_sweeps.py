"""Sweeps in the jobs of a Slurm cluster: equal to serial ones, and no orphan after any end."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from conftest import read_json
from dask_cluster import wait_until
from driving import RUNS, SWEEP, drive, finished, go_on, models, sweep_serially, tables, write_rows

from runner.launcher.job_queue import CLUSTERS, JobQueue

if TYPE_CHECKING:
    from pathlib import Path
    from subprocess import Popen

    from conftest import Program
    from slurm_cluster import Slurm

ASKED = ("launcher=slurm", "launcher.partition=work", "launcher.memory=800MB")
SOON = 2  # runs that are finished when something is ended
PATIENCE = 30  # seconds in which all that a sweep has started is to be gone


@pytest.fixture(autouse=True)
def own_queue(slurm: Slurm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs find the cluster."""
    for name, value in slurm.environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def begun(slurm: Slurm, tmp_path: Path) -> Popen[str]:
    """A sweep in two jobs, some of whose runs are finished."""
    write_rows(tmp_path)
    driver = drive(tmp_path, [*SWEEP, *ASKED, "hydra.sweep.dir=swept"])
    wait_until("runs are finished", lambda: len(finished(tmp_path / "swept")) >= SOON)
    assert driver.poll() is None
    assert 2 == len(slurm.jobs())
    assert 2 <= len(slurm.processes())
    return driver


def test_a_cancelled_job_costs_no_run(slurm: Slurm, begun: Popen[str], tmp_path: Path) -> None:
    """Another takes its place; what comes out is the serial sweep, and no job is left."""
    slurm.command("scancel", slurm.jobs()[0])
    out, err = begun.communicate(timeout=240)
    assert 0 == begun.returncode, out + err
    assert [] == slurm.jobs()
    wait_until("no process is left", lambda: not slurm.processes(), PATIENCE)
    assert sweep_serially(tmp_path) == tables(tmp_path / "swept")
    assert models(tmp_path / "serial") == models(tmp_path / "swept")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_no_job_outlives_its_sweep(
    how: signal.Signals, slurm: Slurm, begun: Popen[str], tmp_path: Path
) -> None:
    """Neither after Ctrl-C, nor after the driver was killed, which tells nobody."""
    begun.send_signal(how)
    _, err = begun.communicate(timeout=60)
    assert "Traceback" not in err
    wait_until("no job is left", lambda: not slurm.jobs(), PATIENCE)
    wait_until("no process is left", lambda: not slurm.processes(), PATIENCE)
    before = finished(tmp_path / "swept")
    assert SOON <= len(before) < RUNS
    go_on(tmp_path, "swept")
    assert before.items() <= finished(tmp_path / "swept").items()


def test_a_job_that_is_not_taken_ends_the_sweep(slurm: Slurm, tmp_path: Path) -> None:
    """With what the queue has said, in one line."""
    write_rows(tmp_path)
    asked = [*SWEEP, *ASKED, "launcher.partition=nowhere", "hydra.sweep.dir=swept"]
    driver = drive(tmp_path, asked)
    _, err = driver.communicate(timeout=120)
    assert 2 == driver.returncode
    refused = "sbatch: error: Batch job submission failed: Invalid partition name specified"
    assert [f"enet: slurm takes no job: {refused}"] == err.splitlines()
    assert [] == slurm.jobs()


def test_a_folder_that_a_script_would_take_apart_is_refused(tmp_path: Path) -> None:
    """Before any job: its name stands in commands that a shell of the node reads."""
    folder = tmp_path / "my sweep; touch x"
    folder.mkdir()
    write_rows(folder)
    driver = drive(folder, [*SWEEP, *ASKED, "hydra.sweep.dir=swept"])
    _, err = driver.communicate(timeout=120)
    assert 2 == driver.returncode
    assert "which takes only letters" in err
    assert "Traceback" not in err


def test_jobs_that_bring_no_worker_end_the_sweep(
    slurm: Slurm, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what the last of them has said."""
    write_rows(program.folder)
    monkeypatch.setattr("runner.launcher.job_queue.PATIENCE", 2.0)
    bad = "launcher.prologue=['echo the node lacks Python >&2','exit 1']"
    refused = program(*SWEEP, *ASKED, bad, "hydra.sweep.dir=swept")
    assert 2 == refused.status
    assert "the last one has said: the node lacks Python" in refused.err
    wait_until("no job is left", lambda: not slurm.jobs(), PATIENCE)
    assert "interrupted" == read_json(program.folder / "swept" / "sweep.json")["status"]


DIRECTIVES = {
    "slurm": ("#SBATCH -p work", "#SBATCH -A team", "#SBATCH --mem=4G", "#SBATCH -t 02:00:00"),
    "pbs": ("#PBS -q work", "#PBS -A team", "#PBS -l walltime=02:00:00", "mem="),
    "sge": ("#$ -q work", "#$ -P team", "#$ -l h_rt=02:00:00"),
    "lsf": ("#BSUB -q work", '#BSUB -P "team"', "#BSUB -W 02:00", "#BSUB -M"),
}  # fmt: skip


@pytest.mark.parametrize("name", CLUSTERS)
def test_each_queue_gets_a_script_of_its_own(name: str, tmp_path: Path) -> None:
    """What is asked for stands in it, and a worker with a nanny that does not wait for ever."""
    import dask_jobqueue

    launcher = JobQueue.model_validate({
        "name": name, "partition": "work", "account": "team", "jobs": 2, "cores": 2,
        "memory": "4GiB", "walltime": "02:00:00" if name != "lsf" else "02:00", "interface": None,
        "prologue": ["module load python"], "directives": ["-x own"],
    })  # fmt: skip
    job = getattr(dask_jobqueue, CLUSTERS[name]).job_cls
    script = job(
        scheduler="tls://host:1", name="one", **launcher.job_options(tmp_path)
    ).job_script()
    for said in (*DIRECTIVES[name], "module load python", "-x own", "--nanny",
                 "--death-timeout 60", "--nthreads 2", "tls://host:1"):  # fmt: skip
        assert said in script
