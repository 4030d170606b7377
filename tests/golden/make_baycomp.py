"""Makes baycomp.csv: `python tests/golden/make_baycomp.py` where baycomp is installed.

The Bayesian correlated t-test as the package baycomp 1.0.3 (by the authors of Benavoli et al. 2017)
has it, which is no dependency. A row per case: fold scores of two learners, the region of practical
equivalence, and the probabilities that the first one's mean is larger, within it, and smaller.
"""

from __future__ import annotations

import csv
from pathlib import Path

import baycomp
import numpy as np

TARGET = Path(__file__).with_name("baycomp.csv")
CASES = ((5, 1, 0.3, 0.1), (10, 1, 0.0, 0.05), (5, 4, -0.1, 0.2), (10, 10, 0.05, 0.02))


def main() -> None:
    """Write a row per case: folds, repeats, rope, three probabilities, then the scores."""
    rng = np.random.default_rng(0)
    with TARGET.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["folds", "repeats", "rope", "larger", "within", "smaller", "a", "b"])
        for folds, repeats, away, rope in CASES:
            a, b = rng.normal(1.0, 0.2, (2, folds * repeats)).round(4)
            b = (b + away).round(4)
            found = baycomp.CorrelatedTTest(a, b, rope=rope, runs=repeats).probs()
            scores = [" ".join(f"{score:.4f}" for score in each) for each in (a, b)]
            rows.writerow([folds, repeats, rope, *(f"{p:.12g}" for p in found), *scores])


if __name__ == "__main__":
    main()
