"""A table of coefficients comes in; interactions without their main effects go out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

SHOWN = 5  # interactions that a message lists
PREFIX = "__"  # after the part that made a feature, where names need one to differ


def interactions_alone(coefficients: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """By each selected feature a:b the main effects a, b that the model has, but does not select.

    Of several responses a feature is selected if it is for any of them. A part that is no feature,
    as a level that is left out, cannot be selected.

    Args:
        coefficients: a row per response and feature.
    """
    if not coefficients["feature"].str.contains(":", regex=False).any():
        return {}
    selected = coefficients.groupby("feature", sort=False)["selected"].any().to_dict()
    known = {_bare(name): bool(is_in) for name, is_in in selected.items()}
    known |= {str(name): bool(is_in) for name, is_in in selected.items()}
    found = {}
    for name, is_in in selected.items():
        parts = _parts(_bare(name), known) if is_in else ()
        missing = tuple(part for part in parts if not known[part])
        if missing:
            found[str(name)] = missing
    return found


def describe_alone(alone: Mapping[str, tuple[str, ...]]) -> str:
    """A sentence of what `interactions_alone` gives, if it gives anything."""
    each = [f"{name} (without {' and '.join(parts)})" for name, parts in alone.items()]
    listed = ", ".join(each[:SHOWN])
    rest = f" and {len(each) - SHOWN} more" if len(each) > SHOWN else ""
    said = "an interaction is" if len(each) == 1 else f"{len(each)} interactions are"
    return f"{said} selected without main effects: {listed}{rest}"


def _parts(name: str, known: Mapping[str, bool]) -> tuple[str, ...]:
    """The features that a name puts together with colons, which their own names may have too."""
    pieces = name.split(":")
    joined = [
        ":".join(pieces[start:end])
        for start in range(len(pieces))
        for end in range(start + 1, len(pieces) + 1)
    ]
    return tuple(dict.fromkeys(one for one in joined if one in known and one != name))


def _bare(name: object) -> str:
    """A feature's name without the prefix of the part that made it."""
    prefix, _, rest = str(name).partition(PREFIX)
    return rest if rest and ":" not in prefix else str(name)
