"""Squared error: the mean of the target is linear in the features."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from runner.family.base import Family

if TYPE_CHECKING:
    from runner.records import Table


class Gaussian(Family):
    """The normal distribution, whose log-likelihood is the squared error.

    Its paths come from cross products, see `runner.core.path`.
    """

    name: Literal["gaussian"]
    takes_offset: ClassVar[bool] = False
    ratios: ClassVar[bool] = False

    @property
    def squared(self) -> bool:
        """It is."""
        return True

    def settle(self, table: Table) -> Table:
        """As it is, but for one target."""
        from runner.family.targets import one_target  # numpy, which a config can do without

        return one_target(table, self.name)
