"""How often Rubin's intervals hold the truth: `python tests/benchmarks/rubin_coverage.py`.

A linear model of four columns, two of them with gaps that depend on the others and on the target
(MAR), in units that differ by a factor of 100; each replication draws the gaps several times as a
run does for inference.csv, fits least squares to each and pools. Beside it: complete rows alone,
and one imputation taken for the truth. The seeds are the numbers of the replications.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import numpy as np

from runner.evaluation.inference import draw_with_target
from runner.statistics.rubin import pool_estimates

if TYPE_CHECKING:
    from runner.records import Booleans, Floats

UNITS = np.array([0.01, 1.0, 1.0, 0.01])
TRUTH = np.array([1.0, *(np.array([0.5, -0.5, 0.25, 0.0]) / UNITS)])  # the intercept first
DRAWS = 10


def draw_rows(seed: int, n: int) -> tuple[Floats, Floats]:
    """Rows (n, 4) with gaps in the first two columns, and the target."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, 4)) + 0.7 * rng.standard_normal((n, 1))
    y = TRUTH[0] + X * UNITS @ TRUTH[1:] + rng.standard_normal(n)
    for column, by in ((0, X[:, 2] + y), (1, X[:, 3] - y)):
        X[rng.uniform(size=n) < 1 / (1 + np.exp(1 - by)), column] = np.nan
    return X * UNITS, y


def least_squares(X: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Coefficients, the intercept first, and their squared standard errors."""
    A = np.column_stack([np.ones(len(y)), X])
    inverse = np.linalg.inv(A.T @ A)
    b = inverse @ (A.T @ y)
    residual = y - A @ b
    return b, residual @ residual / (len(y) - len(b)) * np.diagonal(inverse)


def intervals(X: Floats, y: Floats, seed: int) -> dict[str, Booleans]:
    """Which parameters each method's 95 % interval holds."""
    drawn = [least_squares(draw_with_target(X, y, seed * DRAWS + m), y) for m in range(DRAWS)]
    complete = ~np.isnan(X).any(axis=1)
    ways = {
        "Rubin's rules": drawn,
        "one imputation": drawn[:1] * 2,
        "complete rows": [least_squares(X[complete], y[complete])] * 2,
    }
    held = {}
    for way, found in ways.items():
        freedom = float((complete.sum() if way == "complete rows" else len(y)) - len(TRUTH))
        b, squared = (np.array(part) for part in zip(*found, strict=True))
        pooled = pool_estimates(b, squared, freedom=freedom, level=0.95)
        held[way] = ((pooled["low"] <= TRUTH) & (pooled["high"] >= TRUTH)).to_numpy(dtype=bool)
    return held


def main() -> None:
    """Print the coverage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=2_000)
    parser.add_argument("--rows", type=int, default=200)
    options = parser.parse_args()
    held: dict[str, list[Booleans]] = {}
    for seed in range(options.replications):
        X, y = draw_rows(seed, options.rows)
        for way, found in intervals(X, y, seed).items():
            held.setdefault(way, []).append(found)
    error = np.sqrt(0.95 * 0.05 / options.replications)
    print(f"{options.replications} replications of {options.rows} rows, nominal 0.95")
    print(f"(standard error of a share {error:.4f})\n")
    print("| way | intercept | gappy 1 | gappy 2 | complete 1 | complete 2 |")
    print("|---|--:|--:|--:|--:|--:|")
    for way, shares in held.items():
        cells = [f"{share:.3f}" for share in np.mean(shares, axis=0)]
        print(f"| {way} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
