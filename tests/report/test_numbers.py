"""Numbers are rounded to what they are worth, and never cut."""

from __future__ import annotations

import math

import pytest

from runner.report.numbers import interval, number, place_of, score

MISSING = [None, math.nan]


@pytest.mark.parametrize(
    ("value", "error", "expected"),
    [
        (55.94128, 2.9128, "55.9"),
        (128711.4, 23094.0, "129,000"),
        (0.06763, 0.008503, "0.0676"),
        (-0.0004, 0.02, "0.000"),
        (2.786e23, 2.0e22, "2.79e+23"),
        (1.234567e-9, 2e-11, "1.235e-09"),
        (12.3456, 0.0, "12.35"),
        (12.3456, None, "12.35"),
        (12.3456, math.nan, "12.35"),
        (123456.0, None, "123,500"),
    ],
)
def test_a_score_is_rounded_by_its_error(value: float, error: float | None, expected: str) -> None:
    """To the second digit of the error; to four digits without one."""
    assert expected == score(value, place_of(error))


@pytest.mark.parametrize("value", [*MISSING, math.inf])
def test_a_score_without_a_value_is_undefined(value: float | None) -> None:
    """It is said so, whatever the error."""
    assert ["undefined", "undefined"] == [score(value, None), score(value, -2)]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (43.71, 77.89, "44 to 78"),
        (40140.0, 104355.0, "40,000 to 104,000"),
        (0.0783, 0.1754, "0.078 to 0.175"),
        (3.0, 3.0, "3 to 3"),
        (None, 1.0, "-"),
        (math.nan, math.nan, "-"),
    ],
)
def test_an_interval_is_rounded_by_its_width(
    low: float | None, high: float | None, expected: str
) -> None:
    """Both ends to the second digit of half of it."""
    assert expected == interval(low, high)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "-"), (math.nan, "-"), (True, "True"), ("mean", "mean"), (1234567, "1,234,567"),
        (0.25951, "0.2595"), (1.0, "1"), (123456.7, "123,500"), (1.23456e12, "1.235e+12"),
    ],
)  # fmt: skip
def test_other_values_have_four_digits(value: object, expected: str) -> None:
    """Whole numbers are in full, text is as it is."""
    assert expected == number(value)
