"""Datasets whose features are one sparse matrix: what they share, and how they become a Table."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from runner.dataset.base import Dataset
from runner.dataset.files import located
from runner.dataset.outcome import read_outcome
from runner.dataset.problems import Problems
from runner.dataset.roles import LARGEST, SINGLE, role_problems
from runner.dataset.table import group_code, role_values, table_of, time_rank
from runner.errors import ConfigError, DataError
from runner.records import SparseColumns

if TYPE_CHECKING:
    from scipy import sparse

    from runner.dataset.outcome import Reads
    from runner.records import Table


class SparseParts(NamedTuple):
    """What a file holds."""

    X: sparse.csr_array  # (n, p), NaN where missing
    names: tuple[str, ...]  # (p,)
    others: pd.DataFrame  # (n,) the columns that are no features


@dataclass(frozen=True)
class OutcomeColumns:
    """The roles of the columns beside a matrix, none of which is a feature."""

    targets: list[str]
    time: str | None = None
    group: str | None = None
    weight: str | None = None
    event: str | None = None
    offset: str | None = None
    exposure: str | None = None
    features: None = None
    drop: list[str] = field(default_factory=list)
    categorical: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    na_values: list[str | int | float] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)
    notation: None = None

    def missing_in(self, column: str) -> list[str | int | float]:
        """None: such columns have no further spellings of a missing value."""
        del column
        return []


class SparseFile(Dataset):
    """Features that are one sparse matrix from the file to the model.

    What is not in the file is 0, and a NaN in it is a missing value.
    """

    path: str

    @property
    def is_sparse(self) -> bool:
        """Always."""
        return True

    @property
    def is_drawn(self) -> bool:
        """Nothing is."""
        return False

    @property
    def source_path(self) -> str:
        """As the config gives it."""
        return self.path

    @property
    def files(self) -> dict[str, str]:
        """The files that there must be, by key."""
        return {"path": self.path}

    @property
    def targets(self) -> list[str]:
        """What the targets are called."""
        return ["y"]

    @property
    def target_name(self) -> str:
        """The target's name, or those of several in one."""
        return ", ".join(self.targets)

    def check(self) -> None:
        """Raise ConfigError unless each file is there, and not empty."""
        for key, path in self.files.items():
            file = located(path)
            if not file.is_file():
                raise ConfigError(f"dataset.{key} is {path!r}, but there is no such file")
            if file.stat().st_size == 0:
                raise ConfigError(f"dataset.{key} is {path!r}, but that file is empty")

    def load_unmasked(self, seed: int, reads: Reads = "numbers") -> Table:
        """Read the files; rows without a target are left out."""
        del seed
        self.check()
        return make_sparse_table(self.read(), self._roles(), self.path, reads)

    def read(self) -> SparseParts:
        """The files as they are."""
        raise NotImplementedError

    def _roles(self) -> OutcomeColumns:
        single: dict[str, Any] = {key: getattr(self, key, None) for key in SINGLE}
        return OutcomeColumns(self.targets, **single)


def make_sparse_table(
    parts: SparseParts, roles: OutcomeColumns, path: str, reads: Reads = "numbers"
) -> Table:
    """Give the columns beside a matrix their roles.

    Args:
        parts: what was read.
        roles: of the columns that are no features.
        path: of the matrix, for messages.
        reads: what the target holds.

    Raises:
        DataError: a column is not there, the target is constant, or a value cannot be used.
    """
    problems = Problems(stop=True)
    problems.note(role_problems([str(name) for name in parts.others], roles))
    _check_values(parts, path)
    rows = read_outcome(parts.others, roles, problems, reads)
    kept = np.flatnonzero(rows.keep)
    others = parts.others.iloc[kept]
    table = table_of(
        pd.DataFrame(index=pd.RangeIndex(len(kept))),
        rows.target[kept],
        row=kept,
        time=None if roles.time is None else time_rank(others[roles.time]),
        group=None if roles.group is None else group_code(others[roles.group]),
        weight=None if rows.weight is None else rows.weight[kept],
        labels=rows.labels,
        target_names=tuple(roles.targets) if rows.target.ndim > 1 else (),
        event=None if rows.event is None else rows.event[kept],
        offset=None if rows.offset is None else rows.offset[kept],
        roles=(roles.time, roles.group),
        role_values=role_values(others, roles),
        dropped={reason: count for reason, count in rows.dropped.items() if count},
    )
    matrix = SparseColumns(_compact(parts.X), parts.names)
    matrix = matrix if len(kept) == len(parts.others) else matrix.take(kept)
    return replace(table, matrix=matrix, data_hash=_hash(table.data_hash, matrix))


def _check_values(parts: SparseParts, path: str) -> None:
    """Raise DataError if there is no column, or a value is infinite or too large to square."""
    if not parts.names:
        raise DataError(f"{path} has no feature")
    with np.errstate(invalid="ignore"):
        large = np.flatnonzero(np.abs(parts.X.data) > LARGEST)
    if large.size:
        name = parts.names[parts.X.indices[large[0]]]
        raise DataError(
            f"{path}: the column {name!r} has values that are infinite or too large to square, "
            f"such as {parts.X.data[large[0]]}: correct them, or leave them out"
        )


def _compact(X: sparse.csr_array) -> sparse.csr_array:
    """The same with indices of 4 bytes, if there are not too many."""
    if max(X.nnz, *X.shape) <= np.iinfo(np.int32).max:
        X.indices, X.indptr = X.indices.astype(np.int32), X.indptr.astype(np.int32)
    return X


def _hash(data_hash: str, matrix: SparseColumns) -> str:
    """SHA-256 of all that determines a result."""
    digest = hashlib.sha256(data_hash.encode())
    digest.update("\0".join(matrix.names).encode())
    for part in (matrix.X.indptr, matrix.X.indices, matrix.X.data):
        digest.update(np.ascontiguousarray(part).data)
    return digest.hexdigest()
