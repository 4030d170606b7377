"""Searches of tables that are made for it, timed beside scikit-learn's ElasticNetCV."""

from __future__ import annotations

import platform
import time
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import ElasticNetCV
from sklearn.model_selection import PredefinedSplit
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_info

from runner.config import composer, validate
from runner.core.folds import Folds
from runner.core.path.native.library import core_in_use
from runner.core.threads import one_thread_of_blas, usable_threads
from runner.dataset.memory_needed import memory
from runner.dataset.table import table_of
from runner.features.pipeline import Specs
from runner.records import SparseColumns
from runner.search import Resolver
from runner.search.scorer import Objective, Scorer
from runner.store.environment import versions

if TYPE_CHECKING:
    from runner.config import ExperimentConfig
    from runner.records import Floats, Matrix, Split, Table, Trial

SEED = 0
BLAS_FACTS = ("internal_api", "version", "architecture", "num_threads")
SIGNAL = 0.1  # of the columns
MISSING = 0.1  # of the cells of a dense table
STORED = 0.01  # of those of a sparse one


@dataclass(frozen=True)
class Case:
    """A table of normal columns and a target, and what the config says beside the defaults."""

    name: str
    rows: int
    columns: int
    overrides: tuple[str, ...] = ()
    correlation: float = 0.0  # of every pair of columns
    sparse: bool = False

    def table(self) -> Table:
        """The same whenever it is made."""
        rng = np.random.default_rng(SEED)
        names = tuple(f"x{at}" for at in range(self.columns))
        coefficients = rng.standard_normal(self.columns) * (rng.random(self.columns) < SIGNAL)
        if self.sparse:
            shape = (self.rows, self.columns)
            matrix = sparse.csr_array(sparse.random_array(shape, density=STORED, rng=rng))
            empty = pd.DataFrame(index=range(self.rows))
            table = table_of(empty, _target(np.asarray(matrix @ coefficients), rng))
            return replace(table, matrix=SparseColumns(matrix, names))
        X = rng.standard_normal((self.rows, self.columns))
        common = np.sqrt(self.correlation / (1 - self.correlation))
        X += common * rng.standard_normal((self.rows, 1))
        y = _target(X @ coefficients, rng)
        X[rng.random(X.shape) < MISSING] = np.nan
        return table_of(pd.DataFrame(X, columns=names), y)


FEW = ("model.l1_ratio=0.5", "model.alpha={eps:0.1,count:20}")
THREE = ("model.l1_ratio=[0.5,0.9,1]",)
CASES = (
    Case("correlated", 20_000, 100, THREE, correlation=0.5),
    Case("uncorrelated", 20_000, 100, THREE),
    Case("wide", 300, 5000, FEW),
    Case("sparse", 20_000, 2000, FEW, sparse=True),
)


@dataclass(frozen=True)
class Timed:
    """A search of one case by both, in seconds."""

    case: str
    rows: int
    columns: int
    candidates: int
    folds: int
    runner: float
    elastic_net_cv: float
    difference: float  # of the least CV mean of the squared error, relative


def describe_machine() -> dict[str, Any]:
    """What the times of this machine depend on."""
    libraries = [
        {name: one.get(name) for name in BLAS_FACTS}
        for one in threadpool_info()
        if one["user_api"] == "blas"
    ]
    return {
        "machine": f"{platform.system()} {platform.machine()}",
        "cores": usable_threads(),
        "memory": memory(),
        "blas": libraries,
        "path_core": core_in_use(),
        "versions": versions(),
    }


def timed(case: Case) -> Timed:
    """Search a case both ways, with the same folds, grid and tolerance, on one thread of BLAS.

    The data is made, and prepared for ElasticNetCV, while no clock runs.
    """
    with composer(None, "config") as composing:
        config = validate(composing.compose(list(case.overrides)).sections)
    table = case.table()
    split = config.split.split(table, SEED)
    X = _prepared(table, split)
    with one_thread_of_blas():
        started = time.perf_counter()
        trials = _search(config, table, split)
        between = time.perf_counter()
        errors = _elastic_net_cv(config, X, table.target[split.train], split)
        ended = time.perf_counter()
    return Timed(
        case=case.name,
        rows=case.rows,
        columns=case.columns,
        candidates=len(trials),
        folds=len(split.folds),
        runner=between - started,
        elastic_net_cv=ended - between,
        difference=abs(min(trial.loss for trial in trials) / errors.min() - 1),
    )


def _search(config: ExperimentConfig, table: Table, split: Split) -> list[Trial]:
    """What a run does between its data and its trials."""
    specs = Specs(config.imputer, config.features, config.model)
    objective = Objective(config.metric, config.trial_metrics)
    scorer = Scorer(Folds(table, split), specs, objective, seed=SEED, progress=lambda _: None)
    resolver = Resolver(config.search_space, scorer.alpha_max)
    return config.search.run(resolver, scorer, seed=SEED, folder=Path())


def _prepared(table: Table, split: Split) -> Matrix:
    """The training rows, imputed and scaled by the means and deviations of all of them."""
    if table.matrix is not None:
        scaled = StandardScaler(with_mean=False).fit_transform(table.matrix.X[split.train])
        return sparse.csc_array(scaled)
    X = table.features.to_numpy()[split.train]
    X = np.where(np.isnan(X), np.nanmean(X, axis=0), X)
    X = StandardScaler().fit_transform(X)
    return np.asfortranarray(X)


def _elastic_net_cv(config: ExperimentConfig, X: Matrix, y: Floats, split: Split) -> Floats:
    """The mean squared error of each candidate, over folds."""
    dimensions, fixed = config.search_space.dimensions, config.search_space.fixed
    ratios = dimensions.get("model.l1_ratio")
    fractions = np.array(dimensions["model.alpha"].grid(), dtype=np.float64)  # of the largest alpha
    model = ElasticNetCV(
        l1_ratio=fixed["model.l1_ratio"] if ratios is None else ratios.grid(),
        alphas=len(fractions),
        eps=fractions.min(),
        tol=config.model.tol,
        max_iter=config.model.max_iter,
        cv=PredefinedSplit(split.partitions[0]),
        n_jobs=usable_threads(),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, y)
    errors: Floats = np.asarray(model.mse_path_).mean(axis=-1)
    return errors


def _target(signal: Floats, rng: np.random.Generator) -> Floats:
    """As much noise as signal."""
    y: Floats = signal + signal.std() * rng.standard_normal(len(signal))
    y /= y.std()
    return y
