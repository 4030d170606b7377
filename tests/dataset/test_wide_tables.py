"""Tables of more than 2,000 numeric columns are looked at as one block, with the same outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from runner.dataset.sparse_file import OutcomeColumns
from runner.dataset.table import make_table
from runner.errors import DataError

if TYPE_CHECKING:
    from runner.records import Table

COLUMNS = 2001


def wide() -> pd.DataFrame:
    """Ten rows of numbers, one of them missing, and a target."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((10, COLUMNS))
    X[3, 5] = np.nan
    frame = pd.DataFrame(X, columns=[f"x{at}" for at in range(COLUMNS)])
    return frame.assign(y=np.arange(10.0))


def table(frame: pd.DataFrame) -> Table:
    """Its table, with the target y."""
    return make_table(frame, OutcomeColumns(["y"]))


def test_the_values_are_those_of_the_frame() -> None:
    """Every column is numeric, and the missing value is still missing."""
    made = table(wide())
    assert COLUMNS == len(made.numeric)
    np.testing.assert_array_equal(wide().to_numpy()[:, :COLUMNS], made.features.to_numpy())


def test_the_hash_is_of_values_and_names() -> None:
    """One value or one name changed gives another hash; the same data the same one."""
    whole = wide()
    other = whole.copy()
    other.iloc[0, 0] = 1.5
    renamed = whole.rename(columns={"x7": "z7"})
    hashes = [table(frame).data_hash for frame in (wide(), whole, other, renamed)]
    assert hashes[0] == hashes[1]
    assert 3 == len(set(hashes))


@pytest.mark.parametrize(
    ("value", "said"), [(np.nan, "'x9' has no value"), (np.inf, "'x9' has 10 infinite")]
)
def test_a_column_that_cannot_be_used_is_named(value: float, said: str) -> None:
    """As in a narrow table."""
    with pytest.raises(DataError, match=said):
        table(wide().assign(x9=value))


def test_integers_become_numbers() -> None:
    """A column of integers among the others is read as it would be in a narrow table."""
    made = table(wide().assign(x9=np.arange(10)))
    assert ({np.dtype(np.float64)}, 4.0) == (set(made.features.dtypes), made.features["x9"][4])
