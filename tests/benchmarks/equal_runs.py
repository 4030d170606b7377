"""How often runs of the same worth are told apart: `python tests/benchmarks/equal_runs.py`.

A target with the same share in each of several blocks of columns; a run is least squares on one of
the blocks, so that all runs are worth the same on new rows, and none chooses anything. Each
replication draws rows and repeated k-fold splits, and the runs are compared on the same folds: two
of them by the corrected resampled t-test and by the plain paired one, and all of them as the table
that ends a sweep does, with Holm over all pairs. The seeds are the numbers of the replications.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from runner.statistics.paired_comparison import compare_folds
from runner.statistics.run_comparison import Losses, standings

if TYPE_CHECKING:
    from runner.records import Floats

COLUMNS = 3  # of a block
SHARE = 0.3  # a coefficient, in standard deviations of the noise
LEVEL = 0.05
SPLITS = ((10, 1), (10, 10), (5, 20))
TESTS = ("corrected", "plain", "the table's")


def fold_losses(seed: int, rows: int, runs: int, split: tuple[int, int]) -> Floats:
    """Mean squared errors (runs, folds * repeats) on the validation rows of every fold."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((runs, rows, COLUMNS))
    y = SHARE * X.sum(axis=(0, 2)) + rng.standard_normal(rows)
    A = np.concatenate([np.ones((runs, rows, 1)), X], axis=2)
    found = []
    for _ in range(split[1]):
        fold = rng.permutation(rows) % split[0]
        for k in range(split[0]):
            train, held = A[:, fold != k], A[:, fold == k]
            G, c = train.transpose(0, 2, 1) @ train, train.transpose(0, 2, 1) @ y[fold != k]
            b = np.linalg.solve(G, c[..., None])
            found.append(((held @ b)[..., 0] - y[fold == k]) ** 2)
    return np.array([errors.mean(axis=1) for errors in found]).T


def alarms(losses: Floats, folds: int) -> tuple[bool, bool, bool]:
    """Whether each way tells runs apart; the first two ways look at the first two runs alone."""
    ratio = 1 / (folds - 1)
    differences = losses[1] - losses[0]
    corrected = compare_folds(differences, ratio).p < LEVEL
    plain = float(stats.ttest_1samp(differences, 0.0).pvalue) < LEVEL
    means = losses.mean(axis=1)
    found = standings(Losses(losses, means, means, ratio))
    return corrected, plain, any(each.ties is False for each in found)


def main() -> None:
    """Print the share of false alarms, with its simulation error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=2_000)
    parser.add_argument("--rows", type=int, default=100)
    parser.add_argument("--runs", type=int, default=6)
    options = parser.parse_args()
    print(f"{options.replications} replications of {options.rows} rows, {options.runs} runs\n")
    print(f"| split | {' | '.join(TESTS)} |\n|---|--:|--:|--:|")
    for split in SPLITS:
        found = [
            alarms(fold_losses(seed, options.rows, options.runs, split), split[0])
            for seed in range(options.replications)
        ]
        shares = np.mean(found, axis=0)
        errors = np.sqrt(shares * (1 - shares) / len(found))
        cells = [f"{share:.1%} ({e:.1%})" for share, e in zip(shares, errors, strict=True)]
        print(f"| {split[1]} x {split[0]} folds | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
