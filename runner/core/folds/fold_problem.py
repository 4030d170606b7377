"""A fold problem: one fold's two sides, ready for any alpha and l1_ratio."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from runner.core.metrics import FROM_MOMENTS, score_predictions
from runner.records import GramProblem, PooledProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runner.core.folds.model_columns import ModelColumns
    from runner.core.metrics import MetricName
    from runner.core.moments import ValidationMoments
    from runner.core.target_scale import TargetScale
    from runner.records import Floats, Integers, Matrix, RowProblem

CELLS = 4_000_000  # predictions held at once, 32 MB


@dataclass(frozen=True)
class Side:
    """Rows in the solver's coordinates: imputed, encoded, scaled, centred as the training side.

    A sparse X is not centred: its products are shifted by `centre`.
    """

    X: Matrix  # (n, q)
    y: Floats  # (n,) in the target's units
    weight: Floats | None  # (n,)
    centre: Floats | None = None  # (q,) of a sparse X

    @classmethod
    def of(cls, X: Matrix, y: Floats, weight: Floats | None, centre: Floats) -> Side:
        """Rows less the training side's centre, (q,)."""
        if sparse.issparse(X):
            return cls(X, y, weight, centre)
        return cls(X - centre, y, weight)

    def product(self, coefficients: Floats) -> Floats:
        """What the columns add up for each row, (n, c), of coefficients (q, c)."""
        found: Floats = self.X @ coefficients
        return found if self.centre is None else found - self.centre @ coefficients

    @property
    def dense(self) -> Floats:
        """The columns, centred, (n, q)."""
        if not sparse.issparse(self.X):
            return self.X
        rows: Floats = self.X.toarray()
        return rows if self.centre is None else rows - self.centre

    def take(self, columns: Integers) -> Side:
        """Some of the columns, by position."""
        centre = None if self.centre is None else self.centre[columns]
        return replace(self, X=self.X[:, columns], centre=centre)


@dataclass(frozen=True)
class FoldProblem:
    """A training side to solve, and a validation side to score the solutions on."""

    train: GramProblem | RowProblem | PooledProblem
    intercept: float  # what a prediction is when all coefficients are 0
    make_side: Callable[[], Side]
    columns: ModelColumns
    moments: ValidationMoments | None = None
    warnings: tuple[str, ...] = ()  # what scikit-learn said while the sides were made
    target_scale: TargetScale | None = None  # of the training side, if its target is transformed

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
        return sum(bytes_of(part) for part in parts)

    def take(self, columns: Integers) -> FoldProblem:
        """The problem of some columns alone, by position; its validation side is scored by rows."""
        everywhere = self.columns.positions(columns)

        def make_side() -> Side:
            return self.side.take(everywhere)

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
        """Predictions (n, c) on the validation rows, in the target's units, of (q, c)."""
        fitted = self.fitted(coefficients)
        return fitted if self.target_scale is None else self.target_scale.undo(fitted)

    def fitted(self, coefficients: Floats) -> Floats:
        """The same (n, c) as the model has them: on the scale of a transformed target."""
        predictions: Floats = self.intercept + self.side.product(coefficients)
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


def bytes_of(part: Any) -> int:  # noqa: ANN401 - any part of a problem
    """Memory that an array or a sparse matrix holds; 0 of anything else."""
    if isinstance(part, sparse.csc_array | sparse.csr_array):
        return int(part.data.nbytes + part.indices.nbytes + part.indptr.nbytes)
    return int(getattr(part, "nbytes", 0))


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
