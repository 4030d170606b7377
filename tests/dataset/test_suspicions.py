"""What may be wrong with data is told, and what only comes near it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from conftest import QUICK, read_json

from runner.config import validate_section
from runner.config.options import packaged_defaults
from runner.dataset import suspicions
from runner.dataset.table import make_table
from runner.records import Split

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Program

    from runner.checks import Finding
    from runner.records import Table

N = 400


def plain(rng: np.random.Generator) -> pd.DataFrame:
    """Rows without anything to suspect: numbers with gaps, a category, a target with noise."""
    frame = pd.DataFrame(rng.normal(size=(N, 5)), columns=list("abcde"))
    frame["y"] = frame["a"] - frame["b"] + rng.normal(size=N)
    frame = frame.mask(rng.random(frame.shape) < [0.1, 0, 0.2, 0, 0, 0])
    return frame.assign(town=rng.choice(["York", "Bath", "Ely"], N))


def tabled(frame: pd.DataFrame, **keys: Any) -> Table:  # noqa: ANN401 - config values
    """A table of which y is the target."""
    section = {"name": "csv", "path": "a.csv", "target": "y", **keys}
    roles: Any = validate_section("dataset", section)
    return make_table(frame, roles)


def divided(rows: int) -> Split:
    """Every fourth row is a test row."""
    at = np.arange(rows)
    return Split(at[at % 4 != 0], at[at % 4 == 0], (at[at % 4 != 0] % 3,), ())


def found_in(frame: pd.DataFrame, **keys: Any) -> list[Finding]:  # noqa: ANN401 - config values
    """The suspicions of a frame."""
    table = tabled(frame, **keys)
    return suspicions.find_suspicions(table, divided(table.n_rows))


def repeated(frame: pd.DataFrame, source: int, onto: int) -> pd.DataFrame:
    """The same with one row in the place of another."""
    frame = frame.copy()
    frame.loc[onto] = frame.loc[source]
    return frame


SENTINEL = np.arange(N) % 40 == 1

# a change to plain rows, the code, what the message names; None where nothing may be said
CASES: dict[str, tuple[Callable[..., pd.DataFrame], str | None, str]] = {
    "nothing": (lambda f, _: f, None, ""),
    "the target in other units": (
        lambda f, _: f.assign(z=3 - 2.5 * f["y"]), "EN105", "z (r = -1.00000)"),
    "the target with gaps": (
        lambda f, r: f.assign(z=f["y"].where(r.random(N) < 0.7)), "EN105", "z (r = 1.00000)"),
    "nearly the target": (
        lambda f, r: f.assign(z=f["y"] + r.normal(0, 0.12, N)), None, ""),
    "a sum": (
        lambda f, r: (g := f.assign(p=r.normal(0, 3, N))).assign(q=g["y"] - g["p"]),
        "EN105", "p + q"),
    "a difference with gaps": (
        lambda f, r: (g := f.assign(p=r.normal(0, 3, N))).assign(
            q=(g["y"] + g["p"]).mask(r.random(N) < 0.2)),
        "EN105", "p - q"),
    "nearly a sum": (
        lambda f, r: (g := f.assign(p=r.normal(0, 3, N))).assign(
            q=g["y"] - g["p"] + r.normal(0, 0.2, N)),
        None, ""),
    "the target's classes": (
        lambda f, _: f.assign(y=f["y"].round(), z=f["y"].round().map(lambda v: f"class {v}")),
        "EN105", "the category z"),
    "two values": (lambda f, _: f.assign(y=(f["y"] > 0) * 1), "EN106", "0 and 1"),
    "three values": (lambda f, _: f.assign(y=f["y"].clip(-1, 1).round()), None, ""),
    "skewed": (lambda f, _: f.assign(y=np.exp(2 * f["y"])), "EN107", "skewness"),
    "slightly skewed": (lambda f, _: f.assign(y=np.exp(f["y"] / 3)), None, ""),
    "distinct numbers": (
        lambda f, r: f.assign(z=r.permutation(10 * N)[:N]), "EN108", "z"),
    "numbers, two of them equal": (
        lambda f, r: f.assign(z=np.append(r.permutation(10 * N)[: N - 1], 7).clip(8)), None, ""),
    "counted in pairs": (lambda f, _: f.assign(z=np.arange(N) // 2), "EN108", "z"),
    "sorted by age": (lambda f, _: f.assign(z=20 + np.arange(N) // 8), None, ""),
    "distinct texts": (
        lambda f, _: f.assign(z=[f"row {i}" for i in range(N)]), "EN108", "z"),
    "a row of a test in training": (lambda f, _: repeated(f, 1, 8), "EN109", "1 of 100 test rows"),
    "a row of training twice": (lambda f, _: repeated(f, 1, 9), "EN110", "1 of 400 rows"),
    "features twice, another target": (
        lambda f, _: repeated(f, 1, 8).assign(y=f["y"]), None, ""),
    "few combinations": (
        lambda _, r: pd.DataFrame({"a": r.integers(0, 3, N), "y": r.integers(0, 4, N)}), None, ""),
    "-998": (lambda f, _: f.assign(a=f["a"].where(~SENTINEL, -998)), "EN111", "a: -998"),
    "9999 in the target": (
        lambda f, _: f.assign(y=f["y"].where(~SENTINEL, 9999)), "EN111", "the target: 9999"),
    "two of them": (
        lambda f, _: f.assign(a=f["a"].where(~SENTINEL, -998 - np.arange(N) // 40 % 2)),
        "EN111", "-999, -998"),
    "-9 among counts": (
        lambda f, r: f.assign(a=r.integers(0, 50, N)).assign(
            a=lambda g: g["a"].where(~SENTINEL, -9)), "EN111", "a: -9"),
    "once": (lambda f, _: f.assign(a=f["a"].where(np.arange(N) != 5, 99)), None, ""),
    "the end of a scale": (
        lambda f, r: f.assign(a=r.integers(0, 100, N)).assign(
            a=lambda g: g["a"].where(~SENTINEL, 99)), None, ""),
    "far, but no nines": (lambda f, _: f.assign(a=f["a"].where(~SENTINEL, 1234)), None, ""),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_is_suspected(name: str) -> None:
    """Each suspicion is told of what shows it, by name, and of nothing that only comes near."""
    change, code, named = CASES[name]
    rng = np.random.default_rng(7)
    keys = {"categorical": "z"} if name == "distinct texts" else {}
    found = found_in(change(plain(rng), rng), **keys)
    found = [one for one in found if not (name == "9999 in the target" and one.code == "EN107")]
    assert ([] if code is None else [code]) == [one.code for one in found], found
    assert code is None or named in found[0].message


def test_two_hundred_columns_are_paired() -> None:
    """A sum of two of 200 features is found among them."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(N, 200)), columns=[f"x{j}" for j in range(200)])
    (found,) = found_in(frame.assign(y=frame["x17"] + frame["x181"]))
    assert "x17 + x181" in found.message


def test_only_training_rows_are_looked_at_with_the_target() -> None:
    """A feature that gives the target in test rows alone is not told."""
    rng = np.random.default_rng(1)
    frame = plain(rng)
    test = np.arange(N) % 4 == 0
    assert [] == found_in(frame.assign(z=frame["y"].where(test, rng.normal(size=N))))
    assert ["EN105"] == [
        one.code for one in found_in(frame.assign(z=frame["y"].where(~test, rng.normal(size=N))))
    ]


def test_much_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that take more than a quarter of the memory are told, with how to stream them."""
    frame = plain(np.random.default_rng(2))
    taken = 8 * N * 7
    monkeypatch.setattr(suspicions, "_memory_there", lambda: 4 * taken)
    assert [] == found_in(frame)
    monkeypatch.setattr(suspicions, "_memory_there", lambda: 4 * taken - 1)
    (found,) = found_in(frame)
    assert "EN112" == found.code
    assert "dataset.stream=true" in found.remedy


QUANTITIES = ["earthquakes", "hitters", "nhanes", "nhefs", "penguins", "weather", "diabetes"]


@pytest.mark.parametrize("name", [*QUANTITIES, "delays", "lung"])
def test_nothing_is_suspected_of_what_ships(name: str) -> None:
    """The datasets of the package raise no alarm."""
    dataset: Any = validate_section("dataset", packaged_defaults("dataset", name))
    split: Any = validate_section("split", {"name": "kfold"})
    table = dataset.load(0)
    found = suspicions.find_suspicions(table, split.split(table, 0), squared=name in QUANTITIES)
    assert [] == found


def test_customers_of_a_month_are_alike() -> None:
    """Some customers of one month are equal, as their description says; no more is told."""
    dataset: Any = validate_section("dataset", packaged_defaults("dataset", "churn"))
    table = dataset.load(0, "labels")
    every = np.arange(table.n_rows)
    (finding,) = suspicions.find_suspicions(table, Split(every, every[:0], (), ()))
    assert finding.message.startswith("22 of 7,043 rows repeat another one")


def test_few_rows_say_nothing() -> None:
    """Of ten rows nothing can be told."""
    assert [] == found_in(pd.DataFrame({"a": np.arange(10.0), "y": np.arange(10.0) * 2}))


def test_suspicions_are_shown_and_recorded(program: Program) -> None:
    """A run's record and its screen have what is suspected, with what can be done."""
    frame = plain(np.random.default_rng(3))
    frame.assign(leak=2 * frame["y"], number=range(N)).to_csv(program.folder / "a.csv", index=False)
    data = ("dataset=csv", "dataset.path=a.csv", "dataset.target=y")
    ended = program(*data, *QUICK, "hydra.run.dir=made")
    assert 0 == ended.status, ended.err
    checks = read_json(program.folder / "made" / "run.json")["checks"]
    assert {"EN105", "EN108"} <= {check["code"] for check in checks}
    assert "warning EN105: the target is given almost alone by leak (r = 1.00000)" in ended.out
    assert "note EN108: different in every row, or counting up: number;" in ended.out


def test_two_values_name_the_family() -> None:
    """Who predicts a target of two values is told which family does."""
    frame = plain(np.random.default_rng(0))
    (finding,) = found_in(frame.assign(y=(frame["y"] > 0) * 1))
    assert "family=binomial" in finding.remedy


@pytest.mark.parametrize(("classes", "codes"), [(2, []), (3, [])])
def test_classes_are_no_numbers(classes: int, codes: list[str]) -> None:
    """Labels are neither two-valued, skewed nor sentinels, even -999."""
    frame = plain(np.random.default_rng(0))
    labels = [0, 1, -999][:classes]
    frame["y"] = np.random.default_rng(1).choice(labels, N)
    section = {"name": "csv", "path": "a.csv", "target": "y"}
    table = make_table(frame, validate_section("dataset", section), reads="labels")  # type: ignore[arg-type]
    found = suspicions.find_suspicions(table, divided(N))
    assert codes == [finding.code for finding in found]


def test_each_of_several_targets_is_looked_at() -> None:
    """A feature that gives the second target is told, and a row is repeated if both targets are."""
    frame = plain(np.random.default_rng(0)).assign(v=np.random.default_rng(1).normal(size=N))
    lone = frame.assign(z=2 - frame["v"])
    assert ["EN105"] == [one.code for one in found_in(lone, target=["y", "v"])]
    twice = repeated(frame, 5, 6)
    assert [["EN110"], []] == [
        [one.code for one in found_in(rows, target=["y", "v"])]
        for rows in (twice, twice.assign(v=frame["v"]))
    ]


def test_only_squared_error_is_told_of_skewed_targets() -> None:
    """Counts and times may be skewed where their family expects it."""
    frame = plain(np.random.default_rng(0)).assign(y=np.random.default_rng(1).pareto(1.5, N))
    table = tabled(frame)
    split = divided(N)
    found = [suspicions.find_suspicions(table, split, squared=squared) for squared in (True, False)]
    assert [["EN107"], []] == [[one.code for one in each] for each in found]


def test_a_row_of_neither_side_is_no_row_of_training() -> None:
    """A test row that equals one in the gap before it is repeated, but does not train."""
    table = tabled(repeated(plain(np.random.default_rng(0)), 295, 305))
    rows = np.arange(N)
    for first, code in ((300, "EN109"), (290, "EN110")):
        split = Split(rows[:first], rows[300:], (np.zeros(first, dtype=np.int64),), ())
        assert [code] == [one.code for one in suspicions.find_suspicions(table, split)]
