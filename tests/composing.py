"""Hydra's work on packaged configs, done once for all tests of a process: their files stay."""

from __future__ import annotations

import contextlib
import functools
import pickle
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import hydra
from hydra._internal.sources_registry import SourcesRegistry
from hydra.core.plugins import Plugins

if TYPE_CHECKING:
    from collections.abc import Iterator

    from omegaconf import DictConfig

PLACE = re.compile(r"hydra\.(run|sweep)\.dir=([\w./-]*[A-Za-z][\w./-]*)")
Plugins.instance()  # which registers the source
Packaged: Any = SourcesRegistry.instance().resolve("pkg")
load_file, list_files = Packaged.load_config, Packaged.list


@contextlib.contextmanager
def composed_once() -> Iterator[None]:
    """Compose and read what is packaged once, which would take longer than a small run."""
    with (
        patch("runner.config.compose.compose", compose),
        patch.object(Packaged, "load_config", _load),
        patch.object(Packaged, "list", _list),
    ):
        yield


def compose(
    config_name: str, overrides: list[str], *, return_hydra_config: bool = False
) -> DictConfig:
    """Compose as Hydra does; what is packaged is the same wherever a run goes."""
    if not return_hydra_config or any(line.startswith("hydra.searchpath") for line in overrides):
        return hydra.compose(config_name, overrides, return_hydra_config=return_hydra_config)
    places = [found for line in overrides if (found := PLACE.fullmatch(line))]
    others = tuple(line for line in overrides if not PLACE.fullmatch(line))
    config: DictConfig = pickle.loads(_composed(config_name, others))  # noqa: S301 - made here
    config.hydra.runtime.cwd = str(Path.cwd())
    for place in places:
        config.hydra[place[1]].dir = place[2]
    own = [line for line in overrides if line.lstrip("+~").startswith(("hydra.", "hydra/"))]
    config.hydra.overrides.hydra = own
    return config


@functools.cache
def _composed(config_name: str, overrides: tuple[str, ...]) -> bytes:
    return pickle.dumps(hydra.compose(config_name, list(overrides), return_hydra_config=True))


def _load(source: Any, config_path: str) -> Any:  # noqa: ANN401 - Hydra's own
    return pickle.loads(_loaded(source.provider, source.path, config_path))  # noqa: S301 - as above


@functools.cache
def _loaded(provider: str, path: str, config_path: str) -> bytes:
    return pickle.dumps(load_file(Packaged(provider, f"pkg://{path}"), config_path))


def _list(source: Any, config_path: str, results_filter: Any) -> list[str]:  # noqa: ANN401
    return [*_listed(source.provider, source.path, config_path, results_filter)]


@functools.cache
def _listed(provider: str, path: str, config_path: str, wanted: Any) -> list[str]:  # noqa: ANN401
    found: list[str] = list_files(Packaged(provider, f"pkg://{path}"), config_path, wanted)
    return found
