"""A private model, and its manifest, have no training row, and what would keep one is refused."""

from __future__ import annotations

import contextlib
import json
import re
import struct
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from composing import composed_once
from conftest import Program
from saved_models_of import arguments, everything, make_run, write_files
from scipy import sparse

from runner.config.compose import composer
from runner.config.kinds import all_kinds
from runner.config.protection import check_protection
from runner.config.schema import validate, validate_section
from runner.errors import ConfigError
from runner.experiment.typical_row import typical_entries, typical_row
from runner.saved_model import load_model

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runner.config.schema import ExperimentConfig

NUMBERS = ("a", "b", "c", "outcome", "amount")
REFUSED: dict[str, tuple[str, dict[str, Any]]] = {  # by what is said, the section that is
    "imputer=knn": ("imputer", {"name": "knn"}),
    "imputer=hot_deck": ("imputer", {"name": "hot_deck", "multiple": 3, "pool": "stacked"}),
    "imputer=forest": ("imputer", {"name": "forest", "min_samples_leaf": 20}),
    "imputer=boosting": ("imputer", {"name": "boosting"}),
    "imputer=interpolate": ("imputer", {"name": "interpolate"}),
    "family=cox": ("family", {"name": "cox"}),
    "dataset.smearing=true": (
        "dataset", {"name": "diabetes", "transform": "log", "smearing": True},
    ),
    "features.steps.past of kind lags": (
        "features", {"name": "main_effects", "steps": {"past": {"kind": "lags", "lags": [1]}}},
    ),
}  # fmt: skip
# the cells of one column that a model may have, each a statistic of it: a median, say, or knots
KEPT = {
    "imputer=neural": 0,
    "multiple": 0,
    "step=bins": 10,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with what the runs of all cases read."""
    place = tmp_path_factory.mktemp("private")
    write_files(place)
    return place


def floats_in(content: Any) -> Iterator[float]:  # noqa: ANN401 - any JSON value
    """Every number that JSON has, with a fraction."""
    if isinstance(content, float):
        yield content
    elif isinstance(content, dict | list):
        for inner in content.values() if isinstance(content, dict) else content:
            yield from floats_in(inner)


def cells_kept(run: Path) -> dict[Any, list[str]]:
    """The cells of the data that the model or its manifest has, to the last bit, by row."""
    content = (run / "model.pkl").read_bytes()
    stated = set(floats_in(json.loads((run / "model.json").read_text())))
    found: dict[Any, list[str]] = {}
    for name in NUMBERS:
        for row, value in everything()[name].dropna().items():
            forms = (struct.pack("<d", value), struct.pack(">d", value))
            if value in stated or any(form in content for form in forms):
                found.setdefault(row, []).append(name)
    return found


@pytest.mark.parametrize("name", KEPT)
def test_no_row_is_kept(name: str, folder: Path) -> None:
    """Of no row are two cells in the files, and of a column only its statistics."""
    with contextlib.chdir(folder):
        run = make_run(name, folder, "persistence.private=true")
        load_model(run, version_policy="strict")
    found = cells_kept(run)
    assert max(map(len, found.values()), default=0) <= 1
    cells = [cell for row in found.values() for cell in row]
    assert max(map(cells.count, cells), default=0) <= KEPT[name]
    manifest = json.loads((run / "model.json").read_text())
    assert not any({"min", "max"} & set(column) for column in manifest["features"])


def test_what_is_not_private_keeps_rows(folder: Path) -> None:
    """The search for cells finds them where they are: of each row that neighbours are taken of."""
    with contextlib.chdir(folder):
        found = cells_kept(make_run("imputer=knn", folder))
    assert len([row for row in found.values() if len(row) > 1]) > 40


@pytest.fixture(scope="module")
def config() -> ExperimentConfig:
    """Give a config that may be private."""
    private = {"name": "pickle", "private": True}
    with composed_once(), composer(None, "config") as composing:
        composed = composing.compose(["dataset=diabetes"])
    return validate({**composed.sections, "persistence": private})


@pytest.mark.parametrize("said", REFUSED)
def test_what_keeps_rows_is_refused(said: str, config: ExperimentConfig) -> None:
    """By the key that stands against it, and not where nobody asks."""
    group, section = REFUSED[said]
    changed: dict[str, Any] = {group: validate_section(group, section)}
    asked = replace(config, **changed)
    with pytest.raises(ConfigError, match=f"^{re.escape(said)} puts values of single training"):
        check_protection(asked)
    check_protection(replace(asked, persistence=config.persistence.having({"private": False})))


def test_it_is_refused_before_the_search(folder: Path) -> None:
    """No directory is made."""
    overrides = [*arguments("imputer=knn"), "persistence.private=true", "hydra.run.dir=refused"]
    ended = Program(folder)(*overrides)
    assert 2 == ended.status
    assert "choose imputer=mean, linear or iterative, say" in ended.err
    assert not (folder / "refused").exists()


def test_every_imputer_is_decided() -> None:
    """A new one is looked at: whether its model has values of single rows."""
    keeping = {
        name for name, kind in all_kinds("imputer").items() if getattr(kind, "keeps_rows", False)
    }
    free = {"constant", "iterative", "linear", "mean", "median", "most_frequent", "neural", "none",
            "zero"}  # fmt: skip
    assert set(all_kinds("imputer")) == keeping | free
    assert {f"imputer={name}" for name in keeping} <= set(REFUSED)
    assert not keeping & free


def test_steps_of_dates_beside_time_are_refused(folder: Path) -> None:
    """The manifest would need the first and the last time."""
    overrides = [*arguments("step=dates"), "dataset.time=day", "persistence.private=true"]
    ended = Program(folder)(*overrides)
    assert 2 == ended.status
    assert "a step of dates beside dataset.time" in ended.err


def test_a_stream_has_the_means(folder: Path) -> None:
    """Of numbers over the training rows without a gap, and the commonest level."""
    with contextlib.chdir(folder):
        run = make_run(
            "imputer=mean", folder / "stream", "persistence.private=true", "dataset.stream=true",
            "split.test=null",
        )  # fmt: skip
        load_model(run)
    (row,) = json.loads((run / "model.json").read_text())["example"]["rows"]
    frame = everything()
    assert [frame["town"].mode()[0], frame["size"].mode()[0]] == [row["town"], row["size"]]
    for name in ("a", "b", "c", "flag"):
        assert pytest.approx(frame[name].mean()) == row[name]


def is_among(row: pd.DataFrame, frame: pd.DataFrame) -> bool:
    """Whether a row is one of a frame's."""
    told = [tuple(map(str, one)) for one in frame.itertuples(index=False)]
    return tuple(map(str, next(row.itertuples(index=False)))) in told


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"x": [1.0, 2.0, 3.0], "t": ["a", "b", "b"]}),
        pd.DataFrame({"x": [2.0, 2.0], "s": ["u", "v"], "t": ["a", "b"]}),
        pd.DataFrame({"s": ["u", "v", "u"], "t": ["a", "b", "a"]}),
        pd.DataFrame({"s": ["u", np.nan, "u"], "t": ["a", "b", "a"]}),
        pd.DataFrame({"x": [1.0, 2.0, 3.0, 2.0]}),
        pd.DataFrame({"day": pd.to_datetime(["2024-01-01", "2024-01-04"])}),
    ],
)
def test_a_typical_row_is_none_of_the_rows(frame: pd.DataFrame) -> None:
    """Whatever the columns, and of the same types."""
    row = typical_row(frame, ())
    assert not is_among(row, frame)
    assert frame.dtypes.to_dict() == row.dtypes.to_dict()


def test_a_typical_row_of_every_combination() -> None:
    """Where all are there it is one of them, which says nothing; a text is empty."""
    frame = pd.DataFrame({"s": ["u", "v"], "note": ["by A. Person", "to B. Person"]})
    row = typical_row(frame, ("note",))
    assert ["u", ""] == row.iloc[0].tolist()
    alone = pd.DataFrame({"s": ["u", "v", "v"]})
    assert ["v"] == typical_row(alone, ()).iloc[0].tolist()


def test_a_typical_row_of_a_matrix() -> None:
    """Means of the columns with the most entries, a gap being nothing."""
    X = sparse.csr_array(np.array([[1.0, 0, np.nan], [2.0, 0, 4.0]]))
    assert [[1.5, 0, 2.0]] == typical_entries(X).toarray().tolist()
    wide = sparse.csr_array(np.eye(50, 80) + np.eye(50, 80, 1))
    assert 20 == typical_entries(wide).nnz
