"""Names, values and sums come in; their spelling in SQL goes out, the same for every database."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

from runner.compiled.not_linear import ExportError

if TYPE_CHECKING:
    from collections.abc import Mapping

Dialect = Literal["duckdb", "sqlite", "postgresql"]
TABLE = "data"
WITHIN = 50  # terms of a sum within one pair of brackets: parsers allow for 1,000 levels of them
BREAK = "\0"  # stands for a line break within a name or a text
NAN = "CAST('NaN' AS DOUBLE PRECISION)"


def quoted(name: str) -> str:
    """A name.

    Raises:
        ExportError: no name in SQL can be like this.
    """
    return '"' + _spelt(name).replace('"', '""') + '"'


def literal(value: Any) -> str:  # noqa: ANN401 - a level or a label
    """A value; a number with a fraction such that it is no decimal."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int):
        return str(value)
    return number(value) if isinstance(value, float) else _text(str(value))


def number(value: float) -> str:
    """A number in double precision."""
    text = repr(float(value))
    return text if "e" in text else f"{text}e0"


def summed(terms: list[str]) -> str:
    """Terms with a plus between them, a line each."""
    while len(terms) > WITHIN:
        parts = [terms[at : at + WITHIN] for at in range(0, len(terms), WITHIN)]
        terms = [f"(\n{indented(_joined(part))}\n)" for part in parts]
    return _joined(terms)


def indented(text: str) -> str:
    """Two blanks before each line."""
    return "  " + text.replace("\n", "\n  ")


def with_breaks(text: str) -> str:
    """The line breaks within names and texts as they are, which until now no blanks may follow."""
    return text.replace(BREAK, "\n")


def numeric_term(column: Mapping[str, Any], response: int, dialect: Dialect) -> str | None:
    """What a numeric column adds; None if that is nothing.

    b x, or where x is missing the number b fill + missing.
    """
    b, missing, fill = column["coefficients"][response], column["missing"][response], column["fill"]
    if not (b or missing):
        return None
    product = f"{number(b)} * {_value(column, dialect, numbers=True)}"
    return product if fill is None else f"coalesce({product}, {number(b * fill + missing)})"


def level_term(column: Mapping[str, Any], response: int, dialect: Dialect) -> str | None:
    """What a categorical column adds; None if that is nothing."""
    other, missing = column["other"][response], column["missing"][response]
    told = [(level, own[response]) for level, own in column["levels"] if own[response] != other]
    if not (told or missing or other):
        return None
    levels = [level for level, _ in column["levels"]]
    numbers = bool(levels) and all(is_number(level) for level in levels)
    value = _value(column, dialect, numbers=numbers)
    cases = [f"WHEN {value} IS NULL THEN {number(missing)}"] if missing != other else []
    cases += [f"WHEN {value} = {_level(level)} THEN {number(own)}" for level, own in told]
    return (
        "\n  ".join(["CASE", *cases, f"ELSE {number(other)}"]) + "\nEND" if cases else number(other)
    )


def is_number(level: Any) -> bool:  # noqa: ANN401 - of any kind
    """Whether a level is a number, and no truth value."""
    return isinstance(level, int | float) and not isinstance(level, bool)


def _value(column: Mapping[str, Any], dialect: Dialect, *, numbers: bool) -> str:
    """A column, NULL where it is NaN.

    It is named with its table: SQLite would take a name that it does not know for a text.
    """
    named = f"{TABLE}.{quoted(column['name'])}"
    if dialect == "sqlite" or not numbers:
        return named
    return f"nullif(CAST({named} AS DOUBLE PRECISION), {NAN})"


def _level(level: Any) -> str:  # noqa: ANN401 - of any kind
    return number(level) if is_number(level) and math.isfinite(level) else literal(level)


def _joined(terms: list[str]) -> str:
    return "\n+ ".join(term.replace("\n", "\n  ") for term in terms)


def _text(text: str) -> str:
    return "'" + _spelt(text).replace("'", "''") + "'"


def _spelt(text: str) -> str:
    if BREAK in text:
        raise ExportError(f"{text!r} has a character of the code 0, which SQL cannot spell")
    return text.replace("\n", BREAK)
