"""Every file of a run has its hash in run.json, and `enet verify` finds each that was changed."""

from __future__ import annotations

import hashlib
import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from conftest import Program, read_json

from runner.errors import ChangedFileError
from runner.saved_model import load_model
from runner.saved_model.recorded import check_recorded
from runner.saved_model.verify import Trust, verify_run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def run(finished_run: Path, tmp_path: Path) -> Path:
    """A run of one's own to spoil."""
    return shutil.copytree(finished_run, tmp_path / "run")


def hash_of(path: Path) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def change_record(run: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change run.json."""
    record = read_json(run / "run.json")
    change(record)
    (run / "run.json").write_text(json.dumps(record), encoding="utf-8")


def flip(path: Path, at: int = 0) -> None:
    """Change one bit of a file."""
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def test_every_file_is_recorded(run: Path) -> None:
    """The record has all files but itself and the log, hidden ones too, each with its hash."""
    there = {p.relative_to(run).as_posix(): hash_of(p) for p in run.rglob("*") if p.is_file()}
    assert {"model.pkl", "model.json", ".hydra/config.yaml", "predictions.csv"} <= set(there)
    expected = {name: found for name, found in there.items() if name not in {"run.json", "run.log"}}
    assert expected == read_json(run / "run.json")["files"]


def test_an_untouched_run_is_verified(run: Path, program: Program) -> None:
    """It ends with 0 and says how many files there are; a log may grow."""
    with (run / "run.log").open("a") as log:
        log.write("more\n")
    count = len(read_json(run / "run.json")["files"])
    ended = program("verify", str(run))
    assert (0, f"verified {count} files\n", "") == (ended.status, ended.out, ended.err)


def test_failed_runs_have_their_hashes_too(finished_sweep: Path, program: Program) -> None:
    """Each run of a sweep is checked, refused ones too, and named where a file is another."""
    assert 0 == program("verify", str(finished_sweep)).status
    swept = shutil.copytree(finished_sweep, program.folder / "swept")
    flip(swept / "0" / "trials.csv")
    refused = [p.parent for p in swept.glob("*/run.json") if read_json(p)["status"] == "refused"]
    (refused[0] / ".hydra" / "config.yaml").unlink()
    (swept / "9").symlink_to(finished_sweep / "0")
    ended = program("verify", str(swept))
    assert 1 == ended.status
    for line in (
        "error: 0: trials.csv: it was changed: its SHA-256 is another",
        f"error: {refused[0].name}: .hydra/config.yaml: it is not there",
        "error: 9: it is a link, and no run of the sweep",
    ):
        assert line in ended.out.splitlines()
    assert "3 errors" in ended.out.splitlines()[-1]


def link_outside(run: Path) -> None:
    """Put a link to elsewhere in the place of a file of the same content."""
    kept = shutil.move(run / "trials.csv", run.parent / "elsewhere.csv")
    (run / "trials.csv").symlink_to(kept)


def link_folder(run: Path) -> None:
    """Put a link to elsewhere in the place of a folder."""
    kept = shutil.move(run / ".hydra", run.parent / "hydra")
    (run / ".hydra").symlink_to(kept)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda run: flip(run / "model.pkl"), "model.pkl: it was changed"),
        (lambda run: flip(run / "model.json", 5), "model.json: it was changed"),
        (lambda run: (run / "trials.csv").unlink(), "trials.csv: it is not there"),
        (link_outside, "trials.csv: it is a link that leads out"),
        (link_folder, ".hydra/config.yaml: it is a link that leads out"),
        (lambda run: (run / "new").symlink_to("/etc"), "new: it is a link that leads out"),
        (
            lambda run: change_record(run, lambda r: r["files"].update({"../a": "0" * 64})),
            "../a: the name leads out",
        ),
        (
            lambda run: change_record(run, lambda r: r["files"].update({"/etc/passwd": "0" * 64})),
            "/etc/passwd: the name leads out",
        ),
        (lambda run: (run / "run.json.sig").write_text("nothing"), "no valid signature"),
    ],
)
def test_what_was_changed_is_an_error(
    spoil: Callable[[Path], object], said: str, run: Path
) -> None:
    """A file that is another, missing, or elsewhere."""
    spoil(run)
    errors = verify_run(run, Trust()).errors
    assert any(said in error for error in errors), errors


def test_what_was_added_is_a_warning(run: Path, program: Program) -> None:
    """But for a page, which may be made later; a name cannot make a line of its own."""
    (run / "extra\nverified 99 files").write_text("")
    (run / "report.html").write_text("")
    ended = program("verify", str(run))
    warnings, last = ended.out.splitlines()[:-1], ended.out.splitlines()[-1]
    expected = r"warning: extra\nverified 99 files: it is not one of the run's files"
    assert (0, [expected]) == (ended.status, warnings)
    assert last.startswith("verified 1")


def test_a_run_of_an_earlier_version(run: Path) -> None:
    """It has no hashes: that is said, and the model file's is checked."""
    change_record(run, lambda record: record.pop("files"))
    found = verify_run(run, Trust())
    assert (1, []) == (found.count, found.errors)
    assert "earlier" in found.warnings[0] or "did not record" in found.warnings[0]
    flip(run / "model.pkl", 9)
    (error,) = verify_run(run, Trust()).errors
    assert "not the file that was saved" in error


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "has no run.json"), ("[]", "no record"), ('{"status": "running"}', "not ended")],
)
def test_what_is_no_finished_run(content: str | None, said: str, program: Program) -> None:
    """The command is at fault, and ends with 2."""
    if content is not None:
        (program.folder / "run.json").write_text(content)
    ended = program("verify", ".")
    assert 2 == ended.status
    assert said in ended.err


def test_each_byte_of_the_manifest_counts(run: Path) -> None:
    """A bit that is flipped anywhere in model.json is found before any of it is read."""
    path, recorded = run / "model.json", read_json(run / "run.json")["files"]
    content = path.read_bytes()
    for at in range(len(content)):
        changed = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
        with pytest.raises(ChangedFileError, match="not the file that was saved"):
            check_recorded(path, changed, recorded)
    for at in range(0, len(content), 200):
        flip(path, at)
        with pytest.raises(ChangedFileError):
            load_model(run)
        flip(path, at)
    load_model(run)


def test_a_model_may_be_taken_elsewhere(run: Path, tmp_path: Path) -> None:
    """With its manifest alone it loads; beside the record of another run it does not."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("model.pkl", "model.json"):
        shutil.copy(run / name, elsewhere)
    load_model(elsewhere / "model.pkl")
    (elsewhere / "run.json").write_text('{"files": {}}')
    with pytest.raises(ChangedFileError, match=r"not among the files that run\.json"):
        load_model(elsewhere)
    (elsewhere / "run.json").write_text('{"files": ')
    with pytest.raises(ChangedFileError, match="no record of a run"):
        load_model(elsewhere)


def test_a_new_page_is_recorded(run: Path, program: Program) -> None:
    """`enet report` notes the hashes of what it writes, and of nothing else."""
    flip(run / "trials.csv", 3)
    assert 0 == program("report", str(run)).status
    files = read_json(run / "run.json")["files"]
    assert hash_of(run / "report.html") == files["report.html"]
    assert hash_of(run / "trials.csv") != files["trials.csv"]
    (run / "report.html").write_text("another")
    errors = verify_run(run, Trust()).errors
    assert {"trials.csv", "report.html"} == {error.partition(":")[0] for error in errors}


def test_a_reused_run_does_not_vouch_for_a_change(program: Program, mixed: tuple[str, ...]) -> None:
    """What it takes over it records as it was, so that a change before is found."""
    first = program.run(*mixed, name="outputs/first")
    flip(first / "predictions.csv", 40)
    second = program.run(*mixed, name="outputs/second")
    assert "reused" == read_json(second / "run.json")["status"]
    errors = verify_run(second, Trust()).errors
    assert ["predictions.csv: it was changed: its SHA-256 is another"] == errors
