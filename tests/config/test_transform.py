"""What a transformed target cannot go with is said before any data is read."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from runner.config import composer, validate, validate_section
from runner.errors import ConfigError, DataError

FILE = ("dataset=csv", f"dataset.path={Path(__file__)}", "dataset.target=y")
LINEAR = {"imputer": {"name": "linear"}}
SEARCHED = {"search": {"space": {"imputer.multiple": [2, 3]}}}
POISSON = {"family": {"name": "poisson"}}


@pytest.fixture(scope="module")
def sections() -> dict[str, Any]:
    """A config whose target is transformed by its logarithm."""
    with composer(None, "config") as composing:
        return composing.compose([*FILE, "dataset.transform=log"]).sections


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (POISSON, "transform=log needs family=gaussian; or"),
        ({"dataset": {"target": ["a", "b"]}}, "transform=log needs dataset.target of one column"),
        ({"dataset": {"stream": True}}, "needs the rows in memory, with dataset.stream=false"),
        ({"imputer": {"name": "linear", "multiple": 5}}, "with imputer.multiple=null"),
        (LINEAR | SEARCHED, "with imputer.multiple=null"),
        ({"dataset": {"transform": "ln"}}, "dataset.transform is 'ln'"),
        ({"dataset": {"transform": None, "smearing": True}}, "dataset.smearing is true, but there"),
    ],
)
def test_the_message_names_the_key_and_what_serves(
    sections: dict[str, Any], changes: dict[str, Any], said: str
) -> None:
    """Of another family, several targets, a stream, several imputations, or none to undo."""
    changed = deepcopy(sections)
    for key, values in changes.items():
        renamed = isinstance(values, dict) and "name" in values
        changed[key] = changed[key] | values if isinstance(values, dict) and not renamed else values
    with pytest.raises(ConfigError) as refused:
        validate(changed)
    assert said in str(refused.value)


@pytest.mark.parametrize("name", ["parquet", "synthetic", "diabetes"])
def test_every_kind_of_dataset_has_it(sections: dict[str, Any], name: str) -> None:
    """With relaxed coefficients too."""
    given = {"name": name, "transform": "yeo-johnson", "smearing": True}
    file = {"path": str(Path(__file__)), "target": "y"} if name == "parquet" else {}
    model = {**sections["model"], "relax": [1, 0]}
    config = validate({**sections, "dataset": given | file, "model": model})
    assert ("yeo-johnson", True) == (config.dataset.transform, config.dataset.smearing)


@pytest.mark.parametrize(
    ("transform", "values", "said"),
    [
        ("log", "4,0,2", "the least 0: set dataset.transform=sqrt, which takes 0, or yeo-johnson"),
        ("log", "4,-2,0", "has others in 2 of 3 rows, the least -2: set dataset.transform=yeo"),
        ("sqrt", "4,-2.5,0", "takes values from 0 on, but the target 'y' has others in 1 of 3"),
    ],
)
def test_values_that_have_no_transform(
    transform: str, values: str, said: str, tmp_path: Path
) -> None:
    """The target, how many rows, the least value and a remedy are named."""
    file = tmp_path / "data.csv"
    rows = "".join(f"{at},{value}\n" for at, value in enumerate(values.split(",")))
    file.write_text(f"x,y\n{rows}", encoding="utf-8")
    given = {"name": "csv", "path": str(file), "target": "y", "transform": transform}
    dataset = validate_section("dataset", given)
    with pytest.raises(DataError) as refused:
        dataset.load(0)  # type: ignore[attr-defined]
    assert said in str(refused.value)
