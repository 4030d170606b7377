"""The datasets that ship are what their description says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from runner.config import validate_section
from runner.config.options import packaged_defaults
from runner.dataset import Dataset
from runner.family import targets
from runner.split.splitters import Splitter
from runner.split.strata import check_strata

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.dataset.outcome import Reads
    from runner.records import Table

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "runner" / "dataset" / "shipped"
NUMERIC = ["delays", "earthquakes", "hitters", "lung", "nhanes", "nhefs", "penguins", "weather"]
NAMES = ["churn", *NUMERIC]
ROLES = ("target", "time", "group", "event", "exposure")
# the presets of families: the rows that train them, by what they are settled with
PRESETS: dict[str, tuple[str, Callable[[Table], Table], int]] = {
    "churn": ("binomial", targets.two_classes, 7043),
    "counts": ("poisson", targets.counts, 1095),
    "survival": ("cox", targets.times, 228),
    "species": ("multinomial", targets.several_classes, 344),
}


@pytest.mark.parametrize("name", NAMES)
def test_shipped_datasets_are_as_described(name: str) -> None:
    """Rows, rows without a target and columns are those in the file beside the data."""
    option = packaged_defaults("dataset", name)
    dataset = validate_section("dataset", option)
    assert isinstance(dataset, Dataset)
    table = dataset.load(0, "numbers" if name in NUMERIC else "labels")
    text = (SHIPPED / f"{name}.md").read_text("utf-8")
    size = re.search(r"\*\*Size:\*\* ([\d,]+) rows x (\d+) columns\. (\w+) rows? lacks? the", text)
    assert size is not None
    rows, columns = (int(number.replace(",", "")) for number in size.groups()[:2])
    words = {"No": 0, "One": 1}
    dropped = words.get(size[3]) if size[3] in words else int(size[3])
    assert dropped == table.dropped.get("target missing", 0)
    assert rows == table.n_rows + sum(table.dropped.values())
    roles = sum(option.get(key) is not None for key in ROLES)
    assert columns == table.features.shape[1] + roles + len(option.get("drop", []))
    assert set(option.get("categorical", [])) <= set(table.categorical)


def preset(name: str) -> dict[str, Any]:
    """A preset's sections, and the options that it chooses, by group."""
    section = yaml.safe_load((ROOT / "conf" / "experiment" / f"{name}.yaml").read_text("utf-8"))
    chosen = {
        key.split("/")[1]: option for one in section["defaults"] for key, option in one.items()
    }
    return {**section, "chosen": chosen}


@pytest.mark.parametrize("name", PRESETS)
def test_presets_have_data_for_their_family(name: str) -> None:
    """The target is one of the family's, all of its rows count, and folds share its classes out."""
    family, settle, rows = PRESETS[name]
    section = preset(name)
    assert family == section["chosen"]["family"]
    option = packaged_defaults("dataset", section["chosen"]["dataset"]) | section.get("dataset", {})
    dataset = validate_section("dataset", option)
    assert isinstance(dataset, Dataset)
    reads: Reads = "labels" if family in {"binomial", "multinomial"} else "numbers"
    table = settle(dataset.load(0, reads))
    assert (rows, {}) == (table.n_rows, table.dropped)
    kind = section["chosen"].get("split", "kfold")
    splitter = validate_section("split", packaged_defaults("split", kind))
    assert isinstance(splitter, Splitter)
    if family == "poisson":
        assert table.offset is not None
        assert splitter.split(table, 0).folds
    else:
        strata = table.target if table.event is None else table.event
        codes = strata.astype("int64")
        assert [] == check_strata(splitter.split(table, 0, codes), codes, table.labels)


def test_who_leaves_is_positive() -> None:
    """Of customers the rarer answer, Yes, is what is predicted."""
    dataset = validate_section("dataset", packaged_defaults("dataset", "churn"))
    assert isinstance(dataset, Dataset)
    table = targets.two_classes(dataset.load(0, "labels"))
    assert (("No", "Yes"), 1869) == (table.labels, int(table.target.sum()))


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
