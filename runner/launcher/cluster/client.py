"""A client of a cluster, which says nothing itself: what matters is said by who uses it."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from distributed import Client

CHATTY = ("distributed", "distributed.client", "tornado.application")


@contextmanager
def quiet_client(cluster: Any, **options: Any) -> Iterator[Client]:  # noqa: ANN401 - Dask's own
    """A client that ends with the block; until then Dask's log has only what is fatal.

    Args:
        cluster: its scheduler's address, or itself.
        options: of distributed.Client.

    Raises:
        OSError: no scheduler answers.
    """
    from distributed import Client

    loggers = [logging.getLogger(name) for name in CHATTY]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        with Client(cluster, set_as_default=False, **options) as client:
            yield client
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
