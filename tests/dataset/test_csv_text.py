"""CSV files as people write them: encodings, decimals, signs, ragged lines, compressed or not."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from conftest import QUICK, read_json

from runner.config import validate_section
from runner.errors import ConfigError, DataError
from runner.split.hashed import HashedSplit
from runner.stream import csv_batches
from runner.stream.data import StreamedData
from runner.stream.file_batches import open_source
from runner.stream.passage import Passage

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Program

    from runner.dataset.files import File
    from runner.records import Table

ROWS = 60
TOWNS = ("Köln", "Ulm", "Düsseldorf")
SPLIT = HashedSplit("split.folds", test=0.25, folds=3)


def dataset_of(path: Path, **keys: Any) -> File:  # noqa: ANN401 - config values
    """A file's dataset; the target is y."""
    section = {"name": "csv", "path": str(path), "target": "y", **keys}
    return validate_section("dataset", section)  # type: ignore[return-value]


def loaded(path: Path, **keys: Any) -> Table:  # noqa: ANN401 - config values
    """The file in memory."""
    return dataset_of(path, **keys).load(0)


def streamed(path: Path, **keys: Any) -> StreamedData:  # noqa: ANN401 - config values
    """The file read by batches of 7 rows."""
    dataset = dataset_of(path, stream=True, **keys)
    passage = Passage(dataset, open_source(dataset), SPLIT, seed=0, batch_rows=7)
    return StreamedData(passage.run())


def write(path: Path, columns: dict[str, list[str]], encoding: str = "utf-8") -> Path:
    """Write columns of text, with semicolons between them."""
    lines = [";".join(columns), *(";".join(row) for row in zip(*columns.values(), strict=True))]
    data = "\n".join(lines).encode(encoding)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def sample(x: list[str]) -> dict[str, list[str]]:
    """A column x of texts, again and again, one of words and a target."""
    return {
        "x": [x[row % len(x)] for row in range(ROWS)],
        "town": [TOWNS[row % 3] for row in range(ROWS)],
        "y": [str(row) for row in range(ROWS)],
    }


NUMBERS: dict[str, tuple[list[str], dict[str, Any], list[float]]] = {
    "decimal comma": (["1,5", "2", "", "-0,25"], {"decimal": ","}, [1.5, 2, np.nan, -0.25]),
    "thousands": (["1,200", "15", "1,234,567.5"], {"thousands": ","}, [1200, 15, 1234567.5]),
    "thousands, late": (["15"] * 59 + ["1,200"], {"thousands": ","}, [15.0] * 59 + [1200]),
    "European": (["1.200,5", "3", "-40"], {"decimal": ",", "thousands": "."}, [1200.5, 3, -40]),
    "spaces": (["1 200", "1\u00a0300", "7"], {"thousands": " "}, [1200, 1300, 7]),
    "per cent": (["12%", "0", "-3.5 %", ""], {}, [12, 0, -3.5, np.nan]),
    "dollars": (["$1,200", "-$3", "$ 0.5"], {"thousands": ","}, [1200, -3, 0.5]),
    "euros": (["1,5 €", "", "2 €"], {"decimal": ","}, [1.5, np.nan, 2]),
    "a spelling": (["1,5", "k.A.", "2"], {"decimal": ",", "na_values": "k.A."}, [1.5, np.nan, 2]),
    "its own spelling": (
        ["12%", "?", "2%"], {"na_values": {"x": "?"}}, [12, np.nan, 2]
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_as_they_are_written(name: str, tmp_path: Path) -> None:
    """Numbers are read whatever is written into and beside them, streamed as in memory."""
    texts, keys, values = NUMBERS[name]
    path = write(tmp_path / "a.csv", sample(texts))
    table = loaded(path, separator=";", **keys)
    assert (("x",), ("town",)) == (table.numeric, table.categorical)
    expected = np.array([values[row % len(values)] for row in range(ROWS)])
    np.testing.assert_array_equal(expected, table.features["x"])
    stream = streamed(path, separator=";", **keys)
    described = stream.describe_columns()[0]
    assert ("x", "numeric") == (described["name"], described["kind"])
    assert (np.nanmin(expected), np.nanmax(expected)) == (described["min"], described["max"])
    assert np.isnan(expected).mean() == described["missing_share"]


NO_NUMBERS = {
    "two currencies": (["$1", "€2"], {}),
    "per cent and not": (["12%", "0.5"], {}),
    "no thousands": (["1,20", "3"], {"thousands": ","}),
    "a word": (["$1", "free"], {}),
}


@pytest.mark.parametrize("name", NO_NUMBERS)
def test_what_may_mean_something_else_stays_text(name: str, tmp_path: Path) -> None:
    """Texts that cannot all be read in one way are a category, or refused."""
    texts, keys = NO_NUMBERS[name]
    path = write(tmp_path / "a.csv", sample(texts))
    for read in (loaded, streamed):
        try:
            table = read(path, separator=";", **keys)
        except DataError as error:
            assert "the column 'x' is" in str(error)  # noqa: PT017 - either is right
        else:
            whole = table.folds.table if isinstance(table, StreamedData) else table
            assert "x" in whole.categorical


def test_codes_stay_codes(tmp_path: Path) -> None:
    """A column listed as categorical keeps its texts."""
    path = write(tmp_path / "a.csv", sample(["1%", "2%"]))
    table = loaded(path, separator=";", categorical="x")
    assert {"1%", "2%"} == set(table.features["x"])
    assert {"x", "town"} == set(
        streamed(path, separator=";", categorical="x").folds.table.categorical
    )


def test_another_sign_far_down_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A column that begins with one currency is not read on with another, or with words."""
    monkeypatch.setattr(csv_batches, "BLOCK", 200)
    for last in ("€7", "free"):
        path = write(tmp_path / "a.csv", sample([*["$1", "$2"] * 29, "$3", last]))
        with pytest.raises(DataError, match=r"'x' is numeric but for .*dataset.na_values"):
            streamed(path, separator=";")


ENCODINGS = {
    "utf-8": "utf-8", "utf-8-sig": "utf-8", "utf-16": "utf-16", "cp1252": "cp1252",
    "latin-1": "cp1252",
}  # fmt: skip


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
def test_encodings_are_detected_and_said(encoding: str, suffix: str, tmp_path: Path) -> None:
    """Names and texts are right whatever the encoding, which the record says, a guess in a note."""
    path = write(tmp_path / f"a{suffix}", sample(["1", "2"]), encoding)
    given: list[dict[str, Any]] = [{}, {"encoding": encoding}]
    for keys in given:
        table = loaded(path, separator=";", **keys)
        assert set(TOWNS) == set(table.features["town"])
        stream = streamed(path, separator=";", **keys)
        assert sorted(TOWNS) == stream.describe_columns()[1]["levels"]
        said = stream.describe()["encoding"]
        assert table.provenance.facts["encoding"] == said
        if not keys:
            assert ENCODINGS[encoding] == said
        codes = ["EN102"] if said == "cp1252" and not keys else []
        assert codes == [found.code for found in table.provenance.findings]
        assert codes == [found.code for found in stream.findings()]


def test_other_scripts_are_detected(tmp_path: Path) -> None:
    """Cyrillic in Windows' code page and Japanese in Shift JIS are told from Latin letters."""
    for encoding, towns in {
        "cp1251": ["Москва", "Санкт-Петербург", "Казань"],
        "shift_jis": ["東京", "大阪", "京都"],
    }.items():
        rows = {**sample(["1"]), "town": [towns[row % 3] for row in range(ROWS)]}
        table = loaded(write(tmp_path / "a.csv", rows, encoding), separator=";")
        assert set(towns) == set(table.features["town"])


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "utf-16"])
def test_a_wrong_encoding_is_told(encoding: str, tmp_path: Path) -> None:
    """Bytes that are not of the given encoding are refused with the key."""
    path = write(tmp_path / "a.csv", sample(["1", "2"]), "cp1252")
    for read in (loaded, streamed):
        with pytest.raises(DataError, match=r"dataset.encoding"):
            read(path, separator=";", encoding=encoding)


WRONG: dict[str, dict[str, Any]] = {
    "encoding": {"encoding": "utf-99"},
    "decimal": {"decimal": ".."},
    "thousands and decimal": {"thousands": "."},
    "dates": {"dates": {"day": 1}},
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_keys_are_refused(name: str) -> None:
    """Each key says what it got."""
    keys = WRONG[name]
    with pytest.raises(ConfigError, match=name):
        validate_section("dataset", {"name": "csv", "path": "a", "target": "y", **keys})


def test_a_damaged_archive_is_told(tmp_path: Path) -> None:
    """A gzip file that ends too early is refused."""
    path = write(tmp_path / "a.csv.gz", sample(["1", "2"]))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match="damaged"):
        loaded(path, separator=";")


@pytest.mark.parametrize("quoted", [False, True])
def test_ragged_lines_are_counted(quoted: bool, tmp_path: Path) -> None:
    """Lines that are too short are counted, and the first is named; a last value may be missing."""
    town = '"a,b"' if quoted else "a"
    lines = ["town,y,x", f"{town},1,2", f"{town},2,", "", f"{town},3", f"{town},4,5", f"{town},5"]
    (tmp_path / "a.csv").write_text("\n".join(lines))
    (found,) = loaded(tmp_path / "a.csv").provenance.findings
    assert ("EN104", "warning") == (found.code, found.severity)
    assert "2 lines of" in found.message
    assert "line 5" in found.message
    (tmp_path / "a.csv").write_text("\n".join([*lines[:4], f"{town},3,", f"{town},4,5"]))
    assert () == loaded(tmp_path / "a.csv").provenance.findings


def test_a_run_says_what_it_read(program: Program) -> None:
    r"""The record and the screen tell of the encoding and the signs; a tab is written as \t."""
    rows = {**sample(["12%", "7%", "5%"]), "z": [str(row * 7 % 13) for row in range(ROWS)]}
    lines = ["\t".join(rows), *("\t".join(row) for row in zip(*rows.values(), strict=True))]
    (program.folder / "a.csv.gz").write_bytes(gzip.compress("\n".join(lines).encode("cp1252")))
    data = ("dataset=csv", "dataset.path=a.csv.gz", "dataset.target=y", r"dataset.separator=\t")
    ended = program(*data, *QUICK, "hydra.run.dir=made")
    assert 0 == ended.status, ended.err
    record = read_json(program.folder / "made" / "run.json")
    assert "cp1252" == record["dataset"]["encoding"]
    assert {"x": "%"} == record["dataset"]["signs"]
    assert "note EN102: a.csv.gz is not UTF-8, and was taken to be in cp1252" in ended.out
    assert "note EN103: columns of text were read as numbers: 'x' in per cent" in ended.out


@pytest.mark.parametrize(
    "override", ["dataset.decimal=,", "dataset.thousands=' '", "dataset.thousands=,"]
)
def test_signs_can_be_typed(program: Program, override: str) -> None:
    """A comma or a space as a value needs no more quotes than the shell's own."""
    ended = program("dataset=csv", override, "--cfg")
    key, _, value = override.partition("=")
    assert 0 == ended.status, ended.err
    assert f"{key.partition('.')[2]}: '{value.strip(chr(39))}'" in ended.out.replace('"', "'")


def test_a_folder_of_compressed_files(tmp_path: Path) -> None:
    """Files of a folder are read whether compressed or not."""
    whole = sample(["1", "2"])
    for name, rows in {"1.csv": slice(0, 30), "2.csv.gz": slice(30, ROWS)}.items():
        write(tmp_path / name, {key: column[rows] for key, column in whole.items()})
    assert ROWS == streamed(tmp_path, separator=";").describe()["rows"]
