"""Pages in a real browser: drawn, quiet, offline, in both schemes, on a phone, by keyboard."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import QUICK, Program, mixed_frame
from page_cases import CASES, make_run
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

PHONE, SCREEN = 360, 1100  # pixels
CHROMIUM = "/usr/bin/chromium"  # Debian's
NAMES = [*CASES, "hostile"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A run of each case, by name."""
    folder = tmp_path_factory.mktemp("pages")
    return {name: make_run(folder, name) for name in NAMES}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give a headless Chromium."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@dataclass
class Seen:
    """A page that is open, and what it did that it should not."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@contextmanager
def opened(
    browser: Browser, path: Path, *, width: int = SCREEN, scheme: Literal["light", "dark"] = "light"
) -> Iterator[Seen]:
    """Open a page from disk, without a network, and wait until its figures are drawn."""
    context = browser.new_context(
        offline=True, color_scheme=scheme, viewport={"width": width, "height": 800}
    )
    seen = Seen(context.new_page())
    seen.page.on("console", lambda message: seen.said.append(message.text))
    seen.page.on("pageerror", lambda error: seen.said.append(str(error)))
    seen.page.on("request", lambda request: seen.asked.append(request.url))
    seen.page.goto(path.as_uri())
    waiting = "figure[data-figure]:not([data-drawn])"
    seen.page.wait_for_function(f"document.querySelectorAll('{waiting}').length === 0")
    yield seen
    context.close()


def overflow(page: Page) -> int:
    """By how many pixels a page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


CUT = """() => [...document.querySelectorAll("figure svg")].flatMap((svg) => {
  const room = svg.getBoundingClientRect();
  const texts = [...svg.querySelectorAll("text")].filter((text) => text.textContent.trim());
  return texts.filter((text) => {
    const own = text.getBoundingClientRect();
    return own.width > 0 && (own.left < room.left - 1 || own.right > room.right + 1);
  }).map((text) => `${svg.closest("figure").id}: ${text.textContent}`);
})"""


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_is_drawn_without_a_word_or_a_request(
    browser: Browser, runs: dict[str, Path], name: str
) -> None:
    """Each figure has marks, the console is silent, and nothing but the two files is read."""
    with opened(browser, runs[name] / "report.html") as seen:
        figures = seen.page.locator("figure[data-figure]")
        assert figures.count() >= 4
        for at in range(figures.count()):
            assert figures.nth(at).locator("svg .mark-group path, svg .mark-group rect").count()
        assert seen.said == []
        assert all(url.startswith("file:") for url in seen.asked)
        assert {url.rpartition("/")[2] for url in seen.asked} == {"report.html", "report.js"}


@pytest.mark.parametrize(
    ("name", "scheme"), [*((name, "light") for name in NAMES), ("gaussian", "dark")]
)
def test_a_phone_shows_all_and_axe_finds_nothing(
    browser: Browser, runs: dict[str, Path], name: str, scheme: Literal["light", "dark"]
) -> None:
    """At 360 pixels nothing is wider than the window or cut off, and contrast is right."""
    with opened(browser, runs[name] / "report.html", width=PHONE, scheme=scheme) as seen:
        assert overflow(seen.page) == 0
        assert seen.page.evaluate(CUT) == []
        for part in seen.page.locator("details").all():
            part.evaluate("node => node.open = true")
        assert overflow(seen.page) == 0
        found = Axe().run(seen.page)
        assert found.violations_count == 0, found.generate_report()


def test_colours_follow_the_scheme(browser: Browser, runs: dict[str, Path]) -> None:
    """The same page has a dark ground, and figures in its colours, where that is preferred."""
    grounds, strokes = [], []
    for scheme in ("light", "dark"):
        with opened(browser, runs["gaussian"] / "report.html", scheme=scheme) as seen:
            grounds.append(seen.page.evaluate("getComputedStyle(document.body).backgroundColor"))
            line = seen.page.locator("#curve svg .mark-line path").first
            strokes.append(line.get_attribute("stroke"))
    assert grounds == ["rgb(255, 255, 255)", "rgb(20, 23, 26)"]
    assert strokes == ["#1a5fb0", "#7fb4f5"]


def test_hostile_names_stay_text(browser: Browser, runs: dict[str, Path]) -> None:
    """A name that is HTML, a colour word or an expression is shown as it is and does nothing."""
    with opened(browser, runs["hostile"] / "report.html") as seen:
        assert seen.page.locator("img").count() == 0
        assert seen.page.locator("main b").count() == 0
        assert seen.page.locator("h1").inner_text().startswith("<b>y</b>, predicted from")
        labels = seen.page.locator("#coefficients svg text").all_text_contents()
        assert {"$accent", "datum['x'] + 1", "{{ 7 * 7 }}", "=1+1"} <= set(labels)


def test_a_sweep_is_drawn_sorted_and_filtered(browser: Browser, tmp_path: Path) -> None:
    """The leaderboard is sorted by a column either way and filtered by words; runs are linked."""
    mixed_frame(150).to_csv(tmp_path / "mixed.csv", index=False)
    data = ("dataset=csv", "dataset.path=mixed.csv", "dataset.target=outcome", *QUICK)
    varied = ("imputer=mean,median,zero", "model.l1_ratio=0.2,0.6,1.0")
    folder = Program(tmp_path, pages=True).sweep("-m", *data, *varied)
    results = pd.read_csv(folder / "results.csv")
    with opened(browser, folder / "report.html") as seen:
        page = seen.page
        names = page.locator("#board tbody tr:visible th a")
        for at in range(2):
            page.get_by_role("button", name="seconds").click()
            order = results.sort_values("seconds", ascending=at == 0)["run"].astype(str).tolist()
            assert order == names.all_inner_texts()
        page.get_by_role("searchbox").fill("median")
        wanted = results[results["imputer"] == "median"]["run"].astype(str)
        assert set(wanted) == set(names.all_inner_texts())
        assert page.locator("#board-count").inner_text() == "3 of 9 rows"
        assert seen.said == []
        names.first.click()
        page.wait_for_selector("figure[data-drawn]")
        assert page.locator("h1").inner_text() == "outcome, predicted from mixed.csv"


def test_what_is_pointed_at_is_told(browser: Browser, runs: dict[str, Path]) -> None:
    """A point has a tip with its numbers, which goes when the pointer does."""
    with opened(browser, runs["gaussian"] / "report.html") as seen:
        bar = seen.page.locator("#coefficients svg .mark-rect.role-mark path").first
        bar.scroll_into_view_if_needed()
        bar.hover(force=True)
        assert seen.page.locator("#tip").inner_text().startswith("feature: ")
        seen.page.mouse.move(1, 1)
        assert not seen.page.locator("#tip").is_visible()


def test_a_moved_folder_is_still_drawn(
    browser: Browser, runs: dict[str, Path], tmp_path: Path
) -> None:
    """A run that was made alone takes its drawing library along."""
    shutil.copytree(runs["cox"], tmp_path / "moved")
    with opened(browser, tmp_path / "moved" / "report.html") as seen:
        assert seen.page.locator("figure[data-drawn]").count() >= 4


def test_without_the_library_the_tables_are_there(
    browser: Browser, runs: dict[str, Path], tmp_path: Path
) -> None:
    """A page that has lost its library says so, and hides nothing but the empty figures."""
    shutil.copy(runs["cox"] / "report.html", tmp_path)
    page = browser.new_page()
    page.goto((tmp_path / "report.html").as_uri())
    assert page.locator("#undrawn").is_visible()
    page.locator("#curve details summary").click()
    assert page.locator("#curve td").first.is_visible()
    page.close()
