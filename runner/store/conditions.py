"""Conditions such as `imputer=knn` or `cv_mse<60` come in; which stored runs meet them goes out."""

from __future__ import annotations

import difflib
import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from runner.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from runner.store.finding import StoredRun

FORM = re.compile(r"\s*(?P<key>[^=<>!\s]+)\s*(?P<sign><=|>=|!=|=|<|>)\s*(?P<value>.*?)\s*")
ORDER: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True)
class Condition:
    """A key of a run, and what its value must be."""

    key: str
    sign: str
    value: str

    @classmethod
    def of(cls, text: str) -> Condition:
        """Read KEY=VALUE, or with !=, <, <=, > or >= between them.

        Raises:
            ConfigError: it is not of that form, or compares with what is no number.
        """
        found = FORM.fullmatch(text)
        if found is None:
            raise ConfigError(
                f"--where {text!r} is no condition: write KEY=VALUE, or KEY with !=, <, <=, > or >="
            )
        condition = cls(**found.groupdict())
        if condition.sign in ORDER and number_of(condition.value) is None:
            raise ConfigError(f"--where {text!r} compares with {condition.value!r}, no number")
        return condition

    def holds(self, run: StoredRun) -> bool:
        """Whether a run has that value; a run without the key has none."""
        value = value_of(run, self.key)
        if self.sign in ORDER:
            number = number_of(value)
            return number is not None and ORDER[self.sign](number, float(self.value))
        return _equal(value, self.value) == (self.sign == "=")


def select(runs: Sequence[StoredRun], conditions: Iterable[Condition]) -> list[StoredRun]:
    """The runs that meet all conditions.

    Raises:
        ConfigError: a condition names a key that none of the runs has.
    """
    conditions = list(conditions)
    for condition in conditions:
        check_key(condition.key, runs, "--where")
    return [run for run in runs if all(condition.holds(run) for condition in conditions)]


def check_key(key: str, runs: Sequence[StoredRun], option: str) -> None:
    """Refuse a key that none of the runs has.

    Raises:
        ConfigError: see above; the nearest key there is, is named.
    """
    if not runs or any(key in run.facts or key in run.config for run in runs):
        return
    known = sorted({name for run in runs for name in (*run.facts, *run.config)})
    near = difflib.get_close_matches(key, known, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise ConfigError(
        f"{option} names {key!r}, which is a key of none of the {len(runs)} runs{hint}"
    )


def value_of(run: StoredRun, key: str) -> Any:  # noqa: ANN401 - any value of a record or a config
    """What a run has under a key: its record's, then its config's; None where it has neither."""
    return run.facts[key] if key in run.facts else run.config.get(key)


def number_of(value: Any) -> float | None:  # noqa: ANN401 - as above
    """A value as a number, if it is one or reads as one."""
    if value is None or isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _equal(value: Any, text: str) -> bool:  # noqa: ANN401 - as above
    """Whether a value is what a text says, as YAML would read it."""
    wanted = number_of(text)
    if wanted is not None:
        return number_of(value) == wanted
    try:
        read = yaml.safe_load(text)
    except yaml.YAMLError:
        read = text
    return bool(value == read) or str(value) == text
