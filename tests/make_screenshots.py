"""Make the pictures of pages that the README shows: `python tests/make_screenshots.py`."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from runner.cli.program import main as enet

CHROMIUM = "/usr/bin/chromium"  # Debian's
DOCS = Path(__file__).parent.parent / "docs"
WIDTH = 1000  # pixels


def picture(browser: Browser, page: Path, first: str, height: int) -> None:
    """Write docs/FOLDER-page.jpg: so many pixels of the page, from an element on."""
    tab = browser.new_page(viewport={"width": WIDTH, "height": height})
    tab.goto(page.as_uri())
    tab.wait_for_function("!document.querySelector('figure[data-figure]:not([data-drawn])')")
    tab.locator(first).evaluate("node => scrollTo(0, node.getBoundingClientRect().top - 24)")
    tab.screenshot(path=DOCS / f"{page.parent.name}-page.jpg", type="jpeg", quality=72)
    tab.close()


def main() -> None:
    """Run, sweep, and take the pictures."""
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name), sync_playwright() as play:
        quiet = ("--quiet", "reuse=false")
        swept = (
            "imputer=mean,median,linear",
            "evaluation.nested=true",
            "model=lasso,elastic_net,ridge",
        )
        for command in (
            (*quiet, "evaluation.explain=true", "evaluation.resamples=100", "hydra.run.dir=run"),
            (*quiet, "-m", *swept, "hydra.sweep.dir=sweep"),
        ):
            with contextlib.suppress(SystemExit):
                enet(command)
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        picture(browser, Path(name, "run/report.html"), "#features-title", 620)
        picture(browser, Path(name, "sweep/report.html"), "h1", 1000)
        browser.close()


if __name__ == "__main__":
    main()
