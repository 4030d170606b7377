"""What the runs of a sweep share: tables and fold problems, each made once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.folds import DiskCache, Folds

if TYPE_CHECKING:
    from runner.config import ExperimentConfig
    from runner.records import Table


class Workspace:
    """Keeps the last table, and its folds, while runs ask for the same."""

    def __init__(self) -> None:
        self._tables: dict[str, Table] = {}
        self._folds: dict[str, Folds] = {}

    def table(self, config: ExperimentConfig) -> Table:
        """The config's rows."""
        key = f"{config.general.seed} {config.dataset.model_dump_json()}"
        if key not in self._tables:
            # one at a time: tables may be large
            self._tables = {key: config.dataset.load(config.general.seed)}
            self._folds = {}
        return self._tables[key]

    def folds(self, config: ExperimentConfig) -> Folds:
        """The folds of the config's rows."""
        table = self.table(config)
        general = config.general
        key = f"{general.seed} {config.split.model_dump_json()} {general.cache!r}"
        if key not in self._folds:
            cache = general.cache
            disk = DiskCache(cache.path, cache.megabytes * 1_000_000) if cache.megabytes else None
            self._folds[key] = Folds(table, config.split.split(table, general.seed), disk)
        return self._folds[key]
