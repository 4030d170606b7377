"""`enet report`: pages of runs and sweeps that have none yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from conftest import Program

if TYPE_CHECKING:
    from pathlib import Path


def test_a_run_gets_its_page(program: Program, mixed: tuple[str, ...]) -> None:
    """The page and its library are written, and the page is named."""
    folder = program.run(*mixed, "report=summary")
    assert not (folder / "report.html").exists()
    ended = program("report", "made")
    assert (0, "page: made/report.html\n") == (ended.status, ended.out)
    assert '<script src="report.js">' in (folder / "report.html").read_text(encoding="utf-8")
    assert (folder / "report.js").stat().st_size > 500_000


def test_inline_and_files(program: Program, mixed: tuple[str, ...]) -> None:
    """With the library in it the page has no other file but those of its figures."""
    folder = program.run(*mixed, "report=summary")
    assert program("report", "made", "--inline", "--figures", "svg").status == 0
    assert not (folder / "report.js").exists()
    assert "<script src=" not in (folder / "report.html").read_text(encoding="utf-8")
    assert {"curve.svg", "coefficients.svg"} <= {p.name for p in (folder / "figures").iterdir()}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nothing",), "nothing holds neither a run nor a sweep"),
        (("made", "--figures", "gif"), "'gif' is none of svg, png, pdf"),
    ],
)
def test_what_cannot_be_done_is_said(
    program: Program, arguments: tuple[str, ...], said: str
) -> None:
    """A folder without a run, and a format that there is not."""
    ended = program("report", *arguments)
    assert 0 != ended.status
    assert said in ended.err


def test_a_failed_run_has_none(program: Program, mixed: tuple[str, ...]) -> None:
    """Only a finished run has a page."""
    assert program(*mixed, "imputer=none", "hydra.run.dir=failed").status != 0
    if (program.folder / "failed").exists():
        assert "only a finished one has a page" in program("report", "failed").err


def test_a_run_ends_with_its_page(tmp_path: Path, mixed: tuple[str, ...]) -> None:
    """The default report writes one, and its path is the last line."""
    ended = Program(tmp_path, pages=True)(*mixed, "hydra.run.dir=made")
    assert "page: made/report.html" == ended.out.splitlines()[-1]
    assert (tmp_path / "made" / "report.html").exists()


def test_a_page_that_fails_fails_no_run(
    tmp_path: Path, mixed: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run is finished, and its log says why there is no page."""

    def fail(*_: object) -> str:
        raise ZeroDivisionError("a mistake of ours")

    monkeypatch.setattr("runner.report.page.run_page.run_page", fail)
    ended = Program(tmp_path, pages=True)(*mixed, "hydra.run.dir=made")
    assert 0 == ended.status
    assert not (tmp_path / "made" / "report.html").exists()
    log = (tmp_path / "made" / "run.log").read_text(encoding="utf-8")
    assert "no report.html was written" in log
    assert "a mistake of ours" in log
