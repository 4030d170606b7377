"""A fold problem: one fold's two sides, ready for any alpha and l1_ratio."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from runner.core.metrics import FROM_MOMENTS, score_predictions
from runner.records import GramProblem, PooledProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runner.core.folds.model_columns import ModelColumns
    from runner.core.metrics import MetricName
    from runner.core.moments import ValidationMoments
    from runner.records import Floats, Integers, RowProblem

CELLS = 4_000_000  # predictions held at once, 32 MB


@dataclass(frozen=True)
class Side:
    """Rows in the solver's coordinates: imputed, encoded, scaled, centred as the training side."""

    X: Floats  # (n, q)
    y: Floats  # (n,) in the target's units
    weight: Floats | None  # (n,)


@dataclass(frozen=True)
class FoldProblem:
    """A training side to solve, and a validation side to score the solutions on."""

    train: GramProblem | RowProblem | PooledProblem
    intercept: float  # what a prediction is when all coefficients are 0
    make_side: Callable[[], Side]
    columns: ModelColumns
    moments: ValidationMoments | None = None
    warnings: tuple[str, ...] = ()  # what scikit-learn said while the sides were made

    @cached_property
    def side(self) -> Side:
        """The validation rows, made when they are first needed."""
        return self.make_side()

    @property
    def parts(self) -> tuple[GramProblem | RowProblem, ...]:
        """The problems that are solved: one, or one per imputation."""
        return self.train.parts if isinstance(self.train, PooledProblem) else (self.train,)

    @property
    def nbytes(self) -> int:
        """Memory that the problem holds, its validation rows only once they are made."""
        side = vars(self).get("side")
        values = [value for part in self.parts for value in vars(part).values()]
        parts = [*values, *(vars(side).values() if side else ())]
        return sum(getattr(part, "nbytes", 0) for part in parts)

    def take(self, columns: Integers) -> FoldProblem:
        """The problem of some columns alone, by position; its validation side is scored by rows."""
        everywhere = self.columns.positions(columns)

        def make_side() -> Side:
            return replace(self.side, X=self.side.X[:, everywhere])

        parts = tuple(_taken(part, columns) for part in self.parts)
        pooled = isinstance(self.train, PooledProblem)
        return replace(
            self,
            train=PooledProblem(parts) if pooled else parts[0],
            make_side=make_side,
            columns=self.columns.take(columns),
            moments=None,
        )

    def by_column(self, solutions: Floats) -> Floats:
        """Solutions (P, c) as coefficients (d, c, 1, q) of d parts."""
        whole = solutions.T.reshape(solutions.shape[1], len(self.parts), 1, -1)
        return whole.swapaxes(0, 1)

    def predict(self, coefficients: Floats) -> Floats:
        """Predictions (n, c) on the validation rows for coefficients (q, c)."""
        predictions: Floats = self.intercept + self.side.X @ coefficients
        return predictions

    def score(
        self, metrics: Sequence[MetricName], coefficients: Floats
    ) -> dict[MetricName, Floats]:
        """Each metric (c,) of each of c solutions (q, c).

        What the moments give is taken from them; the rest from the rows, some columns at a time.
        """
        scores: dict[MetricName, Floats] = {}
        if self.moments is not None:
            found = self.moments.score(coefficients)
            scores = {name: getattr(found, name) for name in metrics if name in FROM_MOMENTS}
        rest = [name for name in metrics if name not in scores]
        if rest:
            scores |= self._score_rows(rest, coefficients)
        return scores

    def _score_rows(
        self, metrics: Sequence[MetricName], coefficients: Floats
    ) -> dict[MetricName, Floats]:
        side = self.side
        width = max(1, CELLS // max(len(side.y), 1))
        pieces = [
            score_predictions(
                metrics, side.y, self.predict(coefficients[:, at : at + width]), side.weight
            )
            for at in range(0, coefficients.shape[1], width)
        ]
        return {name: np.concatenate([piece[name] for piece in pieces]) for name in metrics}


def _taken(problem: GramProblem | RowProblem, columns: Integers) -> GramProblem | RowProblem:
    if isinstance(problem, GramProblem):
        gram, xy = problem.gram[np.ix_(columns, columns)], problem.xy[columns]
        return GramProblem(gram, xy, problem.yy)
    return replace(
        problem,
        X=problem.X[:, columns],
        centre=problem.centre[columns],
        scale=problem.scale[columns],
    )
