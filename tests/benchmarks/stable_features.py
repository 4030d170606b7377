"""False selections beside their bound: `python tests/benchmarks/stable_features.py`.

200 rows of 50 features, of which 5 have a signal, independent or correlated by 0.5, gaps in 10 % of
the values: how many of the other 45 does stability selection select, how many of the 5, and what
does scikit-learn's LassoCV select on the filled columns?
"""

from __future__ import annotations

import argparse
import os
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from sklearn.linear_model import LassoCV

from runner.config import validate_section
from runner.core.folds import Folds
from runner.dataset.table import table_of
from runner.experiment.case import Case
from runner.experiment.stable_features import Stability, select_stably
from runner.features.pipeline import Specs, prepare
from runner.records import Candidate
from runner.report.terminal.screen import Screen

if TYPE_CHECKING:
    from runner.records import Booleans, Floats

ROWS, FEATURES, TRUE = 200, 50, 5
SECTIONS = {"split": "kfold", "imputer": "mean", "features": "main_effects", "model": "lasso"}


def draw(seed: int, correlation: float) -> tuple[pd.DataFrame, Floats]:
    """One sample."""
    rng = np.random.default_rng(seed)
    common = np.sqrt(correlation) * rng.standard_normal((ROWS, 1))
    X = common + np.sqrt(1 - correlation) * rng.standard_normal((ROWS, FEATURES))
    y = 0.4 * X[:, :TRUE].sum(axis=1) + rng.standard_normal(ROWS)
    X[rng.random(X.shape) < 0.1] = np.nan
    return pd.DataFrame(X, columns=[f"x{j}" for j in range(FEATURES)]), y


def stable(X: pd.DataFrame, y: Floats, seed: int, threshold: float) -> Stability:
    """What a run with evaluation.explain selects stably, without the rest of the run."""
    sections: Any = {
        group: validate_section(group, {"name": SECTIONS[group]}) for group in SECTIONS
    }
    evaluation = validate_section("evaluation", {"name": "standard", "threshold": threshold})
    family: Any = validate_section("family", {"name": "gaussian"})
    table = table_of(X, y)
    specs = Specs(sections["imputer"], sections["features"], sections["model"])
    preparation = prepare(specs, table, seed)
    general = SimpleNamespace(seed=seed)
    config = SimpleNamespace(
        general=general, split=sections["split"], family=family, evaluation=evaluation
    )
    rows = pd.DataFrame({"feature": X.columns, "selected": False})
    final = SimpleNamespace(coefficients=rows)
    winner = SimpleNamespace(specs=specs, preparation=preparation, final=final)
    best = SimpleNamespace(candidate=Candidate({"model.alpha": 0.1, "model.l1_ratio": 1.0}))
    parts: Any = (
        SimpleNamespace(config=config),
        SimpleNamespace(folds=Folds(table, sections["split"].split(table, seed))),
        SimpleNamespace(best=best),
        winner,
        SimpleNamespace(),
    )
    found = select_stably(Case(*parts), Screen(None))
    assert isinstance(found, Stability), found
    return found


def count(chosen: Booleans) -> tuple[int, int]:
    """How many false ones, and how many true ones."""
    return int(chosen[TRUE:].sum()), int(chosen[:TRUE].sum())


def main() -> None:
    """Print a row per setting: means over the samples, and their standard errors."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=100)
    samples = parser.parse_args().samples
    for correlation in (0.0, 0.5):
        for threshold in (0.6, 0.9):
            found, bound = [], 0.0
            for seed in range(samples):
                X, y = draw(seed, correlation)
                selected = stable(X, y, seed, threshold)
                bound = selected.described["bound"]
                lasso = LassoCV(cv=5).fit(X.fillna(X.mean()), y).coef_ != 0
                found.append([*count(selected.stable), *count(lasso)])
            mean, sd = np.mean(found, axis=0), np.std(found, axis=0, ddof=1)
            cells = [f"{m:.2f} ({s / np.sqrt(samples):.2f})" for m, s in zip(mean, sd, strict=True)]
            row = [str(correlation), str(threshold), f"{bound:.2f}", *cells]
            print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
