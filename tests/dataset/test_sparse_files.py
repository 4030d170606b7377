"""Sparse matrices from files of three forms give what the same data gives as a dense CSV."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np
import pandas as pd
import pytest
from conftest import Program
from scipy import sparse
from scipy.io import mmwrite
from sklearn.datasets import load_svmlight_file
from sklearn.impute import SimpleImputer

from runner.core.folds import FilledEntries
from runner.dataset.long import Long
from runner.dataset.matrix_market import MatrixMarket
from runner.dataset.svmlight import Svmlight
from runner.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from runner.dataset import Dataset
    from runner.dataset.sparse_file import SparseFile

ROWS, COLUMNS = 90, 12
QUICK = (
    "split.folds=3",
    "model.alpha={eps:0.05,count:4}",
    "model.l1_ratio=[0.5]",
    "bootstrap.resamples=20",
)
PLAIN = {"mask": None, "transform": None, "smearing": False}
ROLES: dict[str, Any] = dict.fromkeys(("time", "group", "weight", "event", "offset", "exposure"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same rows in every form; those of gaps.* with a value in twenty of them missing."""
    folder = tmp_path_factory.mktemp("sparse")
    rng = np.random.default_rng(3)
    X = rng.standard_normal((ROWS, COLUMNS)) * (rng.random((ROWS, COLUMNS)) < 0.3)
    y = X[:, :3] @ [2.0, -2.0, 1.0] + rng.standard_normal(ROWS)
    write_forms(folder, "whole", X, y)
    gaps = np.where(rng.random(X.shape) < 0.05, np.nan, X)
    write_forms(folder, "gaps", gaps, y)
    return folder


def write_forms(folder: Path, name: str, X: np.ndarray, y: np.ndarray) -> None:
    """Write rows (n, p) and their target as five files and more."""
    label = np.where(y > np.median(y), "yes", "no")
    for ending, labels in (("svm", y), ("01", (label == "yes").astype(int))):
        lines = [
            " ".join([str(one), *(f"{at + 1}:{row[at]}" for at in np.flatnonzero(row))])
            for one, row in zip(labels, X, strict=True)
        ]
        (folder / f"{name}.{ending}").write_text("\n".join(lines) + "\n")
    cells = sparse.coo_array(X)
    mmwrite(folder / f"{name}.mtx", cells)
    np.savetxt(folder / f"{name}.txt", y)
    pd.DataFrame({"y": y, "label": label}).to_csv(folder / f"{name}-y.csv", index=False)
    entries = pd.DataFrame(
        {
            "row": [*cells.row, *range(len(y))],
            "column": [*(f"x{at + 1:02}" for at in cells.col), *["y"] * len(y)],
            "value": [*cells.data, *y],
        }
    ).sample(frac=1, random_state=0)
    entries.to_csv(folder / f"{name}-long.csv", index=False)
    entries.to_parquet(folder / f"{name}-long.parquet")
    columns = {f"x{at + 1}": X[:, at] for at in range(X.shape[1])}
    pd.DataFrame(columns | {"y": y, "label": label}).to_csv(folder / f"{name}.csv", index=False)


FORMS = {
    "svmlight": ("dataset=svmlight", "dataset.path=NAME.svm"),
    "matrix_market": (
        "dataset=matrix_market",
        "dataset.path=NAME.mtx",
        "dataset.target_path=NAME.txt",
    ),
    "long": ("dataset=long", "dataset.path=NAME-long.csv", "dataset.target=y"),
    "long-parquet": ("dataset=long", "dataset.path=NAME-long.parquet", "dataset.target=y"),
}
DENSE = ("dataset=csv", "dataset.path=NAME.csv", "dataset.target=y", "dataset.drop=label")


def made(home: Path, name: str, form: tuple[str, ...], data: str, *more: str) -> Path:
    """A run of one form of the data."""
    return Program(home).run(*(one.replace("NAME", data) for one in form), *QUICK, *more, name=name)


def trial_scores(folder: Path) -> pd.DataFrame:
    """The scores of every trial."""
    trials = pd.read_csv(folder / "trials.csv")
    return trials[[name for name in trials if str(name).startswith(("mse", "log_loss"))]]


def same(sparse_run: Path, dense_run: Path) -> None:
    """Check that scores, coefficients and predictions are those of the dense file."""
    np.testing.assert_allclose(trial_scores(sparse_run), trial_scores(dense_run), rtol=1e-8)
    tables = [pd.read_csv(folder / "coefficients.csv") for folder in (sparse_run, dense_run)]
    np.testing.assert_allclose(tables[0]["coefficient"], tables[1]["coefficient"], atol=1e-6)
    np.testing.assert_allclose(tables[0]["sd"], tables[1]["sd"], atol=1e-10)
    tests = [pd.read_csv(folder / "predictions.csv") for folder in (sparse_run, dense_run)]
    assert tests[0]["row"].tolist() == tests[1]["row"].tolist()


@pytest.fixture(scope="module")
def dense(home: Path) -> Path:
    """The run of the dense file, squared error."""
    return made(home, "dense", DENSE, "whole")


@pytest.mark.parametrize("form", FORMS)
def test_gaussian_is_that_of_the_dense_file(home: Path, dense: Path, form: str) -> None:
    """Each form gives the scores, coefficients and deviations of the dense file."""
    same(made(home, form, FORMS[form], "whole"), dense)


def test_binomial_is_that_of_the_dense_file(home: Path) -> None:
    """Labels of svmlight (0 and 1) and of a CSV beside a matrix give what the dense file gives."""
    binomial = "family=binomial"
    labelled = ("dataset=csv", "dataset.path=whole.csv", "dataset.target=label", "dataset.drop=y")
    expected = made(home, "dense-binomial", labelled, "whole", binomial)
    same(
        made(home, "01", ("dataset=svmlight", "dataset.path=whole.01"), "whole", binomial), expected
    )
    market = (*FORMS["matrix_market"][:2], "dataset.target_path=whole-y.csv")
    named = made(home, "yes", market, "whole", binomial, "dataset.target=label")
    same(named, expected)
    assert ["no", "yes"] == json.loads((named / "run.json").read_text())["target"]["labels"]


def test_a_missing_value_is_not_a_zero(home: Path) -> None:
    """NaN is filled by the mean over all entries, zeros included, which the dense file's is too."""
    run = made(home, "filled", FORMS["svmlight"], "gaps")
    same(run, made(home, "dense-filled", DENSE, "gaps"))
    dataset = json.loads((run / "run.json").read_text())["dataset"]
    X = pd.read_csv(home / "gaps.csv").iloc[:, :COLUMNS]
    assert int(X.isna().to_numpy().sum()) == round(dataset["missing_share"] * X.size)
    assert int(X.isna().any(axis=1).sum()) == dataset["rows_with_missing"]
    columns = pd.read_csv(run / "columns.csv")
    assert X.isna().sum().tolist() == columns["missing"].tolist()
    missingness = pd.read_csv(run / "missingness.csv")
    kept = [*missingness.columns.difference(["filled_mean"])]
    wanted = pd.read_csv(home / "dense-filled" / "missingness.csv")
    pd.testing.assert_frame_equal(missingness[kept], wanted[kept])


@pytest.mark.parametrize("strategy", ["mean", "median", "most_frequent", "constant"])
def test_fills_as_scikit_learn_does(strategy: str) -> None:
    """The statistics of every column are those of SimpleImputer.fit, an empty column's 0."""
    rng = np.random.default_rng(0)
    X = rng.integers(0, 4, (30, 6)) * (rng.random((30, 6)) < 0.6).astype(float)
    X[rng.random(X.shape) < 0.2] = np.nan
    X[:, 4] = np.nan
    own = SimpleImputer(strategy=strategy, keep_empty_features=True)
    rows = sparse.csr_array(X)
    expected = SimpleImputer(strategy=strategy, keep_empty_features=True).fit(rows)
    fitted = FilledEntries(own, tuple("abcdef")).fit(rows)
    np.testing.assert_allclose(expected.statistics_, fitted.plain().statistics_, rtol=1e-15)
    assert (expected.transform(rows) != fitted.transform(rows)).nnz == 0
    assert expected.get_params() == fitted.plain().get_params()


@pytest.mark.parametrize("family", ["gaussian", "binomial"])
def test_the_saved_model_predicts_the_test_rows(home: Path, family: str) -> None:
    """Loaded as a user would, it predicts from the file's rows what predictions.csv has."""
    file = "gaps.svm" if family == "gaussian" else "gaps.01"
    chosen = ("dataset=svmlight", f"dataset.path={file}", f"family={family}", "imputer=median")
    run = made(home, f"saved-{family}", chosen, "gaps")
    model = joblib.load(run / "model.pkl")
    X, _ = load_svmlight_file(str(home / file), n_features=model.n_features_in_, zero_based=False)
    table = pd.read_csv(run / "predictions.csv").query("part == 'test'")
    rows = X[table["row"].to_numpy()]
    if family == "gaussian":
        np.testing.assert_allclose(table["y_pred"], model.predict(rows), rtol=1e-12)
    else:
        np.testing.assert_allclose(
            table["probability"], model.predict_proba(rows)[:, 1], rtol=1e-12
        )
    assert {"columns": "SimpleImputer", "scaler": "StandardScaler"} == {
        name: type(step).__name__ for name, step in model.steps[:-1]
    }
    described = json.loads((run / "model.json").read_text())["features"]
    assert [("sparse", COLUMNS)] == [(one["kind"], one["columns"]) for one in described]


def test_other_families_take_a_matrix(home: Path) -> None:
    """Survival and several targets have their columns in the file beside the matrix."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "time": rng.exponential(size=ROWS),
            "event": rng.integers(0, 2, ROWS),
            "a": rng.normal(size=ROWS),
            "count": rng.poisson(2, ROWS).clip(max=2),
        }
    )
    frame.to_csv(home / "others.csv", index=False)
    form = ("dataset=matrix_market", "dataset.path=whole.mtx", "dataset.target_path=others.csv")
    for family, keys in {
        "cox": ("dataset.target=time", "dataset.event=event"),
        "poisson": ("dataset.target=count",),
        "multi_gaussian": ("dataset.target=[a,time]",),
        "multinomial": ("dataset.target=count",),
    }.items():
        run = made(home, family, form, "whole", f"family={family}", *keys)
        record = json.loads((run / "run.json").read_text())
        assert ("finished", COLUMNS) == (record["status"], record["n_features"])


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ("imputer=knn", "imputer=knn"),
        ("imputer.indicator=true", "imputer.indicator"),
        ("imputer.rows.drop=0.5", "imputer.rows.drop"),
        ("features=interactions", "features.steps"),
        ("dataset.mask={share: 0.2, mechanism: MCAR}", "dataset.mask"),
        ("evaluation.explain=true", "evaluation.explain"),
    ],
)
def test_what_needs_columns_is_refused(home: Path, asked: str, named: str) -> None:
    """The message names the key, and what to choose instead."""
    ended = Program(home)("dataset=svmlight", "dataset.path=whole.svm", asked)
    assert 0 != ended.status
    assert named in ended.err
    assert "choose" in ended.err


def test_no_imputer_refuses_gaps(home: Path) -> None:
    """imputer=none names the columns with missing entries."""
    ended = Program(home)("dataset=svmlight", "dataset.path=gaps.svm", "imputer=none")
    assert 0 != ended.status
    assert "values are missing in x1" in ended.err


def svmlight(path: Path) -> Dataset:
    """A dataset of that file."""
    given = {"name": "svmlight", "path": str(path), "zero_based": "auto"}
    return Svmlight.model_validate({**given, **PLAIN})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 1:2\n0 1:x\n", "line 2 of .* has '1:x'"),
        ("1 1:2\n0 -1:3\n", "line 2 of .* has '-1:3', whose index"),
        ("1 1:2\n0 3:1 2:1\n", "line 2 of .* has '2:1' after the index 3"),
        ("1 1:2\nyes 1:3\n", "line 2 of .* has the label 'yes'"),
        ("1 1:2\n0 1\n", "line 2 of .* has '1', which is not index:value"),
        ("1 1:inf\n0 1:3\n", "column 'x1' has values that are infinite"),
    ],
)
def test_bad_svmlight_lines_are_named(tmp_path: Path, text: str, said: str) -> None:
    """The message has the line, and what is wrong with it."""
    file = tmp_path / "bad.svm"
    file.write_text(text)
    with pytest.raises(DataError, match=said):
        svmlight(file).load(0)


def test_an_index_of_0_makes_indices_count_from_0(tmp_path: Path) -> None:
    """Columns are called after their indices, 0 among them if it is there."""
    for text, names in (
        ("1 0:1 2:3\n0 1:1\n", ("x0", "x1", "x2")),
        ("1 1:1\n0 2:1\n", ("x1", "x2")),
    ):
        file = tmp_path / "indices.svm"
        file.write_text(text)
        assert names == svmlight(file).load(0).entries


def market(folder: Path, matrix: str, target: str) -> SparseFile:
    """A dataset of a matrix and a target, written as they are given."""
    (folder / "x.mtx").write_text(matrix)
    (folder / "y.txt").write_text(target)
    files = {"path": str(folder / "x.mtx"), "target_path": str(folder / "y.txt")}
    given = {"name": "matrix_market", "target": None, **files}
    return MatrixMarket.model_validate({**given, **PLAIN, **ROLES})


HEADER = "%%MatrixMarket matrix coordinate real general\n"


def test_bad_matrices_are_named(tmp_path: Path) -> None:
    """A value that is no number, and another number of targets, name the file and the key."""
    whole = f"{HEADER}2 2 2\n1 1 3\n2 2 4\n"
    with pytest.raises(DataError, match=r"dataset.path: .*x\.mtx cannot be read.*[Ll]ine 3"):
        market(tmp_path, f"{HEADER}2 2 2\n1 1 x\n2 2 4\n", "1\n2\n").load(0)
    with pytest.raises(DataError, match=r"dataset.target_path: .*has 3 rows, but the matrix.* 2;"):
        market(tmp_path, whole, "y\n1\n2\n").load(0)
    with pytest.raises(DataError, match=r"line 1 of .*y\.txt has 2 values"):
        market(tmp_path, whole, "1,2\n2,3\n").load(0)


def long(path: Path) -> SparseFile:
    """A dataset of that file, whose target is y."""
    columns = {name: name for name in ("row", "column", "value")}
    given = {"name": "long", "path": str(path), "target": "y", **columns}
    return Long.model_validate({**given, **PLAIN, **ROLES})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,x,1\nb,x,two\n", "line 3 of .* has the value 'two'"),
        ("a,x,1\n,x,2\n", "line 3 of .* has no row"),
        ("a,x,1\na,x,2\n", "line 3 of .* has an entry that was there before"),
        ("a,x,1\nb,x,2\n", "dataset.target names 'y'"),
    ],
)
def test_bad_entries_are_named(tmp_path: Path, text: str, said: str) -> None:
    """The message has the line, and what is wrong with it."""
    file = tmp_path / "bad.csv"
    file.write_text(f"row,column,value\n{text}")
    with pytest.raises(DataError, match=said):
        long(file).load(0)


def test_rows_without_a_target_are_left_out(tmp_path: Path) -> None:
    """An empty value is a missing target, and no entry at all is a target of 0."""
    file = tmp_path / "gap.csv"
    file.write_text("row,column,value\n1,y,5\n2,y,\n3,7,1\n1,7,2\n4,y,6\n")
    table = long(file).load(0)
    assert ({"target missing": 1}, [0, 2, 3]) == (table.dropped, table.row.tolist())
    assert [5.0, 0.0, 6.0] == table.target.tolist()
    assert ("7",) == table.entries
    assert table.matrix is not None
    assert [[2.0], [1.0], [0.0]] == table.matrix.X.toarray().tolist()
