"""A winner comes in; its selected features without a penalty go out, beside the shrunk ones.

The relaxed lasso at its end (Meinshausen 2007), as glmnet's relax=TRUE with gamma=0: the penalty
selects, and what it selects is fitted as if it had been known. Limits of coefficients hold on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from runner.core.folds import LikelihoodFold
from runner.experiment.separation_check import is_separated
from runner.search.one_fold import solve_fold

if TYPE_CHECKING:
    from runner.experiment.case import Case
    from runner.records import Floats


def relax(case: Case) -> Floats | str:
    """Unpenalised coefficients (K, q) in the features' units, 0 of what is left out; or why not.

    A feature that is selected for one of several responses is fitted for all of them.
    """
    names = case.whole.columns.names
    chosen = {n for n, is_in in zip(*vars(case.features).values(), strict=True) if is_in}
    columns = np.array([at for at, name in enumerate(names) if name in chosen], dtype=np.int64)
    if not len(columns):
        return "no feature is selected"
    if len(columns) >= case.data.used(case.winner.preparation).get("training", np.inf):
        return "as many features are selected as rows train"
    problem = case.whole.take(columns)
    family, model = case.job.config.family, case.winner.specs.model
    if isinstance(problem, LikelihoodFold) and is_separated(problem, family, model):
        return "the selected features separate the rows: coefficients would grow without end"
    solution = solve_fold(problem, np.zeros(1), 1.0, case.settings(problem))
    return case.features.coefficients(problem, solution[:, 0])
