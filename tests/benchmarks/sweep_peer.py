"""Eighteen runs beside a plain Hydra script: `python tests/benchmarks/sweep_peer.py`.

Two datasets, three imputers and three searches, 100 candidates each, five folds. The script is what
one would write without this package: a Pipeline of scikit-learn's parts, searched by GridSearchCV,
RandomizedSearchCV or OptunaSearchCV (`pip install optuna-integration`), swept by Hydra's own
launcher. Both are whole processes, one after the other; pages are off.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "runner" / "dataset" / "shipped"
SWEPT = ("imputer=mean,median,knn", "search=grid,random,optuna")
OURS = ("report=none", "reuse=false", "cache.megabytes=0", "model.l1_ratio=[0.5]")
SCRIPT = """\
import pickle, warnings
import hydra, numpy as np, optuna, pandas as pd
from pathlib import Path
from scipy.stats import loguniform
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import ElasticNet
from sklearn.model_selection import GridSearchCV, KFold, RandomizedSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from optuna_integration import OptunaSearchCV

warnings.simplefilter("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)
TARGETS = {"nhefs": "wt82_71", "hitters": "Salary"}
IMPUTERS = {
    "mean": lambda: SimpleImputer(add_indicator=True),
    "median": lambda: SimpleImputer(strategy="median", add_indicator=True),
    "knn": lambda: KNNImputer(add_indicator=True),
}

@hydra.main(version_base="1.3", config_path=None)
def job(config):
    target = TARGETS[config.dataset]
    frame = pd.read_csv(f"{config.folder}/{config.dataset}.csv").dropna(subset=[target])
    X, y = frame.drop(columns=target), frame[target]
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.2, random_state=0)
    numeric = make_pipeline(IMPUTERS[config.imputer](), StandardScaler())
    words = OneHotEncoder(handle_unknown="ignore")
    columns = make_column_transformer(
        (numeric, make_column_selector(dtype_include="number")),
        (words, make_column_selector(dtype_exclude="number")),
    )
    model = make_pipeline(columns, ElasticNet(l1_ratio=0.5, max_iter=10_000))
    top = np.abs(columns.fit_transform(X).T @ (y - y.mean())).max() / len(X) / 0.5
    name, low, folds = "elasticnet__alpha", 1e-3 * top, KFold(5, shuffle=True, random_state=0)
    score = "neg_mean_squared_error"
    search = {
        "grid": lambda: GridSearchCV(
            model, {name: np.geomspace(low, top, 100)}, scoring=score, cv=folds
        ),
        "random": lambda: RandomizedSearchCV(
            model, {name: loguniform(low, top)}, n_iter=100, scoring=score, cv=folds, random_state=0
        ),
        "optuna": lambda: OptunaSearchCV(
            model, {name: optuna.distributions.FloatDistribution(low, top, log=True)},
            n_trials=100, scoring=score, cv=folds, random_state=0
        ),
    }[config.search]().fit(X, y)
    here = Path(hydra.core.hydra_config.HydraConfig.get().runtime.output_dir)
    (here / "model.pkl").write_bytes(pickle.dumps(search.best_estimator_))
    print(config.dataset, config.imputer, config.search, -search.best_score_,
          np.mean((y_test - search.predict(X_test)) ** 2))

job()
"""


def main() -> None:
    """Time both, and print a row each."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "plain.py").write_text(SCRIPT)
        swept = ["-m", "dataset=nhefs,hitters", *SWEPT]
        ours = _seconds(folder, ["-m", "runner", *swept, *OURS])
        added = [f"+{each}" for each in swept[1:]]
        plain = _seconds(folder, ["plain.py", "-m", *added, f"+folder={SHIPPED}"])
    print("| 18 runs | s | |")
    print("|---|--:|--:|")
    print(f"| `enet -m` | {ours:.1f} | |")
    print(f"| a plain Hydra script | {plain:.1f} | {plain / ours:.0f} times |")


def _seconds(folder: Path, arguments: list[str]) -> float:
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache"), "OMP_NUM_THREADS": "1"}
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments], cwd=folder, check=True, stdout=sys.stderr, env=environment
    )
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
