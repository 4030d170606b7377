"""`--quiet` leaves errors and the exit code; what is written is the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conftest import read_json

if TYPE_CHECKING:
    from conftest import Program


def test_a_run_says_nothing(program: Program, mixed: tuple[str, ...]) -> None:
    """Nothing on either stream, and a record with the fingerprint of a run that was shown."""
    ended = program(*mixed, "--quiet", "reuse=false", "hydra.run.dir=quiet")
    assert (0, "", "") == (ended.status, ended.out, ended.err)
    shown = program.run(*mixed, "reuse=false", name="shown")
    quiet = program.folder / "quiet"
    assert {path.name for path in shown.iterdir()} == {path.name for path in quiet.iterdir()}
    records = [read_json(folder / "run.json") for folder in (quiet, shown)]
    assert records[0]["fingerprint"] == records[1]["fingerprint"]
    config = (quiet / ".hydra" / "config.yaml").read_text()
    assert (shown / ".hydra" / "config.yaml").read_text() == config
    assert "report:\n  name: none" not in config


def test_errors_are_said(program: Program, mixed: tuple[str, ...]) -> None:
    """What keeps a run from being made is on stderr, with its exit code."""
    ended = program("-q", *mixed, "imputer=none")
    assert (2, "") == (ended.status, ended.out)
    assert ended.err.startswith("enet: imputer=none, but values are missing")


def test_a_sweep_names_what_failed(program: Program, mixed: tuple[str, ...]) -> None:
    """Of a sweep each run that came to nothing is a line on stderr; going on with it is quiet."""
    ended = program("-m", "-q", *mixed, "imputer=mean,none", "hydra.sweep.dir=swept")
    assert (1, "") == (ended.status, ended.out)
    (line,) = ended.err.splitlines()
    assert line.startswith("run 1 refused: imputer=none, but values are missing")
    again = program("resume", "--quiet", "swept")
    assert (1, "", ended.err) == (again.status, again.out, again.err)
    assert "quiet" not in (program.folder / "swept" / "sweep.json").read_text()


def test_reproducing_says_it_by_the_exit_code(program: Program, mixed: tuple[str, ...]) -> None:
    """The tables are the same, and nothing is said of that."""
    program.run(*mixed)
    ended = program("reproduce", "made", "-q")
    assert (0, "", "") == (ended.status, ended.out, ended.err)
