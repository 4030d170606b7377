"""What a run's record says of its target comes in; what is modelled of it, by name, goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def modelled(target: Mapping[str, Any]) -> str:
    """What the model is fitted to: the target, or its transform."""
    transform, name = target.get("transform"), str(target.get("name", "the target"))
    return f"{transform} {name}" if transform else name
