"""From specs to a preparation of columns, and from a fitted Pipeline to one of plain parts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from runner.core.folds import FilledEntries, Preparation
from runner.errors import ConfigError
from runner.features.steps.base import SortedColumns
from runner.randomness import derive_seed
from runner.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Callable

    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import Pipeline

    from runner.core.folds import Columns, FoldSource
    from runner.family import Family
    from runner.features.feature_set import Features
    from runner.imputer import Imputer
    from runner.model import Model

K = TypeVar("K", bound=Spec)


@dataclass(frozen=True)
class Specs:
    """The sections of a config that say what is fitted; a candidate may change the first three.

    Without a family the loss is squared error.
    """

    imputer: Imputer
    features: Features
    model: Model
    family: Family | None = None

    def having(self, values: dict[str, Any]) -> Specs:
        """The same with the values of a candidate, by dotted key; a penalty is left as it is."""
        return Specs(
            imputer=_having(self.imputer, "imputer", values),
            features=_having(self.features, "features", values),
            model=_having(self.model, "model", values),
            family=self.family,
        )


def _having(spec: K, section: str, values: dict[str, Any]) -> K:
    prefix = section + "."
    own = {
        key.removeprefix(prefix): value
        for key, value in values.items()
        if key.startswith(prefix) and key not in {"model.alpha", "model.l1_ratio"}
    }
    return spec.having(own) if own else spec


def prepare(
    specs: Specs, table: Columns, seed: int, gappy: tuple[str, ...] | None = None
) -> Preparation:
    """The preparation of a table's columns that the specs describe.

    Args:
        specs: the config's sections.
        table: the columns.
        seed: of the run.
        gappy: the columns with gaps in the training rows, if they are known.
    """
    return Preparation(
        imputer=specs.imputer,
        features=specs.features,
        columns=SortedColumns(
            table.numeric,
            table.categorical,
            table.text,
            classes=len(table.labels),
            entries=table.entries,
        ),
        roles=table.roles,
        verbose_names=_names_collide(table),
        seed=derive_seed(seed, "imputer"),
        gappy=gappy,
    )


def preparation_of(specs: Specs, folds: FoldSource, seed: int) -> Preparation:
    """The preparation of the columns that folds are made of; see `prepare`."""
    return prepare(specs, folds.table, seed, folds.gappy)


def check_columns(specs: Specs, folds: FoldSource) -> None:
    """Say before the search which of the steps' columns, or the model's rules for them, mean none.

    Raises:
        ConfigError: one does not.
    """
    features, table = specs.features, folds.table
    _check_text(features, table)
    for name, step in features.steps.items():
        if name not in features.row_steps:  # which have replaced theirs already
            step.chosen(name, SortedColumns(table.numeric, table.categorical, table.text))
    if not features.learns:  # else names are known once steps are fitted
        specs.model.check_columns(_possible_names(table, indicated=specs.imputer.indicator))


def _check_text(features: Features, table: Columns) -> None:
    """Texts must have a step that takes them, and such a step must have texts."""
    takes = [name for name, step in features.steps.items() if "text" in step.takes]
    if takes and not table.text:
        raise ConfigError(
            f"features.steps.{takes[0]} takes text, but dataset.text names no column: name those "
            "of free text, dataset.text=[...], or choose features=main_effects"
        )
    if table.text and not takes:
        raise ConfigError(
            f"dataset.text names {', '.join(map(repr, table.text))}, but no step of the features "
            "takes text: choose features=text, or set dataset.text=[]"
        )


def _possible_names(table: Columns, *, indicated: bool | str) -> list[str]:
    """What columns of the model and their sources may be called: gaps and folds decide the rest."""
    verbose = _names_collide(table)
    made: list[tuple[str, str]] = []
    if indicated != "only":
        made = [("numeric", name) for name in table.numeric]
        made += [
            ("categorical", f"{name}_{level}")
            for name in table.categorical
            for level in table.levels(name)
        ]
    if indicated is not False:
        part = "categorical" if indicated == "only" else "indicator"
        marked = [("indicator", name) for name in table.numeric]
        marked += [(part, name) for name in table.categorical if indicated == "only"]
        made += [(kind, f"missingindicator_{name}") for kind, name in marked]
    sources = [] if indicated == "only" else [*table.numeric, *table.categorical, *table.entries]
    named = [f"{part}__{name}" if verbose else name for part, name in made]
    return list(dict.fromkeys([*sources, *named]))


def make_plain(
    pipeline: Pipeline,
    preparation: Preparation,
    features: Any,  # noqa: ANN401 - a data frame, or a sparse matrix
) -> None:
    """Put scikit-learn's own parts in the place of fitted ones of this package.

    Args:
        pipeline: fitted; changed in place.
        preparation: what it was built from.
        features: the rows that it was fitted to.
    """
    from runner.core.folds.named_columns import NamedColumns

    first = pipeline.steps[0][1]
    if isinstance(first, FilledEntries):
        pipeline.steps[0] = ("columns", first.plain())
        return

    def of_imputer(name: str, fitted: Any, chosen: list[str]) -> Any:  # noqa: ANN401
        return preparation.imputer.plain_part(name, fitted, features[list(chosen)])

    def of_step(_: str, fitted: Any, __: list[str]) -> Any:  # noqa: ANN401
        return fitted.plain() if hasattr(fitted, "plain") else fitted

    _replace_parts(pipeline.named_steps["columns"], of_imputer)
    if "features" in pipeline.named_steps:
        _replace_parts(pipeline.named_steps["features"], of_step)
    for at, (name, step) in enumerate(pipeline.steps):
        if isinstance(step, NamedColumns):
            pipeline.steps[at] = (name, step.plain())


def _replace_parts(columns: ColumnTransformer, plain_of: Callable[[str, Any, Any], Any]) -> None:
    """Put something else in the place of each part of a fitted ColumnTransformer."""
    from sklearn.base import clone

    for at, (name, fitted, chosen) in enumerate(columns.transformers_):
        if name == "remainder":
            continue
        plain = plain_of(name, fitted, chosen)
        columns.transformers_[at] = (name, plain, chosen)
        unfitted = plain if isinstance(plain, str) else clone(plain)  # passthrough
        columns.transformers[at] = (name, unfitted, chosen)


def _names_collide(table: Columns) -> bool:
    """Whether two features would have one name: a column a_b, and a level b of a column a."""
    names = Counter(table.numeric)
    names.update(f"missingindicator_{column}" for column in table.numeric)
    for column in table.categorical:
        names.update(f"{column}_{level}" for level in table.levels(column))
    return any(count > 1 for count in names.values())
