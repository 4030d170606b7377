"""A validated config comes in; what one section needs of another is refused where it lacks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.config.kinds import all_kinds
from runner.config.protection import check_protection
from runner.config.sparse_agreement import check_sparse
from runner.core.metrics import FROM_MOMENTS, METRICS
from runner.errors import ConfigError
from runner.features.looking_back import check_sections

if TYPE_CHECKING:
    from runner.config.schema import ExperimentConfig
    from runner.dataset import Dataset
    from runner.family import Family
    from runner.model import Model

PAIR = 2  # of folds, which are left out together


def check_agreement(config: ExperimentConfig) -> None:
    """Whether the sections go together.

    Raises:
        ConfigError: names the first key that does not, and what to choose instead.
    """
    _check_family(config)
    _check_transform(config)
    _check_evaluation(config)
    config.persistence.check_holds(config.imputer)
    if config.dataset.streams:
        _check_stream(config)
    if config.dataset.is_sparse:
        check_sparse(config)
    _check_relax(config)
    check_protection(config)
    _check_folds(config)
    check_sections(config.features, config.dataset, config.family)
    _check_workers(config)


def _check_workers(config: ExperimentConfig) -> None:
    """Whether the launcher can start the workers of the search."""
    search, launcher = config.search, config.launcher
    wanted, most = search.started_workers, getattr(launcher, "workers", None)
    if wanted == 1:
        return
    if launcher.in_this_process:
        raise ConfigError(
            f"search.workers is {wanted}, but launcher={launcher.name} starts no processes: choose "
            "launcher=processes"
        )
    if getattr(search, "storage", None) is None and launcher.name != "processes":
        raise ConfigError(
            f"search.workers is {wanted}, and launcher={launcher.name} may start them on other "
            "machines, which a journal in the run's folder does not serve: set search.storage, or "
            "choose launcher=processes"
        )
    if most is not None and most < wanted:
        raise ConfigError(
            f"search.workers is {wanted}, but launcher.workers is {most}: raise it to {wanted}, or "
            "set launcher.workers=null"
        )


def _check_family(config: ExperimentConfig) -> None:
    """The metrics and the columns' roles must be the family's; another's name their own."""
    _check_outcome(config.family, config.dataset)
    general, family = config.general, config.family
    listed = general.trial_metrics if isinstance(general.trial_metrics, list) else []
    asked = [("trial_metrics", metric) for metric in listed]
    if general.metric is not None:
        asked.insert(0, ("metric", general.metric))
    for key, metric in asked:
        if metric not in family.metrics:
            raise ConfigError(
                f"{key} is {metric!r}, which family={family.name} does not have: choose among "
                f"{', '.join(family.metrics)}"
            )
    _check_bounds(config.family, config.model)
    for name, step in config.features.steps.items():
        step.check_family(name, family)


def _check_outcome(family: Family, dataset: Dataset) -> None:
    """Refuse roles of columns that the family has no use for, and the lack of what it needs."""
    takes = {
        "event": family.takes_event,
        "offset": family.takes_offset,
        "exposure": family.takes_offset,
    }
    for key, taken in takes.items():
        name = getattr(dataset, key, None)
        if name is not None and not taken:
            raise ConfigError(
                f"dataset.{key} is {name!r}, which family={family.name} has no use for: choose "
                f"family={_families_that_take(key)}, or set dataset.{key}=null, and if the column "
                "is no feature, put it into dataset.drop"
            )
    if family.takes_event and getattr(dataset, "event", None) is None:
        raise ConfigError(
            f"family={family.name} needs dataset.event: name the column that is 1 where the target "
            "is the time of an event, and 0 where of censoring"
        )


def _families_that_take(role: str) -> str:
    """Those for which a column with that role may be named."""
    flag = "takes_event" if role == "event" else "takes_offset"
    kinds = all_kinds("family").items()
    *names, last = sorted(name for name, kind in kinds if getattr(kind, flag, False))
    return f"{', '.join(names)} or {last}" if names else last


def _check_transform(config: ExperimentConfig) -> None:
    """Refuse a transformed target where its scores cannot be had in the target's units."""
    dataset, multiple = config.dataset, "imputer.multiple"
    if dataset.transform is None:
        if dataset.smearing:
            raise ConfigError(
                "dataset.smearing is true, but there is no transform to undo: set "
                "dataset.transform=log, sqrt or yeo-johnson, or dataset.smearing=false"
            )
        return
    several = isinstance(getattr(dataset, "target", None), list)
    once = config.imputer.draws == 1 and multiple not in config.search.space
    needs = {
        "family=gaussian": config.family.name == "gaussian",
        "dataset.target of one column": not several,
        "the rows in memory, with dataset.stream=false": not dataset.streams,
        f"values that are imputed once, with {multiple}=null": once,
    }
    _check_needs(f"dataset.transform={dataset.transform}", "dataset.transform=null", needs)


def _check_evaluation(config: ExperimentConfig) -> None:
    """What needs a loss of each row, and folds to leave out two of, must have them."""
    evaluation, folds = config.evaluation, config.split.exchangeable
    rows = {
        "metric=mse or metric=mae": config.metric in {"mse", "mae"},
        "family=gaussian": config.family.name == "gaussian",
        "dataset.stream=false": not config.dataset.streams,
        "dataset.weight=null": getattr(config.dataset, "weight", None) is None,
    }
    pairs = {
        "split=kfold, grouped or repeated, with at least 4 folds": folds > PAIR + 1,
        "evaluation.nested to be auto or true": evaluation.nested is not False,
    }
    once = {"imputer.rows.drop=null": config.imputer.rows.drop is None}
    if evaluation.interval == "bates":
        _check_needs("evaluation.interval=bates", "evaluation.interval=nested_naive", rows | pairs)
    if evaluation.bbc:
        _check_needs("evaluation.bbc=true", "evaluation.bbc=false", rows | once)


def _check_needs(asked: str, instead: str, needs: dict[str, bool]) -> None:
    """Refuse what was asked for, with the first of its needs that is not met."""
    for need, met in needs.items():
        if not met:
            raise ConfigError(f"{asked} needs {need}; or choose {instead}")


def _check_folds(config: ExperimentConfig) -> None:
    """Refuse to keep the folds' models where no interval can be made of them."""
    if not config.persistence.folds:
        return
    once = config.imputer.draws == 1 and "imputer.multiple" not in config.search.space
    needs = {
        "family=gaussian": config.family.name == "gaussian",
        "split=kfold or grouped, which have each row in one fold": config.split.name
        in {"kfold", "grouped"},
        "dataset.stream=false": not config.dataset.streams,
        "dataset.smearing=false": not config.dataset.smearing,
        "values that are imputed once, with imputer.multiple=null": once,
    }
    _check_needs("persistence.folds=true", "persistence.folds=false", needs)


def _check_bounds(family: Family, model: Model) -> None:
    """Refuse limits of coefficients where features are in or out for all targets together."""
    if family.takes_limits or not (model.positive or model.limits):
        return
    key, none = ("positive", "false") if model.positive else ("limits", "{}")
    raise ConfigError(
        f"model.{key} is not for family={family.name}, whose features are in or out for all "
        f"targets: set model.{key}={none}, or family=gaussian with one target at a time"
    )


def _check_stream(config: ExperimentConfig) -> None:
    """Refuse what needs the rows in memory."""
    general, imputer, splitter = config.general, config.imputer, config.split
    asked = general.trial_metrics if isinstance(general.trial_metrics, list) else []
    if not config.family.squared:
        raise _needs_rows(f"family={config.family.name}", "family=gaussian")
    wanted = {"metric": [config.metric], "trial_metrics": asked}
    usable = ", ".join(m for m in METRICS if m in FROM_MOMENTS)
    for key, metrics in wanted.items():
        rest = [metric for metric in metrics if metric not in FROM_MOMENTS]
        if rest:
            raise _needs_rows(f"{key}={rest[0]}", f"among {usable}")
    if config.dataset.mask is not None:
        raise _needs_rows("dataset.mask", "dataset.mask=null")
    _check_streamed_roles(config.dataset)
    if config.features.steps:
        raise _needs_rows("features.steps", "features=main_effects")
    by_rows = imputer.key_of_rows()
    if by_rows is not None:
        mild = "imputer=mean, constant, zero or none"
        raise _needs_rows(by_rows, mild if by_rows.startswith("imputer=") else "another value")
    split = splitter.by_hash()
    if split is None:
        raise _needs_rows(f"split={splitter.name}", "split=kfold, grouped or holdout")
    if split.by_group and getattr(config.dataset, "group", None) is None:
        raise ConfigError(
            f"split={splitter.name} needs dataset.group: name the column that holds it"
        )


def _check_streamed_roles(dataset: Dataset) -> None:
    """Refuse the columns' roles that need the rows in memory."""
    for key in ("dates", "text"):
        if getattr(dataset, key, None):
            raise _needs_rows(f"dataset.{key}", f"dataset.{key}=[]")
    if isinstance(getattr(dataset, "target", None), list):
        raise _needs_rows("dataset.target with several columns", "one of them")


def _needs_rows(key: str, instead: str) -> ConfigError:
    return ConfigError(
        f"{key} needs the rows in memory, but dataset.stream is true: "
        f"choose {instead}, or set dataset.stream=false"
    )


def _check_relax(config: ExperimentConfig) -> None:
    """Refuse relaxed coefficients where least squares are no answer."""
    if not config.search_space.relaxes:
        return
    if not config.family.squared:
        raise ConfigError(
            f"model.relax is not 1, but family={config.family.name} has no relaxed fits: set "
            "model.relax=1, or choose family=gaussian"
        )
    bounds = {"positive": "false", "limits": "{}"}
    searched = config.search.space
    for key, none in bounds.items():
        if getattr(config.model, key) or f"model.{key}" in searched:
            raise ConfigError(
                f"model.relax is not 1, but least squares do not keep to model.{key}: set "
                f"model.relax=1 or model.{key}={none}"
            )
