"""Features: how columns become the numbers that a model sees, fitted on training rows alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import SerializeAsAny

from runner.features.stages import learnt_stages
from runner.features.steps import RowStep, Step
from runner.spec import Spec

if TYPE_CHECKING:
    from sklearn.preprocessing import OneHotEncoder

    from runner.core.folds import WordCounts
    from runner.features.steps.base import SortedColumns


class Features(Spec):
    """Every numeric column as it is, every categorical column one-hot, but for what steps say.

    `scale` standardises all of them to mean 0 and standard deviation 1. `drop` leaves out a level
    of a category: the `first`, the first only of those with two levels (`if_binary`), or none.
    `steps` are further steps by name.
    """

    name: Literal[
        "main_effects",
        "dates",
        "interactions",
        "lags",
        "polynomial",
        "splines",
        "text",
        "wide",
    ]
    scale: bool
    drop: Literal["first", "if_binary"] | None
    steps: dict[str, SerializeAsAny[Step]]

    def __hash__(self) -> int:
        return hash(repr(self))

    @property
    def learns(self) -> bool:
        """Whether a step learns from rows, so that moments do not suffice."""
        return any(not isinstance(step, RowStep) for step in self.steps.values())

    @property
    def row_steps(self) -> dict[str, RowStep]:
        """The steps that are taken before the folds are made."""
        return {name: step for name, step in self.steps.items() if isinstance(step, RowStep)}

    def searchable_keys(self) -> set[str]:
        """The section's keys, and those of its steps but for what is made before the folds are."""
        learnt = {n: step for n, step in self.steps.items() if n not in self.row_steps}
        within = {f"steps.{n}.{k}" for n, step in learnt.items() for k in step.dotted_keys()}
        return super().searchable_keys() - {"steps"} | within

    def having(self, values: dict[str, Any]) -> Self:
        """As of every section; `steps.NAME.KEY` is a key of a step."""
        steps, plain = dict(self.steps), vars(self) | {"steps": {}}
        for key, value in values.items():
            if key.startswith("steps."):
                _, name, field = key.split(".", 2)
                steps[name] = steps[name].having({field: value})
            else:
                plain[key] = value
        return self.model_validate({**plain, "steps": steps})

    def encoder(self) -> OneHotEncoder:
        """An unfitted encoder; a level not seen when fitting becomes zeros."""
        from sklearn.preprocessing import OneHotEncoder

        return OneHotEncoder(handle_unknown="ignore", drop=self.drop, sparse_output=False)

    def stages(
        self, columns: SortedColumns, counts: WordCounts | None, *, verbose_names: bool
    ) -> list[tuple[str, Any]]:
        """Unfitted steps of a Pipeline after gaps are filled, if any step learns.

        Args:
            columns: of the table.
            counts: of the words of its texts, if they are counted.
            verbose_names: whether names need a prefix to differ.
        """
        return learnt_stages(self, columns, counts, verbose_names=verbose_names)

    def scaler_steps(self) -> list[tuple[str, Any]]:
        """Unfitted steps that standardise, if the config says so.

        What steps make of texts is sparse, and stays it: columns are scaled, and not centred. With
        an intercept that makes no difference to a model.
        """
        if not self.scale:
            return []
        from sklearn.preprocessing import StandardScaler

        sparse = any("text" in step.takes for step in self.steps.values())
        return [("scaler", StandardScaler(with_mean=not sparse))]
