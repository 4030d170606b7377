"""The rows of results.csv: from a run's record to a row, ranked, and those that fit a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from runner.core.metrics import LARGER_IS_BETTER

if TYPE_CHECKING:
    from pathlib import Path


def row_of(folder: Path, record: dict[str, Any]) -> dict[str, Any]:
    """A run's row in results.csv."""
    cv: dict[str, Any] = record.get("cv", {})
    test: dict[str, Any] = record.get("test") or {}
    metric = record["metric"]
    parameters = record.get("best", {}).get("parameters", {})
    return {
        "run": folder.name,
        **record["overrides"],
        "status": record["status"],
        "metric": metric,
        **{f"best_{key}": value for key, value in parameters.items()},
        f"cv_{metric}": cv.get(metric, {}).get("mean"),
        f"cv_{metric}_se": cv.get(metric, {}).get("se"),
        **{f"cv_{name}": scores["mean"] for name, scores in cv.items() if name != metric},
        **{f"test_{name}": found["score"] for name, found in test.items() if name in cv},
        **_imputation(record),
        "n_selected": record.get("n_selected"),
        "n_features": record.get("n_features"),
        "seconds": sum(record.get("timings", {}).values()) or None,
        "error": record.get("error"),
    }


def _imputation(record: dict[str, Any]) -> dict[str, float | None]:
    """The error of what was filled in where a mask had hidden values; nothing without a mask."""
    filled = record.get("imputation")
    nrmse = filled and filled["nrmse"]
    return {"nrmse": nrmse["mean"], "nrmse_se": nrmse["se"]} if nrmse else {}


def ranked(results: pd.DataFrame, metric: str) -> pd.DataFrame:
    """The rows best first by the CV mean of the metric, failed runs last.

    Errors on different data do not compare: where datasets differ, each has its own order.
    """
    loss = pd.to_numeric(results[f"cv_{metric}"])
    ordered = results.assign(_loss=-loss if metric in LARGER_IS_BETTER else loss)
    first = [key for key in ("dataset", "dataset.path") if key in results]
    ordered = ordered.sort_values([*first, "_loss"], na_position="last", kind="stable")
    return ordered.drop(columns="_loss")


def shown(results: pd.DataFrame, metric: str) -> pd.DataFrame:
    """The columns that fit a screen: what varied, how it went, and the metric."""
    fixed = ["run", "status", f"cv_{metric}", f"cv_{metric}_se", f"test_{metric}"]
    columns = list(results.columns)
    overridden = columns[1 : columns.index("status")]
    varied = [c for c in overridden if len(set(results[c].astype(str))) > 1]
    rest = [c for c in [*fixed[1:], "nrmse", "n_selected", "seconds"] if c in columns]
    return results[["run", *varied, *rest]]
