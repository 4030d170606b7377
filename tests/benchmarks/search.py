"""The search side by side with its peers: `python tests/benchmarks/search.py > RESULTS.md`.

Every row is measured in one process, the runner and the peer in turn, on the same rows, folds and
alphas. The runner imputes and scales inside each fold; ElasticNetCV and cv.glmnet get rows that
were imputed beforehand, with means of all of them, as they cannot do otherwise: the difference in
score that a row prints is then that leak. GridSearchCV is timed on a part of the grid.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sklearn.linear_model import ElasticNet, ElasticNetCV
from sklearn.model_selection import GridSearchCV, PredefinedSplit, RandomizedSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from runner.config import ExperimentConfig, composer, validate
from runner.core.folds import Folds
from runner.dataset.table import table_of
from runner.features.pipeline import Specs, prepare
from runner.randomness import derive_seed
from runner.search import Resolver
from runner.search.scorer import Objective, Scorer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runner.records import Floats, Split, Table, Trial

RATIOS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
SEED = 0


@dataclass(frozen=True)
class Case:
    """A table, its folds and the config that searches it."""

    table: Table
    split: Split
    config: ExperimentConfig
    correlation: float  # of every pair of columns

    @property
    def name(self) -> str:
        """Rows x columns."""
        shape = f"{self.table.n_rows:,} x {len(self.table.numeric)}"
        return shape if self.correlation else f"{shape} uncorrelated"


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


def make_case(
    rows: int, columns: int, *overrides: str, missing: float = 0.1, correlation: float = 0.5
) -> Case:
    """Normal columns, a third of them in the signal, values missing at random."""
    rng = np.random.default_rng(SEED)
    common = np.sqrt(correlation / (1 - correlation))
    X = rng.standard_normal((rows, columns)) + common * rng.standard_normal((rows, 1))
    coefficients = rng.standard_normal(columns) * (rng.uniform(size=columns) < 0.3)
    signal = X @ coefficients
    y = signal + signal.std() * rng.standard_normal(rows)
    y /= y.std()  # glmnet's L2 penalty is scikit-learn's only for a target of unit spread
    X[rng.uniform(size=X.shape) < missing] = np.nan
    table = table_of(pd.DataFrame(X, columns=[f"x{j}" for j in range(columns)]), y)
    ratios = f"model.l1_ratio={RATIOS}".replace(" ", "")
    fixed = ["split.test=null", "trial_metrics=[mse]", ratios]
    with composer(None, "config") as composing:
        composed = composing.compose([*fixed, *overrides])
    config = validate(composed.sections)
    return Case(table, config.split.split(table, SEED), config, correlation)


def search(case: Case, folder: Path) -> tuple[list[Trial], Scorer]:
    """What a run does between its data and its trials, nothing kept from before."""
    folds = Folds(case.table, case.split)
    config = case.config
    specs = Specs(config.imputer, config.features, config.model)
    objective = Objective("mse", config.trial_metrics)
    scorer = Scorer(folds, specs, objective, seed=SEED, progress=lambda _: None)
    resolver = Resolver(config.search_space, scorer.alpha_max)
    return config.search.run(resolver, scorer, seed=SEED, folder=folder), scorer


def fastest(work: Callable[[], object], times: int) -> float:
    """The least of some timings, in seconds: noise only adds."""
    return min(timed(work) for _ in range(times))


def timed(work: Callable[[], object]) -> float:
    """Seconds of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def scores_by_penalty(trials: Sequence[Trial]) -> pd.DataFrame:
    """A row per candidate: l1_ratio, alpha and mean mse, alphas falling within a ratio."""
    rows = [(t.candidate.l1_ratio, t.candidate.alpha, t.scores["mse"].mean()) for t in trials]
    frame = pd.DataFrame(rows, columns=["l1_ratio", "alpha", "mse"])
    return frame.sort_values(["l1_ratio", "alpha"], ascending=[True, False], ignore_index=True)


def filled(case: Case) -> Floats:
    """The columns imputed by their means over all rows, and standardised."""
    X = case.table.features.to_numpy()
    X = np.where(np.isnan(X), np.nanmean(X, axis=0), X)
    return np.asarray(StandardScaler().fit_transform(X))


def against_elastic_net_cv(case: Case, ours: float, trials: Sequence[Trial]) -> Row:
    """ElasticNetCV on rows imputed beforehand."""
    X, y = filled(case), case.table.target
    folds = PredefinedSplit(case.split.partitions[0])
    scores = scores_by_penalty(trials)
    found: list[Floats] = []

    def fit() -> None:
        found.clear()
        model = ElasticNetCV(l1_ratio=RATIOS, eps=1e-3, alphas=100, cv=folds, max_iter=10_000)
        found.append(model.fit(X, y).mse_path_.mean(axis=-1).ravel())

    theirs = fastest(fit, 1)
    difference = np.max(np.abs(found[0] - scores["mse"]) / found[0])
    return Row(f"{case.name}, grid", "ElasticNetCV", ours, theirs, float(difference), "leaky peer")


def against_cv_glmnet(case: Case, ours: float, trials: Sequence[Trial]) -> Row | None:
    """R's cv.glmnet on rows imputed beforehand; None where R is not installed."""
    if shutil.which("Rscript") is None:
        return None
    X, scores = filled(case), scores_by_penalty(trials)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.asfortranarray(X).T.tofile(folder / "x.bin")
        case.table.target.tofile(folder / "y.bin")
        (case.split.partitions[0] + 1.0).tofile(folder / "fold.bin")
        np.array(RATIOS).tofile(folder / "ratios.bin")
        scores["alpha"].to_numpy().tofile(folder / "alphas.bin")
        script = Path(__file__).with_name("peers.R")
        command = ["Rscript", str(script), name, str(X.shape[0]), str(X.shape[1])]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found = np.fromfile(folder / "scores.bin")
    difference = np.nanmax(np.abs(found - scores["mse"]) / found)
    work = f"{case.name}, grid"
    return Row(work, "cv.glmnet", ours, float(done.stdout), float(difference), "leaky peer")


def against_search_cv(case: Case, ours: float, trials: Sequence[Trial], part: int) -> Row:
    """GridSearchCV or RandomizedSearchCV over the same Pipeline, timed on a part of it."""
    config = case.config
    specs = Specs(config.imputer, config.features, config.model)
    preparation = prepare(specs, case.table, SEED)
    rng = np.random.default_rng(SEED)
    picked = [trials[i] for i in rng.choice(len(trials), part, replace=False)]
    pipeline = Pipeline([*preparation.steps(), ("model", ElasticNet(max_iter=10_000))])
    grid = [
        {"model__alpha": [t.candidate.alpha], "model__l1_ratio": [t.candidate.l1_ratio]}
        for t in picked
    ]
    peer = "GridSearchCV, n_jobs=2"
    searcher = GridSearchCV(
        pipeline,
        grid,
        cv=PredefinedSplit(case.split.partitions[0]),
        scoring="neg_mean_squared_error",
        n_jobs=2,
        refit=False,
    )
    if config.search.name == "random":
        peer = "RandomizedSearchCV, n_jobs=2"
        searcher = RandomizedSearchCV(
            pipeline,
            grid,
            n_iter=part,
            cv=PredefinedSplit(case.split.partitions[0]),
            scoring="neg_mean_squared_error",
            n_jobs=2,
            refit=False,
            random_state=SEED,
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        seconds = timed(lambda: searcher.fit(case.table.features, case.table.target))
    found = dict(
        zip(
            map(_penalty, searcher.cv_results_["params"]),
            searcher.cv_results_["mean_test_score"],
            strict=True,
        )
    )
    differences = [
        abs(-found[t.candidate.alpha, t.candidate.l1_ratio] / t.scores["mse"].mean() - 1)
        for t in picked
    ]
    remark = f"extrapolated from {part} of {len(trials)} candidates"
    work = f"{case.name}, {config.search.name}, {config.imputer.name}"
    theirs = seconds * len(trials) / part
    return Row(work, peer, ours, theirs, max(differences), remark)


def against_optuna_search_cv(case: Case, folder: Path, part: int) -> Row | None:
    """OptunaSearchCV over the same Pipeline, on a part of the trials; None if not installed.

    It draws its own candidates, so that scores are not compared. It has no l1_ratio or alpha that
    the runner has not: the same ranges.
    """
    try:
        from optuna_integration import OptunaSearchCV
    except ImportError:
        return None
    import optuna

    started = time.perf_counter()
    trials, _ = search(case, folder)
    ours = time.perf_counter() - started
    config = case.config
    specs = Specs(config.imputer, config.features, config.model)
    preparation = prepare(specs, case.table, SEED)
    pipeline = Pipeline([*preparation.steps(), ("model", ElasticNet(max_iter=10_000))])
    largest = max(trial.candidate.alpha for trial in trials)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    searcher = OptunaSearchCV(
        pipeline,
        {
            "model__alpha": optuna.distributions.FloatDistribution(
                largest / 1000, largest, log=True
            ),
            "model__l1_ratio": optuna.distributions.CategoricalDistribution(RATIOS),
        },
        cv=PredefinedSplit(case.split.partitions[0]),
        n_trials=part,
        random_state=SEED,
        refit=False,
        scoring="neg_mean_squared_error",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        seconds = timed(lambda: searcher.fit(case.table.features, case.table.target))
    work = f"{case.name}, optuna, {len(trials)} TPE trials"
    remark = f"extrapolated from {part} trials; own candidates"
    return Row(work, "OptunaSearchCV", ours, seconds * len(trials) / part, float("nan"), remark)


def _penalty(parameters: dict[str, float]) -> tuple[float, float]:
    return parameters["model__alpha"], parameters["model__l1_ratio"]


def against_empty_optuna(case: Case, folder: Path, trials: int) -> Row:
    """Optuna's own time for as many trials of an objective that does nothing."""
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    ours = timed(lambda: search(case, folder / "ours"))

    def empty() -> None:
        storage = JournalStorage(JournalFileBackend(str(folder / "empty.journal")))
        sampler = optuna.samplers.TPESampler(seed=derive_seed(SEED, "empty"))
        study = optuna.create_study(storage=storage, sampler=sampler)
        for _ in range(trials):
            asked = study.ask()
            x = asked.suggest_float("model.alpha", 1e-3, 1, log=True)
            asked.suggest_categorical("model.l1_ratio", RATIOS)
            study.tell(asked, x)

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    theirs = timed(empty)
    return Row(f"{case.name}, optuna, {trials} TPE trials", "Optuna alone", ours, theirs, 0.0)


def growth(base: Case, grown: Case, what: str) -> str:
    """How the cost grows from one case to another, as a line."""
    seconds = []
    for case in (base, grown):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            seconds.append(fastest(lambda: search(case, folder), 3))  # noqa: B023 - called at once
    return f"| {what} | {seconds[0]:.3f} | {seconds[1]:.3f} | {seconds[1] / seconds[0]:.1f} |"


def default_run() -> Row:
    """The whole process of the default run, against importing what it is built on."""
    imports = "import hydra, numpy, omegaconf, pandas, pydantic, rich, scipy.stats, sklearn.compose"
    imports += ", sklearn.impute, sklearn.linear_model, sklearn.pipeline, sklearn.preprocessing"
    with tempfile.TemporaryDirectory() as name:
        ours, theirs = [], []
        for _ in range(6):
            command = [sys.executable, "-m", "runner"]
            ours.append(timed(lambda: _quietly(command, name)))  # noqa: B023 - called at once
            theirs.append(timed(lambda: _quietly([sys.executable, "-c", imports], name)))
    work = "the default run, whole process"
    medians = statistics.median(ours[1:]), statistics.median(theirs[1:])
    return Row(work, "importing its dependencies", *medians, 0.0)


def _quietly(command: list[str], folder: str) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


def compare(case: Case, *, part: int, fast_peers: bool, times: int = 3) -> None:
    """One case against every peer that can do it."""
    with tempfile.TemporaryDirectory() as name:
        trials, _ = search(case, Path(name))
        ours = fastest(lambda: search(case, Path(name)), times)
    peers: list[Callable[[], Row | None]] = []
    if part:
        peers.append(lambda: against_search_cv(case, ours, trials, part))
    if fast_peers:
        peers.append(lambda: against_elastic_net_cv(case, ours, trials))
        peers.append(lambda: against_cv_glmnet(case, ours, trials))
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
    print(f"{platform.python_version()}; 5 folds, 10 % missing, 100 alphas x 10 l1_ratios.\n")
    if shutil.which("Rscript") is None:
        print("R is not installed: cv.glmnet is not compared.\n")
    print("| work | against | runner, s | peer, s | ratio | largest difference | |")
    print("|---|---|--:|--:|--:|--:|---|")
    cases: list[tuple[str, Callable[[], object]]] = [
        ("grid100", lambda: compare(make_case(20_000, 100), part=8, fast_peers=True)),
        ("plain100", lambda: compare(_uncorrelated(20_000, 100), part=8, fast_peers=True)),
        ("plain500", lambda: compare(_uncorrelated(20_000, 500), part=0, fast_peers=True)),
        ("grid500", lambda: compare(make_case(20_000, 500), part=0, fast_peers=True)),
        ("grid50", lambda: compare(make_case(400_000, 50), part=0, fast_peers=True)),
        ("random", lambda: compare(_random(), part=8, fast_peers=False)),
        ("median", lambda: compare(_rows("median"), part=20, fast_peers=False)),
        ("knn", lambda: compare(_rows("knn"), part=2, fast_peers=False, times=1)),
        ("optuna", _print_optuna),
        ("default", lambda: print(default_run().markdown())),
        ("growth", _print_growth),
    ]
    for name, run in cases:
        if only is None or only in name:
            run()


def _uncorrelated(rows: int, columns: int) -> Case:
    return make_case(rows, columns, correlation=0.0)


def _random() -> Case:
    return make_case(20_000, 100, "search=random", "search.n_trials=1000")


def _rows(imputer: str) -> Case:
    return make_case(5_000, 50, f"imputer={imputer}")


def _print_optuna() -> None:
    case = make_case(20_000, 100, "search=optuna", "search.n_trials=500")
    with tempfile.TemporaryDirectory() as name:
        print(against_empty_optuna(case, Path(name), 500).markdown(), flush=True)
        peer = against_optuna_search_cv(case, Path(name) / "peer", 10)
        print("OptunaSearchCV is not installed." if peer is None else peer.markdown())


def _print_growth() -> None:
    print("\n| growth of the search | from, s | to, s | times |\n|---|--:|--:|--:|")
    base = make_case(20_000, 50)
    print(growth(base, make_case(200_000, 50), "rows x 10: 20,000 to 200,000 x 50"))
    print(growth(base, make_case(20_000, 200), "columns x 4: 20,000 x 50 to 200"))
    fewer = make_case(20_000, 50, "model.alpha={eps: 1e-3, count: 10}")
    print(growth(fewer, base, "candidates x 10: 100 to 1,000 at 20,000 x 50"))


if __name__ == "__main__":
    main()
