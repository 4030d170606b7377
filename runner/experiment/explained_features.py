"""A winner comes in; features.csv goes out: how often and how stably each feature is selected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from runner.experiment.relaxed_refit import relax
from runner.experiment.resampling import resample
from runner.experiment.stable_features import select_stably
from runner.experiment.winner_features import frequency, sign_flips

if TYPE_CHECKING:
    import pandas as pd

    from runner.experiment.case import Case
    from runner.records import Floats
    from runner.report.terminal.screen import Screen

QUANTILES = (0.05, 0.5, 0.95)


def explain_features(case: Case, screen: Screen) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The table, a row per response and feature as in coefficients.csv, and what is recorded."""
    kept = [c for c in ("response", "feature", "coefficient", "selected") if c in _rows(case)]
    table = _rows(case)[kept].copy()
    record: dict[str, Any] = {}
    relaxed = relax(case)
    if isinstance(relaxed, str):
        record["relaxed"] = {"reason": relaxed}
    else:
        table["relaxed"] = relaxed.ravel()
    for name, coefficients in _over_folds(case).items():
        table[f"{name}_frequency"] = frequency(coefficients).ravel()
        table[f"{name}_sign_flips"] = sign_flips(coefficients).ravel()
    stability = select_stably(case, screen)
    if isinstance(stability, str):
        record["stability"] = {"reason": stability}
    else:
        responses = len(table) // len(case.features.names)
        table["stability"] = np.tile(stability.probability, responses)
        table["stable"] = np.tile(stability.stable, responses)
        record["stability"] = stability.describe(case.features)
    resampled = resample(case, screen)
    if isinstance(resampled, str):
        record["variability"] = {"reason": resampled}
    else:
        for name, values in _variability(resampled.coefficients).items():
            table[f"resample_{name}"] = values.ravel()
        record["variability"] = resampled.described
    return table, record


def _rows(case: Case) -> pd.DataFrame:
    return case.winner.final.coefficients


def _over_folds(case: Case) -> dict[str, Floats]:
    """Coefficients (m, K, q) of the winner on each fold, and of what was chosen without each."""
    problems = case.data.folds.problems(case.winner.preparation, fit_intercept=case.fit_intercept)
    pairs = {"fold": list(zip(problems, case.searched.coefficients, strict=True))}
    if not isinstance(case.worth.nested, str):
        pairs["nested"] = [(c.problem, c.coefficients) for c in case.worth.nested.chosen]
    return {
        name: np.array([case.features.coefficients(*pair) for pair in found])
        for name, found in pairs.items()
    }


def _variability(coefficients: Floats) -> dict[str, Floats]:
    """What resamples (m, K, q) say of each coefficient, (K, q) each."""
    quantiles = np.quantile(coefficients, QUANTILES, axis=0)
    return {
        "frequency": frequency(coefficients),
        "sd": coefficients.std(axis=0, ddof=1),
        **{f"q{100 * at:02.0f}": own for at, own in zip(QUANTILES, quantiles, strict=True)},
    }
