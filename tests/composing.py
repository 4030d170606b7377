"""What is packaged is read, and each of its options composed, once for all tests of a process."""

from __future__ import annotations

import contextlib
import functools
import pickle
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from hydra._internal.sources_registry import SourcesRegistry
from hydra.core.plugins import Plugins
from omegaconf import OmegaConf

from runner.config.compose import Composer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.resources.abc import Traversable

    from runner.config.composed import Composed

PLACE = re.compile(r"hydra\.(run|sweep)\.dir=(?:'([\w./-]+)'|([\w./-]*[A-Za-z][\w./-]*))")
Plugins.instance()  # which registers the source
Packaged: Any = SourcesRegistry.instance().resolve("pkg")
load_file, list_files = Packaged.load_config, Packaged.list
compose_anew = Composer.compose_anew


@contextlib.contextmanager
def composed_once() -> Iterator[None]:
    """Compose what is packaged once, which would take longer than a small run."""
    with (
        patch("runner.config.compose.Composer", composer_of),
        patch.object(Composer, "_compose_choices", _compose_choices),
    ):
        yield


@contextlib.contextmanager
def read_once() -> Iterator[None]:
    """Read each file that is packaged once; what is composed of them is composed anew."""
    with patch.object(Packaged, "load_config", _load), patch.object(Packaged, "list", _list):
        yield


def composer_of(
    config_name: str, *, fixed: tuple[str, ...], folders: Sequence[Traversable] = ()
) -> Composer:
    """Give a composer; over nothing but what is packaged, one that has read it before."""
    if fixed:
        return Composer(config_name, fixed=fixed, folders=folders)
    composer = _composer_of(config_name, tuple(folders))
    composer._shortcut._known.clear()  # which says where a run goes, and was started
    return composer


@functools.cache
def _composer_of(config_name: str, folders: tuple[Traversable, ...]) -> Composer:
    return Composer(config_name, fixed=(), folders=folders)


def _compose_choices(composer: Composer, overrides: tuple[str, ...]) -> Composed:
    """Compose as Hydra does; what is packaged is the same wherever a run goes."""
    if composer._fixed or any("$" in line or "searchpath" in line for line in overrides):
        return compose_anew(composer, list(overrides))
    places = [found for line in overrides if (found := PLACE.fullmatch(line))]
    others = tuple(line for line in overrides if not PLACE.fullmatch(line))
    composed: Composed = pickle.loads(_choices(composer, others))  # noqa: S301 - made here
    hydra = composed.hydra
    hydra["runtime"]["cwd"] = str(Path.cwd())
    for place in places:
        hydra[place[1]]["dir"] = place[2] or place[3]
    own = [line for line in overrides if line.lstrip("+~").startswith(("hydra.", "hydra/"))]
    hydra["overrides"]["hydra"] = own
    here = OmegaConf.create({key: hydra[key]["dir"] for key in ("run", "sweep")})  # and now
    return replace(
        composed,
        hydra_overrides=tuple(own),
        run_dir=Path(here.run),
        sweep_dir=Path(here.sweep),
    )


@functools.cache
def _choices(composer: Composer, overrides: tuple[str, ...]) -> bytes:
    return pickle.dumps(compose_anew(composer, list(overrides)))


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
