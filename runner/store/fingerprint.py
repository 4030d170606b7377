"""What determines a run's result, as one hash: config, data, versions and the code itself."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from runner.store.directory import fingerprint_of
from runner.store.environment import versions

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

# sections and keys of a config that say how, or for whom, but not what
VOLATILE = {"report", "cache", "launcher", "reuse", "fail_fast", "retries"}

# keys of the model whose entries count in their order: the later of two rules for a column wins
IN_ORDER = ("penalty_factors", "limits")


def fingerprint(sections: dict[str, Any], data_hash: str, plugins: list[dict[str, str]]) -> str:
    """The hash of a resolved config, its data, and what computes.

    Where the data lies does not count, as its content does.

    Args:
        sections: the config.
        data_hash: of the data's content.
        plugins: the packages that brought a kind, with their versions.
    """
    return fingerprint_of([settled(sections), data_hash, versions(), plugins, code_hash()])


def settled(sections: dict[str, Any]) -> dict[str, Any]:
    """The part of a config that determines the result."""
    kept = {key: value for key, value in sections.items() if key not in VOLATILE}
    dataset = {key: value for key, value in sections["dataset"].items() if key != "path"}
    model = sections.get("model", {})
    rules = {key: list(model[key]) for key in IN_ORDER if len(model.get(key, {})) > 1}
    return {**kept, "dataset": dataset, **({"order of rules": rules} if rules else {})}


@cache
def code_hash() -> str:
    """The SHA-256 of this package's own source."""
    digest = hashlib.sha256()
    for name, file in sorted(_sources(files("runner"), "")):
        digest.update(f"{name}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _sources(folder: Traversable, prefix: str) -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for entry in folder.iterdir():
        name = f"{prefix}{entry.name}"
        if entry.is_dir() and entry.name != "__pycache__":
            found += _sources(entry, f"{name}/")
        elif name.endswith(".py"):
            found.append((name, entry))
    return found
