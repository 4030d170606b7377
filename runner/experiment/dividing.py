"""A table comes in; how its rows are divided goes out, each fold with its share of every class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.split.strata import check_strata

if TYPE_CHECKING:
    from runner.checks import Finding
    from runner.config import ExperimentConfig
    from runner.records import Integers, Split, Table


def divide(config: ExperimentConfig, table: Table) -> tuple[Split, list[Finding]]:
    """The split of the rows, and what a reader should know of it.

    Raises:
        DataError: the table is too small, lacks the group or time that the split needs, or a
            training side would lack a class or all events.
    """
    strata = config.family.strata(table)
    split = config.split.split(table, config.general.seed, strata)
    return split, [] if strata is None else check_strata(split, strata, table.labels)


def cut(config: ExperimentConfig, table: Table, rows: Integers, count: int, seed: int) -> Integers:
    """The block (r,) of each of some rows, of at most `count`; see `Splitter.cut`."""
    return config.split.cut(table, rows, count, seed, config.family.strata(table))


def redivide(config: ExperimentConfig, table: Table, split: Split, seed: int) -> Split:
    """The same training and test rows in the folds of one new partition."""
    return config.split.redivide(split, table, seed, config.family.strata(table))
