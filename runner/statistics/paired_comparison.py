"""Records of a sweep's runs come in; each one's difference from its baseline goes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import yaml
from scipy import stats

from runner.core.metrics import IDEAL, LARGER_IS_BETTER, loss
from runner.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from runner.core.metrics import MetricName
    from runner.records import Floats

    Overrides = Mapping[str, str]
    Baseline = Mapping[str, bool | int | float | str | None]

LEVEL = 0.95
ROUNDING = 1e-9  # differences smaller than this share of the score are none


@dataclass(frozen=True)
class Paired:
    """A mean difference over folds, its interval, and the p-value of there being none."""

    difference: float
    low: float
    high: float
    p: float


def compare_folds(differences: Floats, ratio: float) -> Paired:
    """The corrected resampled t-test (Nadeau & Bengio 2003) of fold-by-fold differences (J,).

        t = mean / sqrt((1/J + n_test/n_train) s^2),   J - 1 degrees of freedom

    with s^2 the differences' variance. Folds share training rows, so the mean varies by more than
    s^2 / J; the second term stands for that. Of one fold there is no interval.

    Args:
        differences: (J,), one per fold.
        ratio: n_test / n_train, 1 / (k - 1) for k folds.
    """
    J, mean = len(differences), float(np.mean(differences))
    if J < 2 or np.isnan(mean):  # noqa: PLR2004 - one value has no spread
        return Paired(mean, np.nan, np.nan, np.nan)
    error = float(np.sqrt((1 / J + ratio) * np.var(differences, ddof=1)))
    away = float(stats.t.ppf((1 + LEVEL) / 2, J - 1)) * error
    if error == 0:
        return Paired(mean, mean, mean, float(mean == 0))
    p = float(2 * stats.t.sf(abs(mean) / error, J - 1))
    return Paired(mean, mean - away, mean + away, p)


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

    Differences are run less baseline, over the folds. Where a mask was set, the error of what was
    filled in is compared alike.

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
    last = ["seconds", "reason"]
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
        scores = zip(table["metric"], pd.to_numeric(table["cv_mean"]), strict=True)
        losses = pd.Series([loss(*each) for each in scores], index=table.index)
        ordered = table.loc[losses.sort_values(kind="stable").index]
    if not varied:
        return [("", ordered)]
    keys = table[varied].astype(str).apply(" ".join, axis=1)
    found = []
    for key in keys.unique():
        part = ordered[keys[ordered.index] == key]
        values = (f"{c}={part[c].iloc[0]}" for c in varied)
        found.append((" ".join(values), part))
    return found


def describe(table: pd.DataFrame, baseline: Baseline) -> str:
    """What the differences are, in a sentence."""
    wanted = " ".join(f"{key}={_text(value)}" for key, value in baseline.items())
    metrics = sorted(set(table["metric"].dropna()))
    better = ", ".join(f"{metric}: {_sense(metric)} is better" for metric in metrics)
    return (
        f"differences are from {wanted}, fold by fold ({better}); {LEVEL:.0%} intervals and p by "
        "the corrected resampled t-test, not corrected for the number of comparisons"
    )


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
    }
    reason = record.get("error") or _incomparable(record, partner)
    test = _test(record, partner, "cv", metric) if not reason and partner else None
    row |= _fields("", test)
    if filled:
        nrmse = filled.get("nrmse") or {}
        paired = partner and nrmse and _cells(record) == _cells(partner)
        test = _test(record, partner, "imputation", "nrmse") if not reason and paired else None
        row |= {"nrmse": nrmse.get("mean"), **_fields("nrmse_", test)}
    seconds = sum(record.get("timings", {}).values()) or None
    return {**row, "seconds": seconds, "reason": reason or filled.get("reason")}


def _incomparable(record: dict[str, Any], partner: dict[str, Any] | None) -> str | None:
    """Why a run has no difference, or None if it has one."""
    if partner is None:
        return "no run with the baseline's values is else alike"
    if partner is record:
        return "the baseline"
    if partner["status"] != "finished":
        return "the baseline failed"
    if partner["metric"] != record["metric"] or partner["folds"] != record["folds"]:
        return "the baseline has other folds, or another metric"
    if partner.get("rows_left_out") != record.get("rows_left_out") and _skips(partner, record):
        return "the baseline is scored on other rows"
    return None


def _skips(*records: dict[str, Any]) -> bool:
    """Whether any of the runs leaves rows without a prediction."""
    return any((record.get("rows_left_out") or {}).get("prediction", 0) > 0 for record in records)


def _cells(record: dict[str, Any]) -> list[float] | None:
    """How many hidden cells a run's imputer was judged by, per fold."""
    cells = (record.get("imputation") or {}).get("cells")
    return None if cells is None else list(cells["folds"])


def _test(
    record: dict[str, Any], partner: dict[str, Any] | None, section: str, score: str
) -> Paired:
    """Compare one score of two runs."""
    assert partner is not None  # noqa: S101 - for the type checker
    run, base = (np.asarray(r[section][score]["folds"], dtype=float) for r in (record, partner))
    differences = run - base
    differences[np.abs(differences) <= ROUNDING * np.abs(base)] = 0.0
    sizes = record["folds"]
    ratio = np.divide(sizes["validation"], sizes["training"])
    return compare_folds(differences, float(np.mean(ratio)))


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
