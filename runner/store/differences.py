"""What two configs differ in, key by key."""

from __future__ import annotations

from typing import Any


def flatten(sections: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """The values of nested sections by dotted key; lists are values."""
    flat: dict[str, Any] = {}
    for key, value in sections.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and value:
            flat |= flatten(value, f"{name}.")
        else:
            flat[name] = value
    return flat


def differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The dotted keys whose values differ, each with both; None where a key is not there."""
    old, new = flatten(before), flatten(after)
    keys = dict.fromkeys([*old, *new])
    pairs = {key: (old.get(key), new.get(key)) for key in keys}
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}


def describe_differences(found: dict[str, tuple[Any, Any]]) -> str:
    """The differences as words: `model.alpha is 1 and not 2`."""
    return ", ".join(f"{key} is {new!r} and not {old!r}" for key, (old, new) in found.items())
