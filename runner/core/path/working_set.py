"""The columns that a path of a row problem works on, and their Gram matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from runner.core.path.native.follow_gram import Memory
from runner.records import GramProblem

if TYPE_CHECKING:
    from runner.core.path.centred_columns import Columns
    from runner.records import Floats, Integers


class WorkingSet:
    """Columns that have entered so far, in order of entry; none leaves.

    `memory` is what solving for their Gram leaves behind for the next time.

    A dense X has its centred and scaled columns copied to one buffer, which doubles when it is
    full; a sparse X is sliced.
    """

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.members: Integers = np.zeros(0, dtype=np.int64)
        self.outside = np.ones(columns.count, dtype=bool)
        self.xy = columns.gradient(columns.target)
        self.memory = Memory.of(0)
        self._known = 0  # members whose products are in the Gram
        self._gram = np.zeros((0, 0))  # a buffer as large as the memory
        self._scaled: sparse.csc_array | None = None
        self._sliced: sparse.csc_array | None = None
        self._buffer = np.zeros((len(columns.target), 0), order="F")

    @property
    def problem(self) -> GramProblem:
        """The least-squares problem in the member columns alone."""
        missing, used = self.members[self._known :], len(self.members)
        if len(missing):
            self._extend_gram(missing)
        return GramProblem(self._gram[:used, :used], self.xy[self.members], self.columns.yy)

    def admit(self, chosen: Integers) -> int:
        """Let those of the chosen columns in that are outside; return their number."""
        entering = chosen[self.outside[chosen]]
        if len(entering):
            self.outside[entering] = False
            if not sparse.issparse(self.columns.problem.X):
                self._extend_buffer(entering)
            self.members = np.concatenate([self.members, entering])
        return len(entering)

    def residual(self, coefficients: Floats) -> Floats:
        """T - Z b, (n, a), of coefficients (k, a) of the members."""
        if sparse.issparse(self.columns.problem.X):
            fitted = self.columns.fitted(coefficients, self.members)
        else:
            fitted = self._buffer[:, : len(self.members)] @ coefficients
        return np.asarray(self.columns.target[:, None] - fitted)

    def uncentred(self) -> sparse.csc_array:
        """The members of a sparse X, weighted and scaled but not centred, (n, k)."""
        if self._scaled is None:
            self._scaled = self.columns.scaled()
        if self._sliced is None or self._sliced.shape[1] < len(self.members):
            self._sliced = self._scaled[:, self.members]
        return self._sliced

    def _extend_buffer(self, entering: Integers) -> None:
        used, needed = len(self.members), len(self.members) + len(entering)
        if needed > self._buffer.shape[1]:
            grown = np.empty((len(self._buffer), max(needed, 2 * used)), order="F")
            grown[:, :used] = self._buffer[:, :used]
            self._buffer = grown
        self._buffer[:, used:needed] = self.columns.dense(entering)

    def _extend_gram(self, entering: Integers) -> None:
        used, needed = self._known, len(self.members)
        if needed > len(self._gram):
            self.memory = Memory.of(max(needed, 2 * used))
            grown = np.empty((self.memory.stride, self.memory.stride))
            grown[:used, :used] = self._gram[:used, :used]
            self._gram = grown
        if sparse.issparse(self.columns.problem.X):
            cross = self.columns.cross(self.members, entering)
        else:
            cross = self._buffer[:, :needed].T @ self._buffer[:, used:needed]
        self._gram[:needed, used:needed] = cross
        self._gram[used:needed, :used] = cross[:used].T
        self._known = needed
