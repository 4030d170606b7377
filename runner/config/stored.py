"""A run's directory comes in; its config as it was composed, to be run again, goes out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from runner.config.composed import Composed
from runner.config.kinds import GROUPS
from runner.config.options import packaged_defaults, packaged_folder
from runner.config.own_sweep import OwnSweep
from runner.errors import ConfigError, RunDirectoryError

if TYPE_CHECKING:
    from collections.abc import Mapping

SHIPPED = "shipped:"
NOT_OF_A_RUN = ("defaults", "hydra")


def stored_config(
    folder: Path, overrides: Mapping[str, str], choices: Mapping[str, str], data: Path | None
) -> Composed:
    """The config under `folder`/.hydra; nothing is composed, but the place of a file looked up.

    Groups and keys that the package did not have when the run was made have their defaults.

    Args:
        folder: a run's directory.
        overrides: as its record has them.
        choices: likewise.
        data: where the dataset's file is now, if it is not where it was.

    Raises:
        ConfigError: the dataset's file is gone, or `data` is given, but the dataset is no file.
        RunDirectoryError: the config is not there or cannot be read.
    """
    texts = {file.stem: _text(file) for file in sorted((folder / ".hydra").glob("*.yaml"))}
    sections = _mapping(folder, texts.get("config"))
    sections = {**_packaged(), **sections}
    hydra = _mapping(folder, texts.get("hydra", "{}")).get("hydra", {})
    _place_data(sections, data, str(hydra.get("runtime", {}).get("cwd", ".")))
    task = [f"{key}={value}" for key, value in overrides.items()]
    return Composed(
        sections=sections,
        overrides=dict(overrides),
        choices=dict(choices),
        hydra_overrides=(),
        hydra={**hydra, "overrides": {"hydra": [], "task": task}},
        run_dir=folder,
        sweep_dir=folder.parent,
        subdir=Path(folder.name),
        own_sweep=OwnSweep(wanted=False, params={}, product={}, exclude=[]),
        interpolated=False,
    )


def _place_data(sections: dict[str, Any], data: Path | None, made_in: str) -> None:
    """Set where the dataset's file is: as told, or as it was seen from where the run was made."""
    dataset = sections.get("dataset")
    if not isinstance(dataset, dict) or not isinstance(dataset.get("path"), str):
        if data is not None:
            raise ConfigError(f"--data {data} names a file, but the run's dataset is none")
        return
    path = dataset["path"]
    if data is not None:
        sections["dataset"] = {**dataset, "path": str(data)}
    elif not path.startswith(SHIPPED) and not Path(path).expanduser().exists():
        before = Path(made_in) / Path(path).expanduser()
        if not before.exists():
            raise ConfigError(
                f"dataset.path was {path!r}, but there is no such file here or in {made_in}: "
                "name where it is now, --data PATH"
            )
        sections["dataset"] = {**dataset, "path": str(before)}


def _packaged() -> dict[str, Any]:
    """The default option of each group, and the default of every other key."""
    content = yaml.safe_load((packaged_folder() / "config.yaml").read_text(encoding="utf-8"))
    options = [part for part in content["defaults"] if isinstance(part, dict)]
    groups = {group: name for part in options for group, name in part.items() if group in GROUPS}
    sections = {group: packaged_defaults(group, name) for group, name in groups.items()}
    return sections | {key: value for key, value in content.items() if key not in NOT_OF_A_RUN}


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RunDirectoryError(f"cannot read {file}: {error}") from error


def _mapping(folder: Path, text: str | None) -> dict[str, Any]:
    """A stored YAML file's content."""
    if text is None:
        raise RunDirectoryError(f"{folder} has no .hydra/config.yaml: its config was not stored")
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise RunDirectoryError(f"{folder}/.hydra has a file that is not YAML: {error}") from error
    if not isinstance(content, dict):
        raise RunDirectoryError(f"{folder}/.hydra has a file that is no mapping")
    return content
