"""Time paths of 100 alphas side by side with R's glmnet, at glmnet's own precision.

For each shape glmnet solves first, at its default threshold and at a tight one. Its largest dual
gap becomes our tolerance, so that our answers are at least as exact. Both run in turns, on one
thread each, and the median counts. Prints a Markdown table.

    python tests/benchmarks/paths.py [--repeats 5] [--shapes wide,square,sparse]
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from runner.core.path import PathSettings, solve_path
from runner.core.path.centred_columns import to_columns
from runner.core.path.gap import dual_gaps
from runner.records import RowProblem

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.records import Floats

THRESHOLDS = (1e-7, 1e-12)
L1_RATIO = 0.9

SOLVE_IN_R = """
suppressMessages({library(glmnet); library(Matrix)})
a <- commandArgs(TRUE)
setwd(a[1])
read <- function(name, what, size) readBin(name, what, 1e9, size = size)
shape <- read("shape", "integer", 4)
x <- read("x", "double", 8)
y <- read("y", "double", 8)
X <- if (file.exists("i")) {
  new("dgCMatrix", x = x, i = read("i", "integer", 4), p = read("p", "integer", 4), Dim = shape)
} else matrix(x, shape[1])
seconds <- system.time(
  fit <- glmnet(X, y, alpha = as.numeric(a[3]), standardize = file.exists("i"), nlambda = 100,
                lambda.min.ratio = 1e-2, thresh = as.numeric(a[2]), maxit = 1e7)
)[["elapsed"]]
writeBin(seconds, "seconds")
writeBin(fit$lambda, "lambda")
writeBin(as.vector(as.matrix(fit$beta)), "beta")
"""


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    shape: str
    threshold: float
    glmnet_seconds: float
    seconds: float
    glmnet_gap: float
    gap: float
    coefficient_difference: float
    objective_rise: float

    def __str__(self) -> str:
        """The line in Markdown."""
        ratio = self.glmnet_seconds / self.seconds
        return (
            f"| {self.shape} | {self.threshold:.0e} | {self.glmnet_seconds:.3f} | "
            f"{self.seconds:.3f} | {ratio:.2f} | {self.glmnet_gap:.1e} | {self.gap:.1e} | "
            f"{self.coefficient_difference:.1e} | {self.objective_rise:.1e} |"
        )


def make_dense(n: int, p: int) -> RowProblem:
    """Independent normal columns, 20 of them behind y, signal and noise of equal size."""
    rng = np.random.default_rng(0)
    X = np.asfortranarray(rng.standard_normal((n, p)))
    X -= X.mean(axis=0)
    X /= X.std(axis=0)
    b = np.zeros(p)
    b[rng.choice(p, 20, replace=False)] = rng.standard_normal(20)
    return RowProblem(X, add_noise(X @ b, rng), np.ones(n), np.zeros(p), np.ones(p))


def make_sparse(n: int, p: int, density: float) -> RowProblem:
    """Sparse columns with means, 50 of them behind y, centred and scaled implicitly."""
    rng = np.random.default_rng(0)
    X = sparse.csc_array(
        sparse.random_array((n, p), density=density, rng=rng, data_sampler=rng.standard_exponential)
    )
    b = np.zeros(p)
    b[rng.choice(p, 50, replace=False)] = rng.standard_normal(50)
    centre: Floats = np.asarray(X.mean(axis=0), dtype=np.float64)
    scale = np.sqrt(np.asarray(X.multiply(X).mean(axis=0)) - centre**2)
    return RowProblem(X, add_noise(np.asarray(X @ b), rng), np.ones(n), centre, scale)


def add_noise(signal: Floats, rng: np.random.Generator) -> Floats:
    """A target of mean 0 and standard deviation 1, so that glmnet's lambda is our alpha."""
    y = signal + rng.standard_normal(len(signal)) * signal.std()
    return np.asarray((y - y.mean()) / y.std())


def write_problem(problem: RowProblem, folder: FilePath) -> None:
    """Leave the problem where R can read it."""
    np.array(problem.X.shape, dtype=np.int32).tofile(folder / "shape")
    problem.y.tofile(folder / "y")
    if not sparse.issparse(problem.X):
        np.ascontiguousarray(problem.X.T).tofile(folder / "x")
        return
    X = sparse.csc_array(problem.X)
    X.data.tofile(folder / "x")
    X.indices.astype(np.int32).tofile(folder / "i")
    X.indptr.astype(np.int32).tofile(folder / "p")


def solve_in_r(rscript: str, folder: FilePath, threshold: float) -> tuple[float, Floats, Floats]:
    """Seconds, alphas, (a,), and coefficients, (p, a), of one glmnet path."""
    command = [rscript, "-e", SOLVE_IN_R, str(folder), str(threshold), str(L1_RATIO)]
    subprocess.run(command, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    alphas = np.fromfile(folder / "lambda")
    beta = np.fromfile(folder / "beta").reshape(len(alphas), -1).T
    return float(np.fromfile(folder / "seconds")[0]), alphas, beta


def judge(problem: RowProblem, alphas: Floats, coefficients: Floats) -> tuple[Floats, Floats]:
    """Dual gaps and objectives, both (a,), over all columns."""
    columns = to_columns(problem)
    residual = columns.target[:, None] - columns.fitted(coefficients, np.arange(columns.count))
    squares = np.sum(residual**2, axis=0)
    l1, l2 = alphas * L1_RATIO, alphas * (1 - L1_RATIO)
    gaps = dual_gaps(
        coefficients,
        columns.gradient(residual),
        squares,
        l1=l1,
        l2=l2,
        factors=np.ones(columns.count),
        limits=None,
    )
    penalty = l1 * np.abs(coefficients).sum(axis=0) + l2 * np.sum(coefficients**2, axis=0) / 2
    return gaps, squares / 2 + penalty


def compare(shape: str, problem: RowProblem, threshold: float, repeats: int, rscript: str) -> Row:
    """Solve in turns and compare; the first turn, in R, sets the tolerance."""
    with tempfile.TemporaryDirectory() as name:
        folder = FilePath(name)
        write_problem(problem, folder)
        _, alphas, beta = solve_in_r(rscript, folder, threshold)
        beta = beta * problem.scale[:, None]
        glmnet_gaps, glmnet_objectives = judge(problem, alphas, beta)
        settings = PathSettings(tol=float(glmnet_gaps.max()), max_iter=100_000)
        glmnet_seconds, seconds = [], []
        for _ in range(repeats):
            glmnet_seconds.append(solve_in_r(rscript, folder, threshold)[0])
            with threadpool_limits(limits=1):
                began = time.perf_counter()
                path = solve_path(problem, alphas, L1_RATIO, settings=settings)
                seconds.append(time.perf_counter() - began)
    gaps, objectives = judge(problem, alphas, path.coefficients)
    return Row(
        shape=shape,
        threshold=threshold,
        glmnet_seconds=float(np.median(glmnet_seconds)),
        seconds=float(np.median(seconds)),
        glmnet_gap=float(glmnet_gaps.max()),
        gap=float(gaps.max()),
        coefficient_difference=float(np.abs(path.coefficients - beta).max()),
        objective_rise=float((objectives - glmnet_objectives).max()),
    )


def main() -> int:
    """Print the table; say so, and fail, if R or glmnet is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--shapes", default="wide,square,sparse")
    arguments = parser.parse_args()
    rscript = shutil.which("Rscript")
    if rscript is None:
        sys.stdout.write("Rscript is not installed: nothing to compare with, nothing measured.\n")
        return 1
    makers: dict[str, tuple[str, Callable[[], RowProblem]]] = {
        "wide": ("300 x 5,000", lambda: make_dense(300, 5000)),
        "square": ("2,000 x 2,000", lambda: make_dense(2000, 2000)),
        "sparse": ("20,000 x 20,000, 0.5 %", lambda: make_sparse(20_000, 20_000, 0.005)),
    }
    sys.stdout.write(
        "| shape | glmnet thresh | glmnet s | ours s | glmnet / ours | glmnet largest gap | "
        "our largest gap | largest coefficient difference | most our objective is above |\n"
        "|---|---|---|---|---|---|---|---|---|\n"
    )
    for name in arguments.shapes.split(","):
        shape, make = makers[name]
        problem = make()
        for threshold in THRESHOLDS:
            row = compare(shape, problem, threshold, arguments.repeats, rscript)
            sys.stdout.write(f"{row}\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
