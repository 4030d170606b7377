"""What every launcher keeps to, and what becomes of workers that die or are left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from workers import Item, double, refuse, touch

from runner.launcher import Launcher, Site, WorkerDied
from runner.launcher.processes import Processes
from runner.launcher.serial import Serial

TWO = Processes(name="processes", workers=2)
SITE = Site()
LATEST = 15.0  # seconds that a busy machine may need


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let worker processes import what the items are made by."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))


def alive(process: int) -> bool:
    """Whether a process is there and is not a zombie."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def gone(processes: list[int]) -> bool:
    """Whether all of these processes end soon."""
    latest = time.monotonic() + LATEST
    while any(map(alive, processes)) and time.monotonic() < latest:
        time.sleep(0.02)
    return not any(map(alive, processes))


def tries(folder: Path) -> list[int]:
    """How often each item was begun, by number."""
    files = sorted(folder.iterdir(), key=lambda path: int(path.name))
    return [len(path.read_text().splitlines()) for path in files]


class Contract:
    """What a sweep asks of a launcher."""

    launcher: Launcher

    def test_every_item_is_made_once(self, tmp_path: Path) -> None:
        """Each number comes once, with what came of that very item."""
        items = [Item(number, tmp_path) for number in (7, 3, 5, 3 + 8, 1)]
        ended = list(self.launcher.launch(double, items, SITE))
        assert [0, 1, 2, 3, 4] == sorted(number for number, _ in ended)
        found = {number: made[0] for number, made in ended if not isinstance(made, WorkerDied)}
        assert {0: 14, 1: 6, 2: 10, 3: 22, 4: 2} == found
        assert [1, 1, 1, 1, 1] == tries(tmp_path)

    def test_it_is_made_where_it_says(self, tmp_path: Path) -> None:
        """Items are made in this process if and only if the launcher says so."""
        ((_, made),) = self.launcher.launch(double, [Item(1, tmp_path)], SITE)
        assert not isinstance(made, WorkerDied)
        assert self.launcher.in_this_process == (made[1] == os.getpid())

    def test_what_gives_nothing_has_ended_too(self, tmp_path: Path) -> None:
        """An item may come to None."""
        items = [Item(number, tmp_path) for number in range(3)]
        assert dict.fromkeys(range(3)) == dict(self.launcher.launch(touch, items, SITE))
        assert [1, 1, 1] == tries(tmp_path)

    def test_nothing_to_make(self) -> None:
        """Without items nothing comes, and it ends."""
        assert [] == list(self.launcher.launch(double, [], SITE))

    def test_an_error_arrives(self, tmp_path: Path) -> None:
        """What an item raises is raised where its result is awaited."""
        with pytest.raises(ValueError, match="item 4"):
            list(self.launcher.launch(refuse, [Item(4, tmp_path)], SITE))


class TestSerial(Contract):
    """One item after the other."""

    launcher = Serial(name="serial")

    def test_it_is_lazy_and_in_order(self, tmp_path: Path) -> None:
        """An item is begun when the one before has been dealt with."""
        launched = self.launcher.launch(double, [Item(n, tmp_path) for n in range(3)], SITE)
        assert [0, 1] == [next(launched)[0], next(launched)[0]]
        assert [1, 1] == tries(tmp_path)


class TestProcesses(Contract):
    """Two workers, each a process of its own."""

    launcher = TWO

    def test_a_killed_worker_costs_its_item_alone(self, tmp_path: Path) -> None:
        """The item whose worker was killed is tried again, and no other one is."""
        items = [Item(n, tmp_path, deaths=1 if n == 2 else 0) for n in range(5)]
        found = dict(self.launcher.launch(double, items, SITE))
        assert [0, 2, 4, 6, 8] == [made[0] for _, made in sorted(found.items())]  # type: ignore[index]
        assert [1, 1, 2, 1, 1] == tries(tmp_path)

    def test_two_deaths_are_survived(self, tmp_path: Path) -> None:
        """The third try is the last, and counts."""
        ((number, made),) = self.launcher.launch(double, [Item(9, tmp_path, deaths=2)], SITE)
        assert not isinstance(made, WorkerDied)
        assert (0, 18, [3]) == (number, made[0], tries(tmp_path))

    def test_an_item_that_always_kills_its_worker_is_given_up(self, tmp_path: Path) -> None:
        """After three tries it is reported, and all others are made."""
        items = [Item(n, tmp_path, deaths=99 if n == 0 else 0) for n in range(3)]
        found = dict(self.launcher.launch(double, items, SITE))
        assert WorkerDied(3) == found.pop(0)
        assert [2, 4] == [made[0] for _, made in sorted(found.items())]  # type: ignore[index]
        assert [3, 1, 1] == tries(tmp_path)

    def test_the_threads_are_shared_out(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Two workers of a process with six threads have three each; a lone item has all six."""
        monkeypatch.setenv("ENET_RUNNER_THREADS", "6")
        ended = dict(self.launcher.launch(double, [Item(n, tmp_path) for n in range(2)], SITE))
        assert [3, 3] == [made[2] for made in ended.values()]  # type: ignore[index]
        (alone,) = dict(self.launcher.launch(double, [Item(2, tmp_path)], SITE)).values()
        assert 6 == alone[2]  # type: ignore[index]

    def test_who_stops_early_leaves_no_worker(self, tmp_path: Path) -> None:
        """A sweep that takes no further result ends its workers, whatever they are at."""
        launched = self.launcher.launch(double, [Item(n, tmp_path) for n in range(4)], SITE)
        _, made = next(launched)
        assert not isinstance(made, WorkerDied)
        launched.close()  # type: ignore[attr-defined]
        begun = {int(line) for path in tmp_path.iterdir() for line in path.read_text().split()}
        assert made[1] in begun
        assert gone(sorted(begun))

    @pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are seen in /proc")
    def test_no_worker_outlives_a_killed_parent(self, tmp_path: Path) -> None:
        """Workers end soon after the program that started them was killed."""
        parent = subprocess.Popen([sys.executable, str(Path(__file__).with_name("workers.py")),
                                   str(tmp_path)])  # fmt: skip
        latest = time.monotonic() + LATEST
        while len(list(tmp_path.glob("*.pid"))) < 2 and time.monotonic() < latest:
            time.sleep(0.02)
        workers = [int(path.stem) for path in tmp_path.glob("*.pid")]
        assert (2, True, None) == (len(workers), all(map(alive, workers)), parent.poll())
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        assert gone(workers)


def test_by_default_there_are_as_many_workers_as_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workers are as many as threads, each with one of them; fewer where there are fewer items."""
    monkeypatch.setenv("ENET_RUNNER_THREADS", "2")
    free = Processes(name="processes", workers=None)
    made = dict(free.launch(double, [Item(n, tmp_path) for n in range(5)], SITE)).values()
    assert {1} == {share for _, _, share in made}  # type: ignore[misc]
    assert len({process for _, process, _ in made}) <= 2  # type: ignore[misc]
