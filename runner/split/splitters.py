"""Splits: which rows are test, and in which fold each other row is.

Seeds come from the run's seed by name, so that every run with the same dataset, split and seed
has the same folds.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from runner.errors import ConfigError, DataError
from runner.randomness import derive_seed, generator
from runner.records import Fold, Split
from runner.spec import Count, Share, Spec
from runner.split.hashed import HashedSplit
from runner.split.strata import by_stratum, first_of_each, grouped_blocks, most_alike

if TYPE_CHECKING:
    from runner.records import Booleans, Integers, Table

Folds = Annotated[int, Field(ge=2)]
DRAWS = 20  # of groups to test, of which the one most like the rest is taken


class Splitter(Spec):
    """Base of the splits: `test` is the share of rows kept for the one test at the end."""

    name: str
    test: Share | None
    role: ClassVar[Literal["time", "group"] | None] = None  # of the dataset, that it goes by

    @property
    def exchangeable(self) -> int:
        """How many folds there are of which each trains on all others' rows; 0 of other folds."""
        return 0

    def check_roles(self, dataset: object) -> None:
        """Raise DataError if the dataset has no column for what this split goes by."""
        if self.role is not None and getattr(dataset, self.role, None) is None:
            raise _without_role(self.name, self.role)

    def split(self, table: Table, seed: int, strata: Integers | None = None) -> Split:
        """Divide the rows of `table`.

        Args:
            table: its rows.
            seed: the run's.
            strata: (n,) codes from 0, of which the test rows and each fold get their share as far
                as groups let them; an order in time has no regard to them.

        Raises:
            DataError: the table is too small, or lacks the group or time that the split needs.
        """
        train, test = self._test_rows(table, seed, strata)
        inside = None if strata is None else strata[train]
        partitions, folds = self._folds(table, train, seed, inside)
        return Split(train=train, test=test, partitions=partitions, folds=folds)

    def redivide(
        self, split: Split, table: Table, seed: int, strata: Integers | None = None
    ) -> Split:
        """The same training and test rows in other folds, of one partition; see `split`."""
        inside = None if strata is None else strata[split.train]
        partitions, folds = self._folds(table, split.train, seed, inside)
        first = tuple(fold for fold in folds if fold.partition == 0)
        return replace(split, partitions=partitions[:1], folds=first)

    def cut(
        self, table: Table, rows: Integers, count: int, seed: int, strata: Integers | None = None
    ) -> Integers:
        """At random, the block (r,) of each of some rows, of `count` blocks as equal as can be.

        Args:
            table: all rows.
            rows: positions of those to cut, (r,).
            count: how many blocks, at most; there are no more than rows, or groups kept together.
            seed: of the order.
            strata: (n,) codes of which each block gets its share.
        """
        del table
        inside = None if strata is None else strata[rows]
        ((block,), _) = _repeated(len(rows), min(count, len(rows)), 1, seed, inside)
        return block

    def by_hash(self) -> HashedSplit | None:
        """The like of this split for rows that are not in memory, or None if there is none."""
        return None

    def _test_rows(
        self, table: Table, seed: int, strata: Integers | None = None
    ) -> tuple[Integers, Integers]:
        """Positions of the training and the test rows, each in ascending order."""
        order = generator(seed, "split", "test").permutation(table.n_rows)
        n_test = 0 if self.test is None else max(1, round(self.test * table.n_rows))
        if strata is not None:
            order = first_of_each(order, strata, n_test)
        return np.sort(order[n_test:]), np.sort(order[:n_test])

    def _folds(
        self, table: Table, train: Integers, seed: int, strata: Integers | None = None
    ) -> tuple[tuple[Integers, ...], tuple[Fold, ...]]:
        raise NotImplementedError


class Kfold(Splitter):
    """Every training row is in the validation side of one of `folds` folds, at random."""

    name: Literal["kfold"]
    folds: Folds

    @property
    def exchangeable(self) -> int:
        """All of them."""
        return self.folds

    def by_hash(self) -> HashedSplit:
        """Every row's block from its number."""
        return HashedSplit("split.folds", self.test, self.folds)

    def _folds(
        self, table: Table, train: Integers, seed: int, strata: Integers | None = None
    ) -> tuple[tuple[Integers, ...], tuple[Fold, ...]]:
        del table
        return _repeated(len(train), self.folds, 1, seed, strata)


class Repeated(Splitter):
    """k-fold, `repeats` times over with other folds."""

    name: Literal["repeated"]
    folds: Folds
    repeats: Count

    @property
    def exchangeable(self) -> int:
        """All of them."""
        return self.folds

    def _folds(
        self, table: Table, train: Integers, seed: int, strata: Integers | None = None
    ) -> tuple[tuple[Integers, ...], tuple[Fold, ...]]:
        del table
        return _repeated(len(train), self.folds, self.repeats, seed, strata)


class Grouped(Splitter):
    """k-fold where all rows of a group (`dataset.group`) stay together, in the test rows too."""

    name: Literal["grouped"]
    folds: Folds
    role: ClassVar[Literal["time", "group"] | None] = "group"

    @property
    def exchangeable(self) -> int:
        """All of them."""
        return self.folds

    def cut(
        self, table: Table, rows: Integers, count: int, seed: int, strata: Integers | None = None
    ) -> Integers:
        """As of every split, with the rows of a group in one block."""
        group = required_role(table.group, "grouped", "group")[rows]
        inside = None if strata is None else strata[rows]
        count = min(count, len(np.unique(group)))
        if count == 1:
            return np.zeros(len(rows), dtype=np.int64)
        return grouped_blocks(group, count, seed, inside)

    def by_hash(self) -> HashedSplit:
        """Every row's block from its group."""
        return HashedSplit("split.folds", self.test, self.folds, by_group=True)

    def _test_rows(
        self, table: Table, seed: int, strata: Integers | None = None
    ) -> tuple[Integers, Integers]:
        group = required_role(table.group, "grouped", "group")
        rng = generator(seed, "split", "test")
        if self.test is None:
            return np.arange(table.n_rows), np.arange(0)
        is_test = self._tested(group, rng)
        if strata is not None:
            drawn = [is_test, *(self._tested(group, rng) for _ in range(DRAWS - 1))]
            is_test = most_alike(drawn, strata, self.test)
        return np.flatnonzero(~is_test), np.flatnonzero(is_test)

    def _tested(self, group: Integers, rng: np.random.Generator) -> Booleans:
        """Which rows (n,) are in groups drawn until they are the share of test rows."""
        codes = rng.permutation(np.unique(group))
        sizes = np.cumsum([np.count_nonzero(group == code) for code in codes])
        n_groups = int(np.searchsorted(sizes, (self.test or 0.0) * len(group))) + 1
        return np.isin(group, codes[:n_groups])

    def _folds(
        self, table: Table, train: Integers, seed: int, strata: Integers | None = None
    ) -> tuple[tuple[Integers, ...], tuple[Fold, ...]]:
        group = required_role(table.group, "grouped", "group")[train]
        n_groups = len(np.unique(group))
        if n_groups < self.folds:
            raise DataError(
                f"split.folds is {self.folds}, but there are only {n_groups} groups to train on"
            )
        block = grouped_blocks(group, self.folds, derive_seed(seed, "split", "folds"), strata)
        return (block,), _one_against_rest(self.folds, 0)


class Holdout(Splitter):
    """One fold: a `validation` share of the rows scores the candidates, the rest trains them."""

    name: Literal["holdout"]
    validation: Share

    def by_hash(self) -> HashedSplit:
        """Every row's block from its number.

        Raises:
            ConfigError: the shares leave no row to train on.
        """
        if self.validation + (self.test or 0.0) >= 1:
            raise ConfigError(
                f"split.validation is {self.validation}, which leaves no row to train on"
            )
        return HashedSplit("split.validation", self.test, 1, validation=self.validation)

    def _folds(
        self, table: Table, train: Integers, seed: int, strata: Integers | None = None
    ) -> tuple[tuple[Integers, ...], tuple[Fold, ...]]:
        n_validation = max(1, round(self.validation * table.n_rows))
        if n_validation >= len(train):
            raise DataError(
                f"split.validation is {self.validation}, which leaves no row to train on"
            )
        order = generator(seed, "split", "folds").permutation(len(train))
        if strata is not None:
            order = first_of_each(order, strata, n_validation)
        block = np.zeros(len(train), dtype=np.int64)
        block[order[:n_validation]] = 1
        return (block,), (Fold(1, 0, (0,), (1,)),)


def _repeated(
    n_rows: int, n_folds: int, repeats: int, seed: int, strata: Integers | None
) -> tuple[tuple[Integers, ...], tuple[Fold, ...]]:
    if n_rows < n_folds:
        raise DataError(f"split.folds is {n_folds}, but there are only {n_rows} rows to train on")
    partitions: list[Integers] = []
    folds: list[Fold] = []
    for repeat in range(repeats):
        order = generator(seed, "split", "folds", repeat).permutation(n_rows)
        if strata is not None:
            order = by_stratum(order, strata)
        block = np.empty(n_rows, dtype=np.int64)
        block[order] = np.arange(n_rows) % n_folds
        partitions.append(block)
        folds += _one_against_rest(n_folds, repeat)
    return tuple(partitions), tuple(folds)


def _one_against_rest(n_folds: int, partition: int) -> tuple[Fold, ...]:
    return tuple(
        Fold(
            number=partition * n_folds + k + 1,
            partition=partition,
            training=tuple(b for b in range(n_folds) if b != k),
            validation=(k,),
        )
        for k in range(n_folds)
    )


def required_role(values: Integers | None, split: str, role: str) -> Integers:
    """The column (n,) that a split goes by; raises DataError if the dataset has none."""
    if values is None:
        raise _without_role(split, role)
    return values


def _without_role(split: str, role: str) -> DataError:
    return DataError(f"split={split} needs dataset.{role}: name the column that holds it")
