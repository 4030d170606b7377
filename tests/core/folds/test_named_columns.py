"""Many columns found by name are those that scikit-learn finds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import StandardScaler

from runner.core.folds.named_columns import MANY, NamedColumns, column_transformer


def test_it_is_scikit_learns_own() -> None:
    """Same columns, names and numbers, with a part that chooses, and as scikit-learn's class."""
    frame = pd.DataFrame(np.random.default_rng(0).random((9, 5)), columns=list("abcde"))
    parts = [("some", StandardScaler(), ["d", "a"]), ("chosen", "passthrough", lambda _: ["b"])]
    keys = {"remainder": "passthrough", "verbose_feature_names_out": False}
    expected = ColumnTransformer(parts, **keys).fit(frame)
    made = NamedColumns(parts, **keys).fit(frame)
    for found in (made, made.plain(), clone(made).fit(frame)):
        np.testing.assert_array_equal(expected.transform(frame), found.transform(frame))
        assert list(expected.get_feature_names_out()) == list(found.get_feature_names_out())
        assert expected.output_indices_ == found.output_indices_
    assert type(made.plain()) is ColumnTransformer
    with pytest.raises(ValueError, match="not columns of the dataframe"):
        NamedColumns([("some", "passthrough", ["a", "x"])]).fit(frame)


def test_it_is_taken_of_many_columns_alone() -> None:
    """Else saved models have no need of it."""
    assert ColumnTransformer is type(column_transformer([], MANY))
    assert NamedColumns is type(column_transformer([], MANY + 1))
