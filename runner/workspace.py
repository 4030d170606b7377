"""What the runs of a sweep share: tables and fold problems, each made once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.folds import Folds

if TYPE_CHECKING:
    from runner.dataset import Dataset
    from runner.records import Split, Table
    from runner.split import Splitter


class Workspace:
    """Keeps the last table, and its folds, while runs ask for the same."""

    def __init__(self) -> None:
        self._tables: dict[tuple[str, int], Table] = {}
        self._folds: dict[tuple[str, str, int], Folds] = {}

    def table(self, dataset: Dataset, seed: int) -> Table:
        """The dataset's rows."""
        key = (dataset.model_dump_json(), seed)
        if key not in self._tables:
            self._tables = {key: dataset.load(seed)}  # one at a time: tables may be large
            self._folds = {}
        return self._tables[key]

    def folds(self, dataset: Dataset, splitter: Splitter, seed: int) -> Folds:
        """The dataset's folds."""
        key = (dataset.model_dump_json(), splitter.model_dump_json(), seed)
        if key not in self._folds:
            table = self.table(dataset, seed)
            self._folds[key] = Folds(table, splitter.split(table, seed))
        return self._folds[key]

    def split(self, dataset: Dataset, splitter: Splitter, seed: int) -> Split:
        """Which rows are test, and in which fold the others are."""
        return self.folds(dataset, splitter, seed).split
