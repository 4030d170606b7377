"""The overrides of a job come in; its config goes out without being composed as a whole.

Hydra composes a config in two steps: the files that the choices of groups lead to are merged, then
the values of keys are set, in their order. So jobs that differ in plain values alone share the
first step, and the second is setting values in a copy. And where no file that is merged says
anything of another group, the section of a group is the same whatever is chosen elsewhere, so that
every option is composed once, and not every combination. What is not surely so is left to Hydra.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra.core.override_parser.types import OverrideType

from runner.config.composed import by_key, of_groups, place_in_sweep
from runner.config.reach import Reach
from runner.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hydra.core.override_parser.types import Override

    from runner.config.composed import Composed

NUMBER = "hydra.job.num"
SEARCHED = "hydra.searchpath"
NOW = re.compile(r"\$\{now:[^${}]*\}")


class NotPlainError(Exception):
    """A job that only Hydra can be trusted with."""


@dataclass(frozen=True)
class Asked:
    """The overrides of a job by what they do."""

    context: tuple[str, ...]  # Hydra's own keys, and choices that reach beyond their section
    choices: dict[str, str]  # of groups whose options keep to their section
    values: list[tuple[str, Any]]  # of keys, in their order


@dataclass(frozen=True)
class Parts:
    """What composes and reads overrides, and knows the groups and their options."""

    compose: Callable[[tuple[str, ...]], Composed]  # raises ConfigError
    is_group: Callable[[str], bool]
    reach: Callable[[str, str], Reach]  # of a group's option


class Shortcut:
    """Jobs put together from configs that are composed once for each set of choices."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._known: dict[tuple[str, ...], Composed] = {}

    def of(self, overrides: list[Override], fixed: tuple[str, ...], number: int | None) -> Composed:
        """The config of a job.

        Args:
            overrides: the job's.
            fixed: overrides of Hydra's keys that every job has.
            number: the job's in its sweep; None outside one.

        Raises:
            NotPlainError: it must be composed, or cannot be.
        """
        asked = self._sort(overrides)
        try:
            base = self._base(asked.context)
            sections, choices = self._choose(base, asked)
        except ConfigError as error:
            raise NotPlainError from error
        for key, value in asked.values:
            _set(sections, key.split("."), value)
        own = [line for line in map(_line, overrides) if line.startswith("hydra")]
        counted = [f"{NUMBER}={number}"] if number is not None else []
        hydra = _hydra_of(base, choices, overrides, [*fixed, *counted, *own])
        if number is not None:
            hydra["job"]["num"] = number
        return _placed(base, sections, hydra)

    def _base(self, context: tuple[str, ...]) -> Composed:
        if context not in self._known:
            self._known[context] = self._parts.compose(context)
        base = self._known[context]
        if base.interpolated:
            raise NotPlainError
        return base

    def _sort(self, overrides: list[Override]) -> Asked:
        """Sort the overrides of a job; raises NotPlainError for those that are not simple."""
        context: list[str] = []
        choices: dict[str, str] = {}
        values: list[tuple[str, Any]] = []
        mixed = any(self._reach(override) is Reach.UNKNOWN for override in overrides)
        for override in overrides:
            key, value = override.key_or_group, override.value()
            if override.type is not OverrideType.CHANGE or override.package is not None:
                raise NotPlainError
            if key in {NUMBER, SEARCHED} or key in choices:
                raise NotPlainError
            reach = self._reach(override)
            if reach is None:
                values.append((key, _plain(value)))
            elif reach is Reach.SECTION and not mixed:
                choices[key] = str(value)
            else:
                context.append(_line(override))
        return Asked(tuple(context), choices, values)

    def _reach(self, override: Override) -> Reach | None:
        """How far a choice, or a setting of Hydra's, reaches; None for the value of a key."""
        key, value = override.key_or_group, override.value()
        if "/" in key or override.is_hydra_override():
            return Reach.WIDE
        if not self._parts.is_group(key):
            return None
        return self._parts.reach(key, value) if isinstance(value, str) else Reach.UNKNOWN

    def _choose(self, base: Composed, asked: Asked) -> tuple[dict[str, Any], dict[str, Any]]:
        """The sections with the chosen options in them, and every group's choice."""
        sections = copy.deepcopy(base.sections)
        choices: dict[str, Any] = dict(base.hydra["runtime"]["choices"])
        for group, option in asked.choices.items():
            if choices.get(group) != option:
                other = self._base((*asked.context, f"{group}={option}"))
                if _but_for(group, base) != _but_for(group, other):
                    raise NotPlainError
                sections[group] = copy.deepcopy(other.sections[group])
                choices[group] = option
        return sections, choices


def _line(override: Override) -> str:
    return str(override.input_line)


def _plain(value: object) -> object:
    """A number, a text, a flag, null, or a list or section of them; else raises NotPlainError."""
    if isinstance(value, list):
        if any(isinstance(each, list | dict) for each in value):
            raise NotPlainError
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, str) and ("${" in value or value == "???"):
        raise NotPlainError
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise NotPlainError


def _set(section: dict[str, Any], path: list[str], value: object) -> None:
    """Set a key that there is; raises NotPlainError for what is more than setting it."""
    key, *rest = path
    if key not in section:
        raise NotPlainError
    held = section[key]
    if rest and isinstance(held, dict):
        _set(held, rest, value)
    elif isinstance(held, dict) and isinstance(value, dict):  # what it does not name stays
        for name, each in value.items():
            _set(held, [name], each)
    elif rest or isinstance(value, dict) or (isinstance(held, dict) and isinstance(value, list)):
        raise NotPlainError
    else:
        section[key] = value


def _but_for(group: str, composed: Composed) -> list[object]:
    """All of a config but for a group's section and the mention of its option."""
    hydra = _hydra_of(composed, {**composed.hydra["runtime"]["choices"], group: None}, [], [])
    sections = [(key, None if key == group else value) for key, value in composed.sections.items()]
    return [sections, hydra, composed.own_sweep]


def _hydra_of(
    base: Composed, choices: dict[str, Any], overrides: list[Override], own: list[str]
) -> dict[str, Any]:
    """Hydra's own section as it is with other choices and overrides, `own` those of its keys."""
    task = [override for override in overrides if not override.is_hydra_override()]
    job = base.hydra["job"]
    spelt = job["config"]["override_dirname"]
    named = sorted(_line(o) for o in task if o.key_or_group not in spelt["exclude_keys"])
    dirname = spelt["item_sep"].join(named).replace("=", spelt["kv_sep"])
    return {
        **base.hydra,
        "overrides": {"hydra": own, "task": [_line(override) for override in task]},
        "job": {**job, "override_dirname": dirname},
        "runtime": {**base.hydra["runtime"], "choices": choices},
    }


def _placed(base: Composed, sections: dict[str, Any], hydra: dict[str, Any]) -> Composed:
    """The config with the folders that its number and overrides lead to.

    Raises:
        NotPlainError: they follow from something else.
    """
    subdir = str(hydra["sweep"]["subdir"])
    for key in ("num", "override_dirname"):
        subdir = subdir.replace(f"${{hydra.job.{key}}}", str(hydra["job"][key]))
    if any("${" in NOW.sub("", text) for text in (hydra["run"]["dir"], hydra["sweep"]["dir"])):
        raise NotPlainError
    if "${" in subdir:
        raise NotPlainError
    numbered = hydra["job"]["num"] != "???"
    return replace(
        base,
        sections=sections,
        overrides=by_key(hydra["overrides"]["task"]),
        choices=of_groups(hydra["runtime"]["choices"]),
        hydra_overrides=tuple(hydra["overrides"]["hydra"]),
        hydra=hydra,
        subdir=place_in_sweep(subdir, hydra["job"]["num"]) if numbered else Path(),
    )
