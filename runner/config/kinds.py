"""The kinds of each group: found by the names that their classes state, imported when chosen.

A kind of this package is a class in the folder of its group with a line `name: Literal["NAME"]`. A
kind of another installed package is an entry point of that name, and its YAML is
conf/GROUP/NAME.yaml in the top-level package that the entry point names. The steps of features are
kinds in the same way, each with a line `kind: Literal["NAME"]`.
"""

from __future__ import annotations

import importlib
import re
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, get_args

from runner.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.metadata import EntryPoint
    from importlib.resources.abc import Traversable

    from runner.spec import Spec


@dataclass(frozen=True)
class Group:
    """A group of conf/: how other packages bring kinds to it, and what all of them are."""

    entry_points: str
    base: str  # the class in the face of the group's folder that every kind is a subclass of
    key: str = "name"  # in which a kind's class states what it is called


GROUPS = {
    "dataset": Group("enet_runner.datasets", "Dataset"),
    "split": Group("enet_runner.splits", "Splitter"),
    "imputer": Group("enet_runner.imputers", "Imputer"),
    "features": Group("enet_runner.features", "Features"),
    "family": Group("enet_runner.families", "Family"),
    "model": Group("enet_runner.models", "Model"),
    "search": Group("enet_runner.searches", "Search"),
    "evaluation": Group("enet_runner.evaluations", "Evaluation"),
    "persistence": Group("enet_runner.persistence", "Persistence"),
    "report": Group("enet_runner.reports", "Report"),
    "launcher": Group("enet_runner.launchers", "Launcher"),
}
STEPS = "features.steps"  # of which a section has as many as it likes, each of a kind
KINDS = {**GROUPS, STEPS: Group("enet_runner.steps", "Step", key="kind")}


def kind_names(group: str) -> list[str]:
    """The names that a group's section can have, those of other packages last."""
    return [*sorted(_own(group)), *sorted(_installed(group))]


@cache
def find_kind(group: str, name: str) -> type[Spec]:
    """The class of that name, its module imported.

    Raises:
        ConfigError: there is none, or that of another package is no kind of this group.
    """
    if name in _own(group):
        module = importlib.import_module(_own(group)[name])
        kinds: list[type[Spec]] = [
            kind for kind in vars(module).values() if name in _stated_names(group, kind)
        ]
        return kinds[0]
    if name in _installed(group):
        return _load(group, _installed(group)[name])
    raise ConfigError(f"{group} has no kind {name!r}")


def all_kinds(group: str) -> dict[str, type[Spec]]:
    """Every kind of a group by name, all of their modules imported."""
    return {name: find_kind(group, name) for name in kind_names(group)}


def plugin_configs() -> list[Traversable]:
    """The folders of YAML that other packages bring, each with a folder per group."""
    modules = {point.module.partition(".")[0] for group in KINDS for point in _points(group)}
    return [files(module) / "conf" for module in sorted(modules)]


def installed_kinds() -> list[tuple[str, str]]:
    """Every kind that other packages bring, as GROUP=NAME, and the package."""
    return [
        (f"{group}={name}", _owner(point))
        for group in KINDS
        for name, point in _installed(group).items()
    ]


def installed_types() -> frozenset[str]:
    """The names of types that saved models may have of the kinds that other packages bring.

    A package that cannot be imported brings none.
    """
    found: set[str] = set()
    for group in KINDS:
        for name in _installed(group):
            with suppress(ConfigError):
                found.update(find_kind(group, name).saved_types)
    return frozenset(found)


def plugins_of(chosen: Mapping[str, str]) -> list[dict[str, str]]:
    """Which of the chosen kinds, by group, other packages bring, with the package's version."""
    used = [
        (f"{group}={name}", _installed(group)[name].dist)
        for group, name in chosen.items()
        if group in GROUPS and name in _installed(group)
    ]
    return [
        {"kind": kind, "package": package.name, "version": package.version}
        for kind, package in used
        if package is not None
    ]


@cache
def _own(group: str) -> dict[str, str]:
    """The modules of this package's kinds by name, read from their text and not imported."""
    found: dict[str, str] = {}
    line = re.compile(rf"^    {KINDS[group].key}: Literal\[([^\]]+)\]", re.MULTILINE)
    for file in files(f"runner.{group}").iterdir():
        if file.name.endswith(".py"):
            module = f"runner.{group}.{file.name.removesuffix('.py')}"
            for stated in line.findall(file.read_text(encoding="utf-8")):
                found |= dict.fromkeys(re.findall(r'"([^"]+)"', stated), module)
    return found


@cache
def _points(group: str) -> tuple[EntryPoint, ...]:
    from importlib.metadata import entry_points  # slow, and no need of a list of groups

    return tuple(entry_points(group=KINDS[group].entry_points))


@cache
def _installed(group: str) -> dict[str, EntryPoint]:
    """The kinds that other packages bring, by name; raises ConfigError if two have one name."""
    found: dict[str, EntryPoint] = {}
    for point in _points(group):
        if point.name in _own(group) or point.name in found:
            raise ConfigError(
                f"{_owner(point)} brings {group}={point.name}, which there is already: "
                "uninstall one of the two"
            )
        found[point.name] = point
    return found


def _load(group: str, point: EntryPoint) -> type[Spec]:
    try:
        kind = point.load()
    except (ImportError, AttributeError) as error:
        raise ConfigError(
            f"{group}={point.name} of {_owner(point)} cannot be imported: {error}"
        ) from error
    base = getattr(importlib.import_module(f"runner.{group}"), KINDS[group].base)
    of_base = isinstance(kind, type) and issubclass(kind, base)
    if not (of_base and point.name in _stated_names(group, kind)):
        raise ConfigError(
            f"{group}={point.name} of {_owner(point)} is {point.value}, but must be a subclass of "
            f"{base.__module__}.{base.__qualname__} with {KINDS[group].key}: "
            f'Literal["{point.name}"]'
        )
    found: type[Spec] = kind
    return found


def _owner(point: EntryPoint) -> str:
    return f"the installed package {point.dist.name if point.dist else point.module}"


def _stated_names(group: str, kind: object) -> tuple[str, ...]:
    """The names that a kind's class states; none for anything else."""
    from runner.spec import Spec  # of pydantic, which a list of options has no need of

    key = KINDS[group].key
    if not (isinstance(kind, type) and issubclass(kind, Spec)) or key not in kind.model_fields:
        return ()
    return get_args(kind.model_fields[key].annotation)
