"""A run's directory comes in; intervals around its model's predictions go out.

They are learnt from residuals of rows that the model, or that of their fold, has not seen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from runner.errors import ConfigError, DataError
from runner.saved_model.prediction.fold_models import load_folds
from runner.statistics.conformal import cross_interval, half_width, rows_needed
from runner.store.directory import read_composed

if TYPE_CHECKING:
    from runner.records import Floats
    from runner.saved_model import SavedModel
    from runner.saved_model.prediction.cast_batch import CastBatch
    from runner.saved_model.prediction.fold_models import FoldModels

PREDICTIONS = "predictions.csv"
COLUMNS = ("row", "part", "fold", "y_true", "y_pred")
DEPENDENT = {
    "time": "the rows that it is learnt from are earlier than those to predict, and a series may "
    "change: no coverage is guaranteed",
    "grouped": "rows of a group go together, and count as if they did not: no coverage is "
    "guaranteed",
}


@dataclass
class Interval:
    """Makes the columns `lower` and `upper` of a batch, which is given with its predictions."""

    level: Fraction
    claim: str  # what share of rows is within
    said: list[str]

    def __call__(self, cast: CastBatch, found: dict[str, pa.Array]) -> dict[str, pa.Array]:
        """The ends, null where there is no prediction."""
        prediction = found["prediction"].to_numpy(zero_copy_only=False)
        lower, upper = self.ends(cast, prediction)
        gaps = np.isnan(prediction)
        return {
            "lower": pa.array(lower, mask=gaps | np.isnan(lower)),
            "upper": pa.array(upper, mask=gaps | np.isnan(upper)),
        }

    def ends(self, cast: CastBatch, prediction: Floats) -> tuple[Floats, Floats]:
        """The ends (n,) of the intervals of rows that are predicted so."""
        raise NotImplementedError


@dataclass
class SplitInterval(Interval):
    """The prediction, less and more by a quantile of the test rows' absolute residuals."""

    half_width: float = math.nan

    def ends(self, cast: CastBatch, prediction: Floats) -> tuple[Floats, Floats]:
        """As wide everywhere."""
        del cast
        return prediction - self.half_width, prediction + self.half_width


@dataclass
class CrossInterval(Interval):
    """CV+: see runner.statistics.conformal."""

    folds: FoldModels | None = None
    residuals: list[Floats] = field(default_factory=list)

    def ends(self, cast: CastBatch, prediction: Floats) -> tuple[Floats, Floats]:
        """By the predictions of the folds' models."""
        del prediction
        assert self.folds is not None  # noqa: S101 - who makes it gives them
        by_fold = self.folds.predict(cast)
        lower, upper = np.full((2, len(by_fold)), np.nan)
        known = ~np.isnan(by_fold).any(axis=1)
        found = cross_interval(by_fold[known], self.residuals, self.level)
        lower[known], upper[known] = found
        return lower, upper


def interval_of(model: SavedModel, level: str, learnt_from: str | None) -> Interval:
    """The intervals of a run.

    Args:
        model: in the run's directory.
        level: as it was typed, a number between 0 and 1.
        learnt_from: `test` or `folds`; None: `folds` where the run has kept their models.

    Raises:
        ConfigError: the level is none, the model is not of one target of family=gaussian, or the
            folds' models were not kept.
        DataError: the run's predictions are not there, or too few for the level.
    """
    share = _level_of(level)
    _check_model(model)
    kept = model.manifest.folds is not None
    if learnt_from == "folds" and not kept:
        raise ConfigError(
            "--interval-from folds needs the folds' models, which a run keeps with "
            "persistence.folds=true"
        )
    table = _predictions(model)
    split = (read_composed(model.folder) or {}).get("split", {})
    name = str(split.get("name")) if isinstance(split, dict) else ""
    if learnt_from == "folds" or (learnt_from is None and kept):
        made: Interval = _cross(model, table, share)
    else:
        made = _split(table[table["part"] == "test"], share)
    made.said.append(DEPENDENT.get(name, made.claim))
    return made


def _level_of(text: str) -> Fraction:
    try:
        level = Fraction(text)
    except (ValueError, ZeroDivisionError):
        level = Fraction(0)
    if not 0 < level < 1:
        raise ConfigError(f"--interval is {text!r}, but must be between 0 and 1, such as 0.9")
    return level


def _check_model(model: SavedModel) -> None:
    family, form = model.manifest.family, model.manifest.linear
    if family is None and form is not None and form["link"] == "identity":
        family = "gaussian" if len(form["intercept"]) == 1 else "multi_gaussian"
    if family != "gaussian":
        raise ConfigError(
            f"--interval is for models of family=gaussian, and this one is of family={family}"
        )


def _predictions(model: SavedModel) -> pd.DataFrame:
    """The rows of predictions.csv that have a prediction."""
    path = model.folder / PREDICTIONS
    try:
        table = pd.read_csv(path, usecols=list(COLUMNS))
    except (OSError, ValueError) as error:
        raise DataError(
            f"--interval needs the residuals of the run, and {path} cannot be read: {error}"
        ) from error
    return table.dropna(subset=["y_true", "y_pred"])


def _split(tested: pd.DataFrame, level: Fraction) -> SplitInterval:
    residuals = _residuals(tested)
    _check_rows(len(residuals), level, "test rows, and the run has")
    width = half_width(residuals, level)
    said = (
        f"interval: the prediction -/+ {width:.4g}, from the residuals of {len(residuals):,} test "
        "rows"
    )
    claim = f"of rows like these at least {_per_cent(level)} are within"
    return SplitInterval(level, claim, [said], width)


def _cross(model: SavedModel, table: pd.DataFrame, level: Fraction) -> CrossInterval:
    folds = load_folds(model)
    held_out = table[table["part"] == "oof"]
    if held_out["row"].duplicated().any():
        raise ConfigError(
            "--interval-from folds needs each row in one fold, and the run repeats its folds"
        )
    residuals = [_residuals(held_out[held_out["fold"] == number]) for number in folds.numbers]
    rows = sum(map(len, residuals))
    _check_rows(rows, level, "rows in folds, and the run has")
    sure = max(2 * level - 1, Fraction(0))
    said = f"interval: CV+, from {rows:,} residuals out of fold and {len(residuals)} models"
    claim = (
        f"of rows like these about {_per_cent(level)} are within; for certain {_per_cent(sure)} "
        f"(1 - 2a) less at most {math.sqrt(2 / rows):.2g}, and that for penalties that were not "
        "chosen on the same folds"
    )
    return CrossInterval(level, claim, [said], folds, residuals)


def _residuals(table: pd.DataFrame) -> Floats:
    found: Floats = (table["y_true"] - table["y_pred"]).abs().to_numpy(dtype=np.float64)
    return found


def _check_rows(rows: int, level: Fraction, what: str) -> None:
    needed = rows_needed(level)
    if rows < needed:
        raise DataError(f"--interval {_plain(level)} needs at least {needed} {what} {rows}")


def _per_cent(level: Fraction) -> str:
    return f"{float(100 * level):g} %"


def _plain(level: Fraction) -> Any:  # noqa: ANN401 - a number, for a message
    return f"{float(level):g}"
