"""Items on the workers of a Dask cluster: the contract of launchers, and workers that die."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from dask_cluster import Cluster, running
from test_launchers import Contract, tries
from workers import Item, double

from runner.errors import ConfigError
from runner.launcher import Site, WorkerDied
from runner.launcher.cluster import fitness
from runner.launcher.cluster.transport import Tls
from runner.launcher.dask import Dask

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runner.launcher import Launcher


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two workers, with TLS."""
    with running(Cluster(tmp_path_factory.mktemp("cluster"))) as cluster:
        yield cluster


def launcher_of(cluster: Cluster) -> Dask:
    """Sends items to a cluster."""
    tls = Tls(**cluster.files)
    return Dask(name="dask", address=cluster.address, tls=tls, insecure=False, timeout=15.0)


class TestDask(Contract):
    """Two workers, each a process with a nanny."""

    launcher: Launcher

    @pytest.fixture(autouse=True)
    def started(self, cluster: Cluster) -> None:
        """The launcher of the cluster there is."""
        self.launcher = launcher_of(cluster)

    def test_the_person_is_told_of_the_crew(self, tmp_path: Path) -> None:
        """Where the dashboard is, how many are at work, and of how many."""
        said: list[str] = []
        counted: list[tuple[int, int]] = []
        site = Site(say=said.append, count=lambda *counts: counted.append(counts))
        list(self.launcher.launch(double, [Item(n, tmp_path) for n in range(4)], site))
        assert "dashboard" in said[0]
        assert 2 == max(running for running, _ in counted)
        assert {2} == {workers for running, workers in counted if running}

    def test_a_killed_worker_costs_its_item_alone(self, tmp_path: Path) -> None:
        """It is tried again by the worker that takes its place, or by the other one."""
        items = [Item(n, tmp_path / "tries", deaths=1 if n == 2 else 0) for n in range(5)]
        (tmp_path / "tries").mkdir()
        found = dict(self.launcher.launch(double, items, Site(shared=tmp_path / "shared")))
        assert [0, 2, 4, 6, 8] == [made[0] for _, made in sorted(found.items())]  # type: ignore[index]
        assert 2 == tries(tmp_path / "tries")[2]

    def test_an_item_that_always_kills_its_worker_is_given_up(self, tmp_path: Path) -> None:
        """After three tries it is reported, and all others are made."""
        items = [Item(n, tmp_path / "tries", deaths=99 if n == 0 else 0) for n in range(3)]
        (tmp_path / "tries").mkdir()
        found = dict(self.launcher.launch(double, items, Site(shared=tmp_path / "shared")))
        assert WorkerDied(3) == found.pop(0)
        assert [2, 4] == [made[0] for _, made in sorted(found.items())]  # type: ignore[index]
        assert 3 == tries(tmp_path / "tries")[0]

    def test_workers_of_other_versions_are_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """At the start, with the difference; an extra that they lack is one."""
        here = fitness.Wanted.here

        def otherwise(packages: tuple[str, ...], shared: Path | None) -> fitness.Wanted:
            wanted = here(packages, shared)
            return fitness.Wanted({**wanted.versions, "numpy": "9.9"}, wanted.file, wanted.content)

        site = Site(packages=("a-package-of-nobody",))
        with monkeypatch.context() as patched:
            patched.setattr(fitness.Wanted, "here", otherwise)
            with pytest.raises(ConfigError, match=r"no worker .* numpy \S+ there, 9.9 here"):
                list(self.launcher.launch(double, [Item(1, tmp_path)], site))
        assert [] == list(tmp_path.iterdir())
        list(
            self.launcher.launch(double, [Item(1, tmp_path)], site)
        )  # nobody has it: none lacks it


def test_a_folder_that_workers_do_not_see_is_told(tmp_path: Path) -> None:
    """The driver writes a file there, which each must be able to read."""
    wanted = fitness.Wanted.here((), tmp_path / "shared")
    assert [] == wanted.lacking()
    (tmp_path / "shared" / "seen_by_workers").write_text("that of another sweep")
    (said,) = wanted.lacking()
    assert f"does not see the folder {tmp_path / 'shared'}" in said


def test_a_scheduler_that_is_not_there_is_told(tmp_path: Path) -> None:
    """In one line, with its address."""
    absent = Cluster(tmp_path)
    patient = launcher_of(absent).model_copy(update={"timeout": 0.5})
    with pytest.raises(ConfigError, match=f"no scheduler answers at {absent.address}"):
        list(patient.launch(double, [Item(1, tmp_path)], Site()))


def test_who_has_other_certificates_is_not_let_in(cluster: Cluster, tmp_path: Path) -> None:
    """Nor one who has none."""
    other = launcher_of(Cluster(tmp_path, port=cluster.port))
    plain = other.model_copy(update={"address": cluster.address.replace("tls", "tcp")})
    for stranger in (other, plain):
        hasty = stranger.model_copy(update={"timeout": 1.0})
        with pytest.raises(ConfigError, match="no scheduler answers"):
            list(hasty.launch(double, [Item(1, tmp_path)], Site()))
