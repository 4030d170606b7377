"""Time paths of every family side by side with R's glmnet, in seconds of the processor.

glmnet solves first, at its default threshold or at a tight one, and chooses the alphas. Of the wide
and the sparse rows half its largest dual gap becomes our tolerance, so that our answers are more
exact; elsewhere it is 1e-7. Each runs `--repeats` times, on one thread, and the least counts.
Prints a table.

    python tests/benchmarks/families.py [--repeats 3] [--only cox]
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from runner.core.likelihood import LikelihoodProblem, solve_likelihood
from runner.core.likelihood.dual import dual_gap
from runner.core.likelihood.grouped import GroupedSolver
from runner.core.likelihood.grouped_rows import Strengths
from runner.core.likelihood.state import State
from runner.core.path import PathSettings
from runner.core.threads import one_thread_of_blas
from runner.family.binomial import LogLoss
from runner.family.cox import CoxLoss
from runner.family.gamma import GammaLoss
from runner.family.multi_gaussian import SquaredErrors
from runner.family.multinomial import MultinomialLoss
from runner.family.poisson import PoissonLoss
from runner.records import Observed

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.core.likelihood import Likelihood
    from runner.records import Floats, Integers, Matrix

PEER = Path(__file__).with_name("families.R")
TOL = 1e-7
DEFAULT, TIGHT = 1e-7, 1e-12  # glmnet's thresholds
RATIOS = (0.5, 0.8, 1.0)
FOLDS = 5


@dataclass(frozen=True)
class Data:
    """Rows of one family, standardised."""

    family: str
    X: Matrix
    y: Floats
    event: Floats

    def likelihood(self, rows: Integers | None = None) -> Likelihood:
        """Of some rows, or of all."""
        y = self.y if rows is None else self.y[rows]
        event = (self.event if rows is None else self.event[rows]) > 0
        observed = Observed(y, np.ones(len(y)), event)
        if self.family == "multinomial":
            return MultinomialLoss(observed, 4)
        losses: dict[str, Callable[[Observed], Likelihood]] = {
            "binomial": LogLoss,
            "poisson": PoissonLoss,
            "gamma": GammaLoss,
            "cox": CoxLoss,
            "mgaussian": SquaredErrors,
        }
        return losses[self.family](observed)


def draw(family: str, n: int, q: int) -> Data:
    """Columns that are correlated by 0.5; 3 of 10 matter, or 10 of more columns than rows."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, q)) + rng.standard_normal((n, 1))
    X = np.asfortranarray((X - X.mean(axis=0)) / X.std(axis=0))
    matters = rng.uniform(size=(q, 1)) < (0.3 if q < n else 10 / q)
    eta = X @ (rng.standard_normal((q, 4)) * matters)
    eta /= eta.std(axis=0)
    one, event = eta[:, 0], np.ones(n)
    match family:
        case "binomial":
            y = (rng.logistic(size=n) < one).astype(float)
        case "poisson":
            y = rng.poisson(np.exp(one / 2)).astype(float)
        case "gamma":
            y = rng.gamma(2, np.exp(one / 2) / 2)
        case "multinomial":
            y = np.argmax(eta + rng.gumbel(size=(n, 4)), axis=1).astype(float)
        case "mgaussian":
            y = eta + rng.standard_normal((n, 4))
        case _:
            died, left = rng.exponential(np.exp(-one)), rng.exponential(2, n)
            y, event = np.minimum(died, left), (died <= left).astype(float)
    return Data(family, X, y, event)


def draw_sparse(family: str, n: int, q: int) -> Data:
    """Columns of which 0.5 % is not 0, of like size; 50 of them matter."""
    rng = np.random.default_rng(0)
    drawn = sparse.random_array((n, q), density=0.005, rng=rng, data_sampler=rng.standard_normal)
    X = sparse.csc_array(drawn)
    X = sparse.csc_array(X @ sparse.diags_array(1 / np.sqrt(X.multiply(X).mean(axis=0))))
    b = np.zeros(q)
    b[rng.choice(q, 50, replace=False)] = rng.standard_normal(50)
    eta: Floats = np.asarray(X @ b)
    eta /= eta.std()
    counts = rng.poisson(np.exp(eta / 2)) if family == "poisson" else rng.logistic(size=n) < eta
    return Data(family, X, counts.astype(float), np.ones(n))


def write_columns(X: Matrix, folder: Path) -> None:
    """For R, dense or sparse."""
    if isinstance(X, np.ndarray):
        X.T.tofile(folder / "x.bin")
        return
    X.data.tofile(folder / "x.bin")
    X.indices.astype(np.int32).tofile(folder / "rows.bin")
    X.indptr.astype(np.int32).tofile(folder / "ends.bin")


def peer(data: Data, folder: Path, thresh: float, *, cv: bool) -> float:
    """Run glmnet on the data: its seconds."""
    n, q = data.X.shape
    write_columns(data.X, folder)
    data.y.T.tofile(folder / "y.bin")
    data.event.tofile(folder / "event.bin")
    (np.arange(n) % FOLDS + 1.0).tofile(folder / "fold.bin")
    np.array(RATIOS if cv else RATIOS[:1]).tofile(folder / "ratios.bin")
    command = ["Rscript", str(PEER), str(folder), data.family, str(n), str(q), str(thresh)]
    done = subprocess.run([*command, str(int(cv))], check=True, capture_output=True, text=True)
    return float(done.stdout.split()[-1])


def largest_gap(data: Data, folder: Path, alphas: Floats) -> float:
    """Of glmnet's solutions with their best intercepts, as a share of the null deviance."""
    likelihood = data.likelihood()
    K, q = likelihood.responses, data.X.shape[1]
    beta = np.fromfile(folder / "beta.bin").reshape(K, len(alphas), q).transpose(1, 0, 2)
    problem = LikelihoodProblem(data.X, likelihood, fit_intercept=True)
    if likelihood.grouped:
        rows = GroupedSolver(problem, PathSettings(tol=TOL, max_iter=1)).rows
        f, l2 = np.ones(q), 1 - RATIOS[0]
        pairs = zip(alphas, beta, strict=True)
        each = (rows.gap(b, Strengths(a * RATIOS[0], np.full(q, a * l2), f)) for a, b in pairs)
        return max(each) / likelihood.null_deviance
    gaps = []
    for alpha, b in zip(alphas, beta, strict=True):
        state = State.of(problem, np.ascontiguousarray(b)[None], 1e-12)
        l1 = np.full(K * q, alpha * RATIOS[0])
        gaps.append(dual_gap(likelihood, state.point(0), l1, l1 / RATIOS[0] - l1))
    return max(gaps) / likelihood.null_deviance


def one_path(data: Data, alphas: Floats, tol: float) -> tuple[float, float]:
    """Our seconds, and our largest gap as a share of the null deviance."""
    started = time.process_time()
    likelihood = data.likelihood()
    found = solve_likelihood(
        LikelihoodProblem(data.X, likelihood, fit_intercept=True),
        alphas[:, None],
        np.array(RATIOS[:1]),
        PathSettings(tol=tol, max_iter=1000),
    )
    seconds = time.process_time() - started
    return seconds, float(found.dual_gaps.max()) / likelihood.null_deviance


def folds(data: Data, grids: list[Floats]) -> tuple[float, list[Floats]]:
    """Our seconds for each fold's paths and their held-out losses; these, averaged over folds."""
    n, X = len(data.y), np.asarray(data.X)
    longest = max(len(grid) for grid in grids)
    # shorter grids stay at their last alpha
    alphas = np.column_stack([np.pad(g, (0, longest - len(g)), mode="edge") for g in grids])
    losses = np.zeros(alphas.shape)
    started = time.process_time()
    for fold in range(FOLDS):
        held = np.arange(n) % FOLDS == fold
        train, test = np.flatnonzero(~held), np.flatnonzero(held)
        mean, scale = X[train].mean(axis=0), X[train].std(axis=0)
        found = solve_likelihood(
            LikelihoodProblem((X[train] - mean) / scale, data.likelihood(train), True),
            alphas,
            np.array(RATIOS),
            PathSettings(tol=TOL, max_iter=1000),
        )
        flat = found.coefficients.reshape(-1, X.shape[1])
        eta = ((X[test] - mean) / scale) @ flat.T + found.intercepts.reshape(-1)
        losses += data.likelihood(test).value(eta[..., None]).reshape(alphas.shape) / FOLDS
    seconds = time.process_time() - started
    return seconds, [2 * losses[: len(g), i] for i, g in enumerate(grids)]


def compare_path(data: Data, thresh: float, repeats: int) -> str:
    """A row of the table."""
    n, q = data.X.shape
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        theirs = [peer(data, folder, thresh, cv=False) for _ in range(repeats)]
        alphas = np.fromfile(folder / "lambda1.bin")
        gap = largest_gap(data, folder, alphas)
    tol = max(TOL, gap / 2) if q >= n and thresh == DEFAULT else TOL
    ours = [one_path(data, alphas, tol) for _ in range(repeats)]
    seconds = min(o[0] for o in ours)
    kind = data.family if isinstance(data.X, np.ndarray) else f"sparse, {data.family}"
    work = f"{n:,} x {q:,} {kind}, {len(alphas)} alphas, thresh {thresh:.0e}"
    row = f"| {work} | {seconds:.2f} | {min(theirs):.2f} | {min(theirs) / seconds:.2g} |"
    return f"{row} {ours[0][1]:.1e} | {gap:.1e} |"


def compare_folds(n: int, q: int, repeats: int) -> str:
    """The row of cross-validation; its gaps are differences of mean deviance."""
    data = draw("binomial", n, q)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        theirs = [peer(data, folder, DEFAULT, cv=True) for _ in range(repeats)]
        numbers = [i + 1 for i in range(len(RATIOS))]
        grids = [np.fromfile(folder / f"lambda{i}.bin") for i in numbers]
        expected = [np.fromfile(folder / f"cvm{i}.bin") for i in numbers]
    ours = [folds(data, grids) for _ in range(repeats)]
    seconds = min(o[0] for o in ours)
    pairs = zip(ours[0][1], expected, strict=True)
    far = max(float(np.abs(o - e).max()) for o, e in pairs)
    work = f"{n:,} x {q:,} binomial, {FOLDS} folds, {len(RATIOS)} ratios"
    row = f"| {work} | {seconds:.2f} | {min(theirs):.2f} | {min(theirs) / seconds:.2g} |"
    return f"{row} deviances apart by | {far:.1e} |"


def growth(n: int, q: int) -> str:
    """How much longer ten times the rows take."""
    seconds = []
    for rows in (n, 10 * n):
        data = draw("binomial", rows, q)
        eta = np.full((rows, 1, 1), data.likelihood().null()[0])
        top = np.abs(data.X.T @ data.likelihood().gradient(eta)[:, 0, 0]).max() / RATIOS[0]
        alphas = np.geomspace(top, top / 1000, 100)
        seconds.append(min(one_path(data, alphas, TOL)[0] for _ in range(2)))
    return f"ten times the rows of {n:,} x {q} take {seconds[1] / seconds[0]:.1f} times as long"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", default="", help="part of a row's name")
    asked = parser.parse_args()

    def path(family: str, n: int, q: int, make: Callable[[str, int, int], Data] = draw) -> str:
        return compare_path(make(family, n, q), DEFAULT, asked.repeats)

    tall, wide, square = (20_000, 100), (300, 5_000), (20_000, 20_000, draw_sparse)
    rows: dict[str, Callable[[], str]] = {
        "folds": partial(compare_folds, 20_000, 100, asked.repeats),
        "tall binomial": partial(path, "binomial", *tall),
        "tall poisson": partial(path, "poisson", *tall),
        "tall multinomial": partial(path, "multinomial", *tall),
        "tall cox": partial(path, "cox", *tall),
        "tall gamma": partial(path, "gamma", *tall),
        "tall mgaussian": partial(path, "mgaussian", *tall),
        "wide binomial": partial(path, "binomial", *wide),
        "wide poisson": partial(path, "poisson", *wide),
        "wide mgaussian": partial(path, "mgaussian", *wide),
        "wide cox": partial(path, "cox", *wide),
        "sparse binomial": partial(path, "binomial", *square),
        "sparse poisson": partial(path, "poisson", *square),
        "tight cox": lambda: compare_path(draw("cox", *wide), TIGHT, 1),
        "growth": partial(growth, 20_000, 100),
    }
    print("| work | runner, s | glmnet, s | times faster | gap | its gap |")
    print("|---|--:|--:|--:|--:|--:|")
    with one_thread_of_blas():
        for name, row in rows.items():
            if asked.only in name:
                print(row(), flush=True)


if __name__ == "__main__":
    main()
