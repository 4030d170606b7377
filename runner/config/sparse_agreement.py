"""A config whose features are a sparse matrix comes in; what would make it dense is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.errors import ConfigError

if TYPE_CHECKING:
    from runner.config.schema import ExperimentConfig

MILD = "imputer=mean, median, most_frequent, constant, zero or none"


def check_sparse(config: ExperimentConfig) -> None:
    """Refuse what needs columns of their own.

    Raises:
        ConfigError: names the first key that does, and what to choose instead.
    """
    imputer, dataset = config.imputer, f"dataset={config.dataset.name}"
    refused = (
        (imputer.fills and not imputer.by_column, f"imputer={imputer.name}", MILD),
        (imputer.draws > 1, "imputer.multiple", "imputer.multiple=null"),
        (imputer.indicator is not False, "imputer.indicator", "imputer.indicator=false"),
        (imputer.delta != 0, "imputer.delta", "imputer.delta=0"),
        (imputer.columns.drop is not None, "imputer.columns.drop", "imputer.columns.drop=null"),
        (imputer.rows.drop is not None, "imputer.rows.drop", "imputer.rows.drop=null"),
        (bool(config.features.steps), "features.steps", "features=main_effects"),
        (config.dataset.mask is not None, "dataset.mask", "dataset.mask=null"),
        (config.evaluation.explain, "evaluation.explain=true", "evaluation.explain=false"),
    )
    for is_asked, key, instead in refused:
        if is_asked:
            raise _refusal(key, dataset, instead)
    for key in config.search_space.dimensions:
        section, _, field = key.partition(".")
        if section == "imputer" and field != "value":
            raise _refusal(f"search.space.{key}", dataset, "a space without it")


def _refusal(key: str, dataset: str, instead: str) -> ConfigError:
    return ConfigError(
        f"{key} is not for {dataset}, whose features stay one sparse matrix: choose {instead}"
    )
