"""The columns that a model sees: their names, what they are made of, and their units."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.pipeline import Pipeline

from runner.core.folds.filled_entries import FilledEntries
from runner.errors import FitError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runner.records import Floats, Integers

NO_SOURCE = ""  # of an indicator: it says of a column that it is missing, and stands for none
SHOWN = 5  # names that a message lists
INDICATED = "missingindicator_"  # what an indicator's name has before that of its column


@dataclass(frozen=True)
class ModelColumns:
    """The columns of a problem, or of each part of a pooled one."""

    names: tuple[str, ...]  # (q,) as coefficients.csv has them
    sources: tuple[str, ...]  # (q,) the dataset's column that each stands for, or NO_SOURCE
    scale: Floats  # (q,) what each was divided by; (parts * q,) of a pooled problem

    @classmethod
    def of(cls, columns: Pipeline, scale: Floats | None) -> Self:
        """Those that a fitted Pipeline makes.

        Args:
            columns: the Pipeline, of a ColumnTransformer `columns`, and perhaps one of `features`
                after it; or of FilledEntries `columns`.
            scale: what a scaler divided them by, (q,), if there is one.

        Raises:
            FitError: two of them have one name.
        """
        last = columns.named_steps.get("features", columns.named_steps["columns"])
        if isinstance(last, FilledEntries):
            names = sources = last.names
        else:
            found = list(_names_and_sources(last))
            names, sources = zip(*found, strict=True) if found else ((), ())
        if len(set(names)) < len(names):
            twice = next(name for name, count in Counter(names).items() if count > 1)
            raise FitError(
                f"two features are called {twice!r}: two steps make it, or a column has its name; "
                "leave the column out of one of them (features.steps.NAME.columns)"
            )
        return cls(names, sources, np.ones(len(names)) if scale is None else scale)

    @classmethod
    def as_given(cls, names: tuple[str, ...], scale: Floats | None) -> Self:
        """Columns that stand for themselves, (q,), divided by `scale` (q,) if there is one."""
        return cls(names, names, np.ones(len(names)) if scale is None else scale)

    @property
    def parts(self) -> int:
        """How many problems have these columns."""
        return len(self.scale) // len(self.names)

    def take(self, columns: Integers) -> ModelColumns:
        """Some of the columns, by position, of each part."""
        return ModelColumns(
            tuple(self.names[at] for at in columns),
            tuple(self.sources[at] for at in columns),
            self.scale[self.positions(columns)],
        )

    def positions(self, columns: Integers) -> Integers:
        """Where some columns are in arrays that have those of all parts, one after the other."""
        starts = np.arange(self.parts) * len(self.names)
        return np.add.outer(starts, columns).ravel()

    def of_each_source(self) -> dict[str, Integers]:
        """By column of the dataset, the columns made of it: levels, and what says it is missing."""
        found: dict[str, list[int]] = {}
        for at, (name, source) in enumerate(zip(self.names, self.sources, strict=True)):
            own = name.partition(INDICATED)[2] if source == NO_SOURCE else source
            found.setdefault(own, []).append(at)
        return {source: np.array(columns) for source, columns in found.items()}

    @classmethod
    def pooled(cls, each: Sequence[Self]) -> Self:
        """Those of several problems that differ in their scales alone."""
        return replace(cls.shared(each), scale=np.concatenate([one.scale for one in each]))

    @classmethod
    def shared(cls, each: Sequence[Self]) -> Self:
        """The first of several that must have the same names.

        Raises:
            FitError: they do not.
        """
        names = dict.fromkeys(one.names for one in each)
        if len(names) > 1:
            counts = Counter(name for one in names for name in one)
            odd = [name for name, count in counts.items() if count < len(names)]
            raise FitError(
                f"the imputer's draws give different features ({', '.join(odd[:SHOWN])}): a step "
                "that makes them by the values (bins, screen) needs imputer.multiple=null"
            )
        return each[0]


def _names_and_sources(columns: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - of scikit-learn
    """Name and source of each column that a fitted ColumnTransformer makes, in order."""
    for part, fitted, chosen in columns.transformers_:
        at = columns.output_indices_[part]
        if at.stop == at.start:
            continue
        prefix = f"{part}__" if columns.verbose_feature_names_out else ""
        given = [columns.feature_names_in_[one] if part == "remainder" else one for one in chosen]
        for name, source in _of_part(part, fitted, given, at.stop - at.start):
            yield prefix + name, source


def _of_part(
    part: str,
    fitted: Any,  # noqa: ANN401 - of scikit-learn
    chosen: list[str],
    width: int,
) -> Iterator[tuple[str, str]]:
    given = frozenset(chosen)
    if part == "numeric":  # the time and group columns come after what is filled
        yield from ((name, name) for name in chosen[:width])
        return
    last = fitted[-1] if isinstance(fitted, Pipeline) else fitted
    names = [str(name) for name in last.get_feature_names_out(chosen)]
    if part != "categorical" or not hasattr(last, "categories_"):
        yield from ((name, _source_of(name, given)) for name in names)
        return
    dropped = [None] * len(chosen) if last.drop_idx_ is None else last.drop_idx_
    counts = [
        len(levels) - (drop is not None)
        for levels, drop in zip(last.categories_, dropped, strict=True)
    ]
    yield from zip(names, np.repeat(np.array(chosen, dtype=object), counts), strict=True)


def _source_of(name: str, chosen: frozenset[str]) -> str:
    """The column that a feature is made of; itself where it stands for several, or is kept."""
    if name.startswith(INDICATED):
        return NO_SOURCE
    if name in chosen or ":" in name:
        return name
    ends = (at for at in range(len(name) - 1, 0, -1) if name[at] in "_^")
    return next((name[:at] for at in ends if name[:at] in chosen), name)
