"""What is said of data in memory."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from runner.core.folds import Folds
from runner.dataset.table import table_of
from runner.experiment.in_memory import TableData
from runner.records import Split

FEATURES = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0]})
SPLIT = Split(np.arange(4), np.arange(0), (), ())


def test_classes_are_described_by_their_rows() -> None:
    """Of labels there is no mean, but the rows of each."""
    table = table_of(FEATURES, np.array([0.0, 2.0, 1.0, 2.0]), labels=("a", "b", "c"))
    described = TableData(Folds(table, SPLIT)).describe_target()
    assert {"labels": ["a", "b", "c"], "rows": [1, 1, 2], "zeros": 0} == described


def test_several_targets_are_described_one_by_one() -> None:
    """Each figure is a list in the targets' order, by the rows' weights; zeros are added up."""
    target = np.array([[0.0, 5.0], [0.0, 6.0], [4.0, 0.0], [4.0, 1.0]])
    table = table_of(FEATURES, target, weight=np.array([3.0, 3.0, 1.0, 1.0]))
    described = TableData(Folds(table, SPLIT)).describe_target()
    assert pytest.approx([1.0, 34 / 8]) == described["mean"]
    assert ([0.0, 0.0], [4.0, 6.0], 3) == (described["min"], described["max"], described["zeros"])
