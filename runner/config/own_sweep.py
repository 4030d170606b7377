"""What a config says of a sweep comes in; the overrides of its runs go out, validated."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runner.config.messages import unknown_key
from runner.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Container

KEYS = ("product", "exclude")
WORD = re.compile(r"[A-Za-z_][\w./-]*")
BEFORE_QUOTE = re.compile(r"(\\*)('|$)")  # the only place where a backslash is more than itself
NOT_TEXT = {"true", "false", "null", "nan", "inf"}


@dataclass(frozen=True)
class OwnSweep:
    """The sweep that a config brings by itself."""

    wanted: bool  # whether it is a sweep without being asked
    params: dict[str, str]  # of Hydra: values to sweep over by key, as on the command line
    product: dict[str, list[Any]]  # of `sweep`: the values of each key
    exclude: list[dict[str, Any]]  # of `sweep`: combinations that are left out

    def products(self, given: Container[str]) -> list[list[str]]:
        """Overrides of every combination of the product, less the keys that are given."""
        parts = [[override(key, value) for value in values]
                 for key, values in self.product.items() if key not in given]  # fmt: skip
        return [list(combination) for combination in itertools.product(*parts)]

    def excludes(self, job: list[str], value_of: Callable[[str], Any]) -> bool:
        """Whether a job has all values of a combination that is left out.

        Args:
            job: its overrides.
            value_of: gives an override's value.
        """
        if not self.exclude:
            return False
        values = {line.partition("=")[0].lstrip("+"): value_of(line) for line in job if "=" in line}
        return any(_matches(left_out, values) for left_out in self.exclude)


def read_sweep(section: Any, *, wanted: bool, params: dict[str, str]) -> OwnSweep:  # noqa: ANN401
    """Check the `sweep` of an experiment.

    Args:
        section: its value; None if the config has none.
        wanted: whether Hydra's mode makes the config a sweep.
        params: what Hydra's own sweeper is told.

    Raises:
        ConfigError: a key is unknown, a value has the wrong form, or a combination that is left
            out is none of the product's.
    """
    if section is None:
        return OwnSweep(wanted, params, {}, [])
    if not isinstance(section, dict):
        raise ConfigError(f"sweep is {section!r}, but must be a section with product and exclude")
    for key in section:
        if key not in KEYS:
            raise ConfigError(unknown_key(f"sweep.{key}", KEYS))
    product = _product(section.get("product"))
    twice = [key for key in product if key in params]
    if twice:
        raise ConfigError(f"sweep.product and hydra.sweeper.params both name {twice[0]}: drop one")
    return OwnSweep(True, params, product, _exclude(section.get("exclude"), product))


def override(key: str, value: Any) -> str:  # noqa: ANN401 - any YAML value
    """The override that sets a key to a value."""
    return f"{key}={_spelt(value)}"


def _product(given: Any) -> dict[str, list[Any]]:  # noqa: ANN401
    if not isinstance(given, dict) or not given:
        raise ConfigError(
            f"sweep.product is {given!r}, but must map keys to lists of values, such as "
            "{imputer: [mean, knn]}"
        )
    product = {str(key): v if isinstance(v, list) else [v] for key, v in given.items()}
    for key, values in product.items():
        if not values:
            raise ConfigError(f"sweep.product.{key} is an empty list: name at least one value")
    return product


def _exclude(given: Any, product: dict[str, list[Any]]) -> list[dict[str, Any]]:  # noqa: ANN401
    entries = given if isinstance(given, list) else [] if given is None else [given]
    combinations = [dict(zip(product, each, strict=True))
                    for each in itertools.product(*product.values())]  # fmt: skip
    for at, entry in enumerate(entries):
        name = f"sweep.exclude[{at}]"
        if not isinstance(entry, dict) or not entry:
            raise ConfigError(f"{name} is {entry!r}, but must map keys of sweep.product to values")
        for key in entry:
            if key not in product:
                raise ConfigError(unknown_key(f"{name}.{key}", product))
        if not any(_matches(entry, combination) for combination in combinations):
            raise ConfigError(f"{name} is {entry!r}, but no combination of sweep.product is that")
    return entries


def _matches(left_out: dict[str, Any], values: dict[str, Any]) -> bool:
    """Whether the values have all of those left out; a list of values stands for each of them."""
    return all(
        key in values and values[key] in (wanted if isinstance(wanted, list) else [wanted])
        for key, wanted in left_out.items()
    )


def _spelt(value: Any) -> str:  # noqa: ANN401
    """A value as Hydra's grammar has it."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str() if WORD.fullmatch(value) and value.lower() not in NOT_TEXT:
            return value
        case str():
            return f"'{BEFORE_QUOTE.sub(_escaped, value)}'"
        case list():
            return "[" + ",".join(map(_spelt, value)) + "]"
        case dict():
            return "{" + ",".join(f"{key}:{_spelt(each)}" for key, each in value.items()) + "}"
        case _:
            return str(value)


def _escaped(found: re.Match[str]) -> str:
    return found[1] * 2 + ("\\'" if found[2] else "")
