"""A winner's features, looked at: how they are correlated, what each is worth, what rows add."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runner.experiment.collinear import measure_collinearity
from runner.experiment.fitted_folds import FittedFold
from runner.experiment.importances import measure_importance
from runner.experiment.learning import learning_curve
from runner.experiment.substitutes import contend

if TYPE_CHECKING:
    import pandas as pd

    from runner.experiment.case import Case


def describe_features(case: Case) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """Collinearity, importance out of fold and the learning curve: tables by file, and the record.

    Raises:
        FitError: the winner cannot be fitted again.
    """
    job, data, searched, winner = case.job, case.data, case.searched, case.winner
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
    problems = data.folds.problems(winner.preparation, fit_intercept=case.fit_intercept)
    fitted = [FittedFold.of(problem, winner.specs, case.candidate) for problem in problems]
    importances = measure_importance(job.config.family.name, fitted, case.seed)
    tables["importance.csv"] = importances.table()
    curve, described = learning_curve(job, data, searched, winner)
    tables["learning_curve.csv"] = curve
    record |= {"importance": importances.describe(), "learning_curve": described}
    return tables, record
