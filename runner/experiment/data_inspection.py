"""A config comes in; what its data shows before any run goes out: columns, problems, findings."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from runner.core.folds import Folds
from runner.dataset.column_sheet import ColumnLine, describe_columns, roles_of
from runner.dataset.files import File
from runner.dataset.problems import Problems
from runner.dataset.suspicions import find_suspicions
from runner.dataset.table import make_table, settle
from runner.errors import ConfigError, DataError
from runner.experiment.dividing import divide
from runner.experiment.in_memory import TableData
from runner.features.pipeline import Specs, check_columns, preparation_of
from runner.records import Split

if TYPE_CHECKING:
    import pandas as pd

    from runner.checks import Finding
    from runner.config import ExperimentConfig
    from runner.records import Provenance, Table

LOOKED_AT = 65_536  # rows of a stream


@dataclass
class Inspection:
    """What was found, each list in the order in which to solve it."""

    rows: int = 0
    of_all: bool = True  # whether all rows were looked at
    columns: list[ColumnLine] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def add(self, error: Exception) -> None:
        """One more problem, unless it was said already."""
        if str(error) not in self.problems:
            self.problems.append(str(error))


def inspect(config: ExperimentConfig) -> Inspection:
    """Read the config's data and look at it as a run would, but go on where that would stop."""
    found = Inspection()
    try:
        config.split.check_roles(config.dataset)
    except DataError as error:
        found.add(error)
    table = _table(config, found)
    if table is not None:
        _look(config, table, found)
    if config.dataset.streams and not found.problems:
        _read_all(config, found)
    return found


def _table(config: ExperimentConfig, found: Inspection) -> Table | None:
    """The rows as they can be used; None if they cannot."""
    try:
        table = _of_file(config, found) if isinstance(config.dataset, File) else _of_itself(config)
        table = None if table is None else config.family.settle(table)
        table = None if table is None else config.dataset.with_transform(table)
        if table is not None and config.dataset.mask is not None:
            table = config.dataset.mask.hide(table, config.general.seed)
    except DataError as error:
        found.add(error)
        return None
    if table is not None and not found.columns:
        y = table.target if table.target.ndim == 1 else table.target[:, 0]
        frame = table.features.assign(target=y)
        roles = {str(name): "feature" for name in table.features} | {"target": "target"}
        found.columns = describe_columns(frame, roles, list(table.categorical))
        found.rows = table.n_rows
    return table


def _of_itself(config: ExperimentConfig) -> Table:
    return config.dataset.load_unmasked(config.general.seed, config.family.reads)


def _of_file(config: ExperimentConfig, found: Inspection) -> Table | None:
    dataset, problems = config.dataset, Problems(stop=False)
    assert isinstance(dataset, File)  # noqa: S101 - asked by the caller
    frame, provenance = _read(dataset, found)
    if frame.empty:
        raise DataError(f"{dataset.path} has column names, but no rows")
    found.rows, found.findings = len(frame), list(provenance.findings)
    settled = settle(frame, dataset, Problems(stop=False))
    roles = roles_of([str(name) for name in settled], dataset)
    found.columns = describe_columns(settled, roles, dataset.categorical)
    table = None
    try:
        table = make_table(frame, dataset, problems, reads=config.family.reads)
        table = replace(table, provenance=provenance)
    except DataError as error:
        problems.found = problems.found or [error]
    for each in problems.found:
        found.add(each)
    return table


def _read(dataset: File, found: Inspection) -> tuple[pd.DataFrame, Provenance]:
    """The file, or the first rows of one that is streamed."""
    if not dataset.streams:
        return dataset.read()
    from runner.stream.file_batches import open_source  # pyarrow, and only streams need it

    source = open_source(dataset)
    first = next(source.batches(source.names(), LOOKED_AT), None)
    if first is None:
        raise DataError(f"{dataset.path} has column names, but no rows")
    found.of_all = False
    return first.to_pandas(), source.provenance()


def _look(config: ExperimentConfig, table: Table, found: Inspection) -> None:
    """What the split, the imputer and a reader have to say of the columns that can be used."""
    every = np.arange(table.n_rows)
    split = Split(train=every, test=every[:0], partitions=(), folds=())
    try:
        split, findings = divide(config, table)
        found.findings += [*findings, *_looked_through(config, table, split)]
    except (ConfigError, DataError) as error:
        found.add(error)
    found.findings += find_suspicions(table, split, squared=config.family.squared)


def _looked_through(config: ExperimentConfig, table: Table, split: Split) -> list[Finding]:
    """What gaps tell of the target; raises an error of ours where the imputer cannot be used."""
    data = TableData(Folds(table, split))
    specs = Specs(config.imputer, config.features, config.model)
    config.imputer.check_data(data, preparation_of(specs, data.folds, config.general.seed))
    check_columns(specs, data.folds)
    return [] if data.missingness is None else data.missingness.findings()


def _read_all(config: ExperimentConfig, found: Inspection) -> None:
    """What the other rows of a stream have to say: the first problem of theirs."""
    from contextlib import nullcontext

    from runner.stream.data import StreamedData
    from runner.stream.read import Asked, Reading

    asked = Asked(config.dataset, config.split, config.general.seed)
    try:
        stream = Reading(asked).result(lambda *_: nullcontext(lambda _: None))
        data = StreamedData(stream)
    except (ConfigError, DataError) as error:
        found.add(error)
        return
    found.rows, found.of_all = data.describe()["rows"], True
