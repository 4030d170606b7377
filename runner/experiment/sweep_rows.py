"""The rows of results.csv: from a run's record to a row, ranked, and those that fit a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from runner.core.metrics import loss

if TYPE_CHECKING:
    from pathlib import Path

# overrides and metric that must be alike for scores to be in one order
CONDITIONS = ("dataset", "dataset.path", "dataset.target", "family", "metric")
SCORES = {"cv_mean": "cv_{}", "cv_se": "cv_{}_se", "test_score": "test_{}"}


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
        **{f"expected_{name}": e["score"] for name, e in (record.get("expected") or {}).items()},
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


def ranked(results: pd.DataFrame) -> pd.DataFrame:
    """The rows best first by the CV mean of the metric, failed runs last.

    Scores of different data, families or metrics do not compare: each has its own order.
    """
    losses = [
        np.nan if score is None else loss(metric, float(score))
        for metric, score in zip(results["metric"], _optimised(results, "cv_{}"), strict=True)
    ]
    first = [key for key in CONDITIONS if key in results]
    ordered = results.assign(_loss=losses)
    ordered = ordered.sort_values([*first, "_loss"], na_position="last", kind="stable")
    return ordered.drop(columns="_loss")


def shown(results: pd.DataFrame) -> pd.DataFrame:
    """The columns that fit a screen: what varied, how it went, and the metric."""
    columns = list(results.columns)
    overridden = columns[1 : columns.index("status")]
    varied = [c for c in overridden if len(set(results[c].astype(str))) > 1]
    metrics = results["metric"].unique()
    if len(metrics) > 1:  # each row its own
        own = {name: _optimised(results, form) for name, form in SCORES.items()}
        results, scores = results.assign(**own), ["metric", *SCORES]
    else:
        scores = [form.format(metrics[0]) for form in SCORES.values()]
    wanted = ["run", *varied, "status", *scores, "nrmse", "n_selected", "seconds"]
    return results[[name for name in dict.fromkeys(wanted) if name in results]]


def _optimised(results: pd.DataFrame, form: str) -> list[Any]:
    """A score (n,) of each row, by its own metric; None where there is none."""
    found = []
    for row in results.to_dict(orient="records"):
        value = row.get(form.format(row["metric"]))
        found.append(None if pd.isna(value) else value)
    return found
