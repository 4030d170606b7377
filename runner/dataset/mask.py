"""Masks: observed values of a table are hidden on purpose, and what they were is kept."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from runner.errors import DataError
from runner.randomness import generator
from runner.spec import Share, Spec

if TYPE_CHECKING:
    from runner.records import Integers, Table


class Mask(Spec):
    """Hides a share of the observed values of numeric columns, of training and test rows alike.

    `mechanism` is MCAR (all values alike), MAR (by the rank of another column, which is seen) or
    MNAR (the larger the value, the likelier); see `runner.dataset.mechanism.hide`. `columns` null
    is all numeric columns; `seed` null follows the run's. These two have their defaults here, as
    a dataset without a mask has no place for them.
    """

    share: Share
    mechanism: Literal["MCAR", "MAR", "MNAR"]
    columns: list[str] | None = Field(default=None, min_length=1)
    seed: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.mechanism == "MAR" and self.share >= 0.5:  # noqa: PLR2004 - half of the rows
            raise ValueError("share must be less than 0.5 when mechanism is MAR")
        return self

    def hide(self, table: Table, seed: int) -> Table:
        """The table without the values that are hidden, which it keeps as `hidden`.

        Args:
            table: as it was read.
            seed: the run's.

        Raises:
            DataError: a column is not a numeric one, or a mechanism has too little to go by.
        """
        import hashlib
        from dataclasses import replace

        import numpy as np

        from runner.dataset import mechanism
        from runner.records import Hidden

        names = list(table.numeric)
        chosen = self._places(names)
        X = table.features[names].to_numpy(dtype=np.float64)
        own = seed if self.seed is None else self.seed

        def rng(purpose: str) -> np.random.Generator:
            return generator(own, "mask", purpose)

        try:
            cells = mechanism.hide(X, chosen, self.share, self.mechanism, rng)
        except ValueError as error:
            raise DataError(
                f"dataset.mask cannot be applied: {error}: choose a smaller dataset.mask.share, "
                "or another mechanism"
            ) from error
        if not cells.any():
            raise DataError("dataset.mask hides nothing: the numeric columns have too few values")
        row, column = np.nonzero(cells)
        features = table.features.copy()
        features[names] = np.where(cells, np.nan, X)
        digest = hashlib.sha256(table.data_hash.encode())
        digest.update(np.packbits(cells).tobytes())
        hidden = Hidden(row=row, column=tuple(names[j] for j in column), value=X[cells])
        return replace(table, features=features, hidden=hidden, data_hash=digest.hexdigest())

    def _places(self, names: list[str]) -> Integers:
        """Where the chosen columns stand among the numeric ones."""
        import numpy as np

        for name in self.columns or []:
            if name not in names:
                near = difflib.get_close_matches(name, names, n=1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                raise DataError(
                    f"dataset.mask.columns names {name!r}, which is not a numeric column{hint} "
                    f"(numeric columns: {', '.join(names) or 'none'})"
                )
        return np.array([names.index(name) for name in self.columns or names], dtype=np.int64)
