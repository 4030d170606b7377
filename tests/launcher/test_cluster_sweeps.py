"""Sweeps on a Dask cluster with TLS: equal to serial ones, whoever is killed in the middle."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest
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

Tables = dict[str, list[list[str]]]
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
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two workers, which tests leave as they found them."""
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
