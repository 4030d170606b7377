"""A winner's features, looked at: how they are correlated, what each is worth, what rows add."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runner.experiment.collinear import measure_collinearity
from runner.experiment.fitted_folds import FittedFold
from runner.experiment.importances import measure_importance
from runner.experiment.learning import learning_curve
from runner.experiment.substitutes import contend

if TYPE_CHECKING:
    import pandas as pd

    from runner.experiment.job import Job
    from runner.experiment.judging import Winner
    from runner.experiment.searching import Searched
    from runner.experiment.workspace import Data


@dataclass(frozen=True)
class Described:
    """What was found."""

    tables: dict[str, pd.DataFrame]  # by file
    record: dict[str, Any]


def describe_features(job: Job, data: Data, searched: Searched, winner: Winner) -> Described:
    """Collinearity, importance out of fold and the learning curve of a winner.

    Raises:
        FitError: the winner cannot be fitted again.
    """
    tables: dict[str, pd.DataFrame] = {}
    record: dict[str, Any] = {}
    found = measure_collinearity(data.folds, winner)
    if isinstance(found, str):
        record["collinearity"] = {"reason": found}
    else:
        contest = contend(job, data.folds, winner, searched, found)
        tables["collinearity.csv"] = found.table()
        substitutes = contest.table(found)
        if substitutes is not None:
            tables["substitutes.csv"] = substitutes
        record["collinearity"] = {**found.describe(), "models": contest.describe()}
    intercept = winner.specs.model.fit_intercept
    problems = data.folds.problems(winner.preparation, fit_intercept=intercept)
    best = searched.chosen.candidate
    fitted = [FittedFold.of(problem, winner.specs, best) for problem in problems]
    importances = measure_importance(job.config.family.name, fitted, job.config.general.seed)
    tables["importance.csv"] = importances.table()
    curve, described = learning_curve(job, data, searched, winner)
    tables["learning_curve.csv"] = curve
    record |= {"importance": importances.describe(), "learning_curve": described}
    return Described(tables, record)
