"""Sweeps on a Dask cluster with TLS: equal to serial ones, whoever is killed in the middle."""

from __future__ import annotations

import os
import shutil
import signal
from typing import TYPE_CHECKING

import pytest
from conftest import read_json
from dask_cluster import Cluster, children, running, wait_until
from driving import (
    RUNS,
    SWEEP,
    drive,
    finished,
    go_on,
    models,
    statuses,
    sweep_serially,
    tables,
    write_rows,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from subprocess import Popen

    from conftest import Program
    from postgres import Server

Tables = dict[str, list[list[str]]]
MODEL = "defaults:\n  - elastic_net\n  - _self_\nalpha: {alpha}\nl1_ratio: 0.5\n"
SOON = 3  # runs that are finished when something is killed


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where sweeps are made, with a table of rows."""
    folder = tmp_path_factory.mktemp("sweeps")
    write_rows(folder)
    return folder


@pytest.fixture(scope="module")
def serial(folder: Path) -> Tables:
    """The tables of a sweep in one process."""
    return sweep_serially(folder)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, postgres_server: Server) -> Iterator[Cluster]:
    """Two workers, which tests leave as they found them; they may use the database."""
    with pytest.MonkeyPatch.context() as patched:
        for name, value in postgres_server.environment.items():
            patched.setenv(name, value)
        with running(Cluster(tmp_path_factory.mktemp("cluster"))) as cluster:
            yield cluster


def begin(folder: Path, cluster: Cluster, name: str) -> tuple[Path, Popen[str]]:
    """Start a sweep on the cluster, and wait until some of its runs are finished."""
    swept = folder / name
    driver = drive(folder, [*SWEEP, *cluster.overrides, f"hydra.sweep.dir={name}"])
    wait_until("runs are finished", lambda: len(finished(swept)) >= SOON)
    assert driver.poll() is None
    return swept, driver


def test_it_is_the_serial_sweep(
    program: Program, folder: Path, serial: Tables, cluster: Cluster
) -> None:
    """Every table and every model, byte for byte, but for what took how long."""
    made = type(program)(folder)(*SWEEP, *cluster.overrides, "hydra.sweep.dir=dask")
    assert 0 == made.status, made.err
    assert "dashboard" in made.out
    assert serial == tables(folder / "dask")
    assert models(folder / "serial") == models(folder / "dask")
    assert RUNS == len(models(folder / "dask"))
    assert not (folder / "dask" / ".shared").exists()


def test_a_search_has_workers_there(
    program: Program, folder: Path, cluster: Cluster, postgres: Server
) -> None:
    """One run, whose candidates are made by workers of the cluster on one study."""
    asked = ["dataset=hitters", "search=optuna", "search.n_trials=6", "search.workers=2"]
    stored = [f"search.storage={postgres.url}", "report=summary", "hydra.run.dir=searched"]
    made = type(program)(folder)(*asked, *stored, *cluster.overrides)
    assert 0 == made.status, made.err
    record = read_json(folder / "searched" / "run.json")
    study = record["search"]["study"]
    assert (2, 6, 0, False) == tuple(
        study[key] for key in ("workers", "made", "made_elsewhere", "reproducible")
    )
    assert not (folder / "searched" / ".shared").exists()


def test_workers_keep_nothing_that_has_changed(
    program: Program, cluster: Cluster, tmp_path: Path
) -> None:
    """Neither files of data or of configs that were edited, nor runs whose folder is gone."""
    here = type(program)(tmp_path)
    own = tmp_path / "conf" / "model" / "own.yaml"
    own.parent.mkdir(parents=True)
    asked = ["-m", "--config-dir", "conf", "dataset=csv", "dataset.path=rows.csv", "model=own",
             "dataset.target=y", "seed=1,2", "search=none", "report=summary"]  # fmt: skip
    found = []
    for alpha, rows in ((0.1, 150), (0.5, 140)):
        write_rows(tmp_path, rows)
        own.write_text(MODEL.format(alpha=alpha))
        made = here(*asked, *cluster.overrides, "hydra.sweep.dir=swept")
        assert 0 == made.status, made.err
        record = read_json(tmp_path / "swept" / "0" / "run.json")
        assert "finished" == record["status"]
        found.append((record["dataset"]["rows"], record["best"]["parameters"]["model.alpha"]))
        shutil.rmtree(tmp_path / "swept")
    assert [(150, 0.1), (140, 0.5)] == found
    made = here(*asked, *cluster.overrides, "hydra.sweep.dir=swept")
    assert {"finished"} == set(statuses(tmp_path / "swept").values())
    assert (tmp_path / "swept" / "0" / "model.pkl").exists()


def test_a_killed_worker_costs_no_run(folder: Path, serial: Tables, cluster: Cluster) -> None:
    """Its run is made again, by the worker that its nanny starts or by the other one."""
    swept, driver = begin(folder, cluster, "worker-killed")
    os.kill(cluster.worker_process("one"), signal.SIGKILL)
    out, err = driver.communicate(timeout=240)
    assert 0 == driver.returncode, out + err
    assert "is gone" in out
    assert serial == tables(swept)


def test_a_killed_driver_is_gone_on_with(folder: Path, serial: Tables, cluster: Cluster) -> None:
    """Workers end the runs in hand and stop; nothing that is finished is made again."""
    swept, driver = begin(folder, cluster, "driver-killed")
    driver.kill()
    driver.communicate()
    wait_until("the runs in hand end", lambda: "running" not in statuses(swept).values())
    before = finished(swept)
    assert SOON <= len(before) < RUNS
    assert {"finished"} == set(statuses(swept).values())
    go_on(folder, swept.name)
    assert before.items() <= finished(swept).items()
    assert serial == tables(swept)
    assert not (swept / ".shared").exists()


def test_an_interrupt_stops_the_workers(folder: Path, serial: Tables, cluster: Cluster) -> None:
    """Ctrl-C says how to go on, and the runs in hand end soon after it."""
    swept, driver = begin(folder, cluster, "interrupted")
    driver.send_signal(signal.SIGINT)
    _, err = driver.communicate(timeout=60)
    assert (130, True) == (driver.returncode, "enet resume interrupted" in err)
    wait_until("the runs in hand end", lambda: "running" not in statuses(swept).values(), 10)
    assert len(finished(swept)) < RUNS
    go_on(folder, swept.name)
    assert serial == tables(swept)


def test_a_killed_scheduler_is_told_at_once(folder: Path, serial: Tables, tmp_path: Path) -> None:
    """Within ten seconds, with how to go on; the workers end, and with others it goes on."""
    with running(Cluster(tmp_path)) as cluster:
        swept, driver = begin(folder, cluster, "scheduler-killed")
        cluster.end("scheduler")
        _, err = driver.communicate(timeout=10)
        assert 1 == driver.returncode
        assert f"the scheduler {cluster.address} is gone" in err
        assert "enet resume scheduler-killed" in err
        assert "Traceback" not in err
        assert len(finished(swept)) < RUNS
        workers = [cluster.members[name].pid for name in ("one", "two")]
        wait_until("no worker is left", lambda: not any(map(children, workers)))
        before = finished(swept)
        for name in ("one", "two"):
            cluster.end(name)
        cluster.start_scheduler()
        cluster.start_worker("three")
        go_on(folder, swept.name)
        assert before.items() <= finished(swept).items()
        assert serial == tables(swept)
