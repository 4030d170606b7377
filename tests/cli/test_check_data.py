"""`enet check` says all that is wrong with data at once, in the order in which to solve it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from runner.cli.check_data import main, make_parser
from runner.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

N = 60
CSV = ("dataset=csv", "dataset.path=a.csv", "dataset.target=y")
BARE = pytest.CaptureFixture[str]


def check(folder: Path, *arguments: str) -> int:
    """Give the command these arguments, in a folder; gives its exit status."""
    with contextlib.chdir(folder):
        return main(make_parser().parse_args(arguments))


def good() -> pd.DataFrame:
    """Rows without fault."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(N, 3)).round(3), columns=list("abc"))
    frame["town"] = rng.choice(["York", "Bath"], N)
    return frame.assign(y=(frame["a"] + rng.normal(size=N)).round(3))


def test_good_data(tmp_path: Path, capsys: BARE) -> None:
    """Columns are listed with role, type, gaps and values; the status is 0, nothing is written."""
    frame = good().assign(w=1.0, old=5)
    frame.loc[:5, "b"] = np.nan
    frame.to_csv(tmp_path / "a.csv", index=False)
    assert 0 == check(tmp_path, *CSV, "dataset.weight=w", "dataset.drop=old")
    out = capsys.readouterr().out
    lines = [line.split() for line in out.splitlines()]
    assert "csv: 60 rows, 7 columns" == out.splitlines()[0]
    assert ["b", "feature", "numeric", "6", "(10.0%)"] == lines[3][:5]
    assert ["town", "feature", "category", "-", "2", "different:"] == lines[5][:6]
    assert [["y", "target"], ["w", "weight"], ["old", "dropped"]] == [x[:2] for x in lines[6:9]]
    assert "it can run" == out.splitlines()[-1]
    assert [tmp_path / "a.csv"] == list(tmp_path.iterdir())


SPOILT = (
    ("1. split=time needs dataset.time",),
    ("2. dataset.drop names 'towm'", "did you mean 'town'?"),
    ("3. the weight 'w' must be",),
    ("4. the column 'a' is numeric but for '?'", "dataset.na_values"),
    ("5. the column 'b' has 1 infinite values",),
    ("6. the column 'day' holds dates", "dataset.dates"),
    ("7. the column 'empty' has no value at all", "dataset.drop"),
    ("8. the column 'price' is text", "dataset.decimal=','"),
)


def spoilt() -> pd.DataFrame:
    """Rows with one fault a column, and a leak."""
    frame = good().assign(w=-1.0, day="31.12.2020", empty=np.nan, price="1,5")
    frame["a"] = ["?", *frame["a"][1:].map(str)]
    frame.loc[3, "b"] = np.inf
    return frame.assign(leak=2 * frame["y"])


def test_everything_at_once(tmp_path: Path, capsys: BARE) -> None:
    """Every problem is numbered in its order with the key that mends it; suspicions follow."""
    spoilt().to_csv(tmp_path / "a.csv", index=False)
    wrong = ("split=time", "dataset.weight=w", "dataset.drop=towm")
    assert 2 == check(tmp_path, *CSV, *wrong)
    lines = capsys.readouterr().out.splitlines()
    start = lines.index("8 to solve, in this order:") + 1
    for line, words in zip(lines[start:], SPOILT, strict=False):
        assert [] == [word for word in words if word not in line], line
    assert "warning EN105: the target is given almost alone by leak" in lines[start + 8]


def test_what_it_says_mends(tmp_path: Path, capsys: BARE) -> None:
    """With the keys that the problems name the data can be used."""
    spoilt().to_csv(tmp_path / "a.csv", index=False)
    mended = ("dataset.drop=[w,empty,b]", "dataset.na_values='?'", "dataset.decimal=,")
    assert 2 == check(tmp_path, *CSV, *mended)
    assert "1. the column 'day' holds dates" in capsys.readouterr().out
    assert 0 == check(tmp_path, *CSV, *mended, "dataset.dates=day")
    assert "EN105" in capsys.readouterr().out


def test_a_target_that_is_none_hides_nothing(tmp_path: Path, capsys: BARE) -> None:
    """Features are looked at though the target cannot be used."""
    frame = spoilt().assign(y=["n/k", *good()["y"][1:]])
    frame.to_csv(tmp_path / "a.csv", index=False)
    assert 2 == check(tmp_path, *CSV)
    out = capsys.readouterr().out
    assert "1. the target 'y' is not numeric: it holds 'n/k' (1 of its 60 values" in out
    assert "the column 'price' is text" in out


def test_what_split_and_imputer_need(tmp_path: Path, capsys: BARE) -> None:
    """Data without fault may still not do for the split or the imputer."""
    frame = good()
    frame.loc[0, "a"] = np.nan
    frame.to_csv(tmp_path / "a.csv", index=False)
    assert 2 == check(tmp_path, *CSV, "imputer=none")
    assert "1. imputer=none" in capsys.readouterr().out
    assert 2 == check(tmp_path, *CSV, "split.folds=100")
    assert "1. split.folds is 100" in capsys.readouterr().out


def test_all_of_a_config(tmp_path: Path, capsys: BARE) -> None:
    """Problems of every section are said at once, before any data is read."""
    assert 2 == check(tmp_path, "split.folds=1", "model.tol=-1", "dataset=csv")
    out = capsys.readouterr().out
    assert [] == [key for key in ("dataset.path", "split.folds", "model.tol") if key not in out]
    with pytest.raises(ConfigError, match="did you mean mean"):
        check(tmp_path, "imputer=meen")


def test_a_file_that_cannot_be_read(tmp_path: Path, capsys: BARE) -> None:
    """What keeps a file from being read is the one problem."""
    (tmp_path / "a.csv").write_text("a,b,y\n1,2,3\n1,2,3,4\n")
    assert 2 == check(tmp_path, *CSV)
    assert "1. a.csv cannot be read as CSV" in capsys.readouterr().out


@pytest.mark.parametrize("late", [False, True])
def test_a_stream(late: bool, tmp_path: Path, capsys: BARE) -> None:
    """The first rows are shown with all their problems, then the first problem of the others."""
    frame = pd.concat([good()] * 1200, ignore_index=True)
    frame.loc[len(frame) - 1 if late else 7, "a"] = np.inf
    frame.to_parquet(tmp_path / "a.parquet")
    data = ("dataset=parquet", "dataset.path=a.parquet", "dataset.target=y", "dataset.stream=true")
    assert 2 == check(tmp_path, *data)
    out = capsys.readouterr().out
    assert out.startswith("parquet: the first 65,536 rows, 5 columns")
    assert "1. the column 'a' has 1 infinite values" in out


def test_other_datasets_and_sweeps(tmp_path: Path, capsys: BARE) -> None:
    """Datasets that are no files are checked too, each that a sweep reads once."""
    assert 0 == check(tmp_path, "-m", "dataset=penguins,synthetic", "model=lasso,ridge")
    out = capsys.readouterr().out
    assert 1 == out.count("penguins: 344 rows, 8 columns")
    assert 1 == out.count("synthetic: 1,000 rows, 21 columns")


def test_names_are_shown_as_they_are(tmp_path: Path, capsys: BARE) -> None:
    """Brackets in names and values are no markup."""
    good().rename(columns={"a": "[bold]a[/x]"}).to_csv(tmp_path / "a.csv", index=False)
    assert 0 == check(tmp_path, *CSV)
    assert "[bold]a[/x]" in capsys.readouterr().out
