"""The search side by side with its peers: `python tests/benchmarks/search.py > RESULTS.md`.

The runner is measured through the command that a user types, at its defaults: `enet dataset=parquet
dataset.path=... dataset.target=y`, and what a row names. The runner's seconds are those of the
search in the run's own record, with every metric that a trial records by default. A peer, measured
next, gets the same training rows, folds and candidates. The runner imputes and scales inside each
fold; ElasticNetCV and cv.glmnet get rows that were imputed beforehand, with means of all of them,
as they cannot do otherwise: the difference in score that a row prints is then that leak.
GridSearchCV is timed on a part of the grid. Fold problems kept from an earlier run are never used.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.linear_model import ElasticNetCV
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.preprocessing import StandardScaler
from through_command import SEED, Case, Measured, measure, quietly, timed

from runner.randomness import derive_seed

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.records import Floats

PENALTY = ["model.alpha", "model.l1_ratio"]
SCRIPT = """
import numpy as np, pandas as pd, pickle, sys
from sklearn.impute import SimpleImputer
from sklearn.linear_model import ElasticNetCV
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
frame = pd.read_parquet(sys.argv[1])
X, y = frame.drop(columns="y"), frame["y"]
X, X_test, y, y_test = train_test_split(X, y, test_size=0.2, random_state=0)
search = ElasticNetCV(l1_ratio=[.1, .5, .7, .9, .95, .99, 1], alphas=100, cv=5, max_iter=10_000)
model = make_pipeline(SimpleImputer(), StandardScaler(), search).fit(X, y)
print(np.mean((y_test - model.predict(X_test)) ** 2))
pd.DataFrame({"name": X.columns, "coefficient": search.coef_}).to_csv("coefficients.csv")
pickle.dump(model, open("model.pkl", "wb"))
"""


@dataclass(frozen=True)
class Row:
    """One comparison."""

    work: str
    peer: str
    ours: float
    theirs: float
    difference: float
    remark: str = ""

    def markdown(self) -> str:
        """As a line of a Markdown table."""
        return (
            f"| {self.work} | {self.peer} | {self.ours:.3f} | {self.theirs:.2f} | "
            f"**{self.theirs / self.ours:.1f}** | {self.difference:.1e} | {self.remark} |"
        )


def filled(measured: Measured) -> Floats:
    """The columns imputed by their means over all training rows, and standardised."""
    X = measured.training[0].to_numpy()
    X = np.where(np.isnan(X), np.nanmean(X, axis=0), X)
    return np.asarray(StandardScaler().fit_transform(X))


def against_elastic_net_cv(measured: Measured) -> Row:
    """ElasticNetCV on rows imputed beforehand; its seconds have its refit, a fit in thousands."""
    X, (_, y, folds) = filled(measured), measured.training
    model = ElasticNetCV(l1_ratio=measured.ratios, eps=1e-3, alphas=100, cv=folds, max_iter=10_000)
    theirs = min(timed(lambda: model.fit(X, y)) for _ in range(3))
    found = model.mse_path_.mean(axis=-1).ravel()
    difference = np.max(np.abs(found - measured.trials["mse_mean"]) / found)
    work = f"{measured.case.name}, grid"
    return Row(work, "ElasticNetCV", measured.search, theirs, float(difference), "leaky peer")


def against_script(measured: Measured) -> Row:
    """The whole command, against a script that imputes beforehand and uses ElasticNetCV."""
    command = [sys.executable, "-c", SCRIPT, "table.parquet"]
    theirs = min(timed(lambda: quietly(command, measured.folder)) for _ in range(3))
    work = f"{measured.case.name}, grid, the whole command"
    remark = "from the file to the model, with all imports; leaky peer"
    return Row(work, "a script with ElasticNetCV", measured.whole, theirs, float("nan"), remark)


def against_cv_glmnet(measured: Measured) -> Row | None:
    """R's cv.glmnet on rows imputed beforehand; None where it is not installed."""
    if not _has_glmnet():
        return None
    X, (_, y, folds) = filled(measured), measured.training
    spread = y.std()  # its L2 penalty is scikit-learn's only for a target of unit spread
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.asfortranarray(X).T.tofile(folder / "x.bin")
        (y / spread).tofile(folder / "y.bin")
        (folds.test_fold + 1.0).tofile(folder / "fold.bin")
        np.array(measured.ratios).tofile(folder / "ratios.bin")
        (measured.trials["model.alpha"].to_numpy() / spread).tofile(folder / "alphas.bin")
        script = Path(__file__).with_name("peers.R")
        command = ["Rscript", str(script), name, str(X.shape[0]), str(X.shape[1])]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found = np.fromfile(folder / "scores.bin") * spread**2
    difference = np.nanmax(np.abs(found - measured.trials["mse_mean"]) / found)
    work, theirs = f"{measured.case.name}, grid", float(done.stdout)
    return Row(work, "cv.glmnet", measured.search, theirs, float(difference), "leaky peer")


def _has_glmnet() -> bool:
    if shutil.which("Rscript") is None:
        return False
    asked = ["Rscript", "-e", "library(glmnet)"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


def against_search_cv(measured: Measured, part: int) -> Row:
    """GridSearchCV or RandomizedSearchCV over the same Pipeline, timed on a part of it."""
    config, trials, (features, y, folds) = measured.config, measured.trials, measured.training
    picked = trials.sample(part, random_state=SEED)
    grid = [
        {"model__alpha": [alpha], "model__l1_ratio": [ratio]}
        for alpha, ratio in picked[PENALTY].itertuples(index=False)
    ]
    usual: dict[str, Any] = {
        "cv": folds, "scoring": "neg_mean_squared_error", "n_jobs": 2, "refit": False
    }  # fmt: skip
    if config.search.name == "random":
        peer = "RandomizedSearchCV"
        searcher = RandomizedSearchCV(
            measured.pipeline(), grid, n_iter=part, random_state=SEED, **usual
        )
    else:
        peer, searcher = "GridSearchCV", GridSearchCV(measured.pipeline(), grid, **usual)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        seconds = timed(lambda: searcher.fit(features, y))
    theirs = pd.DataFrame(searcher.cv_results_["params"])
    theirs.columns = [str(name).replace("__", ".") for name in theirs]
    theirs["mse"] = -searcher.cv_results_["mean_test_score"]
    both = picked.merge(theirs, on=PENALTY, validate="one_to_one")
    difference = float((both["mse"] / both["mse_mean"] - 1).abs().max())
    remark = f"extrapolated from {part} of {len(trials)} candidates"
    work = f"{measured.case.name}, {config.search.name}, {config.imputer.name}"
    whole = seconds * len(trials) / part
    return Row(work, f"{peer}, n_jobs=2", measured.search, whole, difference, remark)


def against_optuna_search_cv(measured: Measured, part: int) -> Row | None:
    """OptunaSearchCV over the same Pipeline, on a part of the trials; None if not installed.

    It draws its own candidates, so that scores are not compared. It has no l1_ratio or alpha that
    the runner has not: the same ranges.
    """
    try:
        from optuna_integration import OptunaSearchCV
    except ImportError:
        return None
    import optuna

    trials, (features, y, folds) = measured.trials, measured.training
    largest = float(trials["model.alpha"].max())
    alphas = optuna.distributions.FloatDistribution(largest / 1000, largest, log=True)
    ratios = optuna.distributions.CategoricalDistribution(measured.ratios)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    searcher = OptunaSearchCV(
        measured.pipeline(),
        {"model__alpha": alphas, "model__l1_ratio": ratios},
        cv=folds,
        n_trials=part,
        random_state=SEED,
        refit=False,
        scoring="neg_mean_squared_error",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        seconds = timed(lambda: searcher.fit(features, y))
    work = f"{measured.case.name}, optuna, {len(trials)} TPE trials"
    remark, theirs = (
        f"extrapolated from {part} trials; own candidates",
        seconds * len(trials) / part,
    )
    return Row(work, "OptunaSearchCV", measured.search, theirs, float("nan"), remark)


def against_empty_optuna(measured: Measured) -> Row:
    """Optuna's own time for as many trials of an objective that does nothing."""
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    def empty() -> None:
        storage = JournalStorage(JournalFileBackend(str(measured.folder / "empty.journal")))
        sampler = optuna.samplers.TPESampler(seed=derive_seed(SEED, "empty"))
        study = optuna.create_study(storage=storage, sampler=sampler)
        for _ in range(len(measured.trials)):
            asked = study.ask()
            x = asked.suggest_float("model.alpha", 1e-3, 1, log=True)
            asked.suggest_categorical("model.l1_ratio", measured.ratios)
            study.tell(asked, x)

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    work = f"{measured.case.name}, optuna, {len(measured.trials)} TPE trials"
    return Row(work, "Optuna alone", measured.search, timed(empty), 0.0)


def growth(base: Case, grown: Case, what: str) -> str:
    """How the cost of the search grows from one case to another, as a line."""
    seconds = []
    for case in (base, grown):
        with tempfile.TemporaryDirectory() as name:
            seconds.append(measure(case, Path(name)).search)
    return f"| {what} | {seconds[0]:.3f} | {seconds[1]:.3f} | {seconds[1] / seconds[0]:.1f} |"


def default_run() -> Row:
    """The whole process of the default run, against importing what it is built on."""
    imports = "import hydra, numpy, omegaconf, pandas, pydantic, rich, scipy.stats, sklearn.compose"
    imports += ", sklearn.impute, sklearn.linear_model, sklearn.pipeline, sklearn.preprocessing"
    with tempfile.TemporaryDirectory() as name:
        ours, theirs = [], []
        for _ in range(6):
            command = [sys.executable, "-m", "runner"]
            ours.append(timed(lambda: quietly(command, Path(name))))  # noqa: B023 - called at once
            theirs.append(timed(lambda: quietly([sys.executable, "-c", imports], Path(name))))
    work = "the default run, whole process"
    medians = statistics.median(ours[1:]), statistics.median(theirs[1:])
    return Row(work, "importing its dependencies", *medians, 0.0)


def compare(case: Case, *, part: int, fast_peers: bool, times: int = 3) -> None:
    """One case against every peer that can do it."""
    with tempfile.TemporaryDirectory() as name:
        measured = measure(case, Path(name), times)
        peers: list[Callable[[], Row | None]] = []
        if part:
            peers.append(lambda: against_search_cv(measured, part))
        if fast_peers:
            peers.append(lambda: against_elastic_net_cv(measured))
            peers.append(lambda: against_script(measured))
            peers.append(lambda: against_cv_glmnet(measured))
        for peer in peers:
            row = peer()
            if row is not None:
                print(row.markdown(), flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="run only the cases whose name has this")
    only = parser.parse_args().only
    print(f"Measured on {platform.machine()}, {platform.system()}, Python ", end="")
    print(f"{platform.python_version()}; through the command at its defaults: 5 folds of the 80 % ")
    print("that are not test rows, 10 % missing, 100 alphas x 7 l1_ratios.\n")
    if not _has_glmnet():
        print("glmnet is not installed: cv.glmnet is not compared.\n")
    print("| work | against | runner, s | peer, s | ratio | largest difference | |")
    print("|---|---|--:|--:|--:|--:|---|")
    cases: list[tuple[str, Callable[[], object]]] = [
        ("grid100", lambda: compare(Case(20_000, 100), part=8, fast_peers=True)),
        ("plain100", lambda: compare(_uncorrelated(20_000, 100), part=8, fast_peers=True)),
        ("plain500", lambda: compare(_uncorrelated(20_000, 500), part=0, fast_peers=True)),
        ("grid500", lambda: compare(Case(20_000, 500), part=0, fast_peers=True)),
        ("tall", lambda: compare(Case(400_000, 50), part=0, fast_peers=True)),
        ("random", lambda: compare(_random(), part=8, fast_peers=False)),
        ("median", lambda: compare(_rows("median"), part=20, fast_peers=False)),
        ("knn", lambda: compare(_rows("knn"), part=2, fast_peers=False)),
        ("optuna", _print_optuna),
        ("default", lambda: print(default_run().markdown())),
        ("growth", _print_growth),
    ]
    for name, run in cases:
        if only is None or only in name:
            run()


def _uncorrelated(rows: int, columns: int) -> Case:
    return Case(rows, columns, correlation=0.0)


def _random() -> Case:
    return Case(20_000, 100, ("search=random", "search.n_trials=1000"))


def _rows(imputer: str) -> Case:
    return Case(5_000, 50, (f"imputer={imputer}",))


def _print_optuna() -> None:
    with tempfile.TemporaryDirectory() as name:
        case = Case(20_000, 100, ("search=optuna", "search.n_trials=500"))
        measured = measure(case, Path(name), times=1)
        print(against_empty_optuna(measured).markdown(), flush=True)
        peer = against_optuna_search_cv(measured, 10)
        print("OptunaSearchCV is not installed." if peer is None else peer.markdown())


def _print_growth() -> None:
    print("\n| growth of the search | from, s | to, s | times |\n|---|--:|--:|--:|")
    base = Case(20_000, 50)
    print(growth(base, Case(200_000, 50), "rows x 10: 20,000 to 200,000 x 50"))
    print(growth(base, Case(20_000, 200), "columns x 4: 20,000 x 50 to 200"))
    fewer = Case(20_000, 50, ("model.alpha={eps:1e-3,count:10}",))
    print(growth(fewer, base, "candidates x 10: 70 to 700 at 20,000 x 50"))


if __name__ == "__main__":
    main()
