"""The imputers beside scikit-learn's: `python tests/benchmarks/imputers.py [linear | knn]`.

Each pair has one data set, 10 % of it missing, the same settings, and takes turns in one run; the
peak memory is that of the Python and numpy allocations of a further run, the data's aside.
"""

from __future__ import annotations

import sys
import time
import tracemalloc
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.experimental import enable_iterative_imputer  # noqa: F401 - enables the next
from sklearn.impute import IterativeImputer, KNNImputer
from sklearn.linear_model import Ridge

from runner.imputer.chained import ChainedRidge
from runner.imputer.neighbours import NearestRows

if TYPE_CHECKING:
    from runner.records import Floats


def make_rows(rows: int, columns: int, *, whole: bool = False) -> Floats:
    """Correlated columns, 10 % missing; whole numbers if wanted, so that distances are tied."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((rows, columns)) + rng.standard_normal((rows, 1))
    if whole:
        X = np.round(X)
    X[rng.uniform(size=X.shape) < 0.1] = np.nan
    return X


def compare(X: Floats, theirs: Any, ours: Any) -> tuple[list[float], float]:  # noqa: ANN401
    """Seconds of both, and the largest difference of what they fill in."""
    seconds, filled = [], []
    for imputer in (theirs, ours):
        started = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # rounds that end at max_iter
            filled.append(imputer.fit_transform(X.copy()))
        seconds.append(time.perf_counter() - started)
    return seconds, float(np.max(np.abs(filled[0] - filled[1])))


def peak_of(imputer: Any, X: Floats) -> float:  # noqa: ANN401 - any transformer
    """The most that is allocated at once, in MB."""
    tracemalloc.start()
    imputer.fit_transform(X)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 2**20


def linear() -> None:
    """Print a Markdown table of the chained regressions."""
    print("| rows x columns | IterativeImputer(Ridge()), s | linear, s | ratio | difference |")
    print("|---|--:|--:|--:|--:|")
    for rows, columns in ((4_000, 100), (20_000, 50), (1_000, 200)):
        X = make_rows(rows, columns)
        (theirs, ours), off = compare(X, IterativeImputer(Ridge()), ChainedRidge())
        print(f"| {rows:,} x {columns} | {theirs:.2f} | {ours:.2f} ", end="")
        print(f"| **{theirs / ours:.1f}** | {off:.0e} |", flush=True)


def knn() -> None:
    """Print a Markdown table of the nearest rows."""
    print(
        "| rows x columns | KNNImputer, s | knn, s | ratio | difference | peak, MB: its | knn's |"
    )
    print("|---|--:|--:|--:|--:|--:|--:|")
    for rows, columns, whole, weights in (
        (5_000, 50, False, "uniform"),
        (5_000, 50, False, "distance"),
        (5_000, 50, True, "uniform"),
        (20_000, 50, False, "uniform"),
    ):
        X = make_rows(rows, columns, whole=whole)
        pair = KNNImputer(weights=weights), NearestRows(weights=weights)  # type: ignore[arg-type]
        (theirs, ours), off = compare(X, *pair)
        its, own = (peak_of(imputer, X) for imputer in pair)
        kind = f"{weights}{', whole numbers' if whole else ''}"
        print(f"| {rows:,} x {columns}, {kind} | {theirs:.2f} | {ours:.2f} ", end="")
        print(f"| **{theirs / ours:.1f}** | {off:.0e} | {its:.0f} | {own:.0f} |", flush=True)


if __name__ == "__main__":
    for chosen in sys.argv[1:] or ("linear", "knn"):
        {"linear": linear, "knn": knn}[chosen]()
