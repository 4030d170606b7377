"""What a config says of columns by name or pattern comes in; a value for each column goes out."""

from __future__ import annotations

import difflib
import math
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BeforeValidator

from runner.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

V = TypeVar("V")
SHOWN = 12  # columns that a message lists


def _is_number(value: Any) -> bool:  # noqa: ANN401 - any YAML value
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _by_name(raw: Any, allowed: str) -> dict[str, Any]:  # noqa: ANN401 - any YAML value
    if not isinstance(raw, dict):
        raise ValueError(  # noqa: TRY004 - what pydantic collects
            f"{raw!r} is not {allowed} by column: {{age: ..., 'town_*': ...}}"
        )
    return {str(name): value for name, value in raw.items()}


def _check_factors(raw: Any) -> dict[str, float]:  # noqa: ANN401 - any YAML value
    allowed = "a number, at least 0"
    factors = _by_name(raw, allowed)
    for name, factor in factors.items():
        if not _is_number(factor) or factor < 0:
            raise ValueError(f"the factor of {name!r} is {factor!r}, but must be {allowed}")
    return {name: float(factor) for name, factor in factors.items()}


def _check_limits(raw: Any) -> dict[str, Any]:  # noqa: ANN401 - any YAML value
    allowed = "[low, high], each a number or null for no limit"
    limits = _by_name(raw, allowed)
    return {name: _check_pair(name, pair, allowed) for name, pair in limits.items()}


def _check_pair(name: str, pair: Any, allowed: str) -> tuple[float | None, float | None]:  # noqa: ANN401
    shaped = isinstance(pair, list | tuple) and len(pair) == 2  # noqa: PLR2004 - low and high
    if not shaped or not all(end is None or _is_number(end) for end in pair):
        raise ValueError(f"the limits of {name!r} are {pair!r}, but must be {allowed}")
    low, high = pair
    if (low is not None and low > 0) or (high is not None and high < 0):
        raise ValueError(
            f"the limits of {name!r} are {list(pair)!r}, but 0 must be between them: a penalty "
            "draws every coefficient to it"
        )
    return (None if low is None else float(low), None if high is None else float(high))


Factors = Annotated[dict[str, float], BeforeValidator(_check_factors)]
LimitsByName = Annotated[
    dict[str, tuple[float | None, float | None]], BeforeValidator(_check_limits)
]


def values_by_column(
    rules: dict[str, V], names: Sequence[str], sources: Sequence[str], default: V
) -> list[V]:
    """The value of each column, (q,): that of the last rule that means it.

    Args:
        rules: by name or shell pattern, of a column that the model sees or of its source.
        names: of the columns, (q,).
        sources: of the columns, (q,), empty for one that has none.
        default: of columns that no rule means.
    """
    backwards = list(rules.items())[::-1]
    return [
        next((value for rule, value in backwards if _means(rule, name, source)), default)
        for name, source in zip(names, sources, strict=True)
    ]


def check_rules(key: str, rules: Collection[str], names: Sequence[str]) -> None:
    """Each rule must mean a column, or a source, of one of these names.

    Raises:
        ConfigError: one does not.
    """
    for rule in rules:
        if any(_means(rule, name, "") for name in names):
            continue
        near = difflib.get_close_matches(rule, names, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        more = ", ..." if len(names) > SHOWN else ""
        listed = ", ".join(names[:SHOWN]) + more
        raise ConfigError(
            f"{key} has {rule!r}, which is no column and no pattern of any{hint} "
            f"(columns here: {listed})"
        )


def _means(rule: str, name: str, source: str) -> bool:
    return rule in {name, source} or fnmatchcase(name, rule) or fnmatchcase(source, rule)
