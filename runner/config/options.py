"""What can be chosen: the kinds of each group, and the packaged YAML with their defaults."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from runner import dataset, features, imputer, model, persistence, report, search, split

if TYPE_CHECKING:
    from runner.spec import Spec

GROUPS: dict[str, dict[str, type[Spec]]] = {
    "dataset": {**dataset.KINDS},
    "split": {**split.KINDS},
    "imputer": {**imputer.KINDS},
    "features": {**features.KINDS},
    "model": {**model.KINDS},
    "search": {**search.KINDS},
    "persistence": {**persistence.KINDS},
    "report": {**report.KINDS},
}


def packaged_folder() -> Path:
    """Where the packaged configs are, in an installed package as in an editable one."""
    from importlib.resources import files

    return Path(str(files("runner.conf")))


@cache
def packaged_defaults(group: str, name: str) -> dict[str, Any]:
    """The values of the packaged option of that name; none if there is no such file."""
    file = packaged_folder() / group / f"{name}.yaml"
    if not file.is_file():
        return {}
    values: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return values


def describe_options(config_dir: Path | None) -> dict[str, dict[str, str]]:
    """Every group's options, each with the first sentence of its file, the user's own included."""
    folders = [packaged_folder()] + ([config_dir] if config_dir else [])
    groups = [*GROUPS, "experiment"]
    return {
        group: {
            file.stem: _description(file)
            for folder in folders
            for file in sorted((folder / group).glob("*.yaml"))
        }
        for group in groups
    }


def _description(file: Path) -> str:
    for line in file.read_text(encoding="utf-8").splitlines():
        text = line.lstrip("# ").strip()
        if line.startswith("#") and text and not text.startswith("@"):
            return text
        if not line.startswith("#"):
            break
    return ""
