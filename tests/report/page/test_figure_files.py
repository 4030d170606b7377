"""Files of figures, drawn without a browser, and the library that draws them in one."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import vl_convert
from page_cases import make_run

from runner.report.page.document import library
from runner.report.page.figure_files import render_figure
from runner.report.page.material import Material
from runner.report.page.run_page import figures
from runner.report.page.theme import LIGHT

sys.path.insert(0, str(Path(__file__).parents[2]))

from make_vega import bundle

FIRST_BYTES = {"svg": b"<svg", "png": b"\x89PNG", "pdf": b"%PDF"}


def test_every_figure_is_a_file_of_each_kind(tmp_path: Path) -> None:
    """Each has the bytes of its kind, and an SVG the colours and the text of the page."""
    found = figures(Material.of(make_run(tmp_path, "gaussian")))
    assert len(found) >= 8
    for figure in found:
        svg = render_figure(figure, "svg")
        assert svg.startswith(FIRST_BYTES["svg"])
        assert b"$" not in re.sub(rb">[^<]*<", b"><", svg)
        assert figure.question.encode() in svg
    for name in ("png", "pdf"):
        assert render_figure(found[0], name).startswith(FIRST_BYTES[name])
    assert LIGHT["accent"].encode() in render_figure(found[0], "svg")


def test_the_library_is_as_it_was_made() -> None:
    """What is shipped is vl-convert's bundle, which tests/make_vega.py has wrapped."""
    assert bundle() == library()
    assert f"Vega {vl_convert.get_vega_version()}" in library()[:100]
