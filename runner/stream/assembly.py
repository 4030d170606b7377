"""The winner's solution from moments comes in; the scikit-learn Pipeline it stands for goes out.

The plain Pipeline is fitted to a few made-up rows with every level and gap of the training rows,
which settles its columns; what depends on the rows' numbers is then set from their moments.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from runner.core.moments import column_variance
from runner.core.path import relax, solve_tightly
from runner.features.pipeline import make_plain
from runner.records import Solution

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from runner.core.folds import Preparation
    from runner.core.folds.linear_preparation import Prepared
    from runner.core.moments import Moments
    from runner.features.pipeline import Specs
    from runner.records import Candidate, Floats, Integers, Path
    from runner.stream.layout import StreamBlocks
    from runner.stream.stream_folds import StreamFolds


@dataclass(frozen=True, eq=False)
class Solved:
    """The winner on all training rows."""

    candidate: Candidate
    preparation: Preparation
    prepared: Prepared
    path: Path  # of its one alpha
    per_unit: Floats  # (q,) coefficients in the columns' units
    constant: float  # the intercept in those units

    @property
    def residual(self) -> Floats:
        """The v such that v'f is the residual of a filled row f = [1, x - centre, y - y_centre].

        v = [y_centre - constant - centre'b, -b, 1]
        """
        train = self.prepared.train
        origin = train.y_centre - self.constant - train.centre @ self.per_unit
        return np.concatenate([[origin], -self.per_unit, [1.0]])


def solve(
    folds: StreamFolds, specs: Specs, candidate: Candidate, preparation: Preparation
) -> Solved:
    """Solve for the candidate on all training rows."""
    intercept = specs.model.fit_intercept
    whole = folds.whole(preparation, fit_intercept=intercept)
    (problem,) = whole.parts
    settings = specs.model.settings(whole.columns)
    path = solve_tightly(problem, candidate.alpha, candidate.l1_ratio, settings=settings)
    path = relax(problem, path, np.array([candidate.relax]))
    prepared = folds.prepared(preparation)
    per_unit, constants = prepared.standard.in_columns_units(
        path.coefficients, fit_intercept=intercept
    )
    constant = float(np.ravel(constants)[0])
    return Solved(candidate, preparation, prepared, path, per_unit[:, 0], constant)


def assemble(
    solved: Solved, blocks: StreamBlocks, training: Moments, specs: Specs
) -> tuple[Pipeline, Solution, Floats, Floats]:
    """The fitted Pipeline, what it holds, and spread and means (q,) of the columns before a scaler.

    Args:
        solved: the winner.
        blocks: where its columns stand.
        training: of all training rows.
        specs: those of the winner.
    """
    from sklearn.pipeline import Pipeline

    prepared = solved.prepared
    weight = prepared.train.weight
    steps = solved.preparation.transformer()
    frame = _representative(blocks, training, prepared)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # these rows mean nothing
        steps.fit(frame)
    columns = steps.named_steps["columns"].named_transformers_
    chosen = _set_columns(columns, blocks, prepared, training)
    solution = _solution(solved, chosen, fit_intercept=specs.model.fit_intercept)
    candidate = solved.candidate
    model = specs.model.fitted(candidate.alpha, candidate.l1_ratio, weight, solution)
    pipeline = Pipeline([*steps.steps, ("model", model)])
    make_plain(pipeline, solved.preparation, frame)
    standard = prepared.standard
    # a column with one value has no spread, not even that of rounding
    variance = np.where(standard.constant, 0.0, column_variance(prepared.train))
    spread = np.sqrt(variance)
    if "scaler" in pipeline.named_steps:
        scaler = pipeline.named_steps["scaler"]
        scaler.mean_, scaler.scale_ = standard.mean[chosen], standard.scale[chosen]
        scaler.var_ = variance[chosen]
        scaler.n_samples_seen_ = type(scaler.n_samples_seen_)(weight)
    return pipeline, solution, spread[chosen], standard.mean[chosen]


def _representative(blocks: StreamBlocks, training: Moments, prepared: Prepared) -> pd.DataFrame:
    """A few rows in which every level and every gap of the training rows occurs."""
    counts, layout = prepared.preparing.counts, training.layout
    gappy = dict(zip(layout.gappy.tolist(), training.total[layout.missing], strict=True))
    levels = [_present(blocks, counts, at) for at in range(len(blocks.categorical))]
    height = 2 + max([2, *map(len, levels)])
    parts: dict[str, Any] = {}
    for at, name in enumerate(blocks.numeric):
        values = np.arange(height, dtype=np.float64)
        lost = gappy.get(at, 0)
        values[: height if lost == training.total[0] else 1 if lost else 0] = np.nan
        parts[name] = values
    for name, present in zip(blocks.categorical, levels, strict=True):
        cycled = ([level for level, _ in present] * height)[:height]
        of_text = any(isinstance(level, str) for level in cycled)
        parts[name] = pd.Series(cycled, dtype=object if of_text else np.float64)
    return pd.DataFrame(parts)


def _present(blocks: StreamBlocks, counts: Floats, category: int) -> list[tuple[Any, int]]:
    """A category's levels in the training rows, NaN last, each with its column."""
    columns, gap = blocks.levels.columns[category], blocks.levels.missing[category]
    known = zip(blocks.category_levels[category], columns.tolist(), strict=True)
    present: list[tuple[Any, int]] = [(level, column) for level, column in known if counts[column]]
    return present + ([(np.nan, gap)] if gap >= 0 and counts[gap] else [])


def _set_columns(
    fitted: dict[str, Any], blocks: StreamBlocks, prepared: Prepared, training: Moments
) -> Integers:
    """Set what the imputers learnt; returns which of the moments' columns the model sees."""
    n_numeric, counts = len(blocks.numeric), prepared.preparing.counts
    chosen = list(range(n_numeric))
    if n_numeric:
        numeric = fitted["numeric"]
        if hasattr(numeric, "statistics_"):
            learnt = prepared.preparing.values  # noqa: PD011 - a field, not a data frame's
            numeric.statistics_ = learnt[:n_numeric].copy()
        chosen += _set_indicators(fitted, prepared, training)
    if blocks.categorical:
        steps = fitted["categorical"].named_steps
        encoder = steps["encoder"]
        dropped = encoder.drop_idx_
        common: list[Any] = []
        for at in range(len(blocks.categorical)):
            present = _present(blocks, counts, at)
            if "imputer" in steps:
                present = [pair for pair in present if pair[0] == pair[0]]
                common.append(max(present, key=lambda pair: (counts[pair[1]], -pair[1]))[0])
            drop = None if dropped is None else dropped[at]
            chosen += [column for i, (_, column) in enumerate(present) if i != drop]
        if "imputer" in steps:
            steps["imputer"].statistics_ = np.array(common, dtype=object)
    return np.array(chosen)


def _set_indicators(fitted: dict[str, Any], prepared: Prepared, training: Moments) -> list[int]:
    """Set which columns get an indicator; returns where those of the moments stand."""
    columns, layout = prepared.preparing.indicators, training.layout
    if not len(columns):
        return []
    missing = training.total[layout.missing][np.searchsorted(layout.gappy, columns)] > 0
    fitted["indicator"].features_ = columns[missing]
    first = len(prepared.preparing.counts)
    return (first + np.flatnonzero(missing)).tolist()


def _solution(solved: Solved, chosen: Integers, *, fit_intercept: bool) -> Solution:
    """What the model learnt; its columns are standardised as the training side says."""
    standard, path = solved.prepared.standard, solved.path
    coefficients = path.coefficients[:, 0]
    # the mean of what is left of the columns once they are standardised, or 0
    away = (standard.offset - standard.location) / standard.scale
    return Solution(
        coefficients=coefficients[None, chosen],
        intercepts=np.array(
            [standard.y_mean - float(away @ coefficients) if fit_intercept else 0.0]
        ),
        dual_gap=float(path.dual_gaps[0]),
        iterations=int(path.iterations[0]),
        converged=bool(path.converged[0]),
    )
