"""What determines a run's result, as one hash: config, data, versions and the code itself."""

from __future__ import annotations

import hashlib
import json
import os
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from runner.store.directory import fingerprint_of
from runner.store.environment import versions

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

# sections and keys of a config that say how, or for whom, but not what
VOLATILE = {"report", "cache", "launcher", "reuse", "fail_fast", "retries"}

# those that come after the trials, and change none of them
AFTERWARDS = {"bootstrap", "escape_formulas", "evaluation", "persistence"}
OF_MANY = {"storage", "study", "workers"}  # keys of a search that say who makes its trials
SHARED = "shared"  # what stands for them in one that is shared
HOW_MANY = {"n_trials", "timeout", "rule", "within"}  # and which of them are kept

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
    parts = [settled(sections), data_hash, versions(), plugins, code_hash(), core()]
    return fingerprint_of(parts)


def study_facts(
    sections: dict[str, Any], data_hash: str, plugins: list[dict[str, str]]
) -> dict[str, Any]:
    """What determines the candidates of a search and their scores, as JSON values.

    Those of a study go on with it; how many they are, and what comes of the winner, does not count.
    """
    kept = {key: value for key, value in settled(sections).items() if key not in AFTERWARDS}
    left_out = {*HOW_MANY, SHARED}
    search = {key: value for key, value in kept["search"].items() if key not in left_out}
    facts = {
        "config": {**kept, "search": search},
        "data": data_hash,
        "versions": versions(),
        "plugins": plugins,
        "code": code_hash(),
    }
    plain: dict[str, Any] = json.loads(json.dumps(facts, sort_keys=True, default=str))
    return plain


def settled(sections: dict[str, Any]) -> dict[str, Any]:
    """The part of a config that determines the result."""
    kept = {key: value for key, value in sections.items() if key not in VOLATILE}
    dataset = {key: value for key, value in sections["dataset"].items() if key != "path"}
    model = sections.get("model", {})
    if "search" in kept:
        kept["search"] = _settled_search(kept["search"])
    rules = {key: list(model[key]) for key in IN_ORDER if len(model.get(key, {})) > 1}
    ordered = {"order of rules": rules} if rules else {}
    return {**kept, "dataset": dataset, **ordered}


def _settled_search(search: dict[str, Any]) -> dict[str, Any]:
    """A search less where its study is; one that is shared has another result than one that is not.

    Its trials depend on who made them when: by how many processes does not count, but which study.
    """
    if search.get("name") != "optuna":
        return search
    kept = {key: value for key, value in search.items() if key not in OF_MANY}
    if search.get("storage") is None and search.get("workers", 1) == 1:
        return kept
    return {**kept, SHARED: search.get("study") or True}


@cache
def core() -> str:
    """What solves paths: `c` where there is a library for them, and it is not left out, or `numpy`.

    The library is not loaded for this, as the room that it is in is heavy.
    """
    if os.environ.get("ENET_RUNNER_CORE") == "numpy":
        return "numpy"
    native = files("runner") / "core" / "path" / "native"
    return "c" if any(entry.name.startswith("libpaths.") for entry in native.iterdir()) else "numpy"


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
