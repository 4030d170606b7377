"""What is predicted is read as the config says: numbers, labels, events, offsets and exposures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from runner.config import validate_section
from runner.config.options import packaged_defaults
from runner.dataset import Dataset
from runner.dataset.table import make_table
from runner.errors import ConfigError, DataError

if TYPE_CHECKING:
    from conftest import Program

    from runner.dataset.files import File
    from runner.dataset.outcome import Reads
    from runner.records import Table

X = [1.0, 2.0, 3.0, 4.0]
LABELS: dict[str, tuple[Any, list[float], tuple[Any, ...]]] = {
    "text": (["no", "yes", None, "no"], [0, 1, 0], ("no", "yes")),
    "text of pandas": (pd.Series(["b", "a", None, "c"], dtype="str"), [1, 0, 2], ("a", "b", "c")),
    "a category": (pd.Series(["b", "a", None, "b"], dtype="category"), [1, 0, 1], ("a", "b")),
    "booleans": ([True, False, True, True], [1, 0, 1, 1], (False, True)),
    "booleans with gaps": ([True, False, None, True], [1, 0, 1], (False, True)),
    "nullable booleans": (pd.Series([True, False, None, True], dtype="boolean"), [1, 0, 1],
                          (False, True)),
    "whole numbers": ([2, 10, 1, 2], [1, 2, 0, 1], (1, 2, 10)),
    "whole numbers with gaps": ([2.0, np.nan, 1.0, 2.0], [1, 0, 1], (1, 2)),
    "fractions": ([0.5, 1.0, np.nan, 0.5], [0, 1, 0], (0.5, 1.0)),
}  # fmt: skip
# hashes that these tables had before targets could be labels, or of several columns
HASHES = {
    "hitters": "a2845493c5477dfa98a69684d9fc2426741f85763b72557ac9742747b4e5def7",
    "nhefs": "ddd253b1dca2e8b36faca543012ea9680c50be7b137d134595c9315231697fcc",
    "weather": "0c66589205167d774eac8eca8b0657087bff8e1fe519e3a7ed3eff371fa4d8a4",
}


def roles(**keys: Any) -> File:  # noqa: ANN401 - any YAML value
    """Validate the roles of a file's columns; the target is y."""
    given = {"name": "csv", "path": "any.csv", "target": "y", **keys}
    return validate_section("dataset", given)  # type: ignore[return-value]


def tabled(reads: Reads = "numbers", *, y: Any = X, **columns: Any) -> Table:  # noqa: ANN401
    """A table of x, y and other columns, each with the role of its name."""
    frame = pd.DataFrame({"x": X, "y": y, **columns})
    return make_table(frame, roles(**{name: name for name in columns}), reads=reads)


@pytest.mark.parametrize("name", LABELS)
def test_labels_have_codes_in_their_order(name: str) -> None:
    """Labels are values as in the file, sorted; rows without one are dropped."""
    y, codes, labels = LABELS[name]
    table = tabled("labels", y=y)
    assert (codes, labels) == (table.target.tolist(), table.labels)
    assert [type(label) for label in labels] == [type(label) for label in table.labels]
    assert len(X) - len(codes) == table.dropped.get("target missing", 0)


def test_labels_that_no_row_has_are_left_out() -> None:
    """A label of rows without weight alone is none, and the codes have no hole."""
    table = tabled("labels", y=["a", "b", "c", "a"], weight=[1.0, 0.0, 2.0, 1.0])
    assert (("a", "c"), [0, 1, 0]) == (table.labels, table.target.tolist())


def test_numbers_have_no_labels() -> None:
    """Read as numbers, true is 1 and no label is kept."""
    table = tabled(y=[True, False, True, True])
    assert ((), [1, 0, 1, 1]) == (table.labels, table.target.tolist())


@pytest.mark.parametrize(
    ("labels", "family"),
    [(2, "binomial"), (3, "multinomial"), (20, "multinomial"), (21, None)],
)
def test_text_names_its_family(labels: int, family: str | None) -> None:
    """A target of a few texts is refused with the family of classes that takes it."""
    texts = [f"t{row % labels}" for row in range(200)]
    frame = pd.DataFrame({"x": np.arange(200.0), "y": texts})
    with pytest.raises(DataError, match="is not numeric") as told:
        make_table(frame, roles())
    found = [name for name in ("binomial", "multinomial") if f"family={name}" in str(told.value)]
    assert ([family] if family else []) == found


def test_numbers_with_odd_texts_name_no_family() -> None:
    """Where numbers are among the texts, spellings of missing values are suspected."""
    with pytest.raises(DataError, match="na_values") as told:
        tabled(y=["1", "2", "?", "1"])
    assert "family" not in str(told.value)


@pytest.mark.parametrize("event", [[1, 0, 1, 1], [True, False, True, True], [1.0, 0.0, 1.0, None]])
def test_events(event: list[Any]) -> None:
    """1 and true are events; rows without either are dropped and counted."""
    table = tabled(event=event)
    assert table.event is not None
    known = [bool(value) for value in event if value is not None]
    assert known == table.event.tolist()
    assert 4 - len(known) == table.dropped.get("event missing", 0)
    assert ("x",) == table.numeric


@pytest.mark.parametrize("event", [[1, 2, 1, 2], ["dead", "censored", "dead", "dead"]])
def test_events_must_be_0_or_1(event: list[Any]) -> None:
    """Other codes are refused, as nobody knows which is which."""
    with pytest.raises(DataError, match=r"dataset.event names 'event'.*(2|'dead')"):
        tabled(event=event)


def test_an_exposure_is_an_offset_by_its_logarithm() -> None:
    """The offset is its own column and the logarithm of the exposure together."""
    exposure = [1.0, np.e, 10.0, 1.0]
    table = tabled(exposure=exposure)
    assert pytest.approx([0.0, 1.0, np.log(10), 0.0]) == table.offset
    both = tabled(exposure=exposure, offset=[0.5, 0, 0, -2])
    assert pytest.approx([0.5, 1.0, np.log(10), -2.0]) == both.offset
    assert ("x",) == both.numeric


@pytest.mark.parametrize(
    ("key", "values", "said"),
    [
        ("exposure", [1, 0, -2, 3], "0 or negative in 2 rows (the first: 0)"),
        ("exposure", [1, None, 2, 3], "missing or infinite in 1 row with"),
        ("offset", [1, np.inf, None, 3], "missing or infinite in 2 rows with"),
        ("offset", ["a", "b", "c", "d"], "must be numeric, but holds 'a', 'b', 'c'"),
    ],
)
def test_offsets_and_exposures_must_be_usable(key: str, values: list[Any], said: str) -> None:
    """What is wrong with them is counted, under the key that names the column."""
    with pytest.raises(DataError) as told:
        tabled("numbers", **{key: values})
    assert f"dataset.{key} names {key!r}" in str(told.value)
    assert said in str(told.value)


def test_rows_without_a_target_need_no_exposure() -> None:
    """Only rows that are used are looked at."""
    table = tabled(y=[1.0, None, 2.0, 3.0], exposure=[1.0, -1.0, 1.0, 1.0])
    assert [0.0, 0.0, 0.0] == list(table.offset if table.offset is not None else [])


def test_several_targets() -> None:
    """They are columns side by side; rows that miss any are dropped and counted."""
    frame = pd.DataFrame({"x": X, "a": [1.0, None, 3.0, 5.0], "b": [2.0, 2.0, 1.0, None]})
    config = roles(target=["a", "b"])
    table = make_table(frame, config)
    assert [[1.0, 2.0], [3.0, 1.0]] == table.target.tolist()
    assert (2, "a, b", ("x",)) == (table.n_rows, config.target_name, table.numeric)
    assert {"target missing": 2} == table.dropped
    with pytest.raises(DataError, match=r"dataset\.target names 2 columns"):
        make_table(frame, config, reads="labels")


def test_a_constant_one_of_several_targets_is_named() -> None:
    """Each target must vary."""
    frame = pd.DataFrame({"x": X, "a": X, "b": [2.0] * 4})
    with pytest.raises(DataError, match="the target 'b' is 2 in all 4 rows"):
        make_table(frame, roles(target=["a", "b"]))
    with pytest.raises(DataError, match="the target 'y' is 'no' in all 4 rows"):
        tabled("labels", y=["no"] * 4)


def test_a_list_of_one_target_is_that_target() -> None:
    """Square brackets make no difference to one column."""
    assert "y" == roles(target=["y"]).target
    with pytest.raises(ConfigError, match=r"dataset.target: \[\] is neither a column nor a list"):
        roles(target=[])


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"target": ["y", "y"]}, "dataset.target names 'y' more than once"),
        ({"event": "y"}, "dataset.event and dataset.target both name 'y'"),
        ({"exposure": "y"}, "dataset.exposure and dataset.target both name 'y'"),
        ({"event": "x", "features": ["x"]}, "dataset.features names the event 'x'"),
        ({"target": ["y", "x"], "features": ["x"]}, "dataset.features names the target 'x'"),
        ({"offset": "z"}, "dataset.offset names 'z', which is not a column"),
    ],
)
def test_a_column_has_one_role(keys: dict[str, Any], said: str) -> None:
    """A target is nothing else, and an event is no feature."""
    with pytest.raises(DataError) as told:
        make_table(pd.DataFrame({"x": X, "y": X}), roles(**keys))
    assert said in str(told.value)


def test_the_hash_holds_the_outcome() -> None:
    """Other labels, events or offsets make other data, as does another role of a column."""
    tables = [
        tabled(),
        tabled("labels"),
        tabled("labels", y=["a", "b", "c", "d"]),
        tabled("labels", y=["a", "b", "c", "e"]),
        tabled(event=[1, 0, 1, 1]),
        tabled(event=[1, 0, 1, 0]),
        tabled(offset=[1, 0, 1, 0]),
        tabled(offset=[1, 0, 1, 2]),
        tabled(weight=[1, 0.5, 1, 2]),
    ]
    assert len(tables) == len({table.data_hash for table in tables})


@pytest.mark.parametrize("name", HASHES)
def test_hashes_of_data_without_roles_of_families_stay(name: str) -> None:
    """Data without labels, events and offsets has the hash that it always had."""
    dataset = validate_section("dataset", packaged_defaults("dataset", name))
    assert isinstance(dataset, Dataset)
    assert HASHES[name] == dataset.load(0).data_hash


def test_check_shows_the_roles(program: Program) -> None:
    """`enet check` says of each column what it is used as, several targets among them."""
    frame = pd.DataFrame(
        {"x": np.arange(40.0) % 7, "a": np.arange(40.0) + 1, "b": np.arange(40.0) ** 2, "pop": 2.0}
    )
    frame["died"] = np.arange(40) % 2
    frame.to_csv(program.folder / "a.csv", index=False)
    data = ("check", "dataset=csv", "dataset.path=a.csv")
    several = program(*data, "dataset.target=[a,b]", "family=multi_gaussian")
    expected = {"x": "feature", "a": "target", "b": "target", "pop": "feature", "died": "feature"}
    assert expected == roles_shown(several.out)
    times = ("dataset.target=a", "dataset.exposure=pop", "dataset.event=died", "family=cox")
    expected |= {"b": "feature", "pop": "exposure", "died": "event"}
    assert expected == roles_shown(program(*data, *times).out)


def roles_shown(out: str) -> dict[str, str]:
    """The role of each column by the table that `enet check` prints."""
    words = [line.split() for line in out.splitlines() if line[:1]]
    return {name: role for name, role, *_ in words if name in {"x", "a", "b", "pop", "died"}}
