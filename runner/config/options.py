"""What can be chosen: the options of each group, and what their YAML says."""

from __future__ import annotations

import difflib
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from runner.config.kinds import GROUPS, plugin_configs
from runner.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from importlib.resources.abc import Traversable
    from pathlib import Path

HERE = "@_here_"  # what a shared file's name ends with in a list of defaults


def packaged_folder() -> Traversable:
    """Where the packaged configs are, in an installed package as in an editable one."""
    return files("runner.conf")


@cache
def packaged_defaults(group: str, name: str) -> dict[str, Any]:
    """The values of the packaged option of that name; none if there is no such file.

    Those of the files that its list of defaults names are among them.
    """
    return _values(group.replace(".", "/"), name)


def _read(group: str, name: str, config_dir: Path | None = None) -> dict[str, Any]:
    import yaml  # slow, and no need of a list of options

    for folder in _folders(config_dir):
        file = folder / group / f"{name}.yaml" if group else folder / f"{name}.yaml"
        if file.is_file():
            values: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
            return values
    return {}


def _folders(config_dir: Path | None) -> list[Traversable]:
    """Where options are: the packaged ones, those of other packages, the user's own."""
    return [packaged_folder(), *plugin_configs(), *([config_dir] if config_dir else [])]


def describe_options(config_dir: Path | None) -> dict[str, dict[str, str]]:
    """Every group's options, each with the first sentence of its file.

    Those of other installed packages and the user's own are included.
    """
    return {
        group: {name: _description(file) for name, file in options.items()}
        for group, options in _option_files(config_dir).items()
    }


def option_names(config_dir: Path | None = None) -> dict[str, list[str]]:
    """Every group's options by name, as `describe_options` has them; no file is read."""
    return {group: list(options) for group, options in _option_files(config_dir).items()}


def option_text(group: str, option: str, config_dir: Path | None = None) -> str:
    """What the file of an option says: its keys, their defaults and what they mean.

    The files that its list of defaults names come after it.

    Raises:
        ConfigError: the group has no such option.
    """
    options = _option_files(config_dir)[group]
    if option not in options:
        raise ConfigError(no_such_option(group, option, options))
    own = options[option].read_text(encoding="utf-8")
    shared = [
        (packaged_folder() / group / f"{name}.yaml").read_text(encoding="utf-8")
        for name in re.findall(rf"([\w/]+){HERE}", own)
    ]
    shared += [
        _indented((packaged_folder() / group / f"{name}.yaml").read_text(encoding="utf-8"), place)
        for name, place in re.findall(r"([\w/]+)@(steps\.\w+)", own)
    ]
    kept = [line for line in own.splitlines() if not line.startswith("defaults:")]
    return "\n".join([*kept, *(text.rstrip() for text in shared)])


def _indented(text: str, place: str) -> str:
    """The text of a file as it stands at a dotted place."""
    keys = place.split(".")
    above = [f"{'  ' * depth}{key}:" for depth, key in enumerate(keys)]
    return "\n".join([*above, *(f"{'  ' * len(keys)}{line}" for line in text.splitlines())])


def key_values(chosen: Mapping[str, str], config_dir: Path | None = None) -> dict[str, Any]:
    """Every key of the packaged config by its dotted name, with the default; sections left out.

    Args:
        chosen: options by group, in the place of the packaged config's own.
        config_dir: the folder of the user's options.
    """
    general = _read("", "config", config_dir)
    defaults = [entry for entry in general.pop("defaults") if isinstance(entry, dict)]
    options = {group: name for entry in defaults for group, name in entry.items() if name}
    values = _flat(general)
    for group, option in (options | dict(chosen)).items():
        if group in GROUPS:
            values |= _flat(_values(group, option, config_dir), f"{group}.")
    return values


def _values(group: str, name: str, config_dir: Path | None = None) -> dict[str, Any]:
    """The values of an option and of the files that its list of defaults names."""
    own = _read(group, name, config_dir)
    values: dict[str, Any] = {}
    for part in own.pop("defaults", ["_self_"]):
        if part == "_self_":
            values |= own
        elif isinstance(part, str):
            name, _, package = part.removesuffix(HERE).partition("@")
            _place(values, package, _values(group, name, config_dir))
    return values


def _place(values: dict[str, Any], package: str, added: dict[str, Any]) -> None:
    """Add values at a dotted place in others; without a place, among them."""
    for key in package.split(".") if package else ():
        values = values.setdefault(key, {})
    values |= added


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        within = isinstance(value, dict) and value
        flat |= _flat(value, f"{prefix}{key}.") if within else {f"{prefix}{key}": value}
    return flat


def no_such_option(group: str, option: str, options: Iterable[str]) -> str:
    """The message for an option that a group does not have, with the nearest that it has."""
    options = sorted(options)
    near = difflib.get_close_matches(option, options, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"{group} is {option!r}, but must be one of {', '.join(options)}{hint}"


def _option_files(config_dir: Path | None) -> dict[str, dict[str, Traversable]]:
    """The file of every option of every group."""
    return {
        group: {
            file.name.removesuffix(".yaml"): file
            for folder in _folders(config_dir)
            for file in _files(folder / group)
        }
        for group in (*GROUPS, "experiment")
    }


def _files(folder: Traversable) -> list[Traversable]:
    """The YAML files of a folder by name; none if there is no such folder."""
    if not folder.is_dir():
        return []
    return sorted((f for f in folder.iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name)


def _description(file: Traversable) -> str:
    for line in file.read_text(encoding="utf-8").splitlines():
        text = line.lstrip("# ").strip()
        if line.startswith("#") and text and not text.startswith("@"):
            return text
        if not line.startswith("#"):
            break
    return ""
