"""The datasets that ship are what their description says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
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

    from conftest import Program

    from runner.dataset.outcome import Reads
    from runner.records import Table

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "runner" / "dataset" / "shipped"
NUMERIC = [
    *("air_quality", "delays", "earthquakes", "hitters", "lung", "nhanes", "nhefs", "penguins"),
    *("returns", "ridership", "weather"),
]
NAMES = ["austen", "churn", "credit", "digits", "genomics", "spam", *NUMERIC]
ROLES = ("target", "time", "group", "event", "exposure")
# the presets of families: the rows that have a target, by what they are settled with
PRESETS: dict[str, tuple[str, Callable[[Table], Table], int]] = {
    "air_quality": ("gamma", targets.amounts, 116),
    "churn": ("binomial", targets.two_classes, 7043),
    "counts": ("poisson", targets.counts, 1095),
    "credit": ("binomial", targets.two_classes, 1000),
    "genomics": ("binomial", targets.two_classes, 83),
    "images": ("multinomial", targets.several_classes, 1797),
    "spam": ("binomial", targets.two_classes, 2857),
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


def test_shipped_sparse_matrix_is_as_described() -> None:
    """Rows, columns, entries and spam are those in the file beside the data."""
    dataset = validate_section("dataset", packaged_defaults("dataset", "mails"))
    assert isinstance(dataset, Dataset)
    table = dataset.load(0)
    assert table.matrix is not None
    assert ((2857, 2000), 180_741) == (table.matrix.X.shape, table.matrix.X.nnz)
    assert int(table.target.sum()) == 807
    text = (SHIPPED / "mails.md").read_text("utf-8")
    assert "2,857 rows x 2,001 columns" in text
    assert "180,741 are of words" in text


def preset(name: str) -> dict[str, Any]:
    """A preset's sections, and the options that it chooses, by group."""
    section = yaml.safe_load((ROOT / "conf" / "experiment" / f"{name}.yaml").read_text("utf-8"))
    chosen = {
        key.split("/")[1]: option for one in section["defaults"] for key, option in one.items()
    }
    return {**section, "chosen": chosen}


@pytest.mark.parametrize("name", PRESETS)
def test_presets_have_data_for_their_family(name: str) -> None:
    """The target is one of the family's, its rows all count, and folds share its classes out."""
    family, settle, rows = PRESETS[name]
    section = preset(name)
    assert family == section["chosen"]["family"]
    option = packaged_defaults("dataset", section["chosen"]["dataset"]) | section.get("dataset", {})
    dataset = validate_section("dataset", option)
    assert isinstance(dataset, Dataset)
    reads: Reads = "labels" if family in {"binomial", "multinomial"} else "numbers"
    table = settle(dataset.load(0, reads))
    unmeasured = {"target missing": 37} if name == "air_quality" else {}
    assert (rows, unmeasured) == (table.n_rows, table.dropped)
    kind = section["chosen"].get("split", "kfold")
    splitter = validate_section("split", packaged_defaults("split", kind))
    assert isinstance(splitter, Splitter)
    if family in {"poisson", "gamma"}:
        assert (family == "poisson") == (table.offset is not None)
        assert splitter.split(table, 0).folds
    else:
        strata = table.target if table.event is None else table.event
        codes = strata.astype("int64")
        assert [] == check_strata(splitter.split(table, 0, codes), codes, table.labels)


@pytest.mark.parametrize(
    ("name", "labels", "positive"),
    [
        ("churn", ("No", "Yes"), 1869),
        ("credit", ("good", "bad"), 300),
        ("genomics", ("no", "yes"), 25),
    ],
)
def test_the_rarer_answer_is_positive(name: str, labels: tuple[str, str], positive: int) -> None:
    """Of customers who leaves is predicted, of loans the bad ones, of tumours the one kind."""
    dataset = validate_section("dataset", packaged_defaults("dataset", name))
    assert isinstance(dataset, Dataset)
    table = targets.two_classes(dataset.load(0, "labels"))
    assert (labels, positive) == (table.labels, int(table.target.sum()))


@pytest.mark.parametrize(
    ("preset", "metric", "least"),
    [
        ("air_quality", "d2_gamma", 0.3),
        ("credit", "roc_auc", 0.7),
        ("genomics", "roc_auc", 0.95),
        ("images", "balanced_accuracy", 0.8),
        ("spam", "roc_auc", 0.85),
    ],
)
def test_presets_predict(program: Program, preset: str, metric: str, least: float) -> None:
    """With a search of two candidates they are well above what guessing gives."""
    folder = program.run(
        *(f"experiment={preset}", "split.folds=2", "bootstrap.resamples=20"),
        *("model.alpha={eps:0.2,count:2}", "model.l1_ratio=0.5"),
    )
    record = json.loads((folder / "run.json").read_text("utf-8"))
    assert "finished" == record["status"]
    assert record["cv"][metric]["mean"] > least


@pytest.mark.parametrize(
    ("preset", "least", "most", "said"),
    [
        ("forecast", 0.8, 1.0, []),
        ("returns", -0.1, 0.01, ["it does not beat the forecast by the mean"]),
    ],
)
def test_series_are_forecast(
    program: Program, preset: str, least: float, most: float, said: list[str]
) -> None:
    """Passengers better than by the last value and last week's; of returns nothing can be told."""
    folder = program.run(
        *(f"experiment={preset}", "split.folds=2", "bootstrap.resamples=100"),
        *("model.alpha={eps:1e-4,count:4}", "model.l1_ratio=1.0", "evaluation.nested=false"),
    )
    record = json.loads((folder / "run.json").read_text("utf-8"))
    assert least < record["test"]["r2"]["score"] < most
    naive = [own["test"]["mse"] for own in record["baselines"].values()]
    assert record["test"]["mse"]["score"] < min(naive)
    lines = program("show", str(folder)).out.splitlines()
    assert said == [line.partition(":")[0] for line in lines if line.startswith("it ")]


@pytest.mark.parametrize(
    ("name", "longest"), [("air_quality", 1), ("returns", 7), ("ridership", 1)]
)
def test_series_have_one_row_a_day(name: str, longest: int) -> None:
    """Days are in order, none twice; but of returns, which have gaps, none is left out."""
    (path,) = SHIPPED.glob(f"{name}.[cp]*")
    table = pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
    days = pd.to_datetime(table["date"]).diff().dropna().dt.days
    assert (1, longest) == (days.min(), days.max())


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
