"""The solvers in C read and write nothing but what they are handed, and keep their word."""

from __future__ import annotations

import re

import pytest
from fuzzing import SANITISED, Fuzzer

RUNS = 2_000
OF_ALL = "l1 l2 lower upper start out gaps sweeps work index"
OF_GRAM = "gram xy pull ridge products memory"
OF_ROWS = "data places ends unscale shift root target factors kept solved"
OF_LOSSES = "share y offset intercepts steps vectors eta slope value shift gradient"
SHORT = f"{OF_ALL} {OF_GRAM} {OF_ROWS} {OF_LOSSES}".split()
FILES = "gram_path|row_path|loss_path|row_passes|losses|columns|factor|gap|vectors"


@pytest.fixture(scope="module")
def fuzzer(tmp_path_factory: pytest.TempPathFactory) -> Fuzzer:
    """Compile it once, with sanitisers."""
    return Fuzzer.compiled(tmp_path_factory.mktemp("fuzz"), "-O0", *SANITISED)


def test_random_problems_pass_the_sanitisers(fuzzer: Fuzzer) -> None:
    """Whatever the data, nothing is read or written beyond an array, and no gap is understated."""
    found = fuzzer.counts(0, RUNS)
    assert found["runs"] == RUNS
    assert found["claims"] > 4 * RUNS
    assert found["stopped"] > 0
    assert (found["false_claims"], found["beyond"]) == (0, 0)


@pytest.mark.parametrize("short", SHORT)
def test_an_array_that_is_too_short_is_noticed(fuzzer: Fuzzer, short: str) -> None:
    """The sanitiser ends the program in the library's code, so that it would see an overrun."""
    done = fuzzer(0, 400, short)
    assert done.returncode != 0
    assert "AddressSanitizer" in done.stderr
    assert re.search(rf"#[0-2] .*({FILES})\.[ch]", done.stderr)
