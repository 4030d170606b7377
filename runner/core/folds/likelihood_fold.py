"""A fold problem of a family: rows as the model sees them, solved for many penalties and scored.

A solution is the parameters of one model, (K w,): for each response the q coefficients, and then
the intercept if there is one. Where values are imputed several times, those of the draws' models
follow one another.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np

from runner.core.likelihood import LikelihoodProblem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.core.folds.family_kind import FamilyKind
    from runner.core.folds.model_columns import ModelColumns
    from runner.core.metrics import MetricName
    from runner.records import Floats, Observed

CELLS = 4_000_000  # linear predictors held at once, 32 MB


@dataclass(frozen=True)
class Drawn:
    """Both sides as a model sees them, after one imputation."""

    X: Floats  # (n, q)
    X_validation: Floats  # (n, q)


@dataclass(frozen=True)
class LikelihoodFold:
    """A training side to solve, and a validation side to score the solutions on."""

    family: FamilyKind
    draws: tuple[Drawn, ...]  # one, or one per imputation
    columns: ModelColumns
    training: Observed
    validation: Observed
    fit_intercept: bool
    warnings: tuple[str, ...] = ()

    @cached_property
    def parts(self) -> tuple[LikelihoodProblem, ...]:
        """The problems that are solved."""
        likelihood = self.family.likelihood(self.training)
        return tuple(
            LikelihoodProblem(draw.X, likelihood, self.fit_intercept) for draw in self.draws
        )

    @property
    def nbytes(self) -> int:
        """Memory that the problem holds."""
        return sum(draw.X.nbytes + draw.X_validation.nbytes for draw in self.draws)

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

    def apart(self, solution: Floats) -> list[tuple[LikelihoodFold, Floats]]:
        """A fold for each draw, with its own part of a solution (P,)."""
        parts = np.split(solution, len(self.draws))
        pairs = zip(self.draws, parts, strict=True)
        return [(replace(self, draws=(draw,)), own) for draw, own in pairs]

    def count_nonzero(self, solutions: Floats) -> Floats:
        """Selected features of solutions (P, c), the mean over draws, (c,)."""
        _, coefficients = self.split(solutions)
        used = (coefficients != 0).any(axis=2)
        return np.asarray(np.count_nonzero(used, axis=-1).mean(axis=0), dtype=np.float64)

    def score(self, metrics: Sequence[MetricName], solutions: Floats) -> dict[MetricName, Floats]:
        """Each metric (c,) of each of c solutions (P, c), some of them at a time."""
        scoring = self.family.scoring(self.validation, self.training)
        width = max(1, CELLS // (len(self.training.y) * self.responses))
        pieces = [
            scoring.score(
                metrics, self.predict(some), training_eta=partial(self.predict_training, some)
            )
            for some in np.array_split(solutions, -(-solutions.shape[1] // width), axis=1)
        ]
        return {name: np.concatenate([piece[name] for piece in pieces]) for name in metrics}

    def predict(self, solutions: Floats) -> Floats:
        """Linear predictors (n, c, K) of the validation rows, offsets included."""
        rows = [draw.X_validation for draw in self.draws]
        return self._predict(rows, self.validation.offset, solutions)

    def predict_training(self, solutions: Floats) -> Floats:
        """Those of the training rows."""
        rows = [draw.X for draw in self.draws]
        return self._predict(rows, self.training.offset, solutions)

    def _predict(self, rows: list[Floats], offset: Floats | None, solutions: Floats) -> Floats:
        intercepts, coefficients = self.split(solutions)
        shift = 0.0 if offset is None else offset[:, None, None]
        etas = [
            np.einsum("nq,ckq->nck", X, b, optimize=True) + b0 + shift
            for X, b0, b in zip(rows, intercepts, coefficients, strict=True)
        ]
        return etas[0] if len(etas) == 1 else self.family.pool(np.array(etas))
