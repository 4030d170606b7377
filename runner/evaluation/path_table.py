"""A winner's coefficients along alpha, and the scores there, come in; path.csv goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from runner.store.tables import standard_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.core.metrics import MetricName
    from runner.evaluation.coefficients import LinearForm, Reading
    from runner.records import Floats, Trial

MANY = 1_000  # features, above which those that no alpha selects are left out


def path_table(
    curve: Sequence[Trial], forms: Sequence[LinearForm], reading: Reading, metric: MetricName
) -> pd.DataFrame:
    """A row per alpha, the largest first, of several responses one for each.

    `mean` and `se` are of the optimised metric over the folds; `n_nonzero`, `intercept` and a
    column per feature are of the fit to all training rows, in the units of coefficients.csv.

    Args:
        curve: the scored candidates, (a,).
        forms: what each adds up for a row when it is fitted to all training rows, (a,).
        reading: the responses, if there are several.
        metric: what was optimised.
    """
    responses = reading.responses or (None,)
    rows = [
        _row(trial, form, k, metric) | ({} if response is None else {"response": response})
        for trial, form in zip(curve, forms, strict=True)
        for k, response in enumerate(responses)
    ]
    told = pd.DataFrame(rows)
    if not reading.has_intercept:
        told = told.drop(columns="intercept")
    coefficients = np.concatenate([form.coefficient for form in forms]) + 0.0  # no -0.0
    features = np.array(forms[0].features, dtype=object)
    if len(features) > MANY:
        used = coefficients.any(axis=0)
        coefficients, features = coefficients[:, used], features[used]
    return pd.concat([told, pd.DataFrame(coefficients, columns=features)], axis=1)


def _row(trial: Trial, form: LinearForm, response: int, metric: MetricName) -> dict[str, Any]:
    scores: Floats = trial.scores[metric]
    return {
        "alpha": trial.candidate.alpha,
        "l1_ratio": trial.candidate.l1_ratio,
        "mean": float(scores.mean()),
        "se": standard_error(scores),
        "n_nonzero": int((form.coefficient != 0).any(axis=0).sum()),
        "intercept": float(form.intercept[response]),
    }
