"""What each penalty does with features that stand in for each other, tuned on the same folds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from runner.config.options import packaged_defaults
from runner.errors import FitError
from runner.experiment.fitted_folds import FittedFold
from runner.search.rule import choose_best
from runner.search.scorer import Objective, Scorer
from runner.space import AlphaRange
from runner.store.tables import standard_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runner.core.folds import BlockFolds
    from runner.experiment.collinear import Collinearity
    from runner.experiment.job import Job
    from runner.experiment.judging import Winner
    from runner.experiment.searching import Searched
    from runner.records import Candidate, Floats, Integers, Trial

RATIOS = {"lasso": 1.0, "ridge": 0.0, "ols": 0.0}  # l1_ratio by model


@dataclass(frozen=True)
class Contender:
    """A penalty, tuned on the folds of the search."""

    model: str
    scores: Floats  # (folds,) of the optimised metric
    trial: Trial
    coefficients: Floats  # (folds, K, v) per standard deviation of the feature


@dataclass(frozen=True)
class Contest:
    """The penalties, and why one of them could not be fitted, by model."""

    metric: str
    contenders: list[Contender]
    reasons: dict[str, str]

    def describe(self) -> list[dict[str, Any]]:
        """A row per penalty."""
        rows: list[dict[str, Any]] = [
            {
                "model": one.model,
                "alpha": one.trial.candidate.alpha,
                "l1_ratio": one.trial.candidate.l1_ratio,
                "score": one.scores.mean(),
                "se": standard_error(one.scores),
                "selected": one.trial.n_nonzero,
            }
            for one in self.contenders
        ]
        return [*rows, *({"model": name, "reason": why} for name, why in self.reasons.items())]

    def table(self, found: Collinearity) -> pd.DataFrame | None:
        """substitutes.csv: a row per group and penalty; None where no feature has a substitute."""
        rows = [
            _group_row(number, found, one, self.metric)
            for number in range(1, int(found.groups.max(initial=0)) + 1)
            for one in self.contenders
        ]
        return pd.DataFrame(rows) if rows else None


def contend(
    job: Job, folds: BlockFolds, winner: Winner, searched: Searched, found: Collinearity
) -> Contest:
    """The winner's preparation with each penalty, at its best alpha on the folds of the search."""
    metric = job.config.metric
    objective, seed = Objective(metric, (metric,)), job.config.general.seed
    scorer = Scorer(folds, job.specs, objective, seed=seed, progress=_unseen)
    contenders, reasons = [], {}
    for model, trials in _tried(job, searched, scorer):
        try:
            best = choose_best(trials)
            problems, solutions = scorer.solution(best)
        except (FitError, np.linalg.LinAlgError, ValueError) as error:
            reasons[model] = str(error)
            continue
        fitted = [
            FittedFold(problem, winner.specs, best.candidate, solution)
            for problem, solution in zip(problems, solutions, strict=True)
        ]
        own = _standardised(fitted, found)
        contenders.append(Contender(model, best.scores[metric], best, own))
    return Contest(metric, contenders, reasons)


def _tried(job: Job, searched: Searched, scorer: Scorer) -> Iterator[tuple[str, list[Trial]]]:
    """The trials of each penalty: the search's own, and of the models that it has not tried.

    Where an elastic net has won at one of its corners, the best of those within it is shown.
    """
    best, own = searched.chosen.candidate, job.config.model.name
    within = [
        trial
        for trial in searched.trials
        if trial.candidate.preparation_key() == best.preparation_key()
        and 0 < trial.candidate.l1_ratio < 1
    ]
    yield own, within or [searched.chosen]
    for model, ratio in RATIOS.items():
        if model != own:
            yield model, scorer(_candidates(model, best, ratio, scorer))


def _candidates(model: str, best: Candidate, ratio: float, scorer: Scorer) -> list[Candidate]:
    """The winner with another penalty, at the alphas that the model has by default."""
    if model == "ols":
        return [best.with_penalty(0.0, ratio)]
    shares = AlphaRange(**packaged_defaults("model", model)["alpha"]).grid()
    most = scorer.alpha_max(best.with_penalty(0.0, ratio).values)
    alphas = np.array(shares, dtype=np.float64) * most
    return [best.with_penalty(alpha, ratio) for alpha in alphas.tolist()]


def _standardised(fitted: Sequence[FittedFold], found: Collinearity) -> Floats:
    """Coefficients (folds, K, v) per standard deviation over all training rows."""
    rows = []
    for fold in fitted:
        # a fold may lack a level that others have
        position = {name: at for at, name in enumerate(fold.problem.columns.names)}
        at = np.array([position.get(name, -1) for name in found.names])
        rows.append(np.where(at >= 0, fold.per_response[:, at], 0.0) * found.spread[found.at])
    return np.array(rows)


def _group_row(number: int, found: Collinearity, one: Contender, metric: str) -> dict[str, Any]:
    """What a penalty does with a group: how many it takes, and what they are worth together."""
    members: Integers = np.flatnonzero(found.groups == number)
    own = one.coefficients[:, :, members]
    # a feature that runs against the first counts as it does: less of it is more of the first
    signs = np.sign(found.correlation[members[0], members])
    sums = (own[:, 0] * signs).sum(axis=1) if own.shape[1] == 1 else np.full(len(own), np.nan)
    return {
        "group": number,
        "features": "; ".join(found.names[at] for at in members),
        "model": one.model,
        f"{metric}_mean": one.scores.mean(),
        f"{metric}_se": standard_error(one.scores),
        "size": len(members),
        "selected": (own != 0).any(axis=1).sum(axis=1).mean(),
        "sum": sums.mean(),
        "sum_sd": _spread(sums),
        "single_sd": np.mean([_spread(single) for single in own.reshape(len(own), -1).T]),
    }


def _spread(values: Floats) -> float:
    return float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")


def _unseen(count: int) -> None:
    """Nothing is shown of these candidates."""
