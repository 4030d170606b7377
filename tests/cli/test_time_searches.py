"""`enet benchmark`: this machine, and searches beside scikit-learn's, as a table and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from runner.experiment import benchmark
from runner.experiment.benchmark import CASES, FEW, Case, Timed

if TYPE_CHECKING:
    from conftest import Program

SMALL = (
    Case("correlated", 400, 8, correlation=0.5),
    Case("wide", 60, 200, FEW),
    Case("sparse", 900, 150, FEW, sparse=True),
)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables that take no time."""
    monkeypatch.setattr(benchmark, "CASES", SMALL)


def test_the_table_fits_a_terminal(program: Program) -> None:
    """Each case has its line, after what the machine is and what is compared."""
    ended = program("benchmark")
    assert (0, "") == (ended.status, ended.err)
    lines = ended.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert "leaky" in ended.out
    head = next(at for at, line in enumerate(lines) if line.startswith("table "))
    rows = [line.split()[0] for line in lines[head + 1 : head + 1 + len(SMALL)]]
    assert [case.name for case in SMALL] == rows


def test_both_solve_the_same_problem(program: Program) -> None:
    """The least error is nearly that of rows prepared beforehand, and the machine is described."""
    found: dict[str, Any] = json.loads(program("benchmark", "--json").out)
    assert [(700, 5), (20, 5), (20, 5)] == [
        (one["candidates"], one["folds"]) for one in found["searches"]
    ]
    for one in found["searches"]:
        assert one["difference"] < 0.05
        assert min(one["runner"], one["elastic_net_cv"]) > 0
    machine = found["machine"]
    assert machine["path_core"] in {"c-avx512", "c-avx2", "c", "numpy"}
    assert machine["cores"] >= 1
    assert machine["versions"]["python"]
    assert machine["blas"]


def test_tables_are_the_same_whenever_they_are_made() -> None:
    """By their hash, and the lines of the command have cases of every kind."""
    assert SMALL[0].table().data_hash == SMALL[0].table().data_hash
    assert {"correlated", "uncorrelated", "wide", "sparse"} == {case.name for case in CASES}


def test_an_interrupt_ends_it(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was timed before stays on the screen."""
    timed = benchmark.timed

    def stopped(case: Case) -> Timed:
        if case is SMALL[1]:
            raise KeyboardInterrupt
        return timed(case)

    monkeypatch.setattr(benchmark, "timed", stopped)
    ended = program("benchmark")
    assert 130 == ended.status
    assert "400 x 8" in ended.out
