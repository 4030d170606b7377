"""What the runs of a sweep share: data that was read, and fold problems, each made once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from runner.core.folds import DiskCache, Folds
from runner.experiment.dividing import divide
from runner.experiment.family_data import FamilyData
from runner.experiment.in_memory import TableData
from runner.experiment.shared_tables import SharedTables
from runner.features.looking_back import check_columns, check_split, spacing
from runner.features.made_columns import make_rows
from runner.store.directory import is_done
from runner.store.index import RunIndex

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd
    from scipy import sparse

    from runner.checks import Finding
    from runner.config import ExperimentConfig
    from runner.core.folds import BlockFolds, Preparation
    from runner.core.folds.source import AnyFold
    from runner.evaluation.winner import HeldOut, Refit
    from runner.experiment.job import Job
    from runner.experiment.judging import Winner
    from runner.experiment.nesting import Nested
    from runner.family import Family
    from runner.features.pipeline import Specs
    from runner.records import Candidate, Floats, Table
    from runner.statistics.bootstrap import Bootstrap
    from runner.statistics.missingness import Missingness
    from runner.stream.data import StreamedData
    from runner.stream.read import Asked, Progress, Reading

DIVISIONS = 4  # of one table into folds that are kept, the latest


class Data(Protocol):
    """What the stages of a run ask of its data, whether the rows are in memory or not."""

    @property
    def data_hash(self) -> str:
        """Of all that determines a result."""

    @property
    def test_rows(self) -> str | None:
        """Hash of the data and of which of its rows are tested; None if none is."""

    @property
    def folds(self) -> BlockFolds:
        """Makes the fold problems."""

    def describe(self) -> dict[str, Any]:
        """Size of the data, for the record."""

    def describe_target(self) -> dict[str, Any]:
        """The target's mean, sd, min, max and zeros over the rows, for the record."""

    def findings(self) -> list[Finding]:
        """What a reader of the result should know of the data."""

    def missing_numeric(self) -> dict[str, int]:
        """How many values the numeric columns lack, those that lack any."""

    @property
    def missingness(self) -> Missingness | None:
        """Where values are missing; None if none is, or if the rows are not in memory."""

    def hold_out(self, problems: Sequence[AnyFold], coefficients: Sequence[Floats]) -> HeldOut:
        """What a candidate's coefficients (q,) per fold say of each fold."""

    def refit(
        self,
        specs: Specs,
        candidate: Candidate,
        preparation: Preparation,
        alphas: Floats | None = None,
    ) -> Refit:
        """The winner, fitted to all training rows; of rows in memory its path along alphas too."""

    def fold_models(self, winner: Winner, candidate: Candidate) -> tuple[list[int], list[Refit]]:
        """The candidate fitted to the training rows of each fold, with the folds' numbers."""

    def decide(self, final: Refit, held_out: HeldOut, preparation: Preparation) -> Refit:
        """The refitted winner with the threshold of its labels, if it has any."""

    def score_test(
        self, final: Refit, preparation: Preparation, bootstrap: Bootstrap, *, seed: int
    ) -> tuple[Floats, dict[str, Any] | None]:
        """Predictions of the test rows, and what is recorded of them."""

    def predictions(
        self, winner: Winner, held_out: HeldOut, nested: Nested | None, tested: Floats
    ) -> pd.DataFrame | None:
        """A row per prediction, or None if there are no rows to tell."""

    def left_out(self, preparation: Preparation) -> dict[str, int]:
        """How many rows the imputer's rule for rows keeps from training, and from a prediction."""

    def used(self, preparation: Preparation) -> dict[str, int]:
        """How many rows train the winner, and how many get a prediction."""

    def fold_sizes(self) -> list[tuple[int, int]]:
        """How many rows train and validate, per fold."""

    def imputation_errors(self, preparation: Preparation) -> pd.DataFrame | None:
        """A row per hidden value that is filled out of fold; None where nothing is hidden."""

    def describe_columns(self) -> list[dict[str, Any]]:
        """What a model file expects, a description per feature."""

    def matrix_columns(self) -> pd.DataFrame | None:
        """A row per column of a sparse matrix; None if the features are no matrix."""

    def describe_roles(self, preparation: Preparation) -> list[dict[str, Any]]:
        """What it expects beside them, a description per time and group column."""

    def typical(self, preparation: Preparation) -> pd.DataFrame | sparse.csr_array:
        """A row that stands for those that train, and is none of them."""

    def example(self, preparation: Preparation) -> pd.DataFrame | sparse.csr_array:
        """A row whose prediction is stated with the model."""


class Workspace:
    """Keeps the last data, and its folds, while runs ask for the same.

    Args:
        reading: of streamed data that is going on already.
        shared: a folder of tables that this process shares with others.
    """

    def __init__(self, reading: Reading | None = None, shared: Path | None = None) -> None:
        self._shared = None if shared is None else SharedTables(shared)
        self._tables: dict[str, Table] = {}
        self._data: dict[str, TableData] = {}
        self._reading = reading
        self._stream: tuple[Asked, StreamedData] | None = None
        self._indexes: dict[Path, RunIndex] = {}
        self._made: dict[tuple[Path, str], Path] = {}  # by where outputs are, and fingerprint

    def remember(self, job: Job, fingerprint: str) -> None:
        """Let the runs that follow know of one that is finished."""
        self._made.setdefault((job.outputs, fingerprint), job.folder.resolve())

    def finished(self, job: Job, fingerprint: str) -> Path | None:
        """Where a run of that fingerprint is finished, if it is."""
        root, own = job.outputs, job.folder.resolve()
        made = self._made.get((root, fingerprint))
        if made is not None and made != own and is_done(made):
            return made
        if root not in self._indexes:
            self._indexes[root] = RunIndex.of(root)
            self._indexes[root].refresh()
        found = self._indexes[root].finished(fingerprint)
        return None if found == own else found

    def data(self, config: ExperimentConfig, progress: Progress) -> Data:
        """The config's data, divided.

        Args:
            config: which data.
            progress: shows a bar while rows are read that do not stay in memory.
        """
        if config.dataset.streams:
            return self._streamed(config, progress)
        return self._table_data(config)

    def table(self, config: ExperimentConfig) -> Table:
        """The config's rows."""
        seed = config.general.seed if config.dataset.is_drawn else None
        dataset, family = config.dataset.model_dump_json(), config.family.model_dump_json()
        key = f"{seed} {dataset} {family}"
        if key not in self._tables:
            # one at a time: tables may be large
            self._tables = {key: self._load(config, key)}
            self._data, self._stream = {}, None
        return self._tables[key]

    def _load(self, config: ExperimentConfig, key: str) -> Table:
        def load() -> Table:
            return config.family.settle(
                config.dataset.load(config.general.seed, config.family.reads)
            )

        return load() if self._shared is None else self._shared.table(key, load)

    def folds(self, config: ExperimentConfig) -> Folds:
        """The folds of the config's rows."""
        return self._table_data(config).folds

    def _table_data(self, config: ExperimentConfig) -> TableData:
        config.split.check_roles(config.dataset)  # before anything is said of the rows
        table = self.table(config)
        general = config.general
        sections = f"{config.split.model_dump_json()} {config.family.model_dump_json()}"
        key = f"{general.seed} {sections} {config.features.row_steps} {general.cache!r}"
        if key not in self._data:
            table = _with_rows_made(config, table)
            cache = general.cache
            disk = DiskCache(cache.path, cache.megabytes * 1_000_000) if cache.megabytes else None
            split, found = divide(config, table)
            check_split(config.features, config.split.name, table, split)
            folds = Folds(table, split, disk, config.family)
            self._data[key] = _data_of(folds, config.family, found)
            while len(self._data) > DIVISIONS:
                self._data.pop(next(iter(self._data)))
        return self._data[key]

    def _streamed(self, config: ExperimentConfig, progress: Progress) -> StreamedData:
        from runner.stream.read import Asked, Reading  # pyarrow, and only streams need it

        asked = Asked(config.dataset, config.split, config.general.seed)
        if self._stream is None or self._stream[0] != asked:
            reading, self._reading = self._reading, None
            if reading is None or reading.asked != asked:
                reading = Reading(asked)
            from runner.stream.data import StreamedData  # while it reads

            self._tables, self._data = {}, {}
            self._stream = (asked, StreamedData(reading.result(progress)))
        return self._stream[1]


def _with_rows_made(config: ExperimentConfig, table: Table) -> Table:
    """The table with what is made of its rows before any fold, and what was found of them."""
    check_columns(config.features, table)
    made = make_rows(config.features, table, config.dataset.target_name)
    read = made.provenance
    found = (*read.findings, *spacing(config.features, table))
    return replace(made, provenance=replace(read, findings=found))


def _data_of(folds: Folds, family: Family, found: list[Finding]) -> TableData:
    return TableData(folds) if family.squared else FamilyData(folds, family, found)
