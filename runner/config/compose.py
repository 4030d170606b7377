"""From command-line overrides to composed YAML, through Hydra; nothing is validated here."""

from __future__ import annotations

import difflib
import itertools
import re
import warnings
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import yaml
from hydra import compose, initialize_config_dir, initialize_config_module
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import ConfigCompositionException, HydraException, MissingConfigException
from hydra.types import RunMode
from omegaconf import OmegaConf
from omegaconf.errors import (
    ConfigAttributeError,
    ConfigKeyError,
    ConfigTypeError,
    OmegaConfBaseException,
)

from runner.config.composed import from_hydra
from runner.config.data_files import command_for, is_data_file
from runner.config.foreign import refuse_foreign
from runner.config.kinds import GROUPS, all_kinds, plugin_configs
from runner.config.messages import RENAMED, unknown_key
from runner.config.options import no_such_option, packaged_folder
from runner.config.reach import reach_of
from runner.config.shortcut import NotPlainError, Parts, Shortcut
from runner.config.yaml_size import check_sizes
from runner.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from hydra.core.config_loader import ConfigLoader
    from hydra.core.override_parser.types import Override
    from omegaconf import DictConfig

    from runner.config.composed import Composed
    from runner.config.own_sweep import OwnSweep

MODULE = "runner.conf"
QUOTED_KEY = re.compile(r"""([{,]\s*)(["'])(.*?)\2\s*:""")
SPECIAL = re.compile(r"[()\[\]{}:=,]")  # what a key without quotes has to escape
PARSED = 2048  # overrides that are kept, of some 8 KB each
KNOWN_GROUPS = (*GROUPS, "experiment")


@contextmanager
def composer(config_dir: Path | None, config_name: str) -> Iterator[Composer]:
    """A Composer over the packaged configs and, if given, those in `config_dir`.

    Raises:
        ConfigError: `config_dir` is no folder, or has an option with a packaged one's name.
    """
    GlobalHydra.instance().clear()
    if config_dir is not None:
        _check_folder(config_dir)
    own = config_dir.resolve() if config_dir is not None else None
    plugins = [f"file://{folder}" for folder in plugin_configs()]
    if own is not None and (own / f"{config_name}.yaml").is_file():  # Hydra begins where it is
        fixed = _search_in([f"pkg://{MODULE}", *plugins])
        with initialize_config_dir(config_dir=str(own), version_base="1.3", job_name="run"):
            yield Composer(config_name, fixed=fixed)
        return
    folders = [packaged_folder(), *plugin_configs(), *([] if own is None else [own])]
    fixed = _search_in([*plugins, *([] if own is None else [f"file://{own}"])])
    with initialize_config_module(config_module=MODULE, version_base="1.3", job_name="run"):
        yield Composer(config_name, fixed=fixed, folders=folders)


def _search_in(places: list[str]) -> tuple[str, ...]:
    """The override that adds places to look for configs in, if there are any."""
    return (f"hydra.searchpath=[{','.join(map(repr, places))}]",) if places else ()


def _check_folder(config_dir: Path) -> None:
    if not config_dir.is_dir():
        raise ConfigError(f"--config-dir is {str(config_dir)!r}, but there is no such folder")
    packaged = packaged_folder()
    for group in (*GROUPS, "experiment"):
        for file in sorted((config_dir / group).glob("*.yaml")):
            if (packaged / group / file.name).is_file():
                raise ConfigError(f"{file} has the name of a packaged option: give it another")
    check_sizes(config_dir)


class Composer:
    """Turns overrides into jobs, and each job into a composed config."""

    def __init__(
        self, config_name: str, *, fixed: tuple[str, ...], folders: Sequence[Traversable] = ()
    ) -> None:
        """Take the primary config, overrides of every job, and where all options' files are.

        Without folders nothing is presumed of what an option says.
        """
        self.config_name = config_name
        self._fixed = fixed
        self._parser = OverridesParser.create(config_loader=_loader())
        self._reach = cache(lambda group, option: reach_of(group, option, folders))
        self._is_group = cache(
            lambda key: key in KNOWN_GROUPS or ("." not in key and bool(self._options(key)))
        )
        self._read = lru_cache(PARSED)(self._parser.parse_override)
        parts = Parts(self._compose_choices, self._is_group, self._reach)
        self._shortcut = Shortcut(parts)
        self._own_sweeps: dict[tuple[str, ...], OwnSweep] = {}

    def jobs(self, overrides: list[str], *, multirun: bool) -> tuple[list[list[str]], bool]:
        """The overrides of every job, and whether they make a sweep.

        A config whose `hydra.mode` is MULTIRUN, or which has a `sweep`, is a sweep without being
        asked; its `hydra.sweeper.params` and its product count unless an override names the same
        key.

        Raises:
            ConfigError: an override cannot be read, or is a sweep where none was asked for.
        """
        parsed = self._parse(overrides)
        refuse_foreign([str(override.input_line) for override in parsed])
        jobs: list[list[str]] = []
        swept = multirun
        for job in _product(parsed):
            own_sweep = self._own_sweep(job)
            swept = swept or own_sweep.wanted
            jobs += self._unfold(job, own_sweep) if swept else [job]
        if not swept:
            _refuse_sweeps(parsed)
        if not jobs:
            raise ConfigError("sweep.exclude leaves no run: exclude less, or override other keys")
        return jobs, swept

    def _unfold(self, job: list[str], own_sweep: OwnSweep) -> list[list[str]]:
        """The jobs that a job becomes where its config brings a sweep; keys that it names stay."""
        given = {override.split("=")[0].lstrip("+") for override in job}
        params = [f"{key}={value}" for key, value in own_sweep.params.items() if key not in given]
        jobs = [
            [*job, *more, *combination]
            for more in _product(self._parse(params))
            for combination in own_sweep.products(given)
        ]
        return [each for each in jobs if not own_sweep.excludes(each, self._value_of)]

    def _value_of(self, override: str) -> Any:  # noqa: ANN401 - any value that can be typed
        return self._read(override).value()

    def compose(self, job: list[str], number: int | None = None) -> Composed:
        """One job's config.

        Raises:
            ConfigError: a group has no such option, or a key does not exist.
        """
        try:
            read = [self._read(override) for override in job]
            return self._shortcut.of(read, self._fixed, number)
        except (NotPlainError, HydraException):
            return self.compose_anew(job, number)

    def compose_anew(self, job: list[str], number: int | None = None) -> Composed:
        """The same config by Hydra alone.

        Raises:
            ConfigError: as `compose`.
        """
        refuse_foreign(job)
        counted = [f"hydra.job.num={number}"] if number is not None else []
        config = self._compose_anew([*self._fixed, *counted, *job])
        try:
            return from_hydra(config)
        except OmegaConfBaseException as error:
            raise ConfigError(_first_line(error)) from error

    def text(self, job: list[str], part: str, *, resolve: bool) -> str:
        """The composed config as YAML: that of the `job`, of `hydra`, or `all`.

        Raises:
            ConfigError: as `compose`, and with `resolve` where an interpolation leads nowhere.
        """
        refuse_foreign(job)
        config = self._compose_anew([*self._fixed, *job])
        own = [str(key) for key in config if key not in {"hydra", "sweep"}]
        keys = {"job": own, "hydra": ["hydra"]}.get(part, ["hydra", *own])
        try:
            config.hydra.runtime.output_dir = config.hydra.run.dir
            if OmegaConf.is_missing(config.hydra.job, "num"):
                config.hydra.job.num = 0
            if resolve:
                OmegaConf.resolve(config)
            return OmegaConf.to_yaml(OmegaConf.masked_copy(config, keys))
        except OmegaConfBaseException as error:
            raise ConfigError(_first_line(error)) from error

    def defaults(self, job: list[str]) -> list[tuple[str, str]]:
        """The files that a job's config is merged from, in their order, each with its section."""
        self.compose(job)  # which refuses what cannot be
        merged = _loader().compute_defaults_list(
            self.config_name, [*self._fixed, *job], RunMode.RUN
        )
        named = [(each.config_path or "", each.package or "") for each in merged.defaults]
        return [each for each in named if not each[0].startswith("hydra/")]

    def _compose_choices(self, overrides: tuple[str, ...]) -> Composed:
        return self.compose_anew(list(overrides))

    def _options(self, group: str) -> list[str]:
        return _loader().get_group_options(group, None, self.config_name, list(self._fixed))

    def _own_sweep(self, job: list[str]) -> OwnSweep:
        """The sweep that the choices of a job bring; the values of other keys have no say in it."""
        told = tuple(override for override in job if self._may_bring_sweep(override))
        if told not in self._own_sweeps:
            self._own_sweeps[told] = self.compose(list(told)).own_sweep
        return self._own_sweeps[told]

    def _may_bring_sweep(self, override: str) -> bool:
        key = override.lstrip("+~").partition("=")[0].partition("@")[0]
        return "/" in key or key.startswith("hydra.") or self._is_group(key)

    def _compose_anew(self, overrides: list[str]) -> DictConfig:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                return compose(self.config_name, overrides, return_hydra_config=True)
        except MissingConfigException as error:
            raise ConfigError(_no_such_option(error)) from error
        except ConfigCompositionException as error:
            forced = _force(overrides, error.__cause__)
            if forced is not None:
                return self._compose_anew(forced)
            raise ConfigError(self._cannot_compose(error)) from error
        except yaml.YAMLError as error:
            raise ConfigError(_no_yaml(error)) from error
        except UnicodeDecodeError as error:
            raise ConfigError(f"a config file is not UTF-8: {error}") from error
        except (HydraException, OmegaConfBaseException, UserWarning, ValueError) as error:
            raise ConfigError(_first_line(error)) from error

    def _parse(self, overrides: list[str]) -> list[Override]:
        parsed: list[Override] = []
        for override in overrides:
            try:
                parsed += self._parser.parse_overrides([override])
            except HydraException as error:
                literal = _quoted(override)  # such as a path with ~, or a separator
                if literal is None:
                    raise ConfigError(_unreadable(override, error)) from error
                try:
                    parsed += self._parser.parse_overrides([literal])
                except HydraException:
                    raise ConfigError(_unreadable(override, error)) from error
        return parsed

    def _cannot_compose(self, error: Exception) -> str:
        """Hydra's complaint in our words, with the nearest key there is."""
        message = str(error) or str(error.__cause__)
        if "Cannot merge DictConfig with ListConfig" in message:
            place = message.partition(":")[0]
            return f"{place}: a list stands where there is a section: write it as {{values: [...]}}"
        quoted = message.split("'")
        if "Could not override" not in message or len(quoted) < 2:  # noqa: PLR2004
            return " ".join(message.split())
        key = quoted[1]
        if key in RENAMED:
            return unknown_key(key, [])
        known = sorted(_keys(OmegaConf.to_container(compose(self.config_name, list(self._fixed)))))
        near = difflib.get_close_matches(key, known, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        more = f" (to add it, write +{key})" if key.startswith("search.space.") else ""
        return f"{key} is not a key of this config{hint}{more}"


def _loader() -> ConfigLoader:
    return GlobalHydra.instance().config_loader()


def _product(overrides: list[Override]) -> list[list[str]]:
    """Every combination of the values that the overrides sweep over."""
    choices: dict[str, list[str]] = {}
    for override in overrides:
        key = override.get_key_element()
        if not override.is_sweep_override():
            choices[key] = [f"{key}={override.get_value_element_as_str()}"]
        elif override.is_discrete_sweep():
            choices[key] = [f"{key}={value}" for value in override.sweep_string_iterator()]
        else:
            raise ConfigError(
                f"{override.input_line}: a sweep over an interval has no list of values; "
                "search.space takes ranges"
            )
    return [list(combination) for combination in itertools.product(*choices.values())]


def _force(overrides: list[str], cause: BaseException | None) -> list[str] | None:
    """The overrides with the one that Hydra could not merge made to count, or None.

    Hydra neither replaces a section by a list, or a list by a section, nor adds to a section what
    it did not have; `model.alpha`, which can be written in many ways, needs all of that.
    """
    full_key = str(getattr(cause, "full_key", None))
    for at, override in enumerate(overrides):
        key, _, value = override.partition("=")
        if isinstance(cause, ConfigTypeError) and full_key == key.removeprefix("++"):
            return [*overrides[:at], f"~{full_key}", f"+{full_key}={value}", *overrides[at + 1 :]]
        within = full_key.startswith(f"{key}.") and key not in KNOWN_GROUPS  # not model=ridge
        if isinstance(cause, ConfigKeyError) and within:
            return [*overrides[:at], f"++{override}", *overrides[at + 1 :]]
        left_out = isinstance(cause, ConfigAttributeError) and full_key == key
        if left_out and _is_field(key):  # a file of the user's own need not name every key
            return [*overrides[:at], f"++{override}", *overrides[at + 1 :]]
    return None


def _is_field(key: str) -> bool:
    """Whether some option of a group has that key."""
    group, _, field = key.partition(".")
    kinds = all_kinds(group).values() if group in GROUPS else ()
    return any(field in kind.model_fields for kind in kinds)


def _quoted(override: str) -> str | None:
    """The override with its value taken literally, or, if it has quotes, without those of keys.

    None if it has no value, or quotes elsewhere alone.
    """
    key, equals, value = override.partition("=")
    if not equals or not value or value.endswith("\\"):
        return None
    if set(value) & set("'\""):  # Hydra reads {age: 0}, but not {"age": 0}
        bare = QUOTED_KEY.sub(
            lambda found: found[1] + SPECIAL.sub(r"\\\g<0>", found[3]) + ":", value
        )
        return None if bare == value else f"{key}={bare}"
    return f"{key}='{value}'"


def _refuse_sweeps(overrides: list[Override]) -> None:
    for override in overrides:
        if override.is_sweep_override():
            raise ConfigError(
                f"{override.input_line} is a sweep: add -m to run each value, or write a list in "
                "brackets"
            )


def _unreadable(override: str, error: BaseException) -> str:
    if "=" not in override:
        return f"{override!r} is not KEY=VALUE or GROUP=OPTION"
    return f"cannot read {override!r}: {_first_line(error)}"


def _no_such_option(error: MissingConfigException) -> str:
    wanted = str(error.missing_cfg_file)
    group, _, option = wanted.rpartition("/")
    options = error.options or []
    if not group:
        near = difflib.get_close_matches(option, options, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        return f"there is no config named {option!r}{hint}"
    if wanted.startswith("dataset/") and is_data_file(wanted):
        file = wanted.removeprefix("dataset/")
        return f"dataset is {file!r}, a data file; to run it: {command_for(file)}"
    if not options:
        return f"there is no config {wanted!r}: {group} has no options, or none of that name"
    return no_such_option(group, option, options)


def _no_yaml(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    place = f"{mark.name}, line {mark.line + 1}" if mark is not None else "a config file"
    return f"{place} is not YAML: {getattr(error, 'problem', None) or _first_line(error)}"


def _keys(node: Any, prefix: str = "") -> list[str]:  # noqa: ANN401 - any YAML value
    if not isinstance(node, dict):
        return [prefix]
    nested = [_keys(v, f"{prefix}.{k}" if prefix else str(k)) for k, v in node.items()]
    return [prefix, *itertools.chain(*nested)] if prefix else list(itertools.chain(*nested))


def _first_line(error: BaseException) -> str:
    text = str(error) or str(error.__cause__) or type(error).__name__
    return text.strip().splitlines()[0]
