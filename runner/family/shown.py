"""What a family predicts comes in; the columns of predictions.csv that show it go out.

Predictions are an array whose rows are those of the table: probabilities, means, or a risk with the
survival at some times, NaN for a row without a prediction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runner.records import Booleans, Floats, Integers, Table

    Shown = Callable[[Table, Integers, Floats], dict[str, Any]]


def shown_numbers(table: Table, rows: Integers, predicted: Floats) -> dict[str, Any]:
    """`y_true` and `y_pred`: a number, or the mean (n,) of a count or an amount."""
    return {"y_true": table.target[rows], "y_pred": predicted}


@dataclass(frozen=True)
class ShownBinary:
    """The labels, that at the threshold among them, and the `probability` of the positive one."""

    called: Callable[[Floats], Booleans]  # which rows (n,) are positive, of probabilities (n,)

    def __call__(self, table: Table, rows: Integers, predicted: Floats) -> dict[str, Any]:
        """Columns of predicted probabilities (n,)."""
        code = np.where(np.isnan(predicted), np.nan, self.called(predicted))
        return {
            "y_true": label_column(table.labels, table.target[rows]),
            "y_pred": label_column(table.labels, code),
            "probability": predicted,
        }


def shown_classes(table: Table, rows: Integers, predicted: Floats) -> dict[str, Any]:
    """The labels, the likeliest among them, and a `probability_LABEL` for each.

    Args:
        table: whose target holds codes of its labels.
        rows: which of its rows, (n,).
        predicted: probabilities (n, K), in the order of the labels.
    """
    known: Booleans = ~np.isnan(predicted.sum(axis=1))
    order = np.argsort(np.asarray(table.labels), kind="stable")  # of equals the saved model's first
    likeliest = order[np.where(known[:, None], predicted, 0.0)[:, order].argmax(axis=1)]
    return {
        "y_true": label_column(table.labels, table.target[rows]),
        "y_pred": label_column(table.labels, np.where(known, likeliest, np.nan)),
        **{f"probability_{name}": predicted[:, k] for k, name in enumerate(table.labels)},
    }


def shown_targets(table: Table, rows: Integers, predicted: Floats) -> dict[str, Any]:
    """A `y_true_NAME` and a `y_pred_NAME` for each of several targets, predictions (n, t)."""
    columns = {}
    for at, name in enumerate(table.target_names):
        columns[f"y_true_{name}"] = table.target[rows, at]
        columns[f"y_pred_{name}"] = predicted[:, at]
    return columns


@dataclass(frozen=True)
class ShownSurvival:
    """The time as `y_true`, `event`, the `risk`, and a `survival_TIME` for each time asked for."""

    times: tuple[float, ...]  # (t,)

    def __call__(self, table: Table, rows: Integers, predicted: Floats) -> dict[str, Any]:
        """Columns of risks and survival (n, 1 + t)."""
        event = np.ones(table.n_rows, dtype=bool) if table.event is None else table.event
        pairs = zip(self.times, predicted[:, 1:].T, strict=True)
        return {
            "y_true": table.target[rows],
            "event": event[rows],
            "risk": predicted[:, 0],
            **{f"survival_{time_name(time)}": survival for time, survival in pairs},
        }


def label_column(labels: Sequence[Any], codes: Floats) -> Any:  # noqa: ANN401 - of any kind
    """The labels of codes (n,), missing where a code is NaN."""
    shown = [None if np.isnan(code) else labels[int(code)] for code in codes]
    return pd.array(shown, dtype=pd.array(list(labels)).dtype)


def time_name(time: float) -> str:
    """A time as a column's name has it: 365 and 0.5, never 365.0 or 1e+06."""
    return str(int(time)) if float(time).is_integer() else repr(float(time))
