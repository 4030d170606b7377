"""False selections beside their bound: `python tests/benchmarks/stable_features.py`.

200 rows of 50 features, of which 5 have a signal, independent or correlated by 0.5, gaps in 10 % of
the values: how many of the others does stability selection select, how many of the 5, and what
would the winner of a grid search have selected?
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import tempfile
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from runner.cli.program import main as enet

ROWS, FEATURES, TRUE = 200, 50, 5
KEYS = (
    *("dataset=parquet", "dataset.path=data.parquet", "dataset.target=y", "report=none"),
    *("model=lasso", "model.alpha={eps: 0.01, count: 30}", "split.test=null", "persistence=joblib"),
    *("reuse=false", "bootstrap.resamples=2", "evaluation.nested=false"),
    *("evaluation.explain=true", "evaluation.resamples=0"),
)


def simulate(seed: int, correlation: float, threshold: float) -> tuple[float, ...]:
    """False and true selections of one sample, stable ones and the winner's, and the bound."""
    rng = np.random.default_rng(seed)
    common = np.sqrt(correlation) * rng.standard_normal((ROWS, 1))
    X = common + np.sqrt(1 - correlation) * rng.standard_normal((ROWS, FEATURES))
    y = 0.6 * X[:, :TRUE].sum(axis=1) + rng.standard_normal(ROWS)
    X[rng.random(X.shape) < 0.1] = np.nan
    pd.DataFrame(X, columns=[f"x{j}" for j in range(FEATURES)]).assign(y=y).to_parquet(
        "data.parquet"
    )
    own = (f"evaluation.threshold={threshold}", f"seed={seed}", "hydra.run.dir=run")
    with contextlib.redirect_stdout(io.StringIO()):
        enet([*KEYS, *own])
    table = pd.read_csv("run/features.csv")
    bound = json.loads(Path("run/run.json").read_text(encoding="utf-8"))["stability"]["bound"]
    chosen = (table[key].to_numpy() for key in ("stable", "selected"))
    counts = [(c[TRUE:].sum(), c[:TRUE].sum()) for c in chosen]
    return (*counts[0], *counts[1], bound)


def main() -> None:
    """Print a row per setting: means over the samples, and their standard errors."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=50)
    samples = parser.parse_args().samples
    for correlation in (0.0, 0.5):
        for threshold in (0.6, 0.9):
            found = np.array([_apart(seed, correlation, threshold) for seed in range(samples)])
            mean, error = found.mean(axis=0), found.std(axis=0, ddof=1) / np.sqrt(samples)
            cells = [f"{m:.2f} ({e:.2f})" for m, e in zip(mean[:4], error[:4], strict=True)]
            print(
                f"| {correlation} | {threshold} | {mean[4]:.2f} | {' | '.join(cells)} |", flush=True
            )


def _apart(seed: int, correlation: float, threshold: float) -> tuple[float, ...]:
    """In a folder of its own."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        return simulate(seed, correlation, threshold)


if __name__ == "__main__":
    main()
