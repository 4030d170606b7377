"""Items of work that worker processes can load: they count their tries in files, and some die."""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from runner.core.threads import usable_threads

FOREVER = 60.0  # seconds: longer than any test


@dataclass(frozen=True)
class Item:
    """A number to double, and how often its worker is killed first."""

    number: int
    folder: Path
    deaths: int = 0


def double(item: Item) -> tuple[int, int, int]:
    """The number times two, the process that did it, and its share of threads."""
    tries = item.folder / f"{item.number}"
    with tries.open("a") as file:
        file.write(f"{os.getpid()}\n")
    if len(tries.read_text().splitlines()) <= item.deaths:
        os.kill(os.getpid(), signal.SIGKILL)
    return 2 * item.number, os.getpid(), usable_threads()


def touch(item: Item) -> None:
    """Count the try, and give nothing."""
    double(item)


def refuse(item: Item) -> int:
    """Raise an error of the item's own."""
    raise ValueError(f"item {item.number}")


def sleep(item: Item) -> None:
    """Say which process sleeps, and sleep."""
    (item.folder / f"{os.getpid()}.pid").touch()
    time.sleep(FOREVER)


def main() -> None:
    """Sleep in two workers, as a program that a test kills."""
    from runner.launcher import Site
    from runner.launcher.processes import Processes

    folder = Path(sys.argv[1])
    launcher = Processes(name="processes", workers=2)
    list(launcher.launch(sleep, [Item(0, folder), Item(1, folder)], Site()))


if __name__ == "__main__":
    main()
