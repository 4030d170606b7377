"""From pydantic's error details to one line each: the key, what it got, what is allowed."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic_core import ErrorDetails

    from runner.spec import Spec

BOUNDS = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "greater than"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "less than"),
}
TYPES = {"bool", "int", "float", "str"}  # of a union, which pydantic puts into the location
RENAMED = {"search.n_iter": "search.n_trials, of search=random as of search=optuna"}
KINDS_OF_SPACE = {"number", "Choices", "AlphaRange", "Range", "Distribution", "Costs"}


def explain(detail: ErrorDetails, kind: type[Spec], prefix: str) -> str:
    """The message for one of pydantic's errors about a section.

    Args:
        detail: what pydantic found.
        kind: the section's spec.
        prefix: the section's key, empty at the root.
    """
    parts = [str(part) for part in detail["loc"] if part not in KINDS_OF_SPACE]
    parts = [part for part in parts if part not in TYPES and not part.startswith("literal[")]
    parts = [part for part in parts if part != "values" or detail["type"] == "extra_forbidden"]
    key = ".".join([prefix, *parts] if prefix else parts)
    got = detail["input"]
    error = detail["type"]
    if error == "extra_forbidden":
        return unknown_key(key, kind.model_fields if len(parts) == 1 else [])
    if error == "missing":
        return f"{key} is missing"
    if error == "value_error":
        return f"{key or 'the config'}: {detail['ctx']['error']}"
    if error in BOUNDS:
        bound, words = BOUNDS[error]
        allowed = f"must be {words} {detail['ctx'][bound]}"
        if isinstance(got, int | float) and "test" in parts:
            allowed = "must be a share between 0 and 1, or null for no test rows"
        return f"{key} is {got!r}, but {allowed}"
    if error == "none_required":
        return f"{key} is {got!r}, but must be null"
    allowed = detail["msg"].replace("Input should be", "must be")
    return f"{key} is {got!r}, but {allowed.replace('Input should', 'must')}"


def unknown_key(key: str, known: Iterable[str]) -> str:
    """The message for a key that does not exist, with its new name, or the nearest that does."""
    if key in RENAMED:
        return f"{key} is not a key any more: its name is {RENAMED[key]}"
    section, _, name = key.rpartition(".")
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {'.'.join([section, near[0]]) if section else near[0]}?" if near else ""
    allowed = f" (keys here: {', '.join(known)})" if known else ""
    return f"{key} is not a key{hint}{allowed}"
