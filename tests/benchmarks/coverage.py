"""How many new targets the intervals of `enet predict --interval` hold, by simulation.

    python tests/benchmarks/coverage.py --samples 2000

Each sample draws rows of a linear model with 10 columns, half of them without effect, and errors
that are normal, or skewed and of unequal spread; a ridge of fixed penalty is fitted to 4 of 5 rows,
or in 5 folds. Prints the share of 50 new rows within, its standard error over samples, and the mean
width.
"""

from __future__ import annotations

import argparse
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from runner.statistics.conformal import cross_interval, half_width

if TYPE_CHECKING:
    from runner.records import Floats

COLUMNS, NEW, FOLDS, PENALTY = 10, 50, 5, 1.0


def draw(rng: np.random.Generator, rows: int, errors: str) -> tuple[Floats, Floats]:
    """Columns (n, p) and targets (n,)."""
    X = rng.standard_normal((rows, COLUMNS))
    noise = rng.standard_normal(rows)
    if errors == "skewed":
        noise = (rng.exponential(size=rows) - 1) * (0.5 + np.abs(X[:, 0]))
    return X, X[:, : COLUMNS // 2].sum(axis=1) + noise


def ridge(X: Floats, y: Floats, new: Floats) -> Floats:
    """Predictions of new rows."""
    centre, mean = X.mean(axis=0), y.mean()
    Z = X - centre
    gram = Z.T @ Z + PENALTY * np.eye(COLUMNS)
    found: Floats = mean + (new - centre) @ np.linalg.solve(gram, Z.T @ (y - mean))
    return found


def split(X: Floats, y: Floats, new: Floats, level: Fraction) -> tuple[Floats, Floats]:
    """By residuals of a fifth of the rows that do not train."""
    train = len(y) - len(y) // FOLDS
    half = half_width(y[train:] - ridge(X[:train], y[:train], X[train:]), level)
    predictions = ridge(X[:train], y[:train], new)
    return predictions - half, predictions + half


def cross(X: Floats, y: Floats, new: Floats, level: Fraction) -> tuple[Floats, Floats]:
    """CV+."""
    fold = np.arange(len(y)) % FOLDS
    predictions, residuals = np.empty((len(new), FOLDS)), []
    for k in range(FOLDS):
        out = fold == k
        predictions[:, k] = ridge(X[~out], y[~out], new)
        residuals.append(np.abs(y[out] - ridge(X[~out], y[~out], X[out])))
    return cross_interval(predictions, residuals, level)


def main() -> None:
    """Simulate, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=2000)
    samples = parser.parse_args().samples
    print("| rows | errors | level | split: within (SE), width | CV+: within (SE), width |")
    print("|--:|---|--:|--:|--:|")
    for rows in (60, 300):
        for errors in ("normal", "skewed"):
            for level in map(Fraction, ("0.8", "0.9")):
                cells = []
                for method in (split, cross):
                    rng, within, width = np.random.default_rng(1), [], []
                    for _ in range(samples):
                        X, y = draw(rng, rows, errors)
                        new, target = draw(rng, NEW, errors)
                        lower, upper = method(X, y, new, level)
                        within.append(np.mean((lower <= target) & (target <= upper)))
                        width.append(np.mean(upper - lower))
                    error = np.std(within) / np.sqrt(samples)
                    cells.append(f"{np.mean(within):.4f} ({error:.4f}), {np.mean(width):.2f}")
                print(f"| {rows} | {errors} | {float(level):g} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
