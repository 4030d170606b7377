"""A model comes in; it is served until a signal ends it, and what was begun is finished."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

import uvicorn

from runner.errors import ConfigError
from runner.saved_model.serving.answering import Answering
from runner.saved_model.serving.counters import Metrics
from runner.saved_model.serving.gate import Gate
from runner.saved_model.serving.routes import PATHS, make_pages
from runner.saved_model.serving.served_model import ServedModel

if TYPE_CHECKING:
    from runner.saved_model import SavedModel
    from runner.saved_model.serving.limits import Limits

BACKLOG = 2048
DRAIN = 0.3  # seconds in which connections that were made already are answered, each once more
SPARE = 5  # seconds beyond those of a request that the end waits


def make_application(model: SavedModel, limits: Limits, key: str | None) -> Gate:
    """The ASGI application of a model.

    Args:
        model: loaded and checked.
        limits: of a request.
        key: that a request must have, if any.
    """
    metrics = Metrics(PATHS)
    answering = Answering(ServedModel(model), limits, metrics)
    pages = make_pages(answering, metrics, key=key is not None)
    return Gate(answering, pages, limits, metrics, key)


def listen(host: str, port: int) -> socket.socket:
    """A socket that others can connect to from now on.

    Raises:
        ConfigError: the port is taken, or the host is none of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            remedy = "choose another by --port, or 0 for any that is free"
            raise ConfigError(f"port {port} of {host} is taken: {remedy}") from error
        raise ConfigError(f"cannot listen at {host}:{port}: {error.strerror}") from error


def is_loopback(host: str) -> bool:
    """Whether this machine alone can reach what listens there."""
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


class ModelServer(uvicorn.Server):
    """Answers until it is told to end, then in two steps loses no request that has come.

    Args:
        gate: the application.
        seconds: that a request may take.
    """

    def __init__(self, gate: Gate, seconds: float) -> None:
        super().__init__(
            uvicorn.Config(
                gate,
                access_log=False,
                log_config=None,
                log_level="warning",
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=int(seconds) + SPARE,
                ws="none",
            )
        )
        self._gate = gate

    def serve_until_told(self, listening: socket.socket) -> None:
        """Answer what comes to a socket until SIGTERM or Ctrl-C."""
        with suppress(KeyboardInterrupt):  # the signal that ended it, given once more
            self.run(sockets=[listening])

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer what has come meanwhile with `Connection: close`, then end as uvicorn does."""
        self._gate.ending = True
        for listening in sockets or []:
            listening.listen(0)
        await asyncio.sleep(DRAIN)
        await super().shutdown(sockets)
