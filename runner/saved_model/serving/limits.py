"""How much a request may ask for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What a request may have at most."""

    size: int = 5_000_000  # bytes of a body
    rows: int = 10_000
    seconds: float = 30.0  # for reading the body and answering it
