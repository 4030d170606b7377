"""Requests come in; those that may are answered, the rest are refused before they cost anything.

It speaks ASGI itself: a framework's own layers take more time than a row's prediction.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from contextlib import suppress
from time import perf_counter
from typing import TYPE_CHECKING, Any

from runner.saved_model.serving.refusals import RefusedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping

    from runner.saved_model.serving.answering import Answering
    from runner.saved_model.serving.counters import Metrics
    from runner.saved_model.serving.limits import Limits

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    Application = Callable[[Message, Receive, Send], Awaitable[None]]
    Header = tuple[bytes, bytes]

log = logging.getLogger("runner.saved_model.serving")
JSON = [(b"content-type", b"application/json"), (b"x-content-type-options", b"nosniff")]
CLOSE = (b"connection", b"close")
MORE = {401: [(b"www-authenticate", b"Bearer")], 405: [(b"allow", b"POST")]}
DIGITS = 20  # of a length that are read
OPEN_PATHS = frozenset({"/health", "/ready", "/docs"})  # tell nothing of the model
OWN_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
LINGER = 1.0  # seconds in which a refused body is thrown away, so that its sender reads why


class _LeftError(Exception):
    """Who asked has gone."""


class _Asked:
    """One request: its headers, and its body as far as it is wanted."""

    def __init__(self, scope: Message, receive: Receive) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.unread = bool(self.headers.keys() & {b"content-length", b"transfer-encoding"})
        self._receive = receive

    async def read(self, most: int) -> bytes:
        """The body, of at most so many bytes.

        Raises:
            RefusedError: it has more, which are not read.
        """
        return b"".join([part async for part in self._parts(most)])

    async def throw_away(self, most: int) -> None:
        """Take some more of the body: closing on bytes that are unread would lose the answer."""
        with suppress(TimeoutError, RefusedError, _LeftError):
            async with asyncio.timeout(LINGER):
                async for _ in self._parts(most):
                    pass

    async def _parts(self, most: int) -> AsyncIterator[bytes]:
        size = 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise _LeftError
            part: bytes = message.get("body", b"")
            size += len(part)
            if size > most:
                raise too_large(most)
            yield part
            if not message.get("more_body", False):
                self.unread = False
                return


class Gate:
    """The application that the server runs.

    Args:
        answering: of what is posted.
        pages: the application of everything else.
        limits: of a request.
        metrics: where requests are counted.
        key: that a request must have; None: whoever asks this machine by its own name may.
    """

    def __init__(
        self,
        answering: Answering,
        pages: Application,
        limits: Limits,
        metrics: Metrics,
        key: str | None,
    ) -> None:
        self.answering = answering
        self.ending = False  # whether each answer is the last of its connection
        self._pages = pages
        self._limits = limits
        self._metrics = metrics
        self._key = None if key is None else key.encode()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._pages(scope, receive, send)
            return
        start, status = perf_counter(), 0
        asked = _Asked(scope, receive)
        try:
            self._check_sender(asked)
            if asked.path in self.answering.answers:
                answer = await self._answer(asked)
                status = 200
                await self._send(send, status, answer)
            else:
                status = await self._show(scope, asked, receive, send)
        except RefusedError as error:
            status = error.status
            await self._refuse(error, asked, send)
        except _LeftError:
            return
        except Exception:
            status = 500
            log.exception("a request to %s failed", asked.path)
            if asked.path in self.answering.answers:  # else the pages have said so
                await self._send(send, status, b'{"detail": "Internal Server Error"}')
        finally:
            if status:
                self._metrics.answered(asked.path, status, perf_counter() - start)

    def _check_sender(self, asked: _Asked) -> None:
        """Refuse whoever has no key; without a key, whoever asks by another host's name.

        Else a page of any site could have its own name lead here, and read along.
        """
        if asked.path in OPEN_PATHS:
            return
        headers = asked.headers
        if self._key is None:
            host = headers.get(b"host", b"").decode("latin-1").lower()
            if _without_port(host) not in OWN_NAMES:
                raise RefusedError(403, "ask for localhost: any other name takes an API key")
            return
        kind, _, token = headers.get(b"authorization", b"").partition(b" ")
        bearer = token.strip() if kind.lower() == b"bearer" else b""
        found = hmac.compare_digest(headers.get(b"x-api-key", b""), self._key)
        if not hmac.compare_digest(bearer, self._key) and not found:
            raise RefusedError(401, "the API key is missing or wrong: X-API-Key, or a bearer token")

    async def _answer(self, asked: _Asked) -> bytes:
        """The answer to what is posted.

        Raises:
            RefusedError: it has none.
        """
        if asked.method != "POST":
            raise RefusedError(405, "only POST is answered here")
        if self.answering.not_ready is not None:
            raise RefusedError(503, self.answering.not_ready)
        self._check_kind(asked.headers)
        try:
            async with asyncio.timeout(self._limits.seconds):
                content = await asked.read(self._limits.size)
                return await self.answering.answer(asked.path, content)
        except TimeoutError as error:
            if asked.unread:
                raise RefusedError(408, "the body took too long to come") from error
            raise RefusedError(503, "the answer took too long: ask for fewer rows") from error

    def _check_kind(self, headers: dict[bytes, bytes]) -> None:
        """Refuse a body by what its headers say of it."""
        kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        if kind != b"application/json":
            raise RefusedError(415, "the body must be JSON: Content-Type: application/json")
        if headers.get(b"content-encoding", b"identity").strip().lower() != b"identity":
            raise RefusedError(415, "the body must not be compressed")
        length = headers.get(b"content-length", b"")
        if length.isdigit() and int(length[:DIGITS]) > self._limits.size:
            raise too_large(self._limits.size)

    async def _show(self, scope: Message, asked: _Asked, receive: Receive, send: Send) -> int:
        """Have a page shown, for which no body is read; gives the status."""
        if asked.unread:
            await asked.throw_away(self._limits.size)
        status = 500
        closes = self.ending or asked.unread

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if closes:
                    message["headers"] = [*message.get("headers", []), CLOSE]
            await send(message)

        await self._pages(scope, receive, note)
        return status

    async def _refuse(self, error: RefusedError, asked: _Asked, send: Send) -> None:
        """Say why; the rest of a body is not waited for."""
        headers = [*MORE.get(error.status, []), *([CLOSE] if asked.unread else [])]
        body = b"" if asked.method == "HEAD" else error.body()
        await self._start(send, error.status, len(body), headers)
        await send({"type": "http.response.body", "body": body, "more_body": asked.unread})
        if asked.unread:
            await asked.throw_away(self._limits.size)
            await send({"type": "http.response.body", "body": b""})

    async def _send(self, send: Send, status: int, body: bytes) -> None:
        await self._start(send, status, len(body), [])
        await send({"type": "http.response.body", "body": body})

    async def _start(self, send: Send, status: int, size: int, more: list[Header]) -> None:
        closing = [CLOSE] if self.ending and CLOSE not in more else []
        headers = [*JSON, (b"content-length", b"%d" % size), *more, *closing]
        await send({"type": "http.response.start", "status": status, "headers": headers})


def too_large(most: int) -> RefusedError:
    """The refusal of a body of more than so many bytes."""
    return RefusedError(413, f"the body has more than {most:,} bytes")


def _without_port(host: str) -> str:
    """The name in a Host header; that of IPv6 has colons and brackets of its own."""
    name, _, port = host.rpartition(":")
    return name if name and port.isdigit() else host
