"""A sparse matrix, or very many columns, come in; what is said of them goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from runner.core.folds import gap_counts

if TYPE_CHECKING:
    from runner.records import SparseColumns, Table


def describe_matrix(matrix: SparseColumns) -> dict[str, Any]:
    """Its size and what is missing in it, with the keys of any table, and its entries."""
    X = matrix.X
    n, p = X.shape
    gaps = np.isnan(X.data)
    rows = np.searchsorted(X.indptr, np.flatnonzero(gaps), side="right")
    return {
        "numeric": p,
        "categorical": 0,
        "missing_share": float(gaps.sum()) / max(n * p, 1),
        "rows_with_missing": len(np.unique(rows)),
        "entries": int(X.nnz),
        "density": float(X.nnz) / max(n * p, 1),
    }


def missing_entries(matrix: SparseColumns) -> dict[str, int]:
    """How many entries of each column are missing, of those that miss any."""
    counts = gap_counts(matrix.X)
    return {matrix.names[at]: int(counts[at]) for at in np.flatnonzero(counts)}


def describe_entries(matrix: SparseColumns) -> dict[str, Any]:
    """What a saved model expects: one matrix, whose columns are in columns.csv."""
    described = describe_matrix(matrix)
    return {
        "name": "matrix",
        "kind": "sparse",
        "columns": described["numeric"],
        "missing_share": described["missing_share"],
    }


def describe_many(table: Table) -> list[dict[str, Any]]:
    """What a saved model expects of very many numeric columns: their names; of others all."""
    X = table.features[list(table.numeric)]
    described: dict[str, Any] = {"name": "numeric columns", "kind": "numeric"}
    described |= {"columns": len(table.numeric), "missing_share": float(X.isna().to_numpy().mean())}
    others = [{"name": name, "kind": "categorical"} for name in table.categorical]
    others += [{"name": name, "kind": "text"} for name in table.text]
    return [described | {"names": list(table.numeric)}, *others]


def columns_table(matrix: SparseColumns) -> pd.DataFrame:
    """columns.csv: a row per column, in the order that a saved model expects."""
    return pd.DataFrame(
        {
            "position": np.arange(len(matrix.names)),
            "feature": list(matrix.names),
            "entries": np.bincount(matrix.X.indices, minlength=len(matrix.names)),
            "missing": gap_counts(matrix.X),
        }
    )
