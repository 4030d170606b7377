"""The frozen records that the stages hand to one another; no behaviour beyond derived values."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray
    from scipy import sparse
    from sklearn.pipeline import Pipeline

    from runner.checks import Finding

    Floats = NDArray[np.float64]
    Matrix = Floats | sparse.csc_array  # a sparse one stays it
    Integers = NDArray[np.int64]
    Booleans = NDArray[np.bool_]


@dataclass(frozen=True)
class GramProblem:
    """A least-squares problem as cross products, already centred and scaled.

    With row weights w and W = sum(w), X (n, p) and y (n,) centred (if an intercept is fitted):

        gram = X' diag(w) X / W      xy = X' diag(w) y / W      yy = y' diag(w) y / W

    and the elastic-net objective of coefficients b is

        b' gram b / 2 - b' xy + yy / 2 + alpha * (l1_ratio |b|_1 + (1 - l1_ratio) |b|_2^2 / 2).
    """

    gram: Floats  # (p, p)
    xy: Floats  # (p,)
    yy: float


@dataclass(frozen=True)
class RowProblem:
    """The same problem kept as rows, for when columns outnumber rows.

    The columns that the solver works on are (X - centre) / scale, which are never formed for a
    sparse X. `y` is centred already. The objective is GramProblem's.
    """

    X: Matrix  # (n, p)
    y: Floats  # (n,)
    weight: Floats  # (n,), not negative
    centre: Floats  # (p,)
    scale: Floats  # (p,), positive


@dataclass(frozen=True)
class PooledProblem:
    """Problems of one width, each with coefficients of its own, whose predictions are averaged.

    The coefficients of the whole, (parts * p,), are those of the parts one after the other.
    """

    parts: tuple[GramProblem | RowProblem, ...]


@dataclass(frozen=True)
class Path:
    """Solutions for one l1_ratio along alphas, in the order in which the alphas were given."""

    alphas: Floats  # (a,)
    coefficients: Floats  # (p, a)
    dual_gaps: Floats  # (a,), in the units of the objective
    iterations: Integers  # (a,)
    converged: Booleans  # (a,)

    def take(self, places: Integers | slice) -> Path:
        """Some of the solutions, in this order."""
        return Path(
            alphas=self.alphas[places],
            coefficients=self.coefficients[:, places],
            dual_gaps=self.dual_gaps[places],
            iterations=self.iterations[places],
            converged=self.converged[places],
        )

    @staticmethod
    def joined(parts: Sequence[Path]) -> Path:
        """The solutions of paths of the same columns, one path after the other; one at least."""
        return Path(
            alphas=np.concatenate([part.alphas for part in parts]),
            coefficients=np.concatenate([part.coefficients for part in parts], axis=1),
            dual_gaps=np.concatenate([part.dual_gaps for part in parts]),
            iterations=np.concatenate([part.iterations for part in parts]),
            converged=np.concatenate([part.converged for part in parts]),
        )


@dataclass(frozen=True)
class Solution:
    """One model: what it adds up for a row, and how far at most it is from the minimum.

    It has one response, but for several classes or targets.
    """

    coefficients: Floats  # (K, q), of the columns that it sees, for each of K responses
    intercepts: Floats  # (K,), 0 where there is none
    dual_gap: float  # in the units of the objective
    iterations: int
    converged: bool


@dataclass(frozen=True)
class Observed:
    """What some rows say of the outcome."""

    y: Floats  # (n,), or (n, t) of several targets
    weight: Floats  # (n,), not negative
    event: Booleans | None = None  # (n,) whether the time is that of an event, or of its censoring
    offset: Floats | None = None  # (n,) known part of the linear predictor
    labels: tuple[Any, ...] = ()  # of the classes whose codes are in y

    def take(self, rows: Integers) -> Observed:
        """Some of the rows, by position."""
        event = None if self.event is None else self.event[rows]
        offset = None if self.offset is None else self.offset[rows]
        return Observed(self.y[rows], self.weight[rows], event, offset, self.labels)


@dataclass(frozen=True)
class Hidden:
    """Values that were observed and are missing now, a cell each, by row and column."""

    row: Integers  # (c,) positions in the table
    column: tuple[str, ...]  # (c,)
    value: Floats  # (c,)


@dataclass(frozen=True)
class Provenance:
    """What was found out of a file's form while it was read."""

    facts: dict[str, Any] = field(default_factory=dict)  # for the record
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Made:
    """What columns of a table are made of, row by row, before any fold."""

    source: pd.DataFrame  # (n,)
    steps: Pipeline  # that make them, unfitted
    dates: tuple[str, ...] = ()  # those of the source that are dates

    def take(self, rows: Integers) -> Made:
        """Of some rows, by position."""
        return replace(self, source=self.source.iloc[rows].reset_index(drop=True))


@dataclass(frozen=True, eq=False)
class SparseColumns:
    """Features as one matrix: what is not in it is 0, and a NaN in it is a missing value."""

    X: sparse.csr_array  # (n, p)
    names: tuple[str, ...]  # (p,)

    def take(self, rows: Integers) -> SparseColumns:
        """Of some rows, by position."""
        return replace(self, X=self.X[rows])


@dataclass(frozen=True)
class TargetTransform:
    """What becomes of the target before a model is fitted to it."""

    name: str  # of a kind in runner.core.target_scale
    smearing: bool  # whether the saved model undoes it by Duan's smearing


@dataclass(frozen=True)
class Table:
    """A dataset in memory: numeric columns are float64 with NaN, categorical ones str or float."""

    features: pd.DataFrame  # (n, columns)
    target: Floats  # (n,), codes of the labels where these are; (n, t) of several targets
    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    row: Integers  # (n,) position in the source, counted from 0
    time: Integers | None  # (n,) rank of the row's time, equal where times are
    group: Integers | None  # (n,) code of the row's group
    weight: Floats | None  # (n,) positive
    roles: tuple[str | None, str | None]  # names of the time and the group column
    role_values: pd.DataFrame  # (n, 0 to 2) these columns as they were
    dropped: dict[str, int]  # rows left out, by reason
    data_hash: str  # of everything else, as SHA-256
    labels: tuple[Any, ...] = ()  # of the target's classes, by code
    target_names: tuple[str, ...] = ()  # of several targets, (t,)
    event: Booleans | None = None  # (n,) whether the target is the time of an event
    offset: Floats | None = None  # (n,) known part of the linear predictor
    hidden: Hidden | None = None  # what a mask has hidden
    provenance: Provenance = field(default_factory=Provenance)
    text: tuple[str, ...] = ()  # columns of free text, str or NaN
    counted: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)  # of texts
    dates: tuple[str, ...] = ()  # those of the numeric columns that are dates, as days since 1970
    date_forms: dict[str, str] = field(default_factory=dict)  # how texts of dates were written
    made: Made | None = None  # what the features were made of, if of other columns
    transform: TargetTransform | None = None  # of the target, which itself is as it was read
    matrix: SparseColumns | None = None  # all features, where `features` has no column

    @property
    def given(self) -> pd.DataFrame:
        """What a saved model is given, (n,)."""
        return self.frame if self.made is None else self.made.source

    @property
    def entries(self) -> tuple[str, ...]:
        """Names of the columns of a sparse matrix, (p,)."""
        return () if self.matrix is None else self.matrix.names

    def given_rows(self, rows: Integers) -> Any:  # noqa: ANN401 - a data frame or a csr_array
        """Some of the rows as a saved model is given them, by position."""
        return self.given.iloc[rows] if self.matrix is None else self.matrix.X[rows]

    def frame_rows(self, rows: Integers) -> Any:  # noqa: ANN401 - a data frame or a csr_array
        """Some of the rows as folds are made of them, by position."""
        return self.frame.iloc[rows] if self.matrix is None else self.matrix.X[rows]

    @cached_property
    def frame(self) -> pd.DataFrame:
        """What folds are made of: the features, and the columns with a role if there are any."""
        others = [name for name in self.role_values if name not in self.features]
        return self.features.join(self.role_values[others]) if others else self.features

    @property
    def transform_name(self) -> str | None:
        """How the target is transformed, if it is."""
        return None if self.transform is None else self.transform.name

    @property
    def n_rows(self) -> int:
        """Rows that can be used."""
        return len(self.target)

    def observed(self, rows: Integers) -> Observed:
        """What some rows say of the outcome, weights of 1 where the dataset has none."""
        weight = np.ones(self.n_rows) if self.weight is None else self.weight
        return Observed(self.target, weight, self.event, self.offset, self.labels).take(rows)

    def take(self, rows: Integers) -> Table:
        """Some of the rows, by position, perhaps several times; nothing is hidden in it."""
        return replace(
            self,
            features=self.features.iloc[rows].reset_index(drop=True),
            role_values=self.role_values.iloc[rows].reset_index(drop=True),
            made=None if self.made is None else self.made.take(rows),
            matrix=None if self.matrix is None else self.matrix.take(rows),
            target=self.target[rows],
            row=self.row[rows],
            time=None if self.time is None else self.time[rows],
            group=None if self.group is None else self.group[rows],
            weight=None if self.weight is None else self.weight[rows],
            event=None if self.event is None else self.event[rows],
            offset=None if self.offset is None else self.offset[rows],
            hidden=None,
            counted={},
        )

    def levels(self, column: str) -> list[Any]:
        """The levels of a categorical column, NaN among them where values are missing."""
        return list(self.features[column].unique())


@dataclass(frozen=True)
class Fold:
    """One training side and one validation side, as unions of the blocks of a partition."""

    number: int  # from 1, over all repeats
    partition: int
    training: tuple[int, ...]
    validation: tuple[int, ...]


@dataclass(frozen=True)
class Split:
    """Which rows are test, and which fold each other row is in.

    Each partition gives every training row a block number (-1: in no block). Rows in a gap before
    the test rows are neither.
    """

    train: Integers  # positions in the table of the rows that train and validate
    test: Integers  # positions in the table, possibly none
    partitions: tuple[Integers, ...]  # each (len(train),)
    folds: tuple[Fold, ...]

    def sides(self, fold: Fold) -> tuple[Integers, Integers]:
        """Positions in the table of a fold's training rows and of its validation rows."""
        block = self.partitions[fold.partition]
        training = self.train[np.isin(block, fold.training)]
        validation = self.train[np.isin(block, fold.validation)]
        return training, validation


@dataclass(frozen=True)
class Candidate:
    """One point of the search space: values by dotted key, alpha and l1_ratio among them."""

    values: dict[str, Any]

    @property
    def alpha(self) -> float:
        """Overall strength of the penalty."""
        return float(self.values["model.alpha"])

    @property
    def l1_ratio(self) -> float:
        """The L1 share of the penalty."""
        return float(self.values["model.l1_ratio"])

    @property
    def relax(self) -> float:
        """The share of the penalised coefficients, 1 where nothing is relaxed."""
        return float(self.values.get("model.relax", 1))

    def with_penalty(self, alpha: float, l1_ratio: float) -> Candidate:
        """The same with another penalty."""
        return Candidate({**self.values, "model.alpha": alpha, "model.l1_ratio": l1_ratio})

    def preparation_key(self) -> tuple[tuple[str, Any], ...]:
        """What tells apart the candidates that need other fold problems."""
        penalty = {"model.alpha", "model.l1_ratio", "model.relax"}
        return tuple(sorted((k, v) for k, v in self.values.items() if k not in penalty))


OK = "ok"
NOT_CONVERGED = "not converged"
FAILED = "failed"


@dataclass(frozen=True)
class Trial:
    """A candidate that was scored, or that failed and says why."""

    number: int
    candidate: Candidate
    scores: dict[str, Floats]  # (folds,) by metric
    loss: float  # mean of the optimised metric, smaller is better; infinite if there is none
    n_nonzero: float  # selected features, mean over folds
    dual_gap: float  # the largest over folds
    seconds: float
    status: str  # OK, NOT_CONVERGED, or FAILED: and the reason
