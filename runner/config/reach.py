"""An option's file comes in; how far it reaches goes out: its own section, others, or unknown."""

from __future__ import annotations

import re
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import yaml

from runner.config.options import HERE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.resources.abc import Traversable

BESIDE = re.compile(r"\w[\w/-]*")  # another file in the folder of the group
WITHIN = re.compile(r"@[a-z]\w*(\.\w+)*$")  # where in the section its values go


class Reach(IntEnum):
    """What choosing an option can change."""

    SECTION = 0  # the section of its group alone
    WIDE = 1  # other sections, and what else is chosen
    UNKNOWN = 2  # what depends on the other choices too


def reach_of(group: str, option: str, folders: Sequence[Traversable]) -> Reach:
    """How far an option reaches, by what its file and those in its list of defaults say."""
    files = [folder / group / f"{option}.yaml" for folder in folders]
    try:
        text = next(file for file in files if file.is_file()).read_text(encoding="utf-8")
        content = yaml.safe_load(text)
    except (StopIteration, UnicodeDecodeError, yaml.YAMLError):
        return Reach.UNKNOWN
    if not isinstance(content, dict):
        return Reach.UNKNOWN
    own = Reach.WIDE if "@package" in text else Reach.SECTION
    entries = content.get("defaults", [])
    if not isinstance(entries, list):
        return Reach.UNKNOWN
    return max([own, *(_reach_of_entry(group, entry, folders) for entry in entries)])


def _reach_of_entry(group: str, entry: Any, folders: Sequence[Traversable]) -> Reach:  # noqa: ANN401
    """How far an entry of a list of defaults reaches."""
    if "${" in str(entry) or "optional " in str(entry):
        return Reach.UNKNOWN
    if entry == "_self_":
        return Reach.SECTION
    name = WITHIN.sub("", entry.removesuffix(HERE)) if isinstance(entry, str) else ""
    return reach_of(group, name, folders) if BESIDE.fullmatch(name) else Reach.WIDE
