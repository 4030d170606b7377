"""The store: files are whole or absent, JSON is JSON, and no finished run is written over."""

from __future__ import annotations

import json
import logging
import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from conftest import read_json
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.errors import RunDirectoryError
from runner.store.directory import (
    RunDirectory,
    fingerprint_of,
    read_record,
    to_json,
)
from runner.store.whole_files import sha256

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Program

ALWAYS = {
    ".hydra/config.yaml", ".hydra/hydra.yaml", ".hydra/overrides.yaml", "coefficients.csv",
    "environment.json", "missing_patterns.csv", "missingness.csv", "model.json", "model.pkl",
    "path.csv", "predictions.csv", "run.json", "run.log", "trials.csv",
}  # fmt: skip

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)  # fmt: skip


def files_of(folder: Path) -> set[str]:
    """Every file below a folder."""
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}


@settings(max_examples=30)
@given(content=st.dictionaries(st.text(), json_values))
def test_json_round_trips(content: dict[str, Any]) -> None:
    """Plain values come back as they were."""
    assert content == json.loads(to_json(content))


def test_json_of_numpy_values() -> None:
    """Values of numpy become plain ones, and what is not a number null."""
    content = {
        "a": np.float64(1.5), "i": np.int64(2), "b": np.bool_(True), "n": np.nan, "f": -np.inf,
        "v": np.array([1.0, np.nan]), "t": (1, np.float64("inf")),
    }  # fmt: skip
    expected = {"a": 1.5, "i": 2, "b": True, "n": None, "f": None, "v": [1.0, None], "t": [1, None]}
    assert expected == json.loads(to_json(content))


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    """What fails half-way leaves no file, whole or temporary, and an older one as it was."""

    def fail(file: Any) -> None:  # noqa: ANN401 - an open file
        file.write(b"half")
        raise ValueError("stop")

    directory = RunDirectory(tmp_path)
    directory.write_text("old.txt", "old")
    for name in ("new.txt", "old.txt"):
        with pytest.raises(ValueError, match="stop"):
            directory.write(name, fail)
    assert {"old.txt"} == files_of(tmp_path)
    assert "old" == (tmp_path / "old.txt").read_text()


def test_tables_keep_every_digit(tmp_path: Path) -> None:
    """Numbers come back from CSV as they were, bit for bit."""
    numbers = np.random.default_rng(0).normal(size=100) * 10.0 ** np.arange(-50, 50)
    path = RunDirectory(tmp_path).write_table("t.csv", pd.DataFrame({"x": numbers}))
    found = pd.read_csv(path)["x"]
    np.testing.assert_array_equal(numbers, found)


def test_free_names_are_found(tmp_path: Path) -> None:
    """Runs of the same second get folders of their own."""
    made = [RunDirectory.open(tmp_path / "a", "f", chosen=False).folder.name for _ in range(3)]
    assert ["a", "a-2", "a-3"] == made


@pytest.mark.parametrize("status", ["running", "failed"])
def test_an_unfinished_run_goes_on(tmp_path: Path, status: str) -> None:
    """A chosen folder that holds the same run, running or failed, is gone on in."""
    with RunDirectory.open(tmp_path / "a", "f", chosen=True) as directory:
        directory.write_record({"status": status, "fingerprint": "f"})
    again = RunDirectory.open(tmp_path / "a", "f", chosen=True)
    assert (directory.folder, None) == (again.folder, again.finished)


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"status": "finished", "fingerprint": "g"}, "holds a finished run of another config"),
        ({"status": "running", "fingerprint": "g"}, "of another config"),
        (None, "has other files"),
    ],
)
def test_what_is_in_a_chosen_folder_is_kept(
    tmp_path: Path, record: dict[str, Any] | None, expected: str
) -> None:
    """A folder with a finished run, another run or other files is refused."""
    (tmp_path / "other.txt").touch()
    if record is not None:
        RunDirectory(tmp_path).write_json("run.json", record)
    with pytest.raises(RunDirectoryError, match=expected):
        RunDirectory.open(tmp_path, "f", chosen=True)


@pytest.mark.parametrize("chosen", [True, False])
def test_a_file_in_the_way_is_refused_or_avoided(tmp_path: Path, chosen: bool) -> None:
    """A file where the folder should be is refused if the name was chosen, else avoided."""
    (tmp_path / "a").touch()
    if not chosen:
        assert "a-2" == RunDirectory.open(tmp_path / "a", "f", chosen=False).folder.name
        return
    with pytest.raises(RunDirectoryError, match="is a file"):
        RunDirectory.open(tmp_path / "a", "f", chosen=True)


def test_a_file_on_the_way_is_refused(tmp_path: Path) -> None:
    """A folder that cannot be made is an error that names it."""
    (tmp_path / "a").touch()
    with pytest.raises(RunDirectoryError, match="cannot make"):
        RunDirectory.open(tmp_path / "a" / "b", "f", chosen=True)


def test_fingerprints_depend_on_content_alone() -> None:
    """The order of keys does not matter; any value does."""
    assert fingerprint_of({"a": 1, "b": [2]}) == fingerprint_of({"b": [2], "a": 1})
    assert fingerprint_of({"a": 1}) != fingerprint_of({"a": 2})


def test_no_record_is_no_error(tmp_path: Path) -> None:
    """A folder without a record, or with one that cannot be read, has none."""
    assert read_record(tmp_path) is None
    (tmp_path / "run.json").write_text("{")
    assert read_record(tmp_path) is None


def test_the_log_leaves_no_trace(tmp_path: Path) -> None:
    """After a run the package's logger is as it was, and the root logger was never touched."""
    logger, root = logging.getLogger("runner"), logging.getLogger()
    before = (logger.level, list(logger.handlers), root.level, list(root.handlers))
    with RunDirectory(tmp_path).logging():
        logger.info("hello")
    assert before == (logger.level, list(logger.handlers), root.level, list(root.handlers))
    assert "INFO hello" in (tmp_path / "run.log").read_text()


def test_a_line_of_the_log_stays_one(tmp_path: Path) -> None:
    """A name in a message can neither begin a line nor act on a terminal; a traceback has lines."""
    error = ValueError("\x1b[2J\nin lines")
    with RunDirectory(tmp_path).logging():
        logging.getLogger("runner").error("a\nb\u202e", exc_info=error)
    lines = (tmp_path / "run.log").read_text(encoding="utf-8").splitlines()
    assert lines[0].endswith(r" ERROR a\nb\u202e")
    assert [r"ValueError: \x1b[2J", "in lines"] == lines[-2:]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1))
def test_texts_of_tables_are_read_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    """Whatever is in a name or a header, a carriage return or a formula too."""
    folder = tmp_path_factory.mktemp("texts")
    table = pd.DataFrame({"feature": names, "a\r,b": 0.1})
    path = RunDirectory(folder).write_table("table.csv", table)
    read = pd.read_csv(path, keep_default_na=False, dtype={"feature": str})
    pd.testing.assert_frame_equal(table, read, check_dtype=False)


def test_a_run_directory_is_complete(finished_run: Path) -> None:
    """A finished run leaves every file, and nothing temporary."""
    assert ALWAYS == files_of(finished_run)


def test_the_record_is_complete(finished_run: Path) -> None:
    """run.json says what a reader of the run needs."""
    record = read_json(finished_run / "run.json")
    assert (2, "finished") == (record["schema_version"], record["status"])
    expected = {
        "best", "choices", "cv", "dataset", "fingerprint", "finished", "metric", "n_features",
        "n_selected", "overrides", "refit", "rules", "started", "test", "timings", "checks",
    }  # fmt: skip
    assert set() == expected - record.keys()
    assert {"rows": 88, "dropped": {"target missing": 2}}.items() <= record["dataset"].items()
    assert record["started"] <= record["finished"]
    assert {"search", "refit", "evaluate", "write"} <= record["timings"].keys()
    assert min(record["timings"].values()) >= 0
    metrics = {"mse", "rmse", "mae", "median_ae", "r2", "mape", "explained_variance"}
    assert metrics == set(record["cv"])
    for metric in metrics:
        cv, test = record["cv"][metric], record["test"][metric]
        assert 3 == len(cv["folds"])
        assert pytest.approx(np.mean(cv["folds"])) == cv["mean"]
        assert pytest.approx(np.std(cv["folds"], ddof=1) / np.sqrt(3)) == cv["se"]
        assert test["low"] <= test["high"]


def test_trials_agree_with_the_record(finished_run: Path) -> None:
    """trials.csv has a row per candidate, the best of them that of the record."""
    trials = pd.read_csv(finished_run / "trials.csv")
    record = read_json(finished_run / "run.json")
    assert 2 * 8 == len(trials) == record["search"]["trials"]
    assert list(range(1, 17)) == trials["trial"].to_list()
    best = trials.set_index("trial").loc[record["best"]["trial"]]
    assert trials["mse_mean"].min() == best["mse_mean"]
    assert pytest.approx(record["cv"]["mse"]["mean"], rel=1e-6) == best["mse_mean"]
    for key in ("model.alpha", "model.l1_ratio"):
        assert pytest.approx(record["best"]["parameters"][key], rel=1e-12) == best[key]
    folds = trials[["mse_fold1", "mse_fold2", "mse_fold3"]]
    np.testing.assert_allclose(folds.mean(axis=1), trials["mse_mean"], rtol=1e-12)
    assert {"n_nonzero", "dual_gap", "seconds", "status"} <= set(trials)
    assert {"ok"} == set(trials["status"])


def test_coefficients_agree_with_the_record(finished_run: Path) -> None:
    """coefficients.csv has the intercept and a row per feature, its columns consistent."""
    intercept, table = (table := pd.read_csv(finished_run / "coefficients.csv")).iloc[0], table[1:]
    record = read_json(finished_run / "run.json")
    assert ("(intercept)", record["intercept"]) == (intercept["feature"], intercept["coefficient"])
    assert not intercept["selected"]
    assert intercept[["rank", "standardised", "sd"]].isna().all()
    expected = table["coefficient"] * table["sd"]
    np.testing.assert_allclose(table["standardised"], expected, rtol=1e-15)
    assert (table["sd"] > 0).all()
    assert record["n_features"] == len(table) == table["feature"].nunique()
    assert record["n_selected"] == table["selected"].sum() == (table["coefficient"] != 0).sum()
    assert table["sign"].to_list() == np.sign(table["coefficient"]).to_list()
    assert sorted(table["rank"]) == list(range(1, len(table) + 1))
    sizes = table.sort_values("rank")["standardised"].abs()
    assert sizes.is_monotonic_decreasing
    levels = {"town_Bath", "town_Ely", "town_York", "town_nan", "smoker_nan"}
    assert {"age", "income", *levels} <= set(table["feature"])


def test_predictions_agree_with_the_record(finished_run: Path) -> None:
    """predictions.csv has every row once, and the recorded scores follow from it."""
    predictions = pd.read_csv(finished_run / "predictions.csv")
    record = read_json(finished_run / "run.json")
    assert {"oof", "nested", "test"} == set(predictions["part"])
    nested = predictions[predictions["part"] == "nested"]
    assert nested["row"].is_unique
    table = predictions[predictions["part"] != "nested"]
    assert set(nested["row"]) == set(table.loc[table["part"] == "oof", "row"])
    assert 88 == len(table) == table["row"].nunique()
    assert {3, 11} == set(range(90)) - set(table["row"])
    assert {1, 2, 3} == set(table.loc[table["part"] == "oof", "fold"])
    assert table.loc[table["part"] == "test", "fold"].isna().all()
    squares = (table["y_true"] - table["y_pred"]) ** 2
    by_fold = squares.groupby(table["fold"]).mean()
    np.testing.assert_allclose(record["cv"]["mse"]["folds"], by_fold, rtol=1e-6)
    tested = squares[table["part"] == "test"]
    assert pytest.approx(tested.mean(), rel=1e-12) == record["test"]["mse"]["score"]
    assert len(tested) == record["test"]["rows"] == round(0.2 * 88)
    data = pd.read_csv(finished_run.parent / "mixed.csv")
    np.testing.assert_array_equal(data["outcome"].iloc[table["row"]], table["y_true"])


def test_the_environment_is_recorded(finished_run: Path) -> None:
    """environment.json names versions, platform, data and seeds."""
    environment = read_json(finished_run / "environment.json")
    expected = {"versions", "platform", "git", "data_hash", "code_hash", "seeds", "plugins"}
    assert expected == environment.keys()
    assert {"python", "scikit-learn", "numpy", "enet-runner"} <= environment["versions"].keys()
    assert 64 == len(environment["data_hash"])
    assert {"seed": 0}.items() <= environment["seeds"].items()


def test_the_config_can_be_run_again(finished_run: Path) -> None:
    """.hydra holds what was composed, and what was overridden."""
    overrides = (finished_run / ".hydra" / "overrides.yaml").read_text()
    assert "dataset.path=mixed.csv" in overrides
    config = (finished_run / ".hydra" / "config.yaml").read_text()
    assert "target: outcome" in config


def test_the_manifest_describes_the_model(finished_run: Path) -> None:
    """model.json has the file's hash and size, and the schema of what it expects."""
    manifest = read_json(finished_run / "model.json")
    model = finished_run / "model.pkl"
    assert ("pickle", "model.pkl") == (manifest["format"], manifest["file"])
    assert (sha256(model), model.stat().st_size) == (manifest["sha256"], manifest["bytes"])
    kinds = {column["name"]: column["kind"] for column in manifest["features"]}
    expected = {
        "age": "numeric", "income": "numeric", "town": "categorical", "smoker": "categorical",
    }  # fmt: skip
    assert expected == kinds
    levels = {column["name"]: column.get("levels") for column in manifest["features"]}
    assert (["Bath", "Ely", "York"], ["no", "yes"]) == (levels["town"], levels["smoker"])


def test_a_finished_run_is_not_written_over(program: Program, mixed: tuple[str, ...]) -> None:
    """A directory with a finished run is refused to another, and shown again to the same one."""
    made = program.run(*mixed)
    before = {name: (made / name).read_bytes() for name in files_of(made)}
    ended = program(*mixed, "seed=7", "hydra.run.dir=made")
    assert (2, True) == (ended.status, "made holds a finished run" in ended.err)
    again = program(*mixed, "hydra.run.dir=made")
    assert (0, True) == (again.status, "best of 16 candidates" in again.out)
    assert before == {name: (made / name).read_bytes() for name in files_of(made)}


def test_runs_of_one_second_do_not_collide(program: Program, mixed: tuple[str, ...]) -> None:
    """Two runs that start in the same second get a directory each."""
    for _ in range(2):
        assert 0 == program(*mixed).status
    default = [file.parent for file in program.folder.glob("outputs/*/*/run.json")]
    assert 2 == len(default)


def test_a_run_that_fails_says_so(
    program: Program, mixed: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fails amid a run is recorded with its reason; the record never says finished."""

    def fail(*_: object) -> None:
        raise MemoryError("no memory left")

    monkeypatch.setattr(RunDirectory, "write_table", fail)
    ended = program(*mixed, "hydra.run.dir=made")
    assert 1 == ended.status
    assert "enet: MemoryError('no memory left') (see made/run.log)\n" == ended.err
    record = read_json(program.folder / "made" / "run.json")
    assert ("failed", True) == (record["status"], "no memory left" in record["error"])
    assert "Traceback" in (program.folder / "made" / "run.log").read_text()
    assert not (program.folder / "made" / "model.pkl").exists()


def test_an_interrupt_is_recorded(
    program: Program, mixed: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C ends with code 130, and the record says so."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(RunDirectory, "write_table", interrupt)
    ended = program(*mixed, "hydra.run.dir=made")
    assert (130, "enet: interrupted\n") == (ended.status, ended.err)
    assert "interrupted" == read_json(program.folder / "made" / "run.json")["status"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_named(program: Program, mixed: tuple[str, ...]) -> None:
    """Without the right to write, the run ends with code 2 and names the folder."""
    locked = program.folder / "locked"
    locked.mkdir(mode=0o500)
    ended = program(*mixed, "hydra.run.dir=locked/made")
    assert (2, True) == (ended.status, "locked/made" in ended.err)


@pytest.mark.parametrize("chosen", [True, False])
def test_an_empty_folder_is_as_good_as_none(tmp_path: Path, chosen: bool) -> None:
    """A chosen folder that exists and is empty is used; one not chosen is avoided."""
    (tmp_path / "a").mkdir()
    found = RunDirectory.open(tmp_path / "a", "f", chosen=chosen)
    assert ("a" if chosen else "a-2") == found.folder.name
    assert set() == files_of(tmp_path)


def test_a_run_in_an_empty_folder_finishes(program: Program, mixed: tuple[str, ...]) -> None:
    """A run directory that was made beforehand, and is empty, gets all of the run's files."""
    (program.folder / "made").mkdir()
    assert files_of(program.run(*mixed, name="made")) >= ALWAYS
