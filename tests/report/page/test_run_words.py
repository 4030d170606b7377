"""The sentences of a run's page, of records that are made for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from runner.report.numbers import score
from runner.report.page import run_words
from runner.report.page.labels import counted, in_the_model
from runner.report.page.material import Material

if TYPE_CHECKING:
    from pathlib import Path


def material(folder: Path, **more: Any) -> Material:  # noqa: ANN401 - parts of a record
    """A run of a grid over five folds."""
    record = {
        "metric": "mse",
        "choices": {"dataset": "csv", "model": "lasso", "split": "kfold", "search": "grid"},
        "dataset": {"path": "data/my.csv", "rows": 100, "dropped": {}, "numeric": 3,
                    "categorical": 0, "missing_share": 0.0},
        "target": {"name": "y"},
        "folds": {"training": [80] * 5, "validation": [20] * 5},
        "search": {"trials": 70},
        "best": {"rule": "best"},
        "cv": {"mse": {"mean": 2.0, "se": 0.1}},
        "n_selected": 0,
        "n_features": 3,
    }  # fmt: skip
    return Material(folder, record | more)


def test_one_candidate_is_no_choice(tmp_path: Path) -> None:
    """Nothing is said of a search, and nothing flatters."""
    found = material(tmp_path, search={"trials": 1})
    said = " ".join(run_words.summary(found))
    assert "There was nothing to choose" in said
    assert "flatter" not in said
    assert ["validated mse", "SE 0.10"] == [
        run_words.facts(found)[0].name,
        run_words.facts(found)[0].about,
    ]


def test_columns_of_text_count(tmp_path: Path) -> None:
    """A run on nothing but texts is not one of no columns."""
    data = {"path": "texts.csv", "rows": 100, "dropped": {}, "numeric": 0, "categorical": 0,
            "text": 1, "missing_share": 0.0}  # fmt: skip
    said = run_words.summary(material(tmp_path, dataset=data))[0]
    assert "fitted to 100 rows of 1 column." in said


def test_the_rule_is_named(tmp_path: Path) -> None:
    """What the one-SE rule keeps is not called the best of many."""
    said = " ".join(run_words.summary(material(tmp_path, best={"rule": "one_se"})))
    assert "as the simplest within one standard error of the best by the mean mse" in said
    assert "as it is the best of many" not in said


def test_one_fold_has_neither_a_mean_nor_an_error(tmp_path: Path) -> None:
    """A holdout is called by its rows."""
    cv = {"mse": {"mean": 2.0, "se": None}}
    found = material(tmp_path, folds={"training": [80], "validation": [20]}, cv=cv)
    assert "as the best by the mse on 20 rows left out" in run_words.summary(found)[0]
    assert "undefined" not in run_words.facts(found)[0].about


def test_no_imputer_fills_nothing(tmp_path: Path) -> None:
    """Rows that were left out for their gaps are counted instead."""
    data = material(tmp_path).record["dataset"] | {"missing_share": 0.1}
    choices = {"imputer": "none", "search": "grid"}
    found = material(tmp_path, dataset=data, choices=choices, rows_left_out={"training": 1})
    said = run_words.summary(found)[0]
    assert "filled" not in said
    assert said.endswith("1 training row with too many gaps was left out.")


def test_a_file_is_called_by_its_name(tmp_path: Path) -> None:
    """The option csv says nothing of the data."""
    assert run_words.title(material(tmp_path)) == "y, predicted from my.csv"


@pytest.mark.parametrize(
    ("count", "features", "said"),
    [(0, 8, "None of 8 features is"), (1, 1, "1 of 1 feature is"), (8, 8, "All 8 features are")],
)
def test_features_are_counted_in_english(count: int, features: int, said: str) -> None:
    """The verb agrees with the count."""
    assert in_the_model(count, features) == f"{said} in the model"
    assert counted(6, "class") == "6 classes"


def test_nothing_has_no_decimals() -> None:
    """A score of zero whose error is of rounding is no row of zeros."""
    assert score(0.0, -17) == "0"
