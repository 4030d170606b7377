"""Long tables have the bytes that pandas writes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from runner.store.long_table import LONG, long_csv

ODD = [np.nan, np.inf, -np.inf, -0.0, 0, 1, 1e-4, 1e-5, 1e9, 1e15, 1e16, 1e22, 5e-324, 1 / 3]


def numbers_and_words(rows: int) -> pd.DataFrame:
    """Every kind of number, whole and not, beside words that may be missing."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal(rows) * 10.0 ** rng.integers(-320, 308, rows)
    y = rng.standard_normal(rows) * 10.0 ** rng.integers(-6, 12, rows)
    y[: len(ODD)] = ODD
    columns = {"row": np.arange(rows), "x": x, "y": y, "whole": np.rint(y), "cent": y.round(2)}
    words = pd.Series(["oof", "é", "", None] * (rows // 4), dtype="str")
    folds = pd.array([1, 2, 3, None] * (rows // 4), dtype="Int64")
    table = pd.DataFrame(columns).assign(part=words, fold=folds)
    return table.rename(columns={"cent": "x", "whole": 'a "b", c'})


def test_the_bytes_are_those_of_pandas() -> None:
    """Of numbers of every size, with names that occur twice and such as are quoted."""
    table = numbers_and_words(4 * LONG)
    assert table.to_csv(index=False, lineterminator="\n") == long_csv(table)


@pytest.mark.parametrize("text", ["a,b", 'a"b', "a\nb", "a\rb"])
def test_texts_to_be_quoted_are_left_to_pandas(text: str) -> None:
    """One among many is enough."""
    table = numbers_and_words(LONG)
    table.loc[LONG - 1, "part"] = text
    assert long_csv(table) is None


def test_other_tables_are_left_to_pandas() -> None:
    """Those that are short, of one column, or with other values."""
    table = numbers_and_words(LONG)
    assert long_csv(table.iloc[1:]) is None
    assert long_csv(table[["y"]]) is None
    assert long_csv(table.assign(kept=True)) is None
    assert long_csv(table.astype({"y": np.float32})) is None
