"""`enet predict`: rows of a file are read as training rows were, and what is unlike is said."""

from __future__ import annotations

import gzip
import io
import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from conftest import Program
from saved_models_of import everything, make_run, write_files

from runner.saved_model import load_model
from runner.saved_model.prediction import predict_file
from runner.saved_model.prediction.predict_file import FilePrediction
from runner.saved_model.prediction.row_source import open_rows

if TYPE_CHECKING:
    from pathlib import Path

CASES = (
    "family=multinomial",
    "family=multi_gaussian",
    "imputer=interpolate",
    "step=dates",
    "step=text",
)
QUICK = ("model=ols", "search=none", "report=none", "split.folds=2", "bootstrap.resamples=1")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the file of the cases and the run `made` on it."""
    folder = tmp_path_factory.mktemp("predict")
    write_files(folder)
    keys = ("dataset=csv", "dataset.path=everything.csv", "dataset.target=outcome")
    Program(folder).run(*keys, "dataset.features=[a,b,c,town,size,flag]", *QUICK)
    return folder


@pytest.mark.parametrize("name", CASES)
def test_it_predicts_what_the_saved_model_does(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the batches, from plain numbers or the Pipeline, with the probabilities if any."""
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path)
    run = make_run(name, tmp_path, "evaluation.nested=false")
    rows, whole = pd.read_csv("everything.csv"), load_model(run)
    expected = np.asarray(whole.predict(rows))
    for linear, batch in ((True, 7), (False, 1000)):
        monkeypatch.setattr(predict_file, "ROWS", batch)
        model = load_model(run, linear=linear)
        source = open_rows(tmp_path / "everything.csv", model.manifest)
        tables = list(FilePrediction(model, source, "rows").tables())
        assert len(tables) > 1 or batch > len(rows)
        found = pd.concat([table.to_pandas() for table in tables], ignore_index=True)
        assert list(range(len(rows))) == found["row"].tolist()
        names = [c for c in found if c.startswith("prediction")]
        if expected.dtype.kind == "f":
            np.testing.assert_allclose(
                found[names].to_numpy().reshape(expected.shape), expected, rtol=1e-9, atol=1e-12
            )
        else:
            assert expected.tolist() == found["prediction"].tolist()
        if whole.classes is not None:
            chances = found[[f"probability_{label}" for label in whole.classes]]
            np.testing.assert_allclose(chances, whole.probabilities(rows), rtol=1e-9)


def test_files_of_every_form_are_predicted_alike(home: Path) -> None:
    """CSV, gzipped, in UTF-16, with a mark, and Parquet; to CSV, to Parquet and to the screen."""
    frame = pd.read_csv(home / "everything.csv")
    text = (home / "everything.csv").read_text()
    (home / "z.csv.gz").write_bytes(gzip.compress(text.encode()))
    (home / "wide.csv").write_bytes(text.encode("utf-16"))
    (home / "mark.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    frame.to_parquet(home / "rows.parquet")
    expected = load_model(home / "made").predict(frame)
    program = Program(home)
    for name in ("everything.csv", "z.csv.gz", "wide.csv", "mark.csv", "rows.parquet"):
        ended = program("predict", "made", name, "-o", "out.parquet", "--id", "day")
        assert (0, "") == (ended.status, ended.out), ended.err
        assert f"predicted 80 rows of {name}" in ended.err
        out = pd.read_parquet(home / "out.parquet")
        assert ["day", "prediction"] == list(out)
        assert frame["day"].tolist() == out["day"].tolist()
        np.testing.assert_allclose(out["prediction"], expected, rtol=1e-9)
    printed = pd.read_csv(io.StringIO(program("predict", "made", "everything.csv").out))
    program("predict", "made", "everything.csv", "-o", "out.csv")
    pd.testing.assert_frame_equal(printed, pd.read_csv(home / "out.csv"))
    assert ["row", "prediction"] == list(printed)


def test_what_is_unlike_training_is_said_and_refused(home: Path) -> None:
    """Absent and unknown columns, levels, numbers and gaps by count; --strict leaves no file."""
    lines = ["b,c,town,size,flag,more", "1,1,York,low,True,1", ",1e9,Ulm,low,FALSE,1"]
    (home / "new.csv").write_text("\n".join(lines) + "\n")
    program = Program(home)
    ended = program("predict", "made", "new.csv")
    assert 0 == ended.status
    assert [
        "predicted 2 rows of new.csv",
        "without the column 'a': all of it counts as missing",
        "with the column 'more', which the model does not use",
        "with a level that training did not have: 'town 1'",
        "with a number out of the range of training: 'c 1'",
        "with missing values: 'b 1'",
    ] == ended.err.splitlines()
    ended = program("predict", "made", "new.csv", "--strict", "-o", "refused.csv")
    assert (2, "enet: --strict: new.csv has no column 'a'\n") == (ended.status, ended.err)
    (home / "new.csv").write_text("\n".join(["a," + lines[0], "0," + lines[1], "0," + lines[2]]))
    ended = program("predict", "made", "new.csv", "--strict", "-o", "refused.csv")
    said = "enet: --strict: new.csv line 3, column 'town': 'Ulm' is a level that training did not"
    assert (2, said) == (ended.status, ended.err.rpartition(" have")[0])
    assert [] == [p.name for p in home.iterdir() if "refused" in p.name]
    ended = program("predict", "made", "new.csv", "--strict")
    assert (2, "") == (ended.status, ended.out)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty: it has not even the names of columns"),
        ("a,a\n1,2\n", "has more than one column named 'a'"),
        ("a;b;c\n1;2;3\n", "has the one column 'a;b;c': the model's rows were separated by ','"),
        ('a,town\n1,York\n\n2,"Ba\nth"\nx y,Ely\n', "line 6, column 'a': 'x y' is not a number"),
        ("a,b\n1,2\n3,inf\n", "line 3, column 'b': inf is not a finite number"),
        ("a,b\n1,2\n3,4,5\n", "cannot be read as CSV: CSV parse error: Row #3"),
        ("a\0b,c\n1,2\n", "is not a text file, so not CSV"),
    ],
)
def test_what_cannot_be_read_is_named(home: Path, content: str, said: str) -> None:
    """With file, line, column and value; no file is left."""
    (home / "bad.csv").write_text(content)
    ended = Program(home)("predict", "made", "bad.csv", "-o", "bad-out.csv")
    assert 2 == ended.status
    assert said in ended.err
    assert [] == [p.name for p in home.iterdir() if "bad-out" in p.name]


def test_options_that_make_no_sense_are_refused(home: Path) -> None:
    """The file of the rows as the output, another ending, a column that is not there, no series."""
    program = Program(home)
    for arguments, said in (
        (("everything.csv", "-o", "everything.csv"), "is the file of the rows itself"),
        (("everything.csv", "-o", "out.txt"), "must end in .csv or .parquet"),
        (("everything.csv", "--id", "nobody"), "--id names 'nobody', which is not a column"),
        (("everything.csv", "--times", "1"), "--times is for models of family=cox"),
        (("--steps", "3"), "--steps is for models of series"),
        ((), "name a file of rows to predict"),
        (("everything.csv", "--interval", "2"), "--interval is '2', but must be between 0 and 1"),
        (("everything.csv", "--interval", "0.999"), "needs at least 999 test rows"),
        (("everything.csv", "--interval", "0.9", "--interval-from", "folds"),
         "persistence.folds=true"),
    ):  # fmt: skip
        ended = program("predict", "made", *arguments)
        assert (2, "") == (ended.status, ended.out)
        assert said in ended.err
    assert 80 == len(pd.read_csv(home / "everything.csv"))


def test_no_rows_and_empty_columns_have_predictions(home: Path) -> None:
    """A line of names alone gives one; a column without any value is imputed."""
    (home / "names.csv").write_text("a,b,c,town,size,flag")
    ended = Program(home)("predict", "made", "names.csv")
    assert (0, "row,prediction\n") == (ended.status, ended.out)
    everything().assign(a=np.nan).to_csv(home / "gone.csv", index=False)
    out = pd.read_csv(io.StringIO(Program(home)("predict", "made", "gone.csv").out))
    expected = load_model(home / "made").predict(everything().assign(a=np.nan))
    np.testing.assert_allclose(out["prediction"], expected, rtol=1e-9)


def test_rows_are_read_as_the_training_rows_were(tmp_path: Path) -> None:
    """Spellings of gaps, decimal commas, thousands, separators and dates, from model.json alone."""
    rng = np.random.default_rng(1)
    amount, day = rng.uniform(1000, 9000, 60).round(2), pd.date_range("2024-01-01", periods=60)
    written = [f"{a:,.2f}".translate(str.maketrans(",.", ".,")) for a in amount]
    frame = pd.DataFrame({"amount": written, "day": day.strftime("%d.%m.%Y")})
    frame["town"], frame["code"] = rng.choice(["York", "?"], 60), rng.choice([1, 2, 3], 60)
    frame["y"] = [str(v).replace(".", ",") for v in (amount / 1000 + np.arange(60)).round(3)]
    frame.loc[::7, "amount"] = "-999"
    frame.to_csv(tmp_path / "own.csv", index=False, sep=";")
    keys = ("dataset=csv", "dataset.path=own.csv", "dataset.target=y", "dataset.separator=;")
    more = ("dataset.decimal=,", "dataset.thousands=.", "dataset.na_values=[-999, ?]")
    run = Program(tmp_path).run(*keys, *more, "dataset.dates=[day]", "dataset.categorical=[code]",
                                *QUICK)  # fmt: skip
    manifest = json.loads((run / "model.json").read_text())
    assert {"separator": ";", "decimal": ",", "thousands": ".", "na_values": [-999, "?"]} == (
        manifest["reading"]
    )
    ended = Program(tmp_path)("predict", "made", "own.csv")
    assert "missing values: 'amount 9', 'town" in ended.err
    assert "level" not in ended.err
    found = pd.read_csv(io.StringIO(ended.out))["prediction"].to_numpy()
    stated = pd.read_csv(run / "predictions.csv").query("part == 'test'")
    np.testing.assert_allclose(found[stated["row"]], stated["y_pred"], rtol=1e-9)


def test_rows_that_the_imputer_skips_are_empty(tmp_path: Path) -> None:
    """In the output of both forms, and counted; refuse names them."""
    everything().to_csv(tmp_path / "rows.csv", index=False)
    keys = ("dataset=csv", "dataset.path=rows.csv", "dataset.target=outcome", *QUICK)
    rule = ("dataset.features=[a,b,c]", "imputer.rows.drop=0.7")
    program = Program(tmp_path)
    program.run(*keys, *rule, "imputer.rows.predict=skip")
    (tmp_path / "few.csv").write_text("a,b,c\n1,2,3\n,,\n")
    ended = program("predict", "made", "few.csv")
    first, second = ended.out.splitlines()[1:]
    assert ("1,", True) == (second, len(first) > 4)
    assert "1 row without a prediction" in ended.err
    program.run(*keys, *rule, "imputer.rows.predict=refuse", name="strict")
    ended = program("predict", "strict", "few.csv")
    assert 2 == ended.status
    assert "1 rows miss more than 70% of their features" in ended.err


def test_survival_is_predicted_at_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the run, or those asked for, as the Pipeline has them."""
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path)
    run = make_run("family=cox", tmp_path, "family.times=[1]")
    rows, model = pd.read_csv("everything.csv"), load_model(run)
    for asked, times in (((), [1.0]), (("--times", "0.5,1"), [0.5, 1.0])):
        ended = Program(tmp_path)("predict", str(run), "everything.csv", *asked)
        found = pd.read_csv(io.StringIO(ended.out))
        names = [f"survival_{time:g}" for time in times]
        assert ["row", "prediction", *names] == list(found)
        survival = model.pipeline.predict_survival(model.cast(rows).frame, times)
        np.testing.assert_allclose(found[names], survival, rtol=1e-9)


def test_sparse_rows_are_predicted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Svmlight's format, with the columns of the run; what it does not know is said."""
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path)
    run = make_run("sparse", tmp_path)
    ended = Program(tmp_path)("predict", str(run), "sparse.svm")
    found = pd.read_csv(io.StringIO(ended.out))["prediction"].to_numpy()
    stated = pd.read_csv(run / "predictions.csv").query("part == 'test'").drop_duplicates("row")
    np.testing.assert_allclose(found[stated["row"]], stated["y_pred"], rtol=1e-9)
    (tmp_path / "more.svm").write_text("0 1:2 9:1\n")
    assert "does not know: 'x9'" in Program(tmp_path)("predict", str(run), "more.svm").err
