"""Fill from the nearest rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from runner.imputer.base import Imputer
from runner.spec import Count

if TYPE_CHECKING:
    from typing import Any

    import pandas as pd
    from sklearn.impute import KNNImputer
    from sklearn.pipeline import Pipeline

    from runner.imputer.neighbours import NearestRows


MANY = 2000  # columns, above which KNNImputer's copies of its rows are most of what there is


class Knn(Imputer):
    """The mean of the nearest rows that have the value (Troyanskaya et al. 2001)."""

    takes_blocks: ClassVar[bool] = True
    keeps_rows: ClassVar[bool] = True
    name: Literal["knn"]
    n_neighbors: Count
    weights: Literal["uniform", "distance"]

    def numeric(self, seed: int) -> NearestRows:
        """The numbers of scikit-learn's KNNImputer; `seed` is not used."""
        from runner.imputer.neighbours import NearestRows

        del seed
        return NearestRows(n_neighbors=self.n_neighbors, weights=self.weights)

    def plain(self, fitted: NearestRows, columns: pd.DataFrame) -> KNNImputer | Pipeline:
        """A KNNImputer of the same rows; a column without any value is filled beside it.

        KNNImputer would overwrite such a column, and leave it out of the features' names.
        """
        import numpy as np
        import pandas as pd
        from sklearn.compose import ColumnTransformer
        from sklearn.impute import KNNImputer, SimpleImputer
        from sklearn.pipeline import Pipeline

        nearest = KNNImputer(
            n_neighbors=self.n_neighbors, weights=self.weights, keep_empty_features=True
        )
        hollow = np.isnan(fitted.values_).all(axis=0)
        rows = pd.DataFrame(fitted.values_, columns=columns.columns, copy=False)
        if not hollow.any():
            return nearest.set_params(copy=False).fit(rows).set_params(copy=True)
        zero = SimpleImputer(strategy="constant", fill_value=0.0, keep_empty_features=True)
        seen, unseen = np.flatnonzero(~hollow).tolist(), np.flatnonzero(hollow).tolist()
        fill = ColumnTransformer(
            [("nearest", nearest, seen), ("zero", zero, unseen)], verbose_feature_names_out=False
        )
        back = np.argsort([*seen, *unseen]).tolist()
        order = ColumnTransformer([("order", "passthrough", back)], verbose_feature_names_out=False)
        return Pipeline([("fill", fill), ("order", order)]).fit(rows)


def without_copies(pipeline: Any) -> Any:  # noqa: ANN401 - any saved model
    """A saved Pipeline whose KNNImputer of very many columns, if it has one, takes little memory.

    KNNImputer makes four arrays of the size of the rows that it was fitted to, and NearestRows some
    columns of them at a time. Weighted by distance their numbers are not the same to the last
    digits, so that a KNNImputer stays.
    """
    from copy import copy

    columns: Any = getattr(pipeline, "named_steps", {}).get("columns")
    parts = getattr(columns, "transformers_", [])
    lighter = [(name, _lighter(fitted), names) for name, fitted, names in parts]
    if all(new[1] is old[1] for new, old in zip(lighter, parts, strict=True)):
        return pipeline
    columns, same = copy(columns), copy(pipeline)
    columns.transformers_ = lighter
    same.steps = [(name, columns if name == "columns" else step) for name, step in pipeline.steps]
    return same


def _lighter(fitted: Any) -> Any:  # noqa: ANN401 - any transformer
    from sklearn.impute import KNNImputer

    from runner.imputer.neighbours import NearestRows

    if (
        type(fitted) is not KNNImputer
        or fitted.weights != "uniform"
        or fitted.n_features_in_ <= MANY
    ):
        return fitted
    nearest = NearestRows(n_neighbors=fitted.n_neighbors).fit(fitted._fit_X)  # noqa: SLF001
    for name in ("feature_names_in_", "_sklearn_output_config"):
        if hasattr(fitted, name):
            setattr(nearest, name, getattr(fitted, name))
    return nearest
