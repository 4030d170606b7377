"""A fold problem of a family: rows as the model sees them, solved for many penalties and scored.

A solution is the parameters of one model, (K w,): for each response the q coefficients, and then
the intercept if there is one. Where values are imputed several times, those of the draws' models
follow one another; a model of all draws' rows together has one set. Either way a row's prediction
is the mean of what is predicted of its draws, on the scale on which the saved model averages.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np

from runner.core.folds.fold_problem import bytes_of
from runner.core.likelihood import LikelihoodProblem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.core.folds.family_kind import FamilyKind
    from runner.core.folds.model_columns import ModelColumns
    from runner.core.metrics import MetricName
    from runner.records import Floats, Integers, Matrix, Observed

CELLS = 4_000_000  # linear predictors held at once, 32 MB


@dataclass(frozen=True)
class Drawn:
    """Both sides as a model sees them, after one imputation, or after several, stacked."""

    X: Matrix  # (n, q), the rows of the imputations one below the other
    validation: tuple[Matrix, ...]  # (m, q) after each imputation


@dataclass(frozen=True)
class PreparedRows:
    """What a fold of any family is made of, but for the outcome."""

    draws: tuple[Drawn, ...]
    columns: ModelColumns
    stacking: Floats | None  # (n,) what stacked rows weigh; None where they are not stacked
    warnings: tuple[str, ...] = ()  # what scikit-learn said while they were made


@dataclass(frozen=True)
class LikelihoodFold:
    """A training side to solve, and a validation side to score the solutions on."""

    family: FamilyKind
    draws: tuple[Drawn, ...]  # one, or one per imputation
    columns: ModelColumns
    fitted: Observed  # what the rows of X say of the outcome
    training: Observed  # the same rows as the table has them, each once
    validation: Observed
    fit_intercept: bool
    warnings: tuple[str, ...] = ()

    @cached_property
    def parts(self) -> tuple[LikelihoodProblem, ...]:
        """The problems that are solved."""
        likelihood = self.family.likelihood(self.fitted)
        return tuple(
            LikelihoodProblem(draw.X, likelihood, self.fit_intercept) for draw in self.draws
        )

    @property
    def nbytes(self) -> int:
        """Memory that the problem holds."""
        sides = [side for draw in self.draws for side in (draw.X, *draw.validation)]
        return sum(bytes_of(side) for side in sides)

    @property
    def responses(self) -> int:
        """K."""
        return self.parts[0].likelihood.responses

    def split(self, solutions: Floats) -> tuple[Floats, Floats]:
        """Solutions (P, c) as intercepts (d, c, K) and coefficients (d, c, K, q) of d draws."""
        q = self.draws[0].X.shape[1]
        whole = solutions.T.reshape(solutions.shape[1], len(self.draws), self.responses, -1)
        whole = whole.swapaxes(0, 1)
        return whole[..., q:].sum(axis=-1), whole[..., :q]

    def take(self, columns: Integers) -> LikelihoodFold:
        """The problem of some columns alone, by position."""
        draws = tuple(
            Drawn(draw.X[:, columns], tuple(rows[:, columns] for rows in draw.validation))
            for draw in self.draws
        )
        return replace(self, draws=draws, columns=self.columns.take(columns))

    def by_column(self, solutions: Floats) -> Floats:
        """Solutions (P, c) as coefficients (d, c, K, q) of d draws."""
        return self.split(solutions)[1]

    def apart(self, solution: Floats) -> list[tuple[LikelihoodFold, Floats]]:
        """A fold for each imputation of the validation rows, with its part of a solution (P,)."""
        parts = np.split(solution, len(self.draws))
        return [
            (replace(self, draws=(Drawn(draw.X, (rows,)),)), own)
            for draw, own in zip(self.draws, parts, strict=True)
            for rows in draw.validation
        ]

    def count_nonzero(self, solutions: Floats) -> Floats:
        """Selected features of solutions (P, c), the mean over draws, (c,)."""
        _, coefficients = self.split(solutions)
        used = (coefficients != 0).any(axis=2)
        return np.asarray(np.count_nonzero(used, axis=-1).mean(axis=0), dtype=np.float64)

    def score(self, metrics: Sequence[MetricName], solutions: Floats) -> dict[MetricName, Floats]:
        """Each metric (c,) of each of c solutions (P, c), some of them at a time."""
        if not metrics:
            return {}
        scoring = self.family.scoring(self.validation, self.training)
        width = max(1, CELLS // (len(self.fitted.y) * self.responses))
        pieces = [
            scoring.score(
                metrics, self.predict(some), training_eta=partial(self.predict_training, some)
            )
            for some in np.array_split(solutions, -(-solutions.shape[1] // width), axis=1)
        ]
        return {name: np.concatenate([piece[name] for piece in pieces]) for name in metrics}

    def predict(self, solutions: Floats) -> Floats:
        """Linear predictors (n, c, K) of the validation rows, offsets included."""
        rows = [draw.validation for draw in self.draws]
        return self._predict(rows, self.validation.offset, solutions)

    def predict_training(self, solutions: Floats) -> Floats:
        """Those of the training rows, each once."""
        n = len(self.training.y)
        rows = [[draw.X[at : at + n] for at in range(0, draw.X.shape[0], n)] for draw in self.draws]
        return self._predict(rows, self.training.offset, solutions)

    def predict_fitted(self, solutions: Floats) -> Floats:
        """Those of the rows that a single draw's model is fitted to."""
        return self._predict([[draw.X] for draw in self.draws], self.fitted.offset, solutions)

    def _predict(
        self, rows: Sequence[Sequence[Matrix]], offset: Floats | None, solutions: Floats
    ) -> Floats:
        intercepts, coefficients = self.split(solutions)
        shift = 0.0 if offset is None else offset[:, None, None]
        etas = [
            (X @ b.reshape(-1, b.shape[-1]).T).reshape(X.shape[0], *b.shape[:2]) + b0 + shift
            for own, b0, b in zip(rows, intercepts, coefficients, strict=True)
            for X in own
        ]
        return etas[0] if len(etas) == 1 else self.family.pool(np.array(etas))
