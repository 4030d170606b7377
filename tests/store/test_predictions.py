"""predictions.csv of every family, as it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from runner.family.shown import (
    ShownBinary,
    ShownSurvival,
    label_column,
    shown_classes,
    shown_numbers,
    shown_targets,
    time_name,
)
from runner.records import Table
from runner.store.predictions import Part, predictions_table

if TYPE_CHECKING:
    from runner.store.predictions import Shown


def written(shown: Shown, predicted: Any, target: Any, **more: Any) -> str:  # noqa: ANN401
    """The file of three rows, the second of which is the test row; rows 10, 11 and 12."""
    predicted = np.array(predicted, dtype=float)
    table = Table(
        features=pd.DataFrame(index=range(3)),
        target=np.array(target, dtype=float),
        numeric=(),
        categorical=(),
        row=np.array([10, 11, 12]),
        time=None,
        group=None,
        weight=None,
        roles=(None, None),
        role_values=pd.DataFrame(index=range(3)),
        dropped={},
        data_hash="",
        **more,
    )
    parts = [
        Part("oof", 1, np.array([0]), predicted[[0]]),
        Part("oof", 2, np.array([2]), predicted[[2]]),
        Part("test", None, np.array([1]), predicted[[1]]),
    ]
    made = predictions_table(table, parts, shown)
    return made.to_csv(index=False, lineterminator="\n")


def test_numbers() -> None:
    """Today's columns; a row without a prediction is there, empty."""
    expected = """row,part,fold,y_true,y_pred
10,oof,1,1.0,1.5
12,oof,2,3.0,
11,test,,2.0,2.5
"""
    assert expected == written(shown_numbers, [1.5, 2.5, np.nan], [1, 2, 3])


def test_two_labels_at_a_threshold() -> None:
    """Labels of what was observed and of what is called, and the positive one's probability."""
    shown = ShownBinary(lambda probability: probability >= 0.2)
    expected = """row,part,fold,y_true,y_pred,probability
10,oof,1,stay,churn,0.3
12,oof,2,churn,,
11,test,,churn,stay,0.1
"""
    found = written(shown, [0.3, 0.1, np.nan], [0, 1, 1], labels=("stay", "churn"))
    assert expected == found


@pytest.mark.parametrize(
    ("labels", "names"),
    [((0, 1), ["0", "1"]), ((False, True), ["False", "True"]), ((2.5, 1.0), ["2.5", "1.0"])],
)
def test_labels_keep_their_kind(labels: tuple[Any, Any], names: list[str]) -> None:
    """A class 1 is not 1.0, though another row has no prediction."""
    shown = ShownBinary(lambda probability: probability > 0.5)
    lines = written(shown, [0.75, 0.25, np.nan], [0, 1, 1], labels=labels).splitlines()
    assert [names[0], names[1], "0.75"] == lines[1].split(",")[3:]
    assert [names[1], "", ""] == lines[2].split(",")[3:]


def test_several_labels() -> None:
    """A probability each, in the labels' order, and the likeliest label."""
    probabilities = [[0.2, 0.5, 0.3], [0.6, 0.3, 0.1], [np.nan] * 3]
    expected = """row,part,fold,y_true,y_pred,probability_fig,probability_apple,probability_pear
10,oof,1,pear,apple,0.2,0.5,0.3
12,oof,2,apple,,,,
11,test,,fig,fig,0.6,0.3,0.1
"""
    found = written(shown_classes, probabilities, [2, 0, 1], labels=("fig", "apple", "pear"))
    assert expected == found


def test_of_equally_likely_labels_the_first_sorted_is_given() -> None:
    """As by scikit-learn's models, whose classes are sorted."""
    lines = written(shown_classes, [[0.5, 0.5]] * 3, [0, 1, 1], labels=("fig", "apple"))
    assert ["apple"] * 3 == [line.split(",")[4] for line in lines.splitlines()[1:]]


def test_several_targets() -> None:
    """A pair of columns per target."""
    expected = """row,part,fold,y_true_height,y_pred_height,y_true_mass,y_pred_mass
10,oof,1,1.0,1.5,4.0,4.5
12,oof,2,3.0,,6.0,
11,test,,2.0,2.5,5.0,5.5
"""
    predicted = [[1.5, 4.5], [2.5, 5.5], [np.nan, np.nan]]
    target = [[1, 4], [2, 5], [3, 6]]
    found = written(shown_targets, predicted, target, target_names=("height", "mass"))
    assert expected == found


def test_survival() -> None:
    """Time, event, risk and the survival at each time that was asked for."""
    predicted = [[0.5, 0.9, 0.7], [-0.5, 0.95, np.nan], [np.nan] * 3]
    expected = """row,part,fold,y_true,event,risk,survival_0.5,survival_365
10,oof,1,100.0,True,0.5,0.9,0.7
12,oof,2,300.0,False,,,
11,test,,200.0,True,-0.5,0.95,
"""
    event = np.array([True, True, False])
    found = written(ShownSurvival((0.5, 365.0)), predicted, [100, 200, 300], event=event)
    assert expected == found


def test_times_are_named_plainly() -> None:
    """No two times of a column share a name, nor are whole ones written with a point."""
    times = [365.0, 0.5, 1e6, 1234567.0, 1234568.0]
    assert ["365", "0.5", "1000000", "1234567", "1234568"] == [time_name(time) for time in times]


def test_a_fold_without_any_prediction_keeps_the_labels_kind() -> None:
    """A column of missing labels can be joined to others."""
    assert (
        label_column(("a", "b"), np.array([np.nan])).dtype
        == label_column(("a", "b"), np.array([1.0])).dtype
    )
