"""What screening claims when it has seen the validation rows: noise, screened outside and inside.

    python tests/benchmarks/screening_outside.py

Draws rows of noise, a target that none of them tells, and keeps the columns that go with it the
most: of all rows before they are divided, as is often done, and of each fold's training rows by the
step `screen`. The r2 of both, over repetitions, is printed.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from sklearn_reference import candidate, folds_of, make_scorer, make_specs

from runner.dataset.table import table_of

ROWS, COLUMNS, TOP, REPETITIONS = 100, 5000, 20, 20


def main() -> None:
    """Print the mean r2 of both, and its standard error over repetitions."""
    rng = np.random.default_rng(0)
    found = np.array([repeat(rng) for _ in range(REPETITIONS)])
    mean, error = found.mean(axis=0), found.std(axis=0, ddof=1) / np.sqrt(REPETITIONS)
    for name, r2, se in zip(("outside", "inside"), mean, error, strict=True):
        print(f"{name}: r2 {r2:.2f} ({se:.2f})")


def repeat(rng: np.random.Generator) -> tuple[float, float]:
    """The r2 of rows that were screened outside and inside the folds."""
    X, y = rng.standard_normal((ROWS, COLUMNS)), rng.standard_normal(ROWS)
    names = [f"x{j}" for j in range(COLUMNS)]
    correlation = np.abs((X - X.mean(axis=0)).T @ (y - y.mean())) / X.std(axis=0)
    best = np.sort(np.argsort(-correlation)[:TOP])
    outside = pd.DataFrame(X[:, best], columns=[names[j] for j in best])
    step = {"screen": {"kind": "screen", "by": "correlation", "top": TOP}}
    return score(outside, y, {}), score(pd.DataFrame(X, columns=names), y, step)


def score(frame: pd.DataFrame, y: np.ndarray, steps: dict[str, Any]) -> float:
    """The r2 over five folds of an elastic net with a weak penalty."""
    specs = make_specs("none", "elastic_net", {"features.steps": steps, "model.tol": 1e-7})
    scorer = make_scorer(folds_of(table_of(frame, y), test=None), specs, "r2")
    (trial,) = scorer([candidate(0.1, 0.5)])
    return float(trial.scores["r2"].mean())


if __name__ == "__main__":
    main()
