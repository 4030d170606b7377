"""The gate by itself: what it counts, and what becomes of an error of the server's own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from runner.saved_model import load_model
from runner.saved_model.serving.limits import Limits
from runner.saved_model.serving.server import make_application

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from pathlib import Path

    import pytest

HEADERS = [(b"host", b"localhost"), (b"content-type", b"application/json"),
           (b"content-length", b"12")]  # fmt: skip
SCOPE = {"type": "http", "method": "POST", "path": "/predict", "headers": HEADERS}


def test_errors_are_answered_and_who_left_is_not_counted(
    finished_run: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A request that breaks is 500 and in the log; one whose sender has gone is no request."""
    gate = make_application(load_model(finished_run, linear=True), Limits(), None)
    gate.answering.not_ready = None
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    def ask(message: dict[str, Any]) -> None:
        async def receive() -> dict[str, Any]:
            return message

        asyncio.run(gate(SCOPE, receive, send))

    ask({"type": "http.disconnect"})
    assert sent == []

    def fail(_: object) -> list[dict[str, Any]]:
        raise LookupError

    gate.answering.answers["/predict"] = fail
    ask({"type": "http.request", "body": b'{"rows": []}'})
    assert [500, b'{"detail": "Internal Server Error"}'] == [sent[0]["status"], sent[1]["body"]]
    assert "a request to /predict failed" in caplog.text
    text = gate._metrics.text().decode()
    assert 'enet_requests_total{path="/predict",status="500"} 1.0' in text
    assert 'status="200"' not in text
