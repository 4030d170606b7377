"""What an earlier version has written stays readable."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.checks import EARLIER_WARNING
from runner.store.directory import read_record
from runner.store.run_record import SCHEMA_VERSION, upgrade

if TYPE_CHECKING:
    from conftest import Program

VERSION_1 = Path(__file__).parents[1] / "golden" / "version_1"


def test_a_record_of_version_1_is_read(tmp_path: Path) -> None:
    """It comes back as this version's, with nothing lost."""
    shutil.copy(VERSION_1 / "run.json", tmp_path)
    written = json.loads((VERSION_1 / "run.json").read_text())
    record = read_record(tmp_path)
    assert record is not None
    assert record["schema_version"] == SCHEMA_VERSION
    kept = written.keys() - {"version", "warnings"}
    assert {key: record[key] for key in kept} == {key: written[key] for key in kept}
    assert record["checks"] == []


def test_a_warning_of_version_1_is_a_finding() -> None:
    """A sentence becomes a finding with a code of its own."""
    (found,) = upgrade({"version": 1, "warnings": ["all is lost"]})["checks"]
    assert found["message"] == "all is lost"
    assert found["code"] == EARLIER_WARNING.code
    assert found.keys() == {"code", "title", "severity", "message", "remedy"}


def test_a_manifest_has_all_that_version_1_had(program: Program) -> None:
    """A reader of version 1's model.json finds in today's what it looks for, of the same type."""
    run = program.run("report=none", "model.l1_ratio=1", "bootstrap.resamples=20")
    before: dict[str, Any] = json.loads((VERSION_1 / "model.json").read_text())
    after: dict[str, Any] = json.loads((run / "model.json").read_text())
    assert after["schema_version"] == SCHEMA_VERSION
    assert {key: type(value) for key, value in before.items()}.items() <= {
        key: type(value) for key, value in after.items()
    }.items()
    assert before["features"] == after["features"]
    assert before["example"]["rows"] == after["example"]["rows"]
