"""From composed YAML to an ExperimentConfig: every key, type and range checked before any work."""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator, Field, ValidationError

from runner.config.agreement import check_agreement
from runner.config.kinds import GROUPS, STEPS, all_kinds, find_kind, kind_names, plugins_of
from runner.config.messages import explain, unknown_key
from runner.config.options import packaged_defaults
from runner.core.metrics import METRICS, MetricName
from runner.errors import ConfigError
from runner.randomness import generator
from runner.search import SearchSpace
from runner.space import MOST, AlphaRange, Choices, Dimension, Distribution, Range
from runner.spec import Spec
from runner.statistics.bootstrap import Bootstrap

if TYPE_CHECKING:
    from runner.dataset import Dataset
    from runner.evaluation import Evaluation
    from runner.family import Family
    from runner.features import Features
    from runner.imputer import Imputer
    from runner.launcher import Launcher
    from runner.model import Model
    from runner.persistence.formats import Persistence
    from runner.report import Report
    from runner.search import Search
    from runner.split.splitters import Splitter

S = TypeVar("S", bound=Spec)
NotNegativeCount = Annotated[int, Field(ge=0)]
# sections that runs stored by earlier versions do not have
SINCE = {"family": {"name": "gaussian"}, "evaluation": {"name": "standard"}}
OF_STAGES = ("numeric", "categorical", "remainder")  # of columns that no step takes
SEARCHED = ("imputer", "features", "model")


class Cache(Spec):
    """Where fold problems that are slow to make are kept; null is the user's cache folder."""

    folder: str | None
    megabytes: Annotated[int, Field(ge=0)]

    @property
    def path(self) -> Path:
        """The folder."""
        if self.folder is not None:
            return Path(self.folder).expanduser()
        home = os.environ.get("XDG_CACHE_HOME")
        return (Path(home) if home else Path.home() / ".cache") / "enet-runner" / "folds"


def _check_trial_metrics(asked: Any) -> Any:  # noqa: ANN401 - any YAML value
    """One message for all that may be wrong with it; a single metric becomes a list of one."""
    if asked is None or asked == "auto":
        return asked
    listed = asked if isinstance(asked, list) else [asked]
    if not listed or any(metric not in METRICS for metric in listed):
        allowed = f"must be auto, null for all, or a list of some of {', '.join(METRICS)}"
        raise ValueError(f"{asked!r} is not what a trial can record: it {allowed}")
    return listed


class General(Spec):
    """The keys outside the groups."""

    seed: Annotated[int, Field(ge=0)]
    metric: MetricName | None  # None: the family's own
    trial_metrics: Annotated[
        Literal["auto"] | list[MetricName] | None, BeforeValidator(_check_trial_metrics)
    ]
    bootstrap: Bootstrap
    cache: Cache
    reuse: bool
    fail_fast: bool
    retries: NotNegativeCount
    escape_formulas: bool


@dataclass(frozen=True)
class ExperimentConfig:
    """One experiment, validated."""

    general: General
    dataset: Dataset
    split: Splitter
    imputer: Imputer
    features: Features
    family: Family
    model: Model
    search: Search
    evaluation: Evaluation
    persistence: Persistence
    report: Report
    launcher: Launcher

    @property
    def packages(self) -> set[str]:
        """What a run needs beyond what this package does: that of extras, and of plugins."""
        sections: dict[str, Spec] = {group: getattr(self, group) for group in GROUPS}
        plugins = plugins_of({group: getattr(self, group).name for group in GROUPS})
        return {name for each in sections.values() for name in each.packages} | {
            plugin["package"] for plugin in plugins
        }

    @property
    def metric(self) -> MetricName:
        """What the search optimises: by default the family's deviance."""
        return self.general.metric or self.family.metrics[0]

    @property
    def trial_metrics(self) -> tuple[MetricName, ...]:
        """The metrics of every trial, the optimised one among them.

        `auto` is what is cheap for the family: of squared error what moments give, whatever the
        fold problems come from, so that every imputer has the same columns. None is all that there
        is: of a stream, what moments give.
        """
        asked, family = self.general.trial_metrics, self.family
        if asked == "auto" or (asked is None and self.dataset.streams):
            chosen = list(family.trial_metrics)
        else:
            chosen = list(family.metrics) if asked is None else asked
        return tuple(m for m in family.metrics if m in chosen or m == self.metric)

    @property
    def ignored_space(self) -> list[str]:
        """The keys of search.space that only other options of their group have."""
        return [
            key
            for key in self.search.space
            if _field(key) not in _section(self, key).searchable_keys()
        ]

    @property
    def search_space(self) -> SearchSpace:
        """What the search varies, less what the chosen imputer, features and model do not have."""
        applicable = {
            key: dimension
            for key, dimension in self.search.space.items()
            if _field(key) in _section(self, key).searchable_keys()
        }
        return SearchSpace.of(self.model.penalty(), applicable)


def validate(sections: dict[str, Any], *, files: bool = True) -> ExperimentConfig:
    """Check a composed config.

    Args:
        sections: as it was composed.
        files: whether the dataset's file must be there already. One that is gone by the time that a
            sweep goes on is a matter of its own runs.

    Raises:
        ConfigError: names each key that is unknown, missing, of the wrong type or out of range.
    """
    known = [*GROUPS, *General.model_fields]
    unknown = [key for key in sections if key not in known]
    if unknown:
        raise ConfigError("\n".join(unknown_key(key, known) for key in unknown))
    general = _checked(General, {k: sections[k] for k in General.model_fields if k in sections}, "")
    given = {**SINCE, **sections}
    groups = {group: validate_section(group, given.get(group)) for group in GROUPS}
    config = ExperimentConfig(general=general, **groups)  # type: ignore[arg-type]
    if files:
        config.dataset.check()
    _check_space(config)
    check_agreement(config)
    config.search.check(config.search_space)
    _check_size(config)
    return config


def _check_size(config: ExperimentConfig) -> None:
    """Raise ConfigError for a search of more candidates than can be kept."""
    size = config.search.size(config.search_space)
    if size > MOST:
        raise ConfigError(
            f"search={config.search.name} has {size:,} candidates, and {MOST:,} are the most: list "
            "fewer values, or draw some of them, search=random search.n_trials=1000"
        )


def _check_space(config: ExperimentConfig) -> None:
    """Each key of the space must be one of its group's, and each value one that it can take.

    A key that only other options of the group have is passed over, so that a sweep over options
    can share one space.
    """
    for key, dimension in config.search.space.items():
        section = key.partition(".")[0]
        if section not in SEARCHED:
            raise ConfigError(
                f"search.space.{key} is not a key of {', '.join(SEARCHED[:-1])} or {SEARCHED[-1]}"
            )
        if any(key.startswith(f"{STEPS}.{name}.") for name in config.features.row_steps):
            raise ConfigError(
                f"search.space.{key} cannot be searched, as rows are made once, before the search: "
                f"sweep over it instead, enet -m {key}=..."
            )
        spec = _section(config, key)
        chosen_has_it = _field(key) in spec.searchable_keys() - {"name"}
        if not chosen_has_it:
            kinds = all_kinds(section).values()
            known = {name for kind in kinds for name in kind.dotted_keys()} - {"name"}
            if _field(key) not in known:
                raise ConfigError(unknown_key(f"search.space.{key}", sorted(known)))
        if isinstance(dimension, AlphaRange) and key != "model.alpha":
            raise ConfigError(f"search.space.{key} has eps, which only model.alpha can have")
        if not chosen_has_it:
            continue
        for value in _extremes(dimension):
            try:
                spec.having({_field(key): value})
            except ValidationError as error:
                message = explain(error.errors()[0], type(spec), f"search.space.{section}")
                raise ConfigError(message) from error


def _extremes(dimension: Dimension) -> list[Any]:
    """The values of a dimension that must be valid for all of them to be."""
    match dimension:
        case Choices():
            return list(dimension.values)
        case Range():
            return [dimension.low, dimension.high]
        case Distribution():  # any value shows whether its type is right
            return [dimension.draw(generator(0, "space"))]
        case _:
            return []


def _section(config: ExperimentConfig, key: str) -> Spec:
    section: Spec = getattr(config, key.partition(".")[0])
    return section


def _field(key: str) -> str:
    return key.partition(".")[2]


def validate_section(group: str, section: Any) -> Spec:  # noqa: ANN401 - any YAML value
    """Check one group's section, what it leaves out filled in from the packaged option.

    Raises:
        ConfigError: as `validate`.
    """
    if not isinstance(section, dict):
        raise ConfigError(f"{group} is {section!r}, but must be a section: {group}=OPTION")
    names = kind_names(group)
    name = section.get("name")
    if name not in names:
        near = difflib.get_close_matches(str(name), names, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ConfigError(f"{group}.name is {name!r}, but must be one of {', '.join(names)}{hint}")
    values = {**packaged_defaults(group, name), **section}
    if group == "features":
        values["steps"] = _checked_steps(values["steps"])
    return _checked(find_kind(group, name), values, group)


def _checked_steps(given: Any) -> dict[str, Spec]:  # noqa: ANN401 - any YAML value
    """The steps by name, what each leaves out filled in from the packaged file of its kind."""
    if not isinstance(given, dict) or not all(isinstance(one, dict) for one in given.values()):
        raise ConfigError(
            f"{STEPS} is {given!r}, but must be steps by name: "
            "{prices: {kind: spline, columns: [price]}}"
        )
    for name in map(str, given):
        if name in OF_STAGES or "__" in name or "." in name:
            raise ConfigError(
                f"{STEPS} has a step {name!r}, but a step is called neither "
                f"{', '.join(OF_STAGES)} nor anything with a dot or two underscores"
            )
    return {str(name): _checked_step(f"{STEPS}.{name}", one) for name, one in given.items()}


def _checked_step(key: str, given: dict[str, Any]) -> Spec:
    kind, kinds = given.get("kind"), kind_names(STEPS)
    if kind not in kinds:
        near = difflib.get_close_matches(str(kind), kinds, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ConfigError(f"{key}.kind is {kind!r}, but must be one of {', '.join(kinds)}{hint}")
    return _checked(find_kind(STEPS, kind), {**packaged_defaults(STEPS, kind), **given}, key)


def _checked(kind: type[S], values: dict[str, Any], prefix: str) -> S:
    absent = [key for key, value in values.items() if value == "???"]
    if absent:
        keys = [f"{prefix}.{key}" for key in absent]
        raise ConfigError(f"{', '.join(keys)} must be given: {' '.join(f'{k}=...' for k in keys)}")
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        messages = [explain(detail, kind, prefix) for detail in error.errors()]
        raise ConfigError("\n".join(dict.fromkeys(messages))) from error
