"""What a table will take in memory comes in; one that cannot fit is refused before it is read."""

from __future__ import annotations

import os
from pathlib import Path

from runner.errors import DataError

GROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")  # of a container, in Linux
GIGABYTE = 1e9


def check_fits(path: str, needed: int) -> None:
    """Refuse a table that takes more than all the memory there is.

    Args:
        path: as the config gives it.
        needed: bytes of the table alone; what is made of it takes as much again, or more.

    Raises:
        DataError: it cannot fit.
    """
    there = memory()
    if there is not None and needed > there:
        raise DataError(
            f"{path} takes about {needed / GIGABYTE:,.0f} GB in memory, and this machine has "
            f"{there / GIGABYTE:,.0f}: dataset.stream=true reads it in batches, and "
            "dataset.features=[...] takes some of its columns"
        )


def memory() -> int | None:
    """Bytes that this process may have at the most; None where the system does not say."""
    try:
        physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None
    try:
        return min(physical, int(GROUP_LIMIT.read_text(encoding="ascii")))
    except (OSError, ValueError):  # "max" is no limit
        return physical
