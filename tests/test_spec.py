"""A section's keys: a scalar where a list is wanted."""

from __future__ import annotations

from typing import Any

import pytest

from runner.config import validate_section
from runner.dataset.mask import Mask
from runner.space import Choices


def dataset_with(**keys: Any) -> Any:  # noqa: ANN401 - config values
    """A CSV file's section."""
    section = {"name": "csv", "path": "a.csv", "target": "y", **keys}
    return validate_section("dataset", section)


@pytest.mark.parametrize("key", ["features", "drop", "categorical", "dates"])
def test_a_column_is_a_list_of_one(key: str) -> None:
    """A name where names are wanted is a list of that one."""
    assert ["x"] == getattr(dataset_with(**{key: "x"}), key)


@pytest.mark.parametrize(
    ("given", "expected"),
    [(-999, [-999]), ("?", ["?"]), ({"a": -9, "b": ["?", 1]}, {"a": [-9], "b": ["?", 1]})],
)
def test_a_spelling_is_a_list_of_one(given: Any, expected: Any) -> None:  # noqa: ANN401
    """So is a spelling of a missing value, of all columns or of one."""
    assert expected == dataset_with(na_values=given).na_values


def test_what_is_no_scalar_stays() -> None:
    """Null stays null, a list itself, and a mapping to texts a mapping to texts."""
    dataset = dataset_with(features=None, drop=[], dates={"day": "%d.%m.%Y"})
    assert (None, [], {"day": "%d.%m.%Y"}) == (dataset.features, dataset.drop, dataset.dates)


def test_sections_within_sections() -> None:
    """A mask's column and a searched key's value are lists of one too."""
    mask = Mask.model_validate({"share": 0.2, "mechanism": "MCAR", "columns": "x"})
    assert ["x"] == mask.columns
    search = validate_section("search", {"name": "grid", "space": {"imputer.n_neighbors": 3}})
    space: Any = search
    assert {"imputer.n_neighbors": Choices(values=[3])} == space.space
