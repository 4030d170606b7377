"""What every dataset offers: a table whose columns have roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.dataset.mask import Mask
from runner.spec import Spec

if TYPE_CHECKING:
    from runner.dataset.outcome import Reads
    from runner.records import Table


class Dataset(Spec):
    """Where rows come from, and which of their values are hidden on purpose."""

    name: str
    mask: Mask | None

    @property
    def streams(self) -> bool:
        """Whether rows are read in batches and never held in memory."""
        return False

    @property
    def is_sparse(self) -> bool:
        """Whether the features are one sparse matrix."""
        return False

    @property
    def is_drawn(self) -> bool:
        """Whether the run's seed may have a say in the rows."""
        return True

    @property
    def source_path(self) -> str | None:
        """The path as the config gives it, or None if the rows are in no file."""
        return None

    @property
    def target_name(self) -> str:
        """What the target is called."""
        return "y"

    def check(self) -> None:
        """Say what can be said without reading any data.

        Raises:
            ConfigError: a file is missing.
        """

    def load(self, seed: int, reads: Reads = "numbers") -> Table:
        """The usable rows, less the values that the mask hides.

        Args:
            seed: for what is drawn at random.
            reads: whether the target's column holds numbers, or labels of classes.

        Raises:
            DataError: the data cannot be used as the config asks.
        """
        table = self.load_unmasked(seed, reads)
        return table if self.mask is None else self.mask.hide(table, seed)

    def load_unmasked(self, seed: int, reads: Reads = "numbers") -> Table:
        """The usable rows.

        Args:
            seed: for datasets that are drawn at random.
            reads: as in `load`; what is no file has numbers, and no labels.

        Raises:
            DataError: the data cannot be used as the config asks.
        """
        raise NotImplementedError
