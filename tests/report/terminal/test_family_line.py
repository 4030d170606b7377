"""What a run says of its family, from records as they are stored."""

from __future__ import annotations

from typing import Any

import pytest

from runner.report.terminal.family_line import family_lines
from runner.report.terminal.run_summary import coefficient_lines

CHURN = {"name": "churn", "labels": ["no", "yes"], "rows": [69, 31], "zeros": 0}
KIND = {"name": "kind", "labels": ["blue", "green", "red"], "rows": [2, 1, 1], "zeros": 0}
COUNT = {"name": "count", "mean": 1.0, "sd": 1.0, "min": 0.0, "max": 3.0, "zeros": 4}
TIME = {**COUNT, "name": "days", "event": "died", "events": 1200, "rows": 3000}


@pytest.mark.parametrize(
    ("family", "target", "said"),
    [
        ("binomial", CHURN, "family binomial: the probability of churn = yes, 31.0% of rows"),
        (
            "multinomial",
            KIND,
            "family multinomial: the probability of each kind: "  # noqa: ISC004 - one line
            "blue (50.0%), green (25.0%), red (25.0%)",
        ),
        ("poisson", COUNT, "family poisson: the mean of count"),
        (
            "poisson",
            {**COUNT, "exposure": "years", "offset": "known"},
            "family poisson: the mean of count, offset known, exposure years",
        ),
        ("cox", TIME, "family cox: the hazard over days, 1,200 events in 3,000 rows"),
    ],
)
def test_one_line_says_the_family(family: str, target: dict[str, Any], said: str) -> None:
    """What is predicted, of which rows, and what is added to it."""
    assert [said] == family_lines({"family": family, "target": target, "threshold": 0.5})


def test_squared_error_says_nothing() -> None:
    """Nor do records of before there were families."""
    assert [] == family_lines({"family": "gaussian", "target": COUNT})
    assert [] == family_lines({})


def test_a_threshold_is_said_where_it_is_not_one_half() -> None:
    """With the label that it is of, and what is scored at it."""
    _, said = family_lines({"family": "binomial", "target": CHURN, "threshold": 0.25})
    assert said == (
        "threshold: yes is predicted from a probability of 0.25 on; labels of the test rows are "
        "scored at it, those of the folds at 0.5"
    )


def row(response: str, feature: str, standardised: float, rank: int) -> dict[str, str]:
    """Make a row of coefficients.csv, as text."""
    return {
        "response": response,
        "feature": feature,
        "coefficient": str(2 * standardised),
        "standardised": str(standardised),
        "ratio": "1.5",
        "selected": "True",
        "rank": str(rank),
    }


def test_the_strongest_of_several_responses_are_shown_with_them() -> None:
    """By their size over all responses, though ranks are within each; ratios beside them."""
    rows = [row("red", "a", 0.1, 1), row("red", "b", -0.05, 2), row("blue", "a", -3.0, 1)]
    rows.append(row("blue", "b", 2.0, 2))
    header, *lines = [line.text.split() for line in coefficient_lines(rows, 100, 3)]
    assert ["strongest", "features", "response", "standardised", "coefficient", "ratio"] == header
    assert [["a", "blue"], ["b", "blue"], ["a", "red"]] == [line[:2] for line in lines]
    everything = [line.text.split()[:2] for line in coefficient_lines(rows, 100, None)][1:]
    assert [["a", "red"], ["b", "red"], ["a", "blue"], ["b", "blue"]] == everything
