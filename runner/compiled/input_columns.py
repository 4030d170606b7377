"""The first step of a fitted Pipeline comes in; what becomes of each input column goes out."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.compiled.not_linear import NotLinearError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sklearn.compose import ColumnTransformer

BEFORE_CODES = ("objects", "gaps", "imputer")  # steps that leave a category what it is


@dataclass
class NumericInput:
    """A column of numbers: where the model has its value, and what says that it is missing."""

    fill: float | None = 0.0  # None: gaps are not filled
    value: int | None = None  # the model's column
    gap: int | None = None


@dataclass
class CategoricalInput:
    """A column of levels: where the model has each, and what it has of a gap."""

    levels: list[tuple[Any, int | None]] = field(default_factory=list)  # None: left out
    gap: int | None = None


Input = NumericInput | CategoricalInput


def read_columns(columns: Any) -> dict[str, Input]:  # noqa: ANN401 - of scikit-learn
    """The input columns that a model uses, in the order in which they are given.

    Raises:
        NotLinearError: a gap is filled with what is no constant, or a part is unknown.
    """
    if type(columns).__name__ != "ColumnTransformer":
        raise NotLinearError(
            "the dataset is one sparse matrix, in which what is absent is 0 and not missing, and "
            "whose columns have no names in the model"
        )
    found: dict[str, Input] = {}
    for part, fitted, chosen in columns.transformers_:
        at = columns.output_indices_[part]
        span = range(at.start, at.stop)
        if part != "remainder" and span:
            _read_part(part, fitted, list(chosen), span, found)
    return {str(name): found[name] for name in _given(columns) if name in found}


def _given(columns: ColumnTransformer) -> Sequence[str]:
    names: Sequence[str] = columns.feature_names_in_.tolist()
    return names


def _read_part(
    part: str,
    fitted: Any,  # noqa: ANN401 - of scikit-learn
    chosen: list[str],
    span: range,
    found: dict[str, Input],
) -> None:
    """Note what a part makes of the columns that it is given, at a span of the model's columns."""
    if part == "numeric":
        fills = constant_fills(fitted, len(span))
        for name, fill, at in zip(chosen, fills, span, strict=False):
            found[name] = NumericInput(fill, at)
    elif part == "indicator" and type(fitted).__name__ == "MissingIndicator":
        for name, at in _indicated(fitted, chosen, span):
            known = found.setdefault(name, NumericInput())
            known.gap = at
    elif part == "categorical" and type(fitted).__name__ == "Pipeline":
        found |= dict(_of_categories(fitted, chosen, span))
    else:
        raise NotLinearError(f"the columns have a part {part!r}, a {type(fitted).__name__}")


def constant_fills(fitted: Any, width: int) -> list[float | None]:  # noqa: ANN401 - as above
    """What fills the gaps of each numeric column, (p,); None: nothing does.

    Raises:
        NotLinearError: it depends on the row.
    """
    kind = type(fitted).__name__
    if kind == "Shifted" and type(fitted.imputer_).__name__ == "FunctionTransformer":
        return constant_fills(fitted.imputer_, width)  # nothing is filled, or shifted
    if kind == "SimpleImputer":
        return [float(value) for value in fitted.statistics_]
    if kind == "FunctionTransformer" and fitted.func is None:
        return [None] * width
    named = getattr(fitted, "imputer_", fitted)
    named = named[-1] if type(named).__name__ == "Pipeline" else named
    raise NotLinearError(
        f"the imputer is {type(named).__name__}, which does not fill with a constant"
    )


def _indicated(
    fitted: Any,  # noqa: ANN401 - of scikit-learn
    chosen: list[str],
    span: range,
) -> Iterator[tuple[str, int]]:
    """The columns that have an indicator, and where the model has it."""
    return zip([chosen[at] for at in fitted.features_], span, strict=True)


def _of_categories(
    steps: Any,  # noqa: ANN401 - of scikit-learn
    chosen: list[str],
    span: range,
) -> Iterator[tuple[str, CategoricalInput]]:
    """What the codes of categories are."""
    *before, (name, last) = steps.steps
    if name == "indicator" and type(last).__name__ == "MissingIndicator":
        yield from ((one, CategoricalInput(gap=at)) for one, at in _indicated(last, chosen, span))
        return
    unknown = [one for one, _ in before if one not in BEFORE_CODES]
    if unknown or type(last).__name__ != "OneHotEncoder":
        raise NotLinearError(
            f"categories become numbers by a step {(unknown or [name])[0]!r}, not by one-hot codes"
        )
    dropped = [None] * len(chosen) if last.drop_idx_ is None else last.drop_idx_
    fills = dict(before).get("imputer")
    positions = iter(span)
    for at, (one, levels) in enumerate(zip(chosen, last.categories_, strict=True)):
        coded = [
            (plain_level(level), None if number == dropped[at] else next(positions))
            for number, level in enumerate(levels)
        ]
        fill = math.nan if fills is None else plain_level(fills.statistics_[at])
        yield one, _with_gap(coded, fill)


def _with_gap(coded: list[tuple[Any, int | None]], fill: Any) -> CategoricalInput:  # noqa: ANN401
    """The levels apart from that of a gap, which is a level of its own if it is filled with NaN."""
    gaps = [at for level, at in coded if level == fill or (is_nan(level) and is_nan(fill))]
    known = [(level, at) for level, at in coded if not is_nan(level)]
    return CategoricalInput(known, gaps[0] if gaps else None)


def is_nan(value: Any) -> bool:  # noqa: ANN401 - of any kind
    """Whether a value is the number that is none."""
    return isinstance(value, float) and math.isnan(value)


def plain_level(level: Any) -> Any:  # noqa: ANN401 - of any kind
    """A level as Python's own text, number or truth value, as JSON has it."""
    return level.item() if isinstance(level, np.generic) else level
