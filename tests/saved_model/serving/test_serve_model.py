"""`enet serve`: the command, its process and its page."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import httpx
import pytest
from playwright.sync_api import sync_playwright
from serving_client import client_of

from runner.saved_model import load_model

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Program

CHROMIUM = "/usr/bin/chromium"  # Debian's
HEAD = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
BODY = b'{"rows": [{"age": 41}]}'


def is_let_in(port: int) -> bool:
    """Whether a connection is still taken."""
    with contextlib.suppress(ConnectionError):
        socket.create_connection(("127.0.0.1", port), timeout=60).close()
        return True
    return False


@contextlib.contextmanager
def serving(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """`enet serve` in a process of its own, and the port that it says."""
    command = [sys.executable, "-m", "runner", "serve", *arguments, "--port", "0"]
    environment = {key: value for key, value in os.environ.items() if key != "ENET_API_KEY"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        try:
            yield process, int(said.partition("http://127.0.0.1:")[2].partition(" ")[0])
        finally:
            process.kill()


def test_what_was_begun_is_finished(finished_run: Path) -> None:
    """A request that is under way is answered after the signal; then the process ends well."""
    with serving(str(finished_run), "--no-compiled") as (process, port):
        address = f"http://127.0.0.1:{port}"
        while httpx.get(f"{address}/ready", trust_env=False).status_code != 200:
            time.sleep(0.01)
        alone = httpx.post(f"{address}/predict", content=BODY, trust_env=False,
                           headers={"Content-Type": "application/json"}, timeout=60)  # fmt: skip
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY[:9])
            assert httpx.get(f"{address}/health", trust_env=False).status_code == 200
            process.send_signal(signal.SIGTERM)
            while is_let_in(port):
                time.sleep(0.01)
            connection.sendall(BODY[9:])
            answer = connection.makefile("rb").read()
        assert 0 == process.wait(timeout=60)
    assert answer.startswith(b"HTTP/1.1 200")
    assert alone.json() == json.loads(answer.partition(b"\r\n\r\n")[2])


def test_the_page_asks_the_model(finished_run: Path) -> None:
    """In a browser: the form makes a row, the answer is shown, and nothing else is asked for."""
    model = load_model(finished_run, linear=True)
    with client_of(model) as client, sync_playwright() as playwright:
        address = str(client.base_url)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        said: list[str] = []
        asked: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{address}/docs")
        page.get_by_label("age").fill("41")
        page.get_by_label("town").select_option("Bath")
        page.get_by_role("button", name="POST /predict").click()
        page.get_by_text('"prediction": ').wait_for(timeout=10_000)
        shown = json.loads((page.locator("#answer").text_content() or "").partition("\n")[2])
        row = {"age": 41, "town": "Bath"}
        assert client.post("/predict", json={"rows": [row]}).json() == shown
        assert [] == [text for text in said if "favicon" not in text]
        assert [] == [url for url in asked if not url.startswith(address)]
        browser.close()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--host", "0.0.0.0"), "takes an API key: set ENET_API_KEY"),  # noqa: S104 - refused
        (("--host", "models.example"), "takes an API key"),
        (("--port", "70000"), "--port is 70000"),
        (("--max-rows", "0"), "--max-rows is 0, but must be above 0"),
        (("--port", "TAKEN"), "is taken: choose another by --port"),
    ],
)
@pytest.mark.usefixtures("empty_key")
def test_what_cannot_be_served_is_said(
    arguments: tuple[str, ...], said: str, program: Program, finished_run: Path
) -> None:
    """In one line; an empty key is none."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        given = [port if one == "TAKEN" else one for one in arguments]
        ended = program("serve", str(finished_run), *given)
    assert (2, 1) == (ended.status, ended.err.count("\n"))
    assert said in ended.err


@pytest.fixture
def empty_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the environment's key to nothing."""
    monkeypatch.setenv("ENET_API_KEY", "")


def test_a_model_that_cannot_be_trusted_is_not_served(
    program: Program, finished_run: Path, tmp_path: Path
) -> None:
    """One that was changed, and a folder without any."""
    shutil.copytree(finished_run, tmp_path / "changed")
    (tmp_path / "changed" / "model.pkl").write_bytes(b"other")
    ended = program("serve", "changed", "--port", "0")
    assert (1, True) == (ended.status, "is not the file that was saved" in ended.err)
    ended = program("serve", "nowhere")
    assert (1, True) == (ended.status, "model.json cannot be read" in ended.err)


def test_the_extra_is_named(
    program: Program, finished_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its packages one line says how to have them."""
    for name in [name for name in sys.modules if name.startswith("runner.saved_model.serving")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    ended = program("serve", str(finished_run))
    assert (2, 1) == (ended.status, ended.err.count("\n"))
    assert "pip install 'enet-runner[serve]'" in ended.err
