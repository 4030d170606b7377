"""What every dataset offers: a table whose columns have roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.spec import Spec

if TYPE_CHECKING:
    from runner.records import Table


class Dataset(Spec):
    """Where rows come from."""

    name: str

    @property
    def streams(self) -> bool:
        """Whether rows are read in batches and never held in memory."""
        return False

    def check(self) -> None:
        """Say what can be said without reading any data.

        Raises:
            ConfigError: a file is missing.
        """

    def load(self, seed: int) -> Table:
        """The usable rows.

        Args:
            seed: for datasets that are drawn at random.

        Raises:
            DataError: the data cannot be used as the config asks.
        """
        raise NotImplementedError
