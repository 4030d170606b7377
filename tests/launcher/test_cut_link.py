"""Two workers with addresses of their own, and the link to one of them cut in the middle."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

import pytest
from dask_cluster import Cluster, running, wait_until
from driving import SWEEP, drive, finished, sweep_serially, tables, write_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HUB = "enet-hub"  # with the scheduler, the driver, and the bridge between all
HOSTS = {"one": "10.77.0.2", "two": "10.77.0.3"}
CUT = 20.0  # seconds


def ip(*words: str) -> None:
    """Change the network."""
    subprocess.run(["ip", *words], check=True, capture_output=True)  # noqa: S607


def connect() -> None:
    """Make a name space for each worker, and a cable from each to the bridge in the hub's."""
    for name in (HUB, *HOSTS):
        ip("netns", "add", name)
        ip("-n", name, "link", "set", "lo", "up")
    ip("-n", HUB, "link", "add", "br0", "type", "bridge")
    ip("-n", HUB, "link", "set", "br0", "up")
    ip("-n", HUB, "addr", "add", "10.77.0.1/24", "dev", "br0")
    for name, host in HOSTS.items():
        end = f"to-{name}"
        ip("-n", HUB, "link", "add", end, "type", "veth", "peer", "name", "eth0", "netns", name)
        ip("-n", HUB, "link", "set", end, "master", "br0", "up")
        ip("-n", name, "addr", "add", f"{host}/24", "dev", "eth0")
        ip("-n", name, "link", "set", "eth0", "up")


def disconnect() -> None:
    """Leave no name space."""
    for name in (*HOSTS, HUB):
        subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)  # noqa: S607


@pytest.fixture
def network() -> Iterator[None]:
    """The three name spaces."""
    disconnect()
    try:
        connect()
    except (OSError, subprocess.CalledProcessError) as error:
        disconnect()
        pytest.skip(f"this machine forbids network name spaces: {error}")
    yield
    disconnect()


@pytest.mark.usefixtures("network")
def test_a_link_that_is_cut_for_a_while_costs_nothing(tmp_path: Path) -> None:
    """No run is lost, none that was finished is made again, and the tables are the serial ones."""
    write_rows(tmp_path)
    inside = {name: ["ip", "netns", "exec", name] for name in HOSTS}
    cluster = Cluster(tmp_path, host="10.77.0.1", port=8786, prefixes={
        "scheduler": ["ip", "netns", "exec", HUB], **inside
    })  # fmt: skip
    with running(cluster, workers=()):
        for name, host in HOSTS.items():
            cluster.start_worker(name, ["--host", host])
        swept = tmp_path / "swept"
        asked = [*SWEEP, *cluster.overrides, "hydra.sweep.dir=swept"]
        driver = drive(tmp_path, asked, prefix=["ip", "netns", "exec", HUB])
        wait_until("runs are finished", lambda: len(finished(swept)) >= 1)
        ip("-n", HUB, "link", "set", "to-one", "down")
        before = finished(swept)
        time.sleep(CUT)
        assert driver.poll() is None
        ip("-n", HUB, "link", "set", "to-one", "up")
        out, err = driver.communicate(timeout=240)
    assert 0 == driver.returncode, out + err
    assert before.items() <= finished(swept).items()
    assert sweep_serially(tmp_path) == tables(swept)
