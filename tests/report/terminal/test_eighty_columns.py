"""What a person sees at 80 columns: nothing cut, nothing wrapped within a figure."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import re
import struct
import termios
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from composing import composed_once
from conftest import QUICK, mixed_frame, read_json

from runner.cli.program import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Program

MASK = "dataset.mask={share: 0.2, mechanism: MCAR}"


def on_a_terminal(folder: Path, *arguments: str, columns: int = 80) -> list[str]:
    """The lines that the program leaves on a real terminal, each as it was when it was ended."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    with ThreadPoolExecutor(1) as reader:
        written = reader.submit(all_of, ours)
        with standard_streams(theirs), pytest.MonkeyPatch.context() as patched:
            os.close(theirs)
            patched.setenv("TERM", "xterm")
            patched.delenv("COLUMNS", raising=False)
            with contextlib.chdir(folder), composed_once(), pytest.raises(SystemExit):
                main(arguments)
    os.close(ours)
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written.result().decode()).replace("\r\n", "\n")
    return [line.rpartition("\r")[2] for line in plain.split("\n")]


def all_of(terminal: int) -> bytes:
    """All that is written to a terminal until nothing holds it open."""
    written = b""
    while True:
        try:
            found = os.read(terminal, 65536)
        except OSError:  # the other side is closed
            return written
        if not found:
            return written
        written += found


@contextlib.contextmanager
def standard_streams(terminal: int) -> Iterator[None]:
    """Have the standard streams of this process be a terminal."""
    usual = [os.dup(stream) for stream in range(3)]
    try:
        for stream in range(3):
            os.dup2(terminal, stream)
        with (
            open(1, "w", closefd=False, encoding="utf-8") as out,
            open(2, "w", closefd=False, encoding="utf-8") as err,
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            yield
    finally:
        for stream, kept in enumerate(usual):
            os.dup2(kept, stream)
            os.close(kept)


def write_large(folder: Path) -> tuple[str, ...]:
    """Arguments of a run whose target is large, and 0 in a row, and whose columns have names."""
    frame = mixed_frame(200).rename(columns={"income": "yearly_income_of_the_household_in_euros"})
    frame["outcome"] *= 1e7
    frame.loc[0, "outcome"] = 0.0
    frame.to_csv(folder / "large.csv", index=False)
    return ("dataset=csv", "dataset.path=large.csv", "dataset.target=outcome", *QUICK)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """Give the folder of such a run, and what is left of it on the screen."""
    folder = tmp_path_factory.mktemp("shown")
    return folder / "made", on_a_terminal(folder, *write_large(folder), "hydra.run.dir=made")


def test_a_run(seen: tuple[Path, list[str]]) -> None:
    """Each line fits; the table has a line per metric, scores in full, MAPE as undefined."""
    made, lines = seen
    assert max(map(len, lines)) <= 80
    assert not [line for line in lines if "\u2026" in line]
    record = read_json(made / "run.json")
    start = next(at for at, line in enumerate(lines) if line.startswith("metric  "))
    table = {line.split()[0]: line for line in lines[start + 1 : start + 8]}
    assert list(record["cv"]) == list(table)
    assert ["mape", "undefined", "-"] == table["mape"].split()[:3]  # the 0 is in a training row
    for metric in set(table) - {"mape"}:
        name, mean, se, test, low, _, high = table[metric].split()
        found, cv = record["test"][metric], record["cv"][metric]
        errors = [cv["se"], cv["se"]] + 3 * [(found["high"] - found["low"]) / 2]
        exact = [cv["mean"], cv["se"], found["score"], found["low"], found["high"]]
        for shown, value, error in zip((mean, se, test, low, high), exact, errors, strict=True):
            assert abs(float(shown.replace(",", "")) - value) <= 0.05 * error + 1e-9, (name, shown)


def test_the_choices_are_named(seen: tuple[Path, list[str]]) -> None:
    """The metric, the split, the number of test rows, the imputer and the search."""
    said = " ".join(line.strip() for line in seen[1])
    expected = "metric mse; split kfold (3 folds, 40 test rows); imputer mean; model elastic_net; "
    assert expected + "search grid" in said


def test_a_sweep_with_many_keys(tmp_path: Path) -> None:
    """Rows are in two lines: what was varied, then figures that are whole."""
    varied = ("imputer=mean,median", "imputer.indicator=true,false", "features.scale=true,false",
              "imputer.categorical=missing,most_frequent")  # fmt: skip
    large = write_large(tmp_path)
    lines = on_a_terminal(tmp_path, "-m", *large, *varied, "hydra.sweep.dir=swept")
    assert max(map(len, lines)) <= 80
    results = pd.read_csv(tmp_path / "swept" / "results.csv").sort_values("expected_mse")
    at = next(i for i, line in enumerate(lines) if "cv_mse" in line)
    end = next(i for i, line in enumerate(lines) if line.startswith("p_best:"))
    header, rest = lines[at].split(), lines[at + 1 : end]
    names = ["expected_mse", "cv_mse", "cv_mse_se", "test_mse"]
    assert names == [name for name in header if "mse" in name]
    figures = [
        line.replace(" ties", "").split()
        for line in rest
        if line.startswith("  ") and "=" not in line
    ]
    assert 16 == len(figures)
    shown = [float(row[header.index("cv_mse")]) for row in figures]
    assert pytest.approx(results["cv_mse"].tolist(), rel=1e-3) == shown
    assert 16 == sum(line.startswith("run=") for line in rest)


def test_a_masked_sweep_has_the_imputation_error(tmp_path: Path) -> None:
    """The table and results.csv have it, empty for what fills nothing."""
    lines = on_a_terminal(
        tmp_path, "-m", "dataset=diabetes", MASK, *QUICK, "imputer=mean,linear",
        "imputer.indicator=false,only", "hydra.sweep.dir=swept",
    )  # fmt: skip
    assert max(map(len, lines)) <= 80
    results = pd.read_csv(tmp_path / "swept" / "results.csv", dtype={"run": str}).set_index("run")
    record = read_json(tmp_path / "swept" / "0" / "run.json")
    assert record["imputation"]["nrmse"]["mean"] == results["nrmse"]["0"]
    assert record["imputation"]["nrmse"]["se"] == results["nrmse_se"]["0"]
    assert [False, True, False, True] == results["nrmse"].isna().tolist()
    at = next(i for i, line in enumerate(lines) if line.startswith("run  imputer"))
    place = lines[at].split().index("nrmse")
    rows = {line.split()[0]: line.split() for line in lines[at + 1 : at + 5]}
    assert "-" == rows["1"][place]
    assert pytest.approx(results["nrmse"]["0"], rel=5e-3) == float(rows["0"][place])


def test_a_comparison(tmp_path: Path) -> None:
    """A benchmark's table has its differences and intervals in one line each."""
    lines = on_a_terminal(
        tmp_path, "experiment=imputer_benchmark", "imputer=mean,linear,most_frequent", QUICK[0],
        "model.alpha=0.1", "model.l1_ratio=0.5", QUICK[3], "dataset=diabetes",
        "dataset.mask.mechanism=MCAR,MNAR", "hydra.sweep.dir=swept",
    )  # fmt: skip
    assert max(map(len, lines)) <= 80
    compared = pd.read_csv(tmp_path / "swept" / "comparison.csv")
    intervals = [line for line in lines if re.match(r"(linear|most_frequent) .* to .* to ", line)]
    assert 4 == len(intervals) == compared["difference"].notna().sum()
    assert [line for line in lines if line.startswith("mean ") and "to" not in line]
    assert any("nrmse difference" in line for line in lines)


def test_rows_left_out_are_told(tmp_path: Path) -> None:
    """`imputer.rows.drop` says how many rows trained and how many were predicted."""
    mixed_frame().to_csv(tmp_path / "mixed.csv", index=False)
    lines = on_a_terminal(
        tmp_path, "dataset=csv", "dataset.path=mixed.csv", "dataset.target=outcome", *QUICK,
        "imputer=none", "imputer.rows.drop=0", "imputer.rows.predict=skip", "hydra.run.dir=made",
    )  # fmt: skip
    predicted = pd.read_csv(tmp_path / "made" / "predictions.csv")
    trained = int(predicted.loc[predicted["part"] == "oof", "y_pred"].notna().sum())
    said = f"{trained} of 70 rows trained, {predicted['y_pred'].notna().sum()} of 88 rows were"
    assert f"imputer.rows.drop: {said} predicted" in lines
    assert 0 < trained < 70


def test_a_masked_run_tells_its_error(program: Program) -> None:
    """A single run with a mask says how well its imputer filled the hidden values."""
    ended = program("dataset=diabetes", MASK, *QUICK, "hydra.run.dir=made")
    mean = read_json(program.folder / "made" / "run.json")["imputation"]["nrmse"]["mean"]
    (told,) = re.findall(r"hidden values: filled in with nrmse ([\d.]+) \(SE", ended.out)
    assert pytest.approx(mean, abs=0.01) == float(told)


def test_the_width_can_be_told(
    program: Program, mixed: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a terminal COLUMNS counts, and sentences stay in one line."""
    monkeypatch.setenv("COLUMNS", "60")
    ended = program("-m", *mixed, "imputer=mean,median", "features.scale=true,false")
    at = ended.out.splitlines().index(next(x for x in ended.out.splitlines() if "cv_mse" in x))
    lines = ended.out.splitlines()[at:]
    table = [line for line in lines if line.startswith(("run=", "  "))]
    assert 1 + 2 * 4 == len(table)
    assert max(map(len, table)) <= 60


def test_one_word_for_standardised(program: Program, mixed: tuple[str, ...]) -> None:
    """The screen has coefficients.csv's own names."""
    ended = program(*mixed, "hydra.run.dir=made")
    (header,) = [x for x in ended.out.splitlines() if x.startswith("strongest features")]
    table = pd.read_csv(program.folder / "made" / "coefficients.csv")
    assert ["standardised", "coefficient"] == header.split()[2:]
    assert {"standardised", "coefficient"} <= set(table)
    assert "(intercept)" not in ended.out


@pytest.mark.parametrize("found", [7, 12])
def test_the_bar_of_a_resumed_search_ends_full(
    program: Program, mixed: tuple[str, ...], found: int
) -> None:
    """A search that finds trials of an earlier start counts them."""
    own = (*mixed, "reuse=false", "search=optuna", "search.sampler=random", "search.n_trials=12")
    made = program.run(*own)
    killed = program.folder / "killed"
    killed.mkdir()
    record = {**read_json(made / "run.json"), "status": "running"}
    (killed / "run.json").write_text(json.dumps(record))
    lines = (made / "optuna.journal").read_text().splitlines(keepends=True)
    ends = [at for at, line in enumerate(lines, start=1) if '"op_code":6' in line.replace(" ", "")]
    (killed / "optuna.journal").write_text("".join(lines[: ends[found - 1]]))
    shown = on_a_terminal(program.folder, *own, "hydra.run.dir=killed")
    assert "finished" == read_json(killed / "run.json")["status"]
    (bar,) = [line for line in shown if line.startswith("search ")]
    assert "12/12 candidates" in bar
