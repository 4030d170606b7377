"""A client of a run's model, which a thread of this process serves."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx

from runner.saved_model.serving.limits import Limits
from runner.saved_model.serving.server import ModelServer, listen, make_application

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runner.saved_model import SavedModel
    from runner.saved_model.serving.gate import Gate
    from runner.saved_model.serving.served_model import Row

LIMITS = Limits()


@contextmanager
def client_of(
    model: SavedModel, *, limits: Limits = LIMITS, key: str | None = None, slow: float = 0.0
) -> Iterator[httpx.Client]:
    """A client of a server at a port of its own, which has given its known answer or has failed to.

    Args:
        model: as it was loaded.
        limits: of a request.
        key: that requests must have.
        slow: seconds that each answer takes beyond its own, in the thread of the model.
    """
    gate = make_application(model, limits, key)
    server = ModelServer(gate, limits.seconds)
    with listen("127.0.0.1", 0) as listening:
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        try:
            with httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
                while "not been given yet" in client.get("/ready").text:
                    time.sleep(0.01)
                if slow:
                    make_slow(gate, slow)
                yield client
        finally:
            server.should_exit = True
            thread.join()


def make_slow(gate: Gate, seconds: float) -> None:
    """Have every answer take so long, as those of a large model do."""
    quick = gate.answering.answers["/predict"]

    def answer(rows: Sequence[Row]) -> list[Row]:
        time.sleep(seconds)
        return quick(rows)

    gate.answering.answers["/predict"] = answer
