"""`enet ui`: the pages of a folder's runs, served to this machine."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
from contextlib import closing
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from runner.cli.page_server import HOST, PageServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Program

CHROMIUM = "/usr/bin/chromium"  # Debian's


@pytest.fixture
def served(tmp_path: Path, finished_run: Path, finished_sweep: Path) -> Iterator[PageServer]:
    """A folder with a run and a sweep that have no pages yet, served."""
    folder = tmp_path / "outputs"
    shutil.copytree(finished_run, folder / "one run")
    shutil.copytree(finished_sweep, folder / "swept")
    server = PageServer(folder, 0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def ask(server: PageServer, path: str, host: str | None = None) -> tuple[int, str]:
    """The status and the text of an answer."""
    connection = HTTPConnection(HOST, server.server_port, timeout=30)
    with closing(connection):
        connection.request("GET", f"/{path}", headers={"Host": host} if host else {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def test_only_pages_are_served_and_only_here(served: PageServer) -> None:
    """No other file, nothing above the folder, and nobody who asks by another name."""
    assert ("127.0.0.1", 200) == (served.server_address[0], ask(served, "")[0])
    for path in ("one%20run/run.json", "one%20run/model.pkl", "../report.html", "swept", "nothing"):
        assert 404 == ask(served, path)[0], path
    assert 404 == ask(served, "%2e%2e/%2e%2e/report.html")[0]
    assert 403 == ask(served, "", host="evil.example:80")[0]


def test_the_list_leads_to_pages_and_follows(served: PageServer) -> None:
    """In a browser: a run that ends meanwhile appears, and pages of older runs are drawn."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.goto(served.address)
        assert {"swept", "one run"} == set(page.locator("tbody th").all_inner_texts())
        shutil.copytree(served.folder / "one run", served.folder / "another")
        page.get_by_role("link", name="another").wait_for(timeout=10_000)
        page.get_by_role("link", name="one run").click()
        page.wait_for_selector("figure[data-drawn]")
        page.goto(served.address)
        page.get_by_role("link", name="swept").click()
        page.wait_for_selector("figure[data-drawn]")
        assert page.locator("#board tbody tr").count() == 4
        assert [text for text in said if "favicon" not in text] == []
        browser.close()


def test_it_ends_when_it_is_told_to(tmp_path: Path) -> None:
    """Ctrl-C is no failure."""
    arguments = ("ui", ".", "--port", "0", "--no-browser")
    process = subprocess.Popen(
        [sys.executable, "-m", "runner", *arguments],
        cwd=tmp_path, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert "http://127.0.0.1:" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    process.stdout.close()
    assert 0 == process.wait(timeout=60)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("nowhere",), "nowhere is no folder"), ((".", "--port", "70000"), "from 0 to 65535")],
)
def test_what_cannot_be_served_is_said(
    program: Program, arguments: tuple[str, ...], said: str
) -> None:
    """A folder that is not there, and a port that is none."""
    ended = program("ui", *arguments, "--no-browser")
    assert 2 == ended.status
    assert said in ended.err
