"""A config that Hydra composed comes in; plain values, and the texts of the record, go out."""

from __future__ import annotations

import pickle
import textwrap
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from omegaconf import OmegaConf

from runner.config.own_sweep import read_sweep
from runner.errors import ConfigError

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from runner.config.own_sweep import OwnSweep

TOGETHER = 1000  # runs of a sweep in one folder


@dataclass(frozen=True)
class Composed:
    """One job's config as Hydra composed it."""

    sections: dict[str, Any]  # plain values, interpolations resolved
    overrides: dict[str, str]  # what the command line and a sweep set of a run, by key
    choices: dict[str, str]  # the option of each group
    hydra_overrides: tuple[str, ...]  # what the command line set of Hydra's own keys
    hydra: dict[str, Any]  # Hydra's own section, nothing in it resolved
    run_dir: Path  # where a single run goes
    sweep_dir: Path  # where a sweep goes
    subdir: Path  # where the job goes in the sweep's folder; the folder itself outside a sweep
    own_sweep: OwnSweep
    interpolated: bool  # whether values were taken from one another

    @property
    def yaml(self) -> dict[str, str]:
        """Config, hydra and overrides as text, for the record."""
        task = self.hydra["overrides"]["task"]
        return {
            "config": _text(self.sections),
            "hydra": "hydra:\n" + textwrap.indent(_text(self.hydra), "  "),
            "overrides": "".join(_text_of(pickle.dumps([line])) for line in task) or "[]\n",
        }


def from_hydra(config: DictConfig) -> Composed:
    """Resolve a config.

    Raises:
        OmegaConfBaseException: an interpolation leads nowhere.
        ConfigError: the config's own sweep is not one.
    """
    of_experiment = OmegaConf.masked_copy(config, [str(k) for k in config if k != "hydra"])
    raw = OmegaConf.to_container(of_experiment)
    hydra = cast("dict[str, Any]", OmegaConf.to_container(config.hydra, enum_to_str=True))
    interpolated = any("${" in repr(part) for part in (raw, hydra["mode"], hydra["sweeper"]))
    resolved = OmegaConf.to_container(of_experiment, resolve=True) if interpolated else raw
    sections = cast("dict[str, Any]", resolved)
    numbered = not OmegaConf.is_missing(config.hydra.job, "num")
    params = OmegaConf.select(config.hydra, "sweeper.params") or {}
    choices = of_groups(hydra["runtime"]["choices"])
    section = sections.pop("sweep", None)
    if section is not None and choices.get("experiment") is None:
        raise ConfigError(
            "sweep stands in the YAML of an experiment (conf/experiment), and only there"
        )
    return Composed(
        sections=sections,
        overrides=by_key(hydra["overrides"]["task"]),
        choices=choices,
        hydra_overrides=tuple(hydra["overrides"]["hydra"]),
        hydra=hydra,
        run_dir=Path(config.hydra.run.dir),
        sweep_dir=Path(config.hydra.sweep.dir),
        subdir=_place(config.hydra) if numbered else Path(),
        own_sweep=read_sweep(
            section,
            wanted=str(config.hydra.mode).endswith("MULTIRUN"),
            params={str(key): str(params[key]) for key in params},
        ),
        interpolated=interpolated,
    )


def place_in_sweep(subdir: str, number: int) -> Path:
    """Where a run goes in its sweep's folder: from 1000 on, each thousand in a folder of its own.

    Run 999 is in 999 and run 1234 in 1000/1234, so that no folder has more entries than file
    systems take well, and a sweep that grows keeps the places of its runs.

    Args:
        subdir: as the config has it; what is not the number itself stays as it is.
        number: the run's.
    """
    if number < TOGETHER or subdir != str(number):
        return Path(subdir)
    return Path(str(number // TOGETHER * TOGETHER), subdir)


def _place(hydra: DictConfig) -> Path:
    return place_in_sweep(str(hydra.sweep.subdir), int(hydra.job.num))


def by_key(task: list[str]) -> dict[str, str]:
    """The values that overrides set, by key without its prefix.

    Those of the launcher are left out: where a run is made changes nothing in it.
    """
    keyed = dict(override.split("=", 1) for override in task if "=" in override)
    values = {key.lstrip("+"): value for key, value in keyed.items()}
    return {key: value for key, value in values.items() if key.partition(".")[0] != "launcher"}


def of_groups(choices: dict[str, str]) -> dict[str, str]:
    """The choices of this program's groups, Hydra's own left out."""
    return {group: option for group, option in choices.items() if "/" not in group}


def _text(mapping: dict[str, Any]) -> str:
    """A mapping as YAML; what many runs of a sweep share is made into text once."""
    return "".join(_text_of(pickle.dumps({key: value})) for key, value in mapping.items())


@lru_cache(maxsize=512)
def _text_of(pickled: bytes) -> str:
    values = pickle.loads(pickled)  # noqa: S301 - made by the caller, to have a key of the cache
    return OmegaConf.to_yaml(OmegaConf.create(values))
