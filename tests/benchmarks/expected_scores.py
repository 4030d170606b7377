"""What a run expects on new rows, beside the truth: `python tests/benchmarks/expected_scores.py`.

`noise`: 60 rows of 40 features and a target that has nothing to do with them, 10 folds, 120
candidates. How far is the score that the winner was selected on below its error on new rows, and
how far the expected one?

`coverage`: 100 rows, 5 features of 20 with a signal, 5 folds, 40 candidates. How often do the
intervals at 90 % cover the error of the refitted winner, and how wide are they?
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import joblib
import numpy as np
import pandas as pd

from runner.cli.program import main as enet

if TYPE_CHECKING:
    from runner.records import Floats

QUIET = ("report=none", "persistence=joblib", "split.test=null", "reuse=false")


@dataclass(frozen=True)
class Setting:
    """A simulation."""

    rows: int
    beta: Floats  # (p,)
    overrides: tuple[str, ...]


SETTINGS = {
    "noise": Setting(
        60,
        np.zeros(40),
        ("split.folds=10", "model.alpha={eps: 0.01, count: 30}", "model.l1_ratio=[0.1,0.5,0.9,1]"),
    ),
    "coverage": Setting(
        100,
        np.repeat([0.5, 0.0], [5, 15]),
        ("model.alpha={eps: 0.01, count: 20}", "model.l1_ratio=[0.5,1]", "evaluation.level=0.9"),
    ),
}


def run(frame: pd.DataFrame, overrides: tuple[str, ...]) -> tuple[dict[str, Any], Any]:
    """A run's record and its model."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        frame.to_csv(folder / "data.csv", index=False)
        data = ("dataset=csv", f"dataset.path={folder}/data.csv", "dataset.target=y")
        with contextlib.suppress(SystemExit), contextlib.redirect_stderr(io.StringIO()):
            enet([*data, *QUIET, *overrides, f"hydra.run.dir={folder}/run"])
        record = json.loads((folder / "run/run.json").read_text(encoding="utf-8"))
        return record, joblib.load(folder / "run/model.joblib")


def draw(setting: Setting, rows: int, rng: np.random.Generator) -> pd.DataFrame:
    """Independent standard normal features, and a target with noise of variance 1."""
    X = rng.standard_normal((rows, len(setting.beta)))
    y = X @ setting.beta + rng.standard_normal(rows)
    return pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])]).assign(y=y)


def replicate(setting: Setting, more: tuple[str, ...], seed: int) -> dict[str, float]:
    """One data set: the truth, the score selected on, and what was expected."""
    rng = np.random.default_rng(seed)
    record, model = run(draw(setting, setting.rows, rng), (*setting.overrides, *more))
    new = draw(setting, 100_000, rng)
    truth = float(np.mean((new["y"] - model.predict(new.drop(columns="y"))) ** 2))
    expected = record["expected"]["mse"]
    by_folds = record["nested"]["mse"]
    return {
        "truth": truth,
        "selected on": record["cv"]["mse"]["mean"],
        "nested": by_folds["mean"],
        **{key: expected[key] for key in ("score", "low", "high")},
    }


def summary(values: pd.Series) -> str:
    """A mean with its simulation error."""
    return f"{values.mean():.3f} ({values.std(ddof=1) / np.sqrt(len(values)):.3f})"


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("setting", choices=list(SETTINGS))
    parser.add_argument("--replications", type=int, default=60)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--interval", default="nested_naive", choices=["nested_naive", "bates"])
    options = parser.parse_args()
    more = (f"evaluation.interval={options.interval}", "evaluation.repeats=10")
    one = partial(replicate, SETTINGS[options.setting], more)
    with ProcessPoolExecutor(options.jobs) as pool:
        found = pd.DataFrame(pool.map(one, range(options.replications)))
    covered = (found["low"] <= found["truth"]) & (found["truth"] <= found["high"])
    print("| | mean (its simulation error) |")
    print("|---|--:|")
    print(f"| error of the refitted winner on new rows | {summary(found['truth'])} |")
    for name in ("selected on", "nested", "score"):
        print(f"| {name}, less the truth | {summary(found[name] - found['truth'])} |")
    print(
        f"| width of the interval ({options.interval}) | {summary(found['high'] - found['low'])} |"
    )
    print(f"| how often it covers | {summary(covered.astype(float))} |")


if __name__ == "__main__":
    main()
