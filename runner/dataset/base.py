"""What every dataset offers: a table whose columns have roles."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from runner.dataset.mask import Mask
from runner.spec import Spec

if TYPE_CHECKING:
    from runner.dataset.outcome import Reads
    from runner.records import Table


class Dataset(Spec):
    """Where rows come from, which of their values are hidden on purpose, and what is modelled.

    The model is fitted to the `transform` of the target. With `smearing` the saved model undoes it
    by the mean over residuals, else by its inverse.
    """

    name: str
    mask: Mask | None
    transform: Literal["log", "sqrt", "yeo-johnson"] | None
    smearing: bool

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
        table = self.with_transform(self.load_unmasked(seed, reads))
        return table if self.mask is None else self.mask.hide(table, seed)

    def with_transform(self, table: Table) -> Table:
        """The table with how its target is transformed, if it is.

        Raises:
            DataError: the target has values that the transform does not take.
        """
        if self.transform is None:
            return table
        from runner.dataset.transform import check_values
        from runner.records import TargetTransform

        check_values(self.transform, self.target_name, table.target)
        return replace(table, transform=TargetTransform(self.transform, self.smearing))

    def load_unmasked(self, seed: int, reads: Reads = "numbers") -> Table:
        """The usable rows.

        Args:
            seed: for datasets that are drawn at random.
            reads: as in `load`; what is no file has numbers, and no labels.

        Raises:
            DataError: the data cannot be used as the config asks.
        """
        raise NotImplementedError
