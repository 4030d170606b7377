"""The rows of results.csv: from a run's record to a row, ranked, and those that fit a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from runner.core.metrics import loss
from runner.statistics.run_comparison import compared_parts, describe_group, expected_score
from runner.store.comparable import group_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from runner.store.finding import StoredRun

# overrides and metric that must be alike for scores to be in one order
CONDITIONS = ("dataset", "dataset.path", "dataset.target", "family", "metric")
SCORES = {
    "expected": "expected_{}",
    "cv_mean": "cv_{}",
    "cv_se": "cv_{}_se",
    "test_score": "test_{}",
}
NAIVE = ("last_value_{}", "seasonal_naive_{}")  # CV means, of runs that forecast


def row_of(folder: Path, record: dict[str, Any], sweep: Path | None = None) -> dict[str, Any]:
    """A run's row in results.csv, by the name of its folder, or by its path below its sweep's."""
    cv: dict[str, Any] = record.get("cv", {})
    test: dict[str, Any] = record.get("test") or {}
    expected: dict[str, Any] = record.get("expected") or {}
    metric = record["metric"]
    parameters = record.get("best", {}).get("parameters", {})
    return {
        "run": folder.name if sweep is None else folder.relative_to(sweep).as_posix(),
        **record["overrides"],
        "status": record["status"],
        "metric": metric,
        **{f"best_{key}": value for key, value in parameters.items()},
        **_optimised_expected(record),
        f"cv_{metric}": cv.get(metric, {}).get("mean"),
        f"cv_{metric}_se": cv.get(metric, {}).get("se"),
        **{f"cv_{name}": scores["mean"] for name, scores in cv.items() if name != metric},
        **{f"expected_{name}": e["score"] for name, e in expected.items() if name != metric},
        **{f"test_{name}": found["score"] for name, found in test.items() if name in cv},
        **{f"{name}_{metric}": mean for name, mean in _baselines(record).items()},
        **_imputation(record),
        "n_selected": record.get("n_selected"),
        "n_features": record.get("n_features"),
        "seconds": sum(record.get("timings", {}).values()) or None,
        "error": record.get("error"),
    }


def _optimised_expected(record: dict[str, Any]) -> dict[str, float]:
    """What the optimised metric is expected to be on new rows; nothing without scores that tell."""
    score = expected_score(record)
    return {} if score is None else {f"expected_{record['metric']}": score}


def _imputation(record: dict[str, Any]) -> dict[str, float | None]:
    """The error of what was filled in where a mask had hidden values; nothing without a mask."""
    filled = record.get("imputation")
    nrmse = filled and filled["nrmse"]
    return {"nrmse": nrmse["mean"], "nrmse_se": nrmse["se"]} if nrmse else {}


def _baselines(record: dict[str, Any]) -> dict[str, float | None]:
    """The CV mean of each forecast without a model; nothing of a run that forecasts nothing."""
    found = record.get("baselines") or {}
    return {name: own["cv"][record["metric"]]["mean"] for name, own in found.items()}


def against_best(results: pd.DataFrame, runs: Iterable[StoredRun]) -> pd.DataFrame:
    """The rows with `p_best` and `ties`, where any runs can be compared.

    Each is compared with the best of those with the same data, split, seed, family and metric.

    Args:
        results: a row per run.
        runs: the same runs, as they are stored; one is asked for after the other, and let go.
    """
    groups: dict[str, dict[int, Mapping[str, Any]]] = {}
    for at, run in enumerate(runs):
        name = group_name(run)
        if name is not None:
            groups.setdefault(name, {})[at] = compared_parts(run.record)
    groups = {name: records for name, records in groups.items() if len(records) > 1}
    if not groups:
        return results
    p_best, ties = np.full(len(results), np.nan), np.full(len(results), None, dtype=object)
    for records in groups.values():
        described = describe_group(list(records.values()))
        for at, standing in zip(records, described, strict=True):
            p_best[at] = np.nan if standing.p_best is None else standing.p_best
            ties[at] = standing.ties
    return results.assign(p_best=p_best, ties=pd.Series(ties, index=results.index, dtype=object))


def ranked(results: pd.DataFrame) -> pd.DataFrame:
    """The rows best first, failed runs last.

    By the expected score of the metric where all runs with a score have one, else by the CV mean.
    Scores of different data, families or metrics do not compare: each has its own order.
    """
    first = [key for key in CONDITIONS if key in results]
    cv, expected = (np.array(_optimised(results, f), dtype=float) for f in ("cv_{}", "expected_{}"))
    alike = results[first].astype(str).apply(" ".join, axis=1)
    lacking = pd.Series(np.isnan(expected) & ~np.isnan(cv), index=results.index)
    scores = np.where(lacking.groupby(alike).transform("any"), cv, expected)
    losses = [loss(*each) for each in zip(results["metric"], scores, strict=True)]
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
        results, first, scores = results.assign(**own), ["status", "metric"], list(SCORES)
    else:
        first, scores = ["status"], [form.format(metrics[0]) for form in SCORES.values()]
    expected, *others = scores
    wanted = ["run", *varied, *first, expected, "p_best", "ties", *others]
    wanted += [form.format(metric) for metric in metrics for form in NAIVE]
    wanted += ["nrmse", "n_selected", "seconds"]
    return results[[name for name in dict.fromkeys(wanted) if name in results]]


def _optimised(results: pd.DataFrame, form: str) -> list[Any]:
    """A score (n,) of each row, by its own metric; None where there is none."""
    found = []
    for row in results.to_dict(orient="records"):
        value = row.get(form.format(row["metric"]))
        found.append(None if pd.isna(value) else value)
    return found
