"""Whatever is wrong with a config or a file, one message says where, and nothing is left behind."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from conftest import mixed_frame

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import OtherProcess, Program

HEAVY = {"optuna", "pandas", "plotly", "pyarrow", "rich", "scipy", "sklearn"}
CONFIGS_OWN = {"hydra", "omegaconf", "pydantic", "numpy"}  # what composing and validating need


@dataclass(frozen=True)
class Case:
    """Arguments that are wrong, and what the message must name."""

    arguments: tuple[str, ...]
    named: tuple[str, ...]


def case(arguments: str, *named: str) -> Case:
    """Make a Case from arguments separated by spaces."""
    return Case(tuple(arguments.split()), named)


CONFIGS = {
    "unknown option": case("imputer=meen", "imputer", "meen", "did you mean mean"),
    "unknown option in a sweep": case("-m dataset=penguins,zz", "dataset", "zz", "penguins"),
    "unknown group": case("imputr=mean", "imputr", "imputer"),
    "unknown model": case("model=elasticnet", "model", "elastic_net"),
    "misspelt key": case("imputer.indicater=true", "imputer.indicater", "imputer.indicator"),
    "misspelt general key": case("sed=1", "sed", "did you mean seed"),
    "misspelt key behind +": case("+imputer.indicater=true", "imputer.indicater", "indicator"),
    "misspelt general key behind +": case("+sead=1", "sead", "did you mean seed"),
    "misspelt key behind ++": case("++model.l1ratio=1", "model.l1ratio", "model.l1_ratio"),
    "misspelt key in a range": case("model.alpha={esp:0.1,count:3}", "model.alpha.esp"),
    "misspelt hydra key": case("hydra.run.dri=x", "hydra.run.dri"),
    "key of another option": case("split=kfold +split.gap=1", "split.gap"),
    "deleted key that does not exist": case("~imputer.nothing", "imputer.nothing"),
    "wrong type of a count": case("split.folds=many", "split.folds", "many"),
    "wrong type of a number": case("split.test=large", "split.test", "large"),
    "wrong type of a flag": case("imputer.indicator=1", "imputer.indicator"),
    "wrong type of a list": case("dataset=csv dataset.path=a dataset.target=y dataset.drop={x:1}",
                                 "dataset.drop"),
    "fraction for a count": case("split.folds=2.5", "split.folds", "2.5"),
    "text for a seed": case("seed=abc", "seed", "abc"),
    "null for a number": case("model.tol=null", "model.tol"),
    "section instead of an option": case("seed={a:1}", "seed"),
    "folds too few": case("split.folds=1", "split.folds is 1", "at least 2"),
    "l1_ratio too large": case("model.l1_ratio=1.5", "model.l1_ratio", "1.5"),
    "l1_ratio too large in a list": case("model.l1_ratio=[0.5,1.5]", "model.l1_ratio", "1.5"),
    "l1_ratio too large in a range": case("model.l1_ratio={low:0.5,high:2,count:3}",
                                          "model.l1_ratio"),
    "test share too large": case("split.test=1.2", "split.test is 1.2", "between 0 and 1"),
    "test share zero": case("split.test=0", "split.test", "null"),
    "negative alpha": case("model.alpha=-1", "model.alpha", "-1"),
    "negative alpha in a list": case("model.alpha=[0.1,-1]", "model.alpha: -1"),
    "text in a list of alphas": case("model.alpha=[0.1,a]", "model.alpha: 'a'"),
    "negative alpha in a range": case("model.alpha={low:-1,high:1,count:3}", "model.alpha", "-1"),
    "negative alpha from a distribution": case(
        "search=random model.alpha={distribution:norm}", "model.alpha", "at least 0"
    ),
    "no alpha": case("model.alpha=[]", "model.alpha"),
    "range upside down": case("model.alpha={low:1,high:0.1,count:3}", "model.alpha", "high"),
    "eps too large": case("model.alpha.eps=2", "model.alpha.eps", "2"),
    "negative seed": case("seed=-1", "seed", "-1"),
    "unknown metric": case("metric=msee", "metric", "msee"),
    "no metrics": case("trial_metrics=[]", "trial_metrics", "[]", "auto"),
    "unknown trial metric": case("trial_metrics=[maee]", "trial_metrics", "maee", "median_ae"),
    "infinite number": case("model.tol=inf", "model.tol"),
    "NaN": case("model.tol=nan", "model.tol"),
    "level too large": case("bootstrap.level=1", "bootstrap.level"),
    "more informative than features": case(
        "dataset=synthetic dataset.features=2 dataset.informative=3", "dataset", "informative"
    ),
    "missing value of a key": case("dataset=csv dataset.target=y", "dataset.path"),
    "file missing": case("dataset=csv dataset.path=no.csv dataset.target=y", "no.csv"),
    "shipped file missing": case("dataset=csv dataset.path=shipped:no.csv dataset.target=y",
                                 "no.csv"),
    "none with a range": case("search=none model=lasso", "model.alpha", "search=none"),
    "none with a list": case("search=none model.alpha=0.1", "model.l1_ratio", "search=none"),
    "grid without a count": case("model.l1_ratio={low:0.1,high:1}", "model.l1_ratio", "count"),
    "grid of a distribution": case("model.alpha={distribution:expon}", "model.alpha", "list"),
    "unknown distribution": case("search=random model.alpha={distribution:bell}",
                                 "model.alpha", "bell"),
    "optuna with a distribution": case("search=optuna model.alpha={distribution:expon}",
                                       "model.alpha", "expon"),
    "unknown sampler": case("search=optuna search.sampler=best", "search.sampler", "best"),
    "storage with a password": case(
        "search=optuna search.storage=postgresql+psycopg://me:geheim@host/db",
        "search.storage", "~/.pgpass", "PGPASSWORD",
    ),
    "storage with a password among its options": case(
        "search=optuna search.storage=postgresql://host/db?password=geheim",
        "search.storage", "~/.pgpass", "PGPASSWORD",
    ),
    "storage of SQLite": case("search=optuna search.storage=sqlite:///x.db",
                              "search.storage", "SQLite", "null"),
    "storage of another kind": case("search=optuna search.storage=mysql://host/db",
                                    "search.storage", "PostgreSQL", "mysql"),
    "storage that is no URL": case("search=optuna search.storage=studies",
                                   "search.storage", "postgresql+psycopg://", "studies"),
    "storage without a database": case("search=optuna search.storage=postgresql://host",
                                       "search.storage", "no database"),
    "storage with a port of letters": case(
        "search=optuna search.storage=postgresql://host:port/db", "search.storage", "'port'"
    ),
    "study without a storage": case("search=optuna search.study=mine",
                                    "search.study", "search.storage"),
    "study without a name": case("search=optuna search.study=''", "search.study"),
    "workers without processes": case("search=optuna search.workers=4",
                                      "search.workers", "launcher=processes"),
    "more workers than the launcher's": case(
        "search=optuna search.workers=4 launcher=processes launcher.workers=2",
        "search.workers", "launcher.workers",
    ),
    "workers in a sweep": case(
        "-m search=optuna search.workers=2 launcher=processes model.l1_ratio=0.5,1",
        "search.workers", "without -m",
    ),
    "unknown section of the space": case("+search.space.split.folds=[3]",
                                         "search.space.split.folds"),
    "unknown key of the space": case("imputer=knn +search.space.imputer.neighbors=[3]",
                                     "search.space.imputer.neighbors"),
    "value out of range in the space": case("imputer=knn +search.space.imputer.n_neighbors=[0]",
                                            "search.space.imputer.n_neighbors"),
    "fraction for a count in the space": case(
        "imputer=knn search=random +search.space.imputer.n_neighbors={distribution:uniform}",
        "search.space.imputer.n_neighbors",
    ),
    "alpha's range for another key": case(
        "imputer=knn +search.space.imputer.n_neighbors={eps:0.1,count:3}",
        "search.space.imputer.n_neighbors",
    ),
    "name in the space": case("+search.space.imputer.name=[mean]", "search.space.imputer.name"),
    "sweep without -m": case("model=lasso,ridge", "model=lasso,ridge", "-m"),
    "range sweep without -m": case("seed=range(3)", "seed=range(3)", "-m"),
    "sweep over an interval": case("-m model.l1_ratio=interval(0,1)", "model.l1_ratio"),
    "not an override": case("imputer", "imputer"),
    "unbalanced bracket": case("model.alpha=[0.1", "model.alpha"),
    "unknown interpolation": case("seed=${nothing}", "nothing"),
    "config folder missing": case("--config-dir nowhere", "nowhere"),
    "config name missing": case("--config-name nothing", "nothing"),
}  # fmt: skip

CSV = "dataset=csv dataset.target=y dataset.path="
FILES = {
    "empty file": case(CSV + "empty.csv", "empty.csv", "empty"),
    "blank file": case(CSV + "blank.csv", "blank.csv"),
    "header alone": case(CSV + "header.csv", "header.csv", "no rows"),
    "folder": case(CSV + "folder.csv", "folder.csv", "folder"),
    "target not in the file": case(CSV + "good.csv dataset.target=z", "dataset.target", "'z'"),
    "target misspelt": case(CSV + "good.csv dataset.target=aa", "dataset.target", "'a'"),
    "target not numeric": case(CSV + "good.csv dataset.target=town", "town", "not numeric"),
    "target with a spelling": case(CSV + "good_but.csv", "'y'", "holds 'n/k' (2 of its 30 values",
                                   "dataset.na_values"),
    "target with a decimal comma": case(CSV + "comma.csv dataset.separator=;", "'y'",
                                        "(30 of its 30 values", "dataset.decimal=','"),
    "target of dates": case(CSV + "days.csv dataset.target=day", "'day'", "dates", "dataset.time"),
    "target constant": case(CSV + "good.csv dataset.target=same", "'same'", "is 1 in all 30 rows"),
    "dates as text": case(CSV + "days.csv", "'day'", "holds dates", "dataset.time",
                          "dataset.dates"),
    "dates as text and a split in time": case(CSV + "days.csv split=time",
                                              "split=time needs dataset.time"),
    "a feature with a decimal comma": case(CSV + "comma.csv dataset.separator=; dataset.target=b",
                                           "'y'", "dataset.decimal=','", "dataset.categorical"),
    "target all missing": case(CSV + "no_target.csv", "'y'", "no row"),
    "target infinite": case(CSV + "infinite_target.csv", "'y'", "infinite"),
    "feature not in the file": case(CSV + "good.csv dataset.features=[z]", "dataset.features"),
    "drop not in the file": case(CSV + "good.csv dataset.drop=[z]", "dataset.drop", "'z'"),
    "category not in the file": case(CSV + "good.csv dataset.categorical=[z]",
                                     "dataset.categorical"),
    "time not in the file": case(CSV + "good.csv dataset.time=z", "dataset.time", "'z'"),
    "weight not numeric": case(CSV + "good.csv dataset.weight=town", "town", "numeric"),
    "target among the features": case(CSV + "good.csv dataset.features=[a,y]",
                                      "dataset.features", "'y'"),
    "no usable feature": case(CSV + "good.csv dataset.drop=[a,b,town,same]", "no usable feature"),
    "target alone": case(CSV + "alone.csv", "no usable feature"),
    "column all missing": case(CSV + "hollow.csv", "'b'", "no value"),
    "infinite values": case(CSV + "infinite.csv", "'a'", "infinite"),
    "dates": case("dataset=parquet dataset.path=dates.parquet dataset.target=y", "'day'", "dates"),
    "free text": case(CSV + "text.csv", "'words'", "different texts"),
    "numbers spoilt by a spelling": case(CSV + "spoilt.csv", "'a'", "'?'", "na_values"),
    "fewer rows than folds": case(CSV + "good.csv split.folds=50", "split.folds", "50"),
    "no training row": case(CSV + "one.csv", "split.folds"),
    "fewer rows than a holdout needs": case(CSV + "one.csv split=holdout", "split"),
    "duplicate column names": case(CSV + "twice.csv", "twice.csv", "'a'"),
    "duplicate column names in Parquet": case(
        "dataset=parquet dataset.path=twice.parquet dataset.target=y", "twice.parquet", "'a'"
    ),
    "CSV called Parquet": case("dataset=parquet dataset.path=good.parquet dataset.target=y",
                               "good.parquet"),
    "Parquet called CSV": case(CSV + "binary.csv", "binary.csv"),
    "noise called CSV": case(CSV + "noise.csv", "noise.csv"),
    "zip called CSV": case(CSV + "zip.csv", "zip.csv"),
    "another separator": case(CSV + "semicolon.csv", "semicolon.csv", "dataset.separator"),
    "rows longer than the header": case(CSV + "ragged.csv", "ragged.csv"),
    "a row longer than the others": case(CSV + "long.csv", "long.csv"),
    "missing values and no imputer": case(CSV + "gaps.csv imputer=none", "imputer=none", "a (1)"),
    "time without a time": case(CSV + "good.csv split=time", "split=time", "dataset.time"),
    "grouped without a group": case(CSV + "good.csv split=grouped", "split=grouped",
                                    "dataset.group"),
    "fewer groups than folds": case(CSV + "good.csv split=grouped dataset.group=town",
                                    "split.folds", "groups"),
    "other dates as a time": case(CSV + "days.csv split=time dataset.time=day", "'day'",
                                  "dataset.dates"),
    "fewer times than folds": case(CSV + "good.csv split=time dataset.time=same", "split.folds"),
    "gap longer than the first fold": case(
        CSV + "good.csv split=time dataset.time=b dataset.drop=[same] split.gap=30", "split.gap"
    ),
    "time missing": case(CSV + "gaps.csv split=time dataset.time=a", "'a'", "missing"),
    "time unreadable": case(CSV + "good.csv split=time dataset.time=town", "'town'"),
}  # fmt: skip


@pytest.fixture
def files(tmp_path: Path) -> None:
    """Write every file that a case names."""
    n = 30
    rng = np.random.default_rng(0)
    good = pd.DataFrame(
        {"a": rng.normal(size=n), "b": np.arange(n), "town": ["x", "y", "z"] * 10, "same": 1}
    )
    good["y"] = good["a"] + rng.normal(size=n)

    def write(name: str, **columns: Any) -> None:  # noqa: ANN401 - any column
        good.assign(**columns).to_csv(tmp_path / name, index=False)

    good.to_csv(tmp_path / "good.csv", index=False)
    good.to_csv(tmp_path / "good.parquet", index=False)
    good.to_csv(tmp_path / "semicolon.csv", index=False, sep=";")
    good.iloc[:1].to_csv(tmp_path / "one.csv", index=False)
    good.iloc[:0].to_csv(tmp_path / "header.csv", index=False)
    good[["y"]].to_csv(tmp_path / "alone.csv", index=False)
    good.to_parquet(tmp_path / "binary.csv")
    write("no_target.csv", y=np.nan)
    write("infinite_target.csv", y=[np.inf, *good["y"][1:]])
    write("infinite.csv", a=[np.inf, *good["a"][1:]])
    write("hollow.csv", b=np.nan)
    write("gaps.csv", a=[np.nan, *good["a"][1:]])
    write("spoilt.csv", a=["?", *good["a"][1:]])
    write("good_but.csv", y=["n/k", *good["y"][1:-1], "n/k"])
    good[["b", "y"]].to_csv(tmp_path / "comma.csv", index=False, sep=";", decimal=",")
    write("days.csv", day=[f"{1 + row}.11.2020" for row in range(n)])
    write("text.csv", words=[f"text {i}" for i in range(n)])
    good.assign(day=pd.Timestamp("2020-01-01")).to_parquet(tmp_path / "dates.parquet")
    write_duplicates(tmp_path / "twice.parquet", good)
    (tmp_path / "twice.csv").write_text("a,a,y\n" + "1,2,3\n" * n)
    (tmp_path / "ragged.csv").write_text("a,b,y\n" + "1,2,3,4\n" * n)
    (tmp_path / "long.csv").write_text("a,b,y\n" + "1,2,3\n" * n + "1,2,3,4\n")
    (tmp_path / "empty.csv").touch()
    (tmp_path / "blank.csv").write_text("\n\n\n")
    (tmp_path / "noise.csv").write_bytes(rng.bytes(4096))
    (tmp_path / "zip.csv").write_bytes(b"PK\x03\x04\x14\x00\x00\x00\x08\x00" + bytes(200))
    (tmp_path / "folder.csv").mkdir()


def write_duplicates(path: Path, frame: pd.DataFrame) -> None:
    """Write a Parquet file with two columns of one name."""
    import pyarrow as pa
    from pyarrow import parquet

    column = pa.array(frame["a"])
    parquet.write_table(pa.Table.from_arrays([column, column, column], names=["a", "a", "y"]), path)


def check(program: Program, wrong: Case) -> None:
    """Assert that the program refuses the arguments as it should."""
    before = sorted(program.folder.rglob("*"))
    ended = program(*wrong.arguments)
    assert ended.status == 2, ended
    assert ended.err.startswith("enet: ")
    assert len(ended.err.splitlines()) <= 2, ended.err
    assert len(ended.err) < 700, ended.err
    assert "Traceback" not in ended.err
    assert [] == [word for word in wrong.named if word not in ended.err], ended.err
    assert before == sorted(program.folder.rglob("*"))


@pytest.mark.parametrize("name", CONFIGS)
def test_wrong_configs_are_refused(program: Program, name: str) -> None:
    """A wrong config ends with code 2 and a message that names the key; nothing is written."""
    check(program, CONFIGS[name])


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("name", FILES)
def test_wrong_files_are_refused(program: Program, name: str) -> None:
    """A file that cannot be used ends with code 2 and is named; nothing is written."""
    check(program, FILES[name])


@pytest.mark.skipif(find_spec("torch") is not None, reason="torch is installed")
def test_samplers_name_the_package_they_need(program: Program) -> None:
    """A sampler whose package is not installed is refused with what to install."""
    check(program, case("search=optuna search.sampler=gp", "search.sampler", "pip install torch"))


YAML = {
    "misspelt key": ("imputer/mine.yaml", "name: mean\nindicater: true\n",
                     "imputer=mine", "imputer.indicater"),
    "wrong type": ("imputer/mine.yaml", "name: mean\nindicator: maybe\n",
                   "imputer=mine", "imputer.indicator"),
    "unknown name": ("imputer/mine.yaml", "name: meen\n", "imputer=mine", "imputer.name"),
    "no name": ("imputer/mine.yaml", "indicator: true\n", "imputer=mine", "imputer.name"),
    "empty file": ("imputer/mine.yaml", "", "imputer=mine", "imputer"),
    "a list": ("imputer/mine.yaml", "- a\n- b\n", "imputer=mine", "imputer is ['a', 'b']"),
    "not YAML": ("imputer/mine.yaml", "name: [mean\n", "imputer=mine", "mine.yaml"),
    "tab": ("imputer/mine.yaml", "name: mean\n\tindicator: true\n", "imputer=mine", "mine.yaml"),
    "Python object": ("imputer/mine.yaml", "name: !!python/object/apply:os.getcwd []\n",
                      "imputer=mine", "python"),
    "target to call": ("imputer/mine.yaml", "name: mean\n_target_: os.getcwd\n",
                       "imputer=mine", "imputer._target_"),
    "unknown default": ("imputer/mine.yaml", "defaults: [meen]\n", "imputer=mine", "imputer/meen"),
    "section of its own": ("mine.yaml", "defaults: [/config, _self_]\nimputr: {name: mean}\n",
                           "--config-name=mine", "imputr"),
    "wrong value in a preset": (
        "experiment/mine.yaml", "# @package _global_\nsplit: {folds: 1}\n",
        "experiment=mine", "split.folds",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", YAML)
def test_wrong_yaml_is_refused(program: Program, name: str) -> None:
    """A wrong YAML file of the user's ends with code 2 and a message that names key or file."""
    path, text, argument, named = YAML[name]
    file = program.folder / "mine" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    check(program, Case(("--config-dir=mine", argument), (named,)))


def test_every_wrong_key_is_named(program: Program) -> None:
    """Several mistakes in one section are all named, a line each."""
    ended = program("split.folds=1", "split.test=2")
    assert 2 == ended.status
    assert ["split.folds" in ended.err, "split.test" in ended.err] == [True, True]


@pytest.mark.parametrize("path", ["missing.csv", "empty.csv"])
def test_errors_answer_before_heavy_imports(other_process: OtherProcess, path: str) -> None:
    """A config error, a missing file among them, is said before pandas and the like load."""
    (other_process.folder / "empty.csv").touch()
    wrong = ["dataset=csv", f"dataset.path={path}", "dataset.target=y"]
    text = LOADED.format(arguments=wrong).replace("HEAVY", repr(HEAVY))
    ended = other_process.python("-c", text)
    assert "[]\n" == ended.out
    assert path in ended.err


@pytest.mark.parametrize(
    "arguments", [["split.folds=1"], ["--help"], ["--version"], ["--cfg"], ["imputer=meen"],
                  ["my.csv"]]
)  # fmt: skip
def test_answers_come_before_heavy_imports(
    other_process: OtherProcess, arguments: list[str]
) -> None:
    """Help, the composed config and every config error need no pandas and the like."""
    text = LOADED.format(arguments=arguments).replace("HEAVY", repr(HEAVY))
    ended = other_process.python("-c", text)
    assert "[]" == ended.out.splitlines()[-1]


@pytest.mark.parametrize("arguments", [["--help"], ["--help", "imputer"], ["--version"], ["lst"]])
def test_help_needs_no_config(other_process: OtherProcess, arguments: list[str]) -> None:
    """Help and the answer to a wrong word need neither Hydra nor pydantic either."""
    text = LOADED.format(arguments=arguments).replace("HEAVY", repr(HEAVY | CONFIGS_OWN))
    assert "[]" == other_process.python("-c", text).out.splitlines()[-1]


LOADED = """
import sys
from runner.cli.program import main
try:
    main({arguments!r})
except SystemExit:
    print(sorted(HEAVY & sys.modules.keys()))
"""


def test_a_failing_job_of_a_sweep_is_no_reason_to_stop(program: Program) -> None:
    """A sweep whose data suits only some of its runs does the others, and ends with code 1."""
    frame = mixed_frame(40)
    frame.to_csv(program.folder / "mixed.csv", index=False)
    data = ("dataset=csv", "dataset.path=mixed.csv", "dataset.target=outcome")
    ended = program("-m", *data, "imputer=none,mean", "split.folds=2", "hydra.sweep.dir=swept")
    assert 1 == ended.status
    results = pd.read_csv(program.folder / "swept" / "results.csv")
    assert ["refused", "finished"] == results["status"].to_list()
