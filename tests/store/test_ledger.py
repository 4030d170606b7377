"""How often test rows were looked at."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from runner.store.ledger import looks_at_test, outputs_of

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

ROWS, OTHERS = "a" * 64, "b" * 64


def store(folder: Path, name: str, fingerprint: str, status: str, test_rows: str | None) -> None:
    """Leave a run's record."""
    (folder / name).mkdir(parents=True)
    record = {
        "schema_version": 2,
        "fingerprint": fingerprint,
        "status": status,
        "test_rows": test_rows,
    }
    (folder / name / "run.json").write_text(json.dumps(record))


def test_different_finished_runs_count_once(tmp_path: Path) -> None:
    """Reused and repeated runs have one fingerprint; failed ones and other rows do not count."""
    store(tmp_path, "1", "one", "finished", ROWS)
    store(tmp_path, "day/2", "one", "reused", ROWS)
    store(tmp_path, "day/3", "two", "finished", ROWS)
    store(tmp_path, "4", "three", "failed", ROWS)
    store(tmp_path, "5", "four", "finished", OTHERS)
    store(tmp_path, "6", "five", "finished", None)
    assert 2 == looks_at_test([{"test_rows": ROWS}], tmp_path)
    assert 2 == looks_at_test([{"test_rows": OTHERS}, {"test_rows": ROWS}], tmp_path)
    assert 0 == looks_at_test([{"test_rows": None}, {}], tmp_path)


def test_a_run_that_is_added_counts(tmp_path: Path) -> None:
    """The count is that of the folder as it is."""
    store(tmp_path, "1", "one", "finished", ROWS)
    assert 1 == looks_at_test([{"test_rows": ROWS}], tmp_path)
    store(tmp_path, "2", "two", "finished", ROWS)
    assert 2 == looks_at_test([{"test_rows": ROWS}], tmp_path)


def test_where_the_runs_beside_it_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`outputs` for what is in it, else the folder beside a run, or beside a run's sweep."""
    monkeypatch.chdir(tmp_path)
    assert tmp_path / "outputs" == outputs_of(tmp_path / "outputs/day/time", swept=False)
    assert tmp_path / "mine" == outputs_of(tmp_path / "mine/run", swept=False)
    assert tmp_path / "mine" == outputs_of(tmp_path / "mine/sweep/0", swept=True)
