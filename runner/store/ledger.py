"""A run's record comes in; how often its test rows have been looked at goes out.

Whoever compares many models on the same test rows chooses by them in the end, and what they say is
then as flattering as any winner's score.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.store.index import RunIndex

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def outputs_of(folder: Path, *, swept: bool) -> Path:
    """Where the runs are that a run is seen beside.

    That is `outputs` of the working directory, or the folder beside a run that goes elsewhere; for
    a run of a sweep, beside the sweep.
    """
    usual, own = Path("outputs").resolve(), folder.resolve()
    if own.is_relative_to(usual):
        return usual
    return own.parents[(2 if _in_a_thousand(own) else 1) if swept else 0]


def _in_a_thousand(folder: Path) -> bool:
    """Whether a run is in a folder of a thousand, as run 1234 in 1000/1234."""
    run, thousand = folder.name, folder.parent.name
    return run.isdecimal() and thousand.isdecimal() and 0 < int(thousand) == int(run) // 1000 * 1000


def looks_at_test(records: Iterable[Mapping[str, Any]], outputs: Path) -> int:
    """How many different finished runs under a folder were scored on the test rows of some.

    Of runs with unlike test rows it is the largest number.
    """
    tested = {record["test_rows"] for record in records if record.get("test_rows")}
    if not tested:
        return 0
    index = RunIndex.of(outputs)
    index.refresh()
    return max(index.looks(rows) for rows in tested)
