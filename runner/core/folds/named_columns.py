"""A ColumnTransformer that finds very many columns by name without a pass over all for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sklearn.compose import ColumnTransformer

if TYPE_CHECKING:
    import pandas as pd

MANY = 2000  # columns, of which scikit-learn's own begins to take longer than all that it does


class NamedColumns(ColumnTransformer):  # type: ignore[misc]
    """scikit-learn's ColumnTransformer of columns by name, or of what chooses such.

    scikit-learn (1.9) looks for each name in a list of all of them: p columns take p^2 comparisons,
    20,000 some seconds and 100,000 some minutes, at every fit.
    """

    def plain(self) -> ColumnTransformer:
        """The same as scikit-learn's own, fitted if this is."""
        own = ColumnTransformer(self.transformers)
        vars(own).update(vars(self))
        return own

    def _validate_column_callables(self, X: pd.DataFrame) -> None:
        """What scikit-learn's own sets: the columns of each part, by name and by position."""
        position = {name: at for at, name in enumerate(X.columns)}
        chosen = {
            part: columns(X) if callable(columns) else columns
            for part, _, columns in self.transformers
        }
        absent = {name for names in chosen.values() for name in names} - set(position)
        if absent:
            raise ValueError(f"Some column names are not columns of the dataframe: {absent}")
        self._columns = list(chosen.values())
        self._transformer_to_input_indices = {
            part: [position[name] for name in names] for part, names in chosen.items()
        }


def column_transformer(
    parts: list[tuple[str, Any, Any]],
    n_columns: int,
    **keys: Any,  # noqa: ANN401 - of scikit-learn
) -> ColumnTransformer:
    """An unfitted ColumnTransformer of columns by name, scikit-learn's own unless they are many.

    Args:
        parts: name, unfitted transformer, its columns.
        n_columns: of the table.
        keys: of ColumnTransformer.
    """
    kind = NamedColumns if n_columns > MANY else ColumnTransformer
    return kind(parts, **keys)
