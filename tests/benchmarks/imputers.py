"""The linear imputer side by side with scikit-learn's: `python tests/benchmarks/imputers.py`."""

from __future__ import annotations

import time
import warnings

import numpy as np
from sklearn.experimental import enable_iterative_imputer  # noqa: F401 - enables the next
from sklearn.impute import IterativeImputer
from sklearn.linear_model import Ridge

from runner.imputer.chained import ChainedRidge


def main() -> None:
    """Print a Markdown table: 10 % missing, the same rounds and tolerance for both."""
    print("| rows x columns | IterativeImputer(Ridge()), s | linear, s | ratio | difference |")
    print("|---|--:|--:|--:|--:|")
    for rows, columns in ((4_000, 100), (20_000, 50), (1_000, 200)):
        rng = np.random.default_rng(0)
        X = rng.standard_normal((rows, columns)) + rng.standard_normal((rows, 1))
        X[rng.uniform(size=X.shape) < 0.1] = np.nan
        seconds, filled = [], []
        for imputer in (IterativeImputer(Ridge()), ChainedRidge()):
            started = time.perf_counter()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # rounds that end at max_iter
                filled.append(imputer.fit_transform(X.copy()))
            seconds.append(time.perf_counter() - started)
        off = np.max(np.abs(filled[0] - filled[1]))
        theirs, ours = seconds
        print(f"| {rows:,} x {columns} | {theirs:.2f} | {ours:.2f} ", end="")
        print(f"| **{theirs / ours:.1f}** | {off:.0e} |")


if __name__ == "__main__":
    main()
