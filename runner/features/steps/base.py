"""What every step of the features is: which columns it takes, and what becomes of them."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, ClassVar, Literal

from runner.errors import ConfigError
from runner.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from sklearn.base import TransformerMixin

    from runner.core.folds import WordCounts
    from runner.family import Family

Sort = Literal["numeric", "categorical", "text", "dates"]
SHOWN = 12  # columns that a message lists


@dataclass(frozen=True)
class SortedColumns:
    """The names of a table's columns, by sort.

    Those of dates are numeric too, as days, but for the time column, which is no feature.
    """

    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    text: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    classes: int = 0  # of the target, which has their codes, if it has any
    counts: WordCounts | None = None  # of the words of its texts, if they are counted
    entries: tuple[str, ...] = ()  # of a sparse matrix, which has all features where there is one

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.numeric) + len(self.categorical) + len(self.text)

    def of(self, sorts: Sequence[Sort]) -> tuple[str, ...]:
        """Those of some sorts."""
        return tuple(name for sort in sorts for name in getattr(self, sort))


class Step(Spec):
    """A step over columns by name or shell pattern, those that are of a sort that it takes."""

    takes: ClassVar[tuple[Sort, ...]] = ("numeric",)
    # whether a saved model has values of single training rows
    keeps_rows: ClassVar[bool] = False
    kind: str
    columns: list[str]

    def chosen(self, name: str, columns: SortedColumns) -> tuple[str, ...]:
        """The columns that the step means, in the table's order.

        Args:
            name: what the step is called.
            columns: of the table.

        Raises:
            ConfigError: a name or pattern other than * means none.
        """
        usable = columns.of(self.takes)
        for pattern in self.columns:
            if pattern != "*" and not any(fnmatchcase(one, pattern) for one in usable):
                raise self._no_column(name, pattern, columns)
        return tuple(one for one in usable if any(fnmatchcase(one, p) for p in self.columns))

    def check_family(self, name: str, family: Family) -> None:
        """Say before anything is read what of the target the step cannot take.

        Args:
            name: what the step is called.
            family: of the target.

        Raises:
            ConfigError: names the key, and what to choose instead.
        """
        del name, family

    def _no_column(self, name: str, pattern: str, columns: SortedColumns) -> ConfigError:
        usable, sort = columns.of(self.takes), " or ".join(self.takes)
        near = difflib.get_close_matches(pattern, usable, n=1)
        if pattern in columns.of(("numeric", "categorical", "text")):
            said = f"which is not {sort}"
        else:
            said = f"which is no {sort} column and no pattern of any"
        hint = f"; did you mean {near[0]!r}?" if near else ""
        listed = ", ".join(usable[:SHOWN]) + (", ..." if len(usable) > SHOWN else "")
        return ConfigError(
            f"features.steps.{name}.columns has {pattern!r}, {said}{hint} "
            f"({sort} columns here: {listed or 'none'})"
        )


class ColumnStep(Step):
    """A step that changes columns in place: of each it makes one, of the same name and sort.

    Steps of this kind come before all others, in the order in which they are written.
    """

    def transformer(self) -> TransformerMixin:
        """Unfitted, of a data frame of the chosen columns, without gaps, to as many columns."""
        raise NotImplementedError


class FeatureStep(Step):
    """A step that makes features of the columns, beside them or in their place.

    `keeps` says whether the columns stay what they are as well.
    """

    keeps: ClassVar[bool] = False

    def transformer(self) -> TransformerMixin:
        """Unfitted, of a data frame of the chosen columns, without gaps, to (n, made).

        Categories are texts or numbers as objects. What it makes is named by
        `get_feature_names_out`: COLUMN_..., or what stands for several columns as it likes.
        """
        raise NotImplementedError

    def transformer_for(self, columns: SortedColumns) -> TransformerMixin:
        """As `transformer`, of a step that depends on more of the table than it is fitted to."""
        del columns
        return self.transformer()


class RowStep(Step):
    """A step that makes columns of each row, and of those before it, before gaps are filled.

    It learns nothing, so that it is taken once for all folds. What it makes may have gaps.
    """

    @property
    def looks_back(self) -> bool:
        """Whether it needs the target of earlier rows."""
        return False

    def transformer(self, columns: tuple[str, ...], roles: Roles) -> TransformerMixin:
        """Unfitted, of what a saved model is given to the same less what it replaces.

        Both are data frames. It must set `made_`, the names of the columns that it makes, when it
        is fitted.

        Args:
            columns: those that the step means.
            roles: the columns that it may need beside them.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class Roles:
    """The names of the columns with a role, where there are any."""

    time: str | None
    group: str | None
    target: str | None


def told(name: str, transformer: TransformerMixin) -> TransformerMixin:
    """The same, with what its step is called as its parameter `step`, and its parts', if any."""
    wanted = [key for key in transformer.get_params() if key.split("__")[-1] == "step"]
    return transformer.set_params(**dict.fromkeys(wanted, name)) if wanted else transformer


@dataclass(frozen=True)
class Present:
    """Chooses of some columns those that a data frame has."""

    names: tuple[str, ...]

    def __call__(self, frame: pd.DataFrame) -> list[str]:
        """Their names, in order."""
        have = set(frame.columns)
        return [name for name in self.names if name in have]
