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


def begun(text: str) -> str:
    """The text with a capital."""
    return f"{text[0].upper()}{text[1:]}"


def listed(names: list[str]) -> str:
    """Names in a sentence: "a", "a and b", "a, b and c"."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def asked(question: str, response: str) -> str:
    """A question, with the response that it is asked of where there are several."""
    return f"{shorten(response)}: {question[0].lower()}{question[1:]}" if response else question


def counted(count: int, noun: str) -> str:
    """A count with its noun: "1 fold", "1,566 rows", "6 classes"."""
    if count == 1:
        return f"{count:,} {noun}"
    return f"{count:,} {noun}{'es' if noun.endswith('s') else 's'}"


def in_the_model(count: int, features: int) -> str:
    """How many features are selected: "3 of 8 features are in the model"."""
    if count == features > 1:
        return f"All {features:,} features are in the model"
    some = f"{count:,}" if count else "None"
    verb = "is" if count < 2 else "are"  # noqa: PLR2004 - one, or none
    return f"{some} of {counted(features, 'feature')} {verb} in the model"


def percent(share: float) -> str:
    """A share with a digit; what is more than nothing never reads as nothing."""
    return "less than 0.1%" if 0 < share < LEAST else f"{share:.1%}"
