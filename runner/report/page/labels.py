"""A name of a user's comes in; the short form that a figure has room for goes out."""

from __future__ import annotations

LONGEST = 28  # characters
LEAST = 0.0005  # share that a digit shows


def shorten(name: str, longest: int = LONGEST) -> str:
    """A name with its middle left out where it is long."""
    if len(name) <= longest:
        return name
    head = (longest - 1) // 2
    return f"{name[:head]}…{name[len(name) - (longest - 1 - head) :]}"


def told_apart(names: list[str]) -> list[str]:
    """Short forms, numbered where two would be the same."""
    found: dict[str, int] = {}
    short = []
    for name in map(shorten, names):
        found[name] = found.get(name, 0) + 1
        short.append(name if found[name] == 1 else f"{name} ({found[name]})")
    return short


def listed(names: list[str]) -> str:
    """Names in a sentence: "a", "a and b", "a, b and c"."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def counted(count: int, noun: str) -> str:
    """A count with its noun: "1 fold", "1,566 rows"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def percent(share: float) -> str:
    """A share with a digit; what is more than nothing never reads as nothing."""
    return "less than 0.1%" if 0 < share < LEAST else f"{share:.1%}"
