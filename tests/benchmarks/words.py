"""Words of 20,000 documents, beside glmnet's path and scikit-learn's grid search.

    python tests/benchmarks/words.py [--documents 20000] [--candidates 20]

Documents are windows of 60 words of the mails that ship, drawn with replacement. In one run and
with one thread each: TfidfVectorizer alone, R's glmnet along 100 alphas on its matrix, the same
path here from the texts on (one validation share, no refit), and 5 folds of some alphas here and by
GridSearchCV over Pipeline(TfidfVectorizer, LogisticRegression(saga)), of which the scores are
compared. Rscript and glmnet are needed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.io import mmwrite
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).parents[1]))

from sklearn_reference import SEED, candidate, make_specs, make_split

from runner.config import validate_section
from runner.core.folds import Folds
from runner.dataset.table import table_of
from runner.features.pipeline import Specs
from runner.search.scorer import Objective, Scorer

SHIPPED = Path(__file__).parents[2] / "runner" / "dataset" / "shipped" / "spam.parquet"
WINDOW = 60
TOL = 1e-7  # a run's default
RATIO = 1.0
R = """
suppressMessages({library(glmnet); library(Matrix)})
X <- as(readMM("x.mtx"), "CsparseMatrix"); y <- scan("y.txt", quiet = TRUE)
cat(system.time(glmnet(X, y, family = "binomial", standardize = FALSE, nlambda = 100,
                       lambda.min.ratio = 1e-3))[["user.self"]])
"""


def draw_documents(count: int) -> tuple[list[str], Any]:
    """Windows of the mails, and whether each is of spam."""
    mails = pd.read_parquet(SHIPPED)
    rng = np.random.default_rng(0)
    words = [text.split() for text in mails["words"]]
    texts, spam = [], []
    for row in rng.integers(0, len(mails), count):
        start = int(rng.integers(0, max(len(words[row]) - WINDOW, 1)))
        texts.append(" ".join(words[row][start : start + WINDOW]))
        spam.append(mails["spam"][row] == "yes")
    return texts, np.array(spam)


def glmnet_seconds(X: Any, y: Any) -> float:  # noqa: ANN401 - a sparse matrix and 0/1
    """Of one path of 100 alphas."""
    with tempfile.TemporaryDirectory() as folder:
        mmwrite(Path(folder) / "x.mtx", X)
        np.savetxt(Path(folder) / "y.txt", y)
        done = subprocess.run(
            ["Rscript", "-e", R],  # noqa: S607 - as it is installed
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
    return float(done.stdout)


def our_scorer(texts: list[str], spam: Any, split: str, tol: float = TOL) -> tuple[Scorer, Folds]:  # noqa: ANN401
    """Of the texts, nothing of which has been counted yet; and the folds."""
    frame = pd.DataFrame({"words": texts}, dtype=object)
    labels = np.where(spam, "yes", "no")
    codes = (labels == "yes").astype(float)
    table = table_of(frame, codes, text=("words",), labels=("no", "yes"))
    options = {"features.scale": False, "features.steps": {"text": {"kind": "text"}}}
    plain = make_specs("none", "elastic_net", {**options, "model.tol": tol})
    family = validate_section("family", {"name": "binomial"})
    specs = Specs(plain.imputer, plain.features, plain.model, family)  # type: ignore[arg-type]
    folds = Folds(table, make_split(table, split, test=None), family=family)  # type: ignore[arg-type]
    objective = Objective("log_loss", ("log_loss",))
    return Scorer(folds, specs, objective, seed=SEED, progress=lambda _: None), folds


def main() -> None:
    """Print seconds and ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--candidates", type=int, default=20)
    parser.add_argument("--tol", type=float, default=TOL, help="of our path beside glmnet")
    asked = parser.parse_args()
    texts, spam = draw_documents(asked.documents)
    with threadpool_limits(1):
        started = time.process_time()
        X = TfidfVectorizer(min_df=2, max_features=20_000).fit_transform(texts)
        vectorising = time.process_time() - started
        glmnet = glmnet_seconds(X, spam.astype(float))
        started = time.process_time()
        scorer, _ = our_scorer(texts, spam, "holdout", asked.tol)
        top = scorer.alpha_max({"model.l1_ratio": RATIO})
        scorer([candidate(float(a), RATIO) for a in top * np.geomspace(1, 1e-3, 100)])
        ours = time.process_time() - started
        print(f"{X.shape[1]:,} words, {X.nnz:,} entries")
        print(f"vectorising {vectorising:.1f} s, glmnet {glmnet:.1f} s, here {ours:.1f} s: "
              f"{ours / (vectorising + glmnet):.2f} times both")  # fmt: skip
        compare_grids(texts, spam, top, asked.candidates)


def compare_grids(texts: list[str], spam: Any, top: float, count: int) -> None:  # noqa: ANN401
    """Print the seconds of both searches, and how far their scores are apart."""
    alphas = top * np.geomspace(0.3, 0.01, count)
    started = time.process_time()
    scorer, folds = our_scorer(texts, spam, "kfold")
    trials = scorer([candidate(float(alpha), RATIO) for alpha in alphas])
    ours = time.process_time() - started

    cv = [folds.split.sides(fold) for fold in folds.split.folds]
    n = len(cv[0][0])
    model = LogisticRegression(l1_ratio=RATIO, solver="saga", tol=1e-4, max_iter=1000)
    pipeline = Pipeline([("words", TfidfVectorizer(min_df=2, max_features=20_000)), ("m", model)])
    search = GridSearchCV(
        pipeline, {"m__C": list(1 / (n * alphas))}, cv=cv, scoring="neg_log_loss", refit=False
    )
    started = time.process_time()
    search.fit(texts, spam)
    peer = time.process_time() - started
    scores = np.array([trial.scores["log_loss"].mean() for trial in trials])
    apart = np.abs(scores + search.cv_results_["mean_test_score"]).max()
    print(f"{count} candidates x 5 folds: here {ours:.1f} s, GridSearchCV {peer:.1f} s, "
          f"{peer / ours:.1f} times; scores differ by at most {apart:.1e}")  # fmt: skip


if __name__ == "__main__":
    main()
