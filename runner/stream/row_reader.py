"""A batch comes in; which of its rows count, their blocks and their weights go out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from runner.dataset import roles as column_roles
from runner.dataset.written_numbers import other_notation
from runner.errors import DataError
from runner.split.hashed import number_keys, order_by_block, row_keys
from runner.stream.values import (
    NOTHING,
    NUMBER,
    TEXT,
    Sentinels,
    codes_of,
    is_empty,
    is_number,
    kind_of,
    numbers_or_refuse,
    reads_as_numbers,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from runner.dataset.files import File
    from runner.records import Booleans, Floats, Integers
    from runner.split.hashed import HashedSplit
    from runner.stream.values import Bytes

    Arrays = dict[str, pa.Array]


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of a batch that count."""

    order: Integers  # (n,) positions in the batch, those of a block together
    bounds: Integers  # (n_blocks + 1,) where the blocks begin in `order`
    block: NDArray[np.uint16]  # of all rows of the batch
    weight: Floats | None  # (n,) in that order
    first: bool  # whether no row was counted before

    @cached_property
    def occupied(self) -> Integers:
        """The blocks that have rows."""
        return np.flatnonzero(np.diff(self.bounds))

    @cached_property
    def here(self) -> Bytes:
        """Room for a byte a row; fresh pages for each column would cost as much as filling them."""
        return np.empty(len(self.order), dtype=np.uint8)

    @cached_property
    def mask(self) -> Integers:
        """Room for a word a row."""
        return np.empty(len(self.order), dtype=np.int64)

    def part(self, block: int) -> tuple[slice, Floats | None]:
        """Where the rows of a block are in `order`, and their weights."""
        rows = slice(self.bounds[block], self.bounds[block + 1])
        return rows, None if self.weight is None else self.weight[rows]


@dataclass(eq=False)
class RowReader:
    """Reads the columns with a role, batch by batch, and counts what it leaves out."""

    roles: File
    split: HashedSplit
    seed: int
    read: int = 0
    counted: int = 0
    dropped: dict[str, int] = field(default_factory=lambda: {"target missing": 0, "weight zero": 0})
    checksum: int = 0  # of the weights

    @property
    def columns(self) -> list[str]:
        """The columns with a role."""
        named = (self.roles.target_name, self.roles.weight, self.roles.group)
        return [name for name in named if name is not None]

    def rows(self, arrays: Arrays) -> Rows:
        """The rows of the next batch; it has a float column for a target without a value.

        Raises:
            DataError: the target, the weight or the group cannot be used.
        """
        weight, keep = self._kept(arrays)
        block = self._blocks(arrays)
        order = order_by_block(block, keep)
        bounds = np.searchsorted(block[order], np.arange(self.split.n_blocks + 1))
        rows = Rows(
            order=order,
            bounds=bounds,
            block=block,
            weight=None if weight is None else weight[order],
            first=self.counted == 0,
        )
        self.read += len(block)
        self.counted += len(order)
        return rows

    def _kept(self, arrays: Arrays) -> tuple[Floats | None, Booleans | None]:
        """The weights, and which rows count (None: all of them)."""
        name = self.roles.target_name
        numbers = numbers_or_refuse(name, self.target(arrays), Sentinels.of(self.roles, name))
        infinite = 0 if numbers.finite else int(np.isinf(numbers.observed).sum())
        if infinite:
            raise column_roles.infinite(name, infinite)
        keep = None if numbers.valid is None else numbers.valid.view(np.bool_)
        self.dropped["target missing"] += 0 if keep is None else int((~keep).sum())
        if self.roles.weight is None:
            return None, keep
        weight = self._weight(arrays[self.roles.weight])
        keep = np.ones(len(weight), dtype=bool) if keep is None else keep
        self.dropped["weight zero"] += int((keep & (weight == 0)).sum())
        return weight, keep & (weight > 0)

    def target(self, arrays: Arrays) -> pa.Array:
        """The target as numbers; raises DataError if it is none."""
        name = self.roles.target_name
        sentinels = Sentinels.of(self.roles, name)
        array = sentinels.without(arrays[name])
        if is_empty(array):
            return pa.nulls(len(array), pa.float64())
        kind = kind_of(array.type)
        spelt = kind == TEXT and sentinels.spellings and reads_as_numbers(array, sentinels)
        if kind not in {NUMBER, NOTHING} and not spelt:
            raise self._not_numeric(array.drop_null())
        return array

    def _not_numeric(self, observed: pa.Array) -> DataError:
        """What to say of a target that holds something else than numbers."""
        values, notation, other = observed.to_pylist(), self.roles.notation, None
        odd = [value for value in values if not is_number(str(value))] or values
        if kind_of(observed.type) == TEXT and notation is not None:
            other = other_notation(observed, notation)
        count = f"{len(odd):,} of its first {len(values):,} values"
        some = odd[: column_roles.SOME]
        labels = 0 if any(is_number(str(value)) for value in values) else len(set(values))
        family = column_roles.family_of_labels(labels)
        return column_roles.target_not_numeric(self.roles.target_name, some, count, other, family)

    def _weight(self, array: pa.Array) -> Floats:
        name = str(self.roles.weight)
        if kind_of(array.type) != NUMBER:
            raise column_roles.weight_unusable(name)
        sentinels = Sentinels.of(self.roles, name)
        weight = numbers_or_refuse(name, array, sentinels).with_nan()
        if not bool(np.all((weight >= 0) & np.isfinite(weight))):
            raise column_roles.weight_unusable(name)
        self.checksum = (self.checksum + int(weight.view(np.int64).sum())) % 2**64
        return weight

    def _blocks(self, arrays: Arrays) -> NDArray[np.uint16]:
        """From the rows' numbers, or from their groups; a group is in one part of the test rows."""
        count = len(arrays[self.roles.target_name])
        numbers = row_keys(self.read, count)
        groups = None if self.roles.group is None else self._group_keys(arrays[self.roles.group])
        if self.split.by_group and groups is not None:
            return self.split.blocks(groups, self.seed)
        return self.split.blocks(numbers, self.seed, part_keys=groups)

    def _group_keys(self, array: pa.Array) -> NDArray[np.uint64]:
        """A word for each row's group."""
        name = str(self.roles.group)
        sentinels = Sentinels.of(self.roles, name)
        if kind_of(array.type) == NUMBER:
            values = numbers_or_refuse(name, array, sentinels).with_nan()
            _refuse_missing(name, np.isnan(values))
            return number_keys(values)
        codes = codes_of(array.cast(pa.string()), sentinels)
        _refuse_missing(name, codes.codes < 0)
        words = np.array([_word(str(level)) for level in codes.levels], dtype=np.uint64)
        found: NDArray[np.uint64] = words[codes.codes]
        return found


def _refuse_missing(name: str, absent: Booleans) -> None:
    if absent.any():
        raise DataError(f"the group {name!r} is missing in {np.count_nonzero(absent)} rows")


def _word(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")
