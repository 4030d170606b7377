"""The datasets that ship are what their description says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from runner.config import validate_section
from runner.config.options import packaged_defaults
from runner.dataset import Dataset

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "runner" / "dataset" / "shipped"
NAMES = ["earthquakes", "hitters", "nhanes", "nhefs", "penguins", "weather"]


@pytest.mark.parametrize("name", NAMES)
def test_shipped_datasets_are_as_described(name: str) -> None:
    """Rows, rows without a target and columns are those in the file beside the data."""
    option = packaged_defaults("dataset", name)
    dataset = validate_section("dataset", option)
    assert isinstance(dataset, Dataset)
    table = dataset.load(0)
    text = (SHIPPED / f"{name}.md").read_text("utf-8")
    size = re.search(r"\*\*Size:\*\* ([\d,]+) rows x (\d+) columns\. (\w+) rows? lacks? the", text)
    assert size is not None
    rows, columns = (int(number.replace(",", "")) for number in size.groups()[:2])
    words = {"No": 0, "One": 1}
    dropped = words.get(size[3]) if size[3] in words else int(size[3])
    assert dropped == table.dropped.get("target missing", 0)
    assert rows == table.n_rows + sum(table.dropped.values())
    roles = 1 + (table.time is not None)
    assert columns == table.features.shape[1] + roles + len(option.get("drop", []))
    assert set(option.get("categorical", [])) <= set(table.categorical)


@pytest.mark.parametrize("name", NAMES)
def test_shipped_datasets_name_source_and_licence(name: str) -> None:
    """Each file has its source and licence beside it."""
    text = (SHIPPED / f"{name}.md").read_text("utf-8").lower()
    assert ["source" in text, "licence" in text, "http" in text] == [True, True, True]


def test_diabetes_is_complete() -> None:
    """scikit-learn's diabetes data has 442 rows and 10 columns without gaps."""
    dataset = validate_section("dataset", {"name": "diabetes"})
    assert isinstance(dataset, Dataset)
    table = dataset.load(0)
    assert (442, 10, 0) == (
        table.n_rows,
        len(table.numeric),
        int(table.features.isna().sum().sum()),
    )
