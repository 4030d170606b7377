"""A served model comes in; the application of what is read of it goes out: all but predictions."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from contextlib import asynccontextmanager, suppress
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from runner import __version__
from runner.errors import KnownAnswerError
from runner.saved_model.serving.about_model import about_model
from runner.saved_model.serving.refusals import RefusedError
from runner.saved_model.serving.request_schema import describe_requests

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from runner.saved_model.serving.answering import Answering
    from runner.saved_model.serving.counters import Metrics

PATHS = [
    "/predict",
    "/explain",
    "/model",
    "/health",
    "/ready",
    "/metrics",
    "/docs",
    "/openapi.json",
]


def make_pages(answering: Answering, metrics: Metrics, *, key: bool) -> FastAPI:
    """The application of every path but those that are posted to.

    Args:
        answering: of what is posted.
        metrics: what it has done.
        key: whether requests must have an API key.
    """

    @asynccontextmanager
    async def give_answer(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(answering.give_known_answer())
        yield
        with suppress(KnownAnswerError, RefusedError):
            await task
        answering.close()

    api = FastAPI(
        title=f"enet: {answering.served.name}",
        version=__version__,
        lifespan=give_answer,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    about, page = about_model(answering.served), _Page.read()

    @api.get("/model", summary="What the model expects, and where it is from")
    def model() -> dict[str, Any]:
        return about

    @api.get("/health", summary="Whether the server answers")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @api.get("/ready", summary="Whether the model has given its known answer")
    async def ready() -> JSONResponse:
        reason = answering.not_ready
        if reason is None:
            return JSONResponse({"ready": True})
        return JSONResponse({"ready": False, "reason": reason}, 503)

    @api.get("/metrics", summary="What was answered, as Prometheus reads it")
    async def read_metrics() -> Response:
        return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)

    @api.get("/docs", summary="A page to ask the model by hand", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(page.text, headers=page.headers)

    described = describe_requests(api, answering, key=key)

    @api.get("/openapi.json", include_in_schema=False)
    async def openapi() -> JSONResponse:
        return JSONResponse(described)

    return api


class _Page:
    """The page, and headers by which nothing but its own script and style is run."""

    def __init__(self, text: str) -> None:
        self.text = text
        rules = {
            "default-src": "'none'",
            "script-src": _hash_of("script", text),
            "style-src": _hash_of("style", text),
            "connect-src": "'self'",
            "form-action": "'none'",
            "base-uri": "'none'",
            "frame-ancestors": "'none'",
        }
        policy = "; ".join(f"{name} {value}" for name, value in rules.items())
        self.headers = {
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        }

    @classmethod
    def read(cls) -> _Page:
        """That of this package."""
        return cls((files("runner.saved_model.serving") / "page.html").read_text(encoding="utf-8"))


def _hash_of(element: str, text: str) -> str:
    """The source of a policy that is the content of a page's one element of a kind."""
    (content,) = re.findall(f"<{element}>(.*?)</{element}>", text, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    return f"'sha256-{digest}'"
