"""A YAML file comes in; it is refused if its aliases make much more of it than is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from runner.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

MOST = 100_000  # values, with each alias counted as what it stands for
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def check_sizes(folder: Path) -> None:
    """Look at each YAML file in and below a folder.

    Raises:
        ConfigError: one of them has too many values, or one that holds itself.
    """
    for path in sorted(folder.rglob("*.yaml")):
        check_size(path)


def check_size(path: Path) -> None:
    """Look at a file before anything is made of it; what is no YAML is left for others to say.

    Raises:
        ConfigError: as `check_sizes`.
    """
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=LOADER) if "*" in text else None
    except (OSError, ValueError, yaml.YAMLError):
        return
    if node is not None and _values(node, {}) > MOST:
        raise ConfigError(
            f"{path} stands for more than {MOST:,} values, as aliases repeat what they name: write "
            "out what is meant"
        )


def _values(node: yaml.Node, known: dict[int, int]) -> int:
    """How many values a node stands for; one that holds itself has no number of them."""
    if id(node) in known:
        return known[id(node)]
    known[id(node)] = MOST + 1  # while it is being counted, which only what it holds can see
    parts: list[yaml.Node] = []
    if isinstance(node, yaml.SequenceNode):
        parts = node.value
    elif isinstance(node, yaml.MappingNode):
        parts = [part for pair in node.value for part in pair]
    known[id(node)] = 1 + sum(_values(part, known) for part in parts)
    return known[id(node)]
