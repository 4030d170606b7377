"""From specs to a preparation of columns, and to the plain scikit-learn Pipeline of a candidate."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from runner.folds import Preparation
from runner.randomness import derive_seed
from runner.spec import Spec

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.pipeline import Pipeline

    from runner.features import MainEffects
    from runner.folds import Columns
    from runner.imputer import Imputer
    from runner.model import Model
    from runner.records import Candidate, Floats

K = TypeVar("K", bound=Spec)
MANY_ROWS = 2_000  # above which cross products cost less than a few sweeps over the rows
MOST_COLUMNS = 2_000  # above which cross products take too much memory


@dataclass(frozen=True)
class Specs:
    """The three sections of a config that a candidate may change."""

    imputer: Imputer
    features: MainEffects
    model: Model

    def having(self, values: dict[str, Any]) -> Specs:
        """The same with the values of a candidate, by dotted key; a penalty is left as it is."""
        return Specs(
            imputer=_having(self.imputer, "imputer", values),
            features=_having(self.features, "features", values),
            model=_having(self.model, "model", values),
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
        numeric=table.numeric,
        categorical=table.categorical,
        roles=table.roles,
        verbose_names=_names_collide(table),
        seed=derive_seed(seed, "imputer"),
        gappy=gappy,
    )


def build_pipeline(
    specs: Specs, candidate: Candidate, preparation: Preparation, weight: float
) -> Pipeline:
    """An unfitted Pipeline: `columns`, `scaler` if there is one, `model`.

    Args:
        specs: the config's sections; the candidate's values come on top.
        candidate: the penalty, and what else was searched.
        preparation: of the same candidate.
        weight: the sum of the row weights that the Pipeline will be fitted with.
    """
    from sklearn.pipeline import Pipeline

    model = specs.having(candidate.values).model
    estimator = model.estimator(candidate.alpha, candidate.l1_ratio, weight)
    return Pipeline([*preparation.steps(), ("model", estimator)])


def width_of(table: Columns) -> int:
    """About how many columns a model sees: numeric ones, and the levels of the others."""
    return len(table.numeric) + sum(len(list(table.levels(name))) for name in table.categorical)


def use_gram(pipeline: Pipeline, n_rows: int, width: int) -> None:
    """Let a descent over many rows work on their cross products, as scikit-learn can.

    At 20,000 correlated rows of 100 columns it took 0.2 s so, and minutes without. Cross products
    square the condition number, so that columns must have been standardised.

    Args:
        pipeline: unfitted; changed in place.
        n_rows: that it will be fitted to.
        width: about how many columns its model will see.
    """
    model = pipeline.named_steps["model"]
    tall = n_rows >= MANY_ROWS and 2 * width <= n_rows and width <= MOST_COLUMNS
    if tall and "scaler" in pipeline.named_steps and hasattr(model, "precompute"):
        model.set_params(precompute=True)


def fit_parameters(preparation: Preparation, weight: Floats | None) -> dict[str, Any]:
    """Keyword arguments of `Pipeline.fit` that carry row weights (n,) to scaler and model."""
    if weight is None:
        return {}
    return {**preparation.fit_parameters(weight), "model__sample_weight": weight}


def make_plain(pipeline: Pipeline, preparation: Preparation, features: pd.DataFrame) -> None:
    """Put scikit-learn's own parts in the place of fitted ones of this package.

    Args:
        pipeline: fitted; changed in place.
        preparation: what it was built from.
        features: the rows that it was fitted to.
    """
    from sklearn.base import clone

    columns = pipeline.named_steps["columns"]
    for at, (name, fitted, chosen) in enumerate(columns.transformers_):
        if name == "remainder":
            continue
        plain = preparation.imputer.plain_part(name, fitted, features[list(chosen)])
        columns.transformers_[at] = (name, plain, chosen)
        columns.transformers[at] = (name, clone(plain), chosen)


def _names_collide(table: Columns) -> bool:
    """Whether two features would have one name: a column a_b, and a level b of a column a."""
    names = Counter(table.numeric)
    names.update(f"missingindicator_{column}" for column in table.numeric)
    for column in table.categorical:
        names.update(f"{column}_{level}" for level in table.levels(column))
    return any(count > 1 for count in names.values())
