"""Regressions that were learnt otherwise, as a fitted imputer of scikit-learn's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike
    from sklearn.base import RegressorMixin
    from sklearn.impute import IterativeImputer


def iterative_form(
    X: ArrayLike,
    regressors: Sequence[tuple[int, RegressorMixin]],
    *,
    n_iter: int,
    skip_complete: bool,
    **parameters: Any,  # noqa: ANN401 - the imputer's own
) -> IterativeImputer:
    """An imputer that starts from the means of X and then applies the regressors in turn.

    Args:
        X: (n, p), the rows that the regressors were fitted to.
        regressors: each with the column that it predicts from all others, in their order.
        n_iter: rounds that the regressors come from.
        skip_complete: whether columns without gaps in X have none, and get their mean.
        parameters: of the imputer, to be told with it: estimator, max_iter, tol.
    """
    from sklearn.dummy import DummyRegressor
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401 - enables the next
    from sklearn.impute import IterativeImputer

    imputer = IterativeImputer(
        DummyRegressor(),
        max_iter=1,
        tol=1e9,  # one round of means, to have every attribute set
        skip_complete=skip_complete,
        keep_empty_features=True,
    ).fit(np.array(X, dtype=np.float64))
    step = type(imputer.imputation_sequence_[0]) if imputer.imputation_sequence_ else None
    everyone = np.arange(np.shape(X)[1])
    imputer.imputation_sequence_ = [
        step(target, np.delete(everyone, target), regressor)  # type: ignore[misc]
        for target, regressor in regressors
    ]
    imputer.n_iter_ = n_iter
    imputer.set_params(**parameters)
    return imputer
