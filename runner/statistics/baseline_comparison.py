"""Records of a sweep's runs come in; each one's difference from its baseline goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import yaml

from runner.core.metrics import IDEAL, LARGER_IS_BETTER, loss
from runner.errors import ConfigError
from runner.statistics.holm import holm
from runner.statistics.paired_comparison import LEVEL, compare_folds, fold_differences
from runner.statistics.run_comparison import (
    expected_score,
    rows_ratio,
    unselected_folds,
    why_incomparable,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from runner.core.metrics import MetricName
    from runner.records import Floats
    from runner.statistics.paired_comparison import Paired

    Overrides = Mapping[str, str]
    Baseline = Mapping[str, bool | int | float | str | None]

UNTESTED = (
    "differences without an interval are of scores that candidates were chosen by, which favour "
    "the run with more of them (evaluation.nested=true: scores that no choice has seen)"
)


def check_baseline(baseline: Baseline, runs: Sequence[Overrides]) -> None:
    """Refuse a baseline that no run of a sweep has, or whose folds are not those of the others.

    Raises:
        ConfigError: see above.
    """
    for key in baseline:
        if key.split(".")[0] in {"seed", "split", "dataset"} and "dataset.mask" not in key:
            raise ConfigError(
                f"report.baseline names {key}, but runs that differ in it have other folds, and "
                "cannot be compared fold by fold: name another key"
            )
    if not any(_has(overrides, baseline) for overrides in runs):
        wanted = " ".join(f"{key}={_text(value)}" for key, value in baseline.items())
        raise ConfigError(
            f"report.baseline is {wanted}, but no run of this sweep sets that: add it to the "
            "sweep, or set report.baseline=null"
        )


def comparison_table(
    runs: Sequence[tuple[str, dict[str, Any]]], baseline: Baseline
) -> pd.DataFrame:
    """A row per run: how it differs from the run that has the baseline's values and is else alike.

    Differences are run less baseline, over the folds: of scores that no choice has seen where both
    runs have them, with an interval and a p-value; else of the scores that the winners were chosen
    by (`selected_on`), with neither. Where a mask was set, the error of what was filled in is
    compared with an interval, as nothing was chosen by it.

    Args:
        runs: each one's name and record.
        baseline: the values, by override key, of the runs that others are compared with.
    """
    partners = {
        _rest(record["overrides"], baseline): record
        for _, record in runs
        if _has(record["overrides"], baseline)
    }
    rows = []
    for name, record in runs:
        overrides: dict[str, str] = record["overrides"]
        partner = partners.get(_rest(overrides, baseline))
        rows.append({"run": name, **overrides, **_compared(record, partner)})
    table = pd.DataFrame(rows)
    alike = [_rest(record["overrides"], baseline) for _, record in runs]
    table["p_holm"] = table["p"].astype(float).groupby(alike).transform(_holm)
    last = ["p_holm", "selected_on", "seconds", "reason"]
    return table[[c for c in table if c not in last] + last]


def sections(table: pd.DataFrame, baseline: Baseline) -> list[tuple[str, pd.DataFrame]]:
    """The table in parts of runs that are compared with one another.

    A part's title has the overrides that tell it from the other parts. Its runs are best first,
    failed ones last; but where the baseline's key has numbers, they stay in their order.
    """
    overrides = list(table.columns[1 : table.columns.get_loc("status")])
    varied = [c for c in overrides if c not in baseline and len(set(table[c].astype(str))) > 1]
    ordered = table
    if not all(pd.to_numeric(table[key], errors="coerce").notna().all() for key in baseline):
        ordered = table.loc[_losses(table).sort_values(kind="stable").index]
    if not varied:
        return [("", ordered)]
    keys = table[varied].astype(str).apply(" ".join, axis=1)
    found = []
    for key in keys.unique():
        part = ordered[keys[ordered.index] == key]
        values = (f"{c}={part[c].iloc[0]}" for c in varied)
        found.append((" ".join(values), part))
    return found


def _holm(p: pd.Series[float]) -> Floats:
    return holm(np.asarray(p, dtype=np.float64))


def _losses(table: pd.DataFrame) -> pd.Series[float]:
    """Of each row the loss (n,) that it is ranked by, NaN without a score."""
    cv, expected = (pd.to_numeric(table[name]) for name in ("cv_mean", "expected"))
    scores = expected if expected.notna().equals(cv.notna()) else cv
    found = [loss(*each) for each in zip(table["metric"], scores, strict=True)]
    return pd.Series(found, index=table.index)


def describe(table: pd.DataFrame, baseline: Baseline) -> str:
    """What the differences are, in a sentence or two."""
    wanted = " ".join(f"{key}={_text(value)}" for key, value in baseline.items())
    metrics = sorted(set(table["metric"].dropna()))
    better = ", ".join(f"{metric}: {_sense(metric)} is better" for metric in metrics)
    said = f"differences are from {wanted}, fold by fold ({better})"
    selected = table["selected_on"].dropna().astype(bool)
    if not selected.all() or "nrmse" in table:
        said += (
            f"; {LEVEL:.0%} intervals of each difference alone by the corrected resampled t-test, "
            "and p by Holm over the runs of one baseline"
        )
    return f"{said}; {UNTESTED}" if selected.any() else said


def _sense(metric: MetricName) -> str:
    if metric in IDEAL:
        return f"nearer to {IDEAL[metric]:g}"
    return "larger" if metric in LARGER_IS_BETTER else "smaller"


def _compared(record: dict[str, Any], partner: dict[str, Any] | None) -> dict[str, Any]:
    """What a row says beside the overrides."""
    metric = record["metric"]
    score = record.get("cv", {}).get(metric, {})
    filled = record.get("imputation", {})
    row: dict[str, Any] = {
        "status": record["status"],
        "metric": metric,
        "cv_mean": score.get("mean"),
        "cv_se": score.get("se"),
        "expected": expected_score(record),
    }
    reason = record.get("error") or _incomparable(record, partner)
    pair = None if reason or partner is None else (record, partner)
    row |= _score_fields(*pair) if pair else {**_fields("", None), "selected_on": None}
    if filled:
        nrmse = filled.get("nrmse") or {}
        paired = pair and nrmse and _cells(pair[0]) == _cells(pair[1])
        test = _filled(*pair) if pair and paired else None
        row |= {"nrmse": nrmse.get("mean"), **_fields("nrmse_", test)}
    seconds = sum(record.get("timings", {}).values()) or None
    return {**row, "seconds": seconds, "reason": reason or filled.get("reason")}


def _incomparable(record: dict[str, Any], partner: dict[str, Any] | None) -> str | None:
    """Why a run has no difference, or None if it has one."""
    if partner is None:
        return "no run with the baseline's values is else alike"
    if partner is record:
        return "the baseline"
    if not partner.get("cv"):
        return "the baseline failed"
    reason = why_incomparable(record, partner)
    return reason and f"the baseline {reason}"


def _score_fields(record: dict[str, Any], partner: dict[str, Any]) -> dict[str, Any]:
    """The difference of the optimised metric; with a test if no choice has seen either's scores."""
    scores, others = unselected_folds(record), unselected_folds(partner)
    if scores is not None and others is not None:
        return _fields("", _test(scores, others, record)) | {"selected_on": False}
    scores, others = (_folds(run, "cv", run["metric"]) for run in (record, partner))
    difference = float(fold_differences(scores, others).mean())
    return _fields("", None) | {"difference": difference, "selected_on": True}


def _filled(record: dict[str, Any], partner: dict[str, Any]) -> Paired:
    """The difference of the error of what was filled in."""
    scores, others = (_folds(run, "imputation", "nrmse") for run in (record, partner))
    return _test(scores, others, record)


def _folds(record: dict[str, Any], section: str, score: str) -> Floats:
    return np.asarray(record[section][score]["folds"], dtype=np.float64)


def _cells(record: dict[str, Any]) -> list[float] | None:
    """How many hidden cells a run's imputer was judged by, per fold."""
    cells = (record.get("imputation") or {}).get("cells")
    return None if cells is None else list(cells["folds"])


def _test(scores: Floats, others: Floats, record: dict[str, Any]) -> Paired:
    """Compare the scores (J,) of two runs."""
    return compare_folds(fold_differences(scores, others), rows_ratio(record))


def _fields(prefix: str, test: Paired | None) -> dict[str, float | None]:
    names = ("difference", "low", "high", "p")
    return {f"{prefix}{name}": None if test is None else getattr(test, name) for name in names}


def _rest(overrides: Overrides, baseline: Iterable[str]) -> frozenset[tuple[str, str]]:
    """The overrides of keys that the baseline does not name."""
    return frozenset((key, value) for key, value in overrides.items() if key not in baseline)


def _has(overrides: Overrides, baseline: Baseline) -> bool:
    return all(key in overrides and _is(overrides[key], value) for key, value in baseline.items())


def _is(text: str, value: bool | float | str | None) -> bool:
    """Whether an override's text has that value: 0 and -0.0 are one, 1 and true are not."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(text) == value
        except ValueError:
            return False
    found = yaml.safe_load(text)
    return bool(found == value and type(found) is type(value))


def _text(value: bool | float | str | None) -> str:
    return (
        str(value).lower() if isinstance(value, bool) else "null" if value is None else str(value)
    )
