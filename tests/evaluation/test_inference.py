"""Estimates without a penalty of completed data sets, pooled, against R's mice, glm and coxph."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from runner.config import validate_section
from runner.evaluation.coefficients import Reading
from runner.evaluation.inference import Inference, Question, infer, outcome_columns
from runner.records import Observed

GOLDEN = Path(__file__).parents[1] / "golden"
POOLED = pd.read_csv(GOLDEN / "rubin_families.csv")
SETS = [own for _, own in pd.read_csv(GOLDEN / "rubin_families_data.csv").groupby("draw")]
FEATURES = ("x1", "x2", "x3")
NAMES = [
    "estimate", "se", "low", "high", "p", "df", "within", "between", "fraction_missing"
]  # fmt: skip
CLASSES = ("blue", "green", "red")


@dataclass(frozen=True)
class Case:
    """A family, the columns of its outcome, and how its coefficients are read."""

    target: str | list[str]
    fits: tuple[str, ...]  # of the golden figures
    reading: Reading
    offset: bool = False
    labels: tuple[str, ...] = ()


CASES = {
    "gaussian": Case("first", ("first",), Reading()),
    "multi_gaussian": Case(["first", "second"], ("first", "second"), Reading(("first", "second"))),
    "binomial": Case("yes", ("binomial",), Reading(ratios=True), True, ("no", "yes")),
    "multinomial": Case(
        "kind",
        ("multinomial",),
        Reading(CLASSES, ratios=True, has_reference=True),
        labels=CLASSES,
    ),
    "poisson": Case("count", ("poisson",), Reading(ratios=True), True),
    "gamma": Case("amount", ("gamma",), Reading(ratios=True), True),
    "cox": Case("time", ("cox",), Reading(ratios=True, has_intercept=False), True),
}  # fmt: skip


def observed_of(name: str) -> Observed:
    """What the first of the completed data sets says of the outcome, as all of them do."""
    case, rows = CASES[name], SETS[0]
    return Observed(
        rows[case.target].to_numpy(dtype=float),
        rows["weight"].to_numpy(),
        rows["event"].to_numpy() == 1 if name == "cox" else None,
        rows["offset"].to_numpy() if case.offset else None,
        case.labels,
    )


def inferred(name: str, observed: Observed | None = None, **options: object) -> Inference:
    """What is pooled of the golden data sets."""
    family = validate_section("family", {"name": name, **options})
    observed = observed_of(name) if observed is None else observed
    designs = [np.column_stack([np.ones(len(own)), own[[*FEATURES]]]) for own in SETS]
    question = Question(FEATURES, observed, family, CASES[name].reading)  # type: ignore[arg-type]
    return infer(question, designs)


@pytest.mark.parametrize("name", CASES)
def test_pooled_estimates_are_those_of_mice(name: str) -> None:
    """Of weighted rows with offsets, estimates, errors, intervals and df are mice's of R's fits."""
    expected = POOLED[POOLED["fit"].isin(CASES[name].fits)]
    found = inferred(name).table
    assert found is not None
    assert len(expected) == len(found)
    np.testing.assert_allclose(found[NAMES], expected[NAMES], rtol=2e-6)


def test_ratios_are_exponentials_of_the_estimate_and_its_interval() -> None:
    """Odds per unit, where the link is a log; a normal distribution has none."""
    found = inferred("binomial").table
    assert found is not None
    for ratio, name in (("ratio", "estimate"), ("ratio_low", "low"), ("ratio_high", "high")):
        np.testing.assert_allclose(found[ratio], np.exp(found[name]), rtol=1e-14)
    plain = inferred("gaussian").table
    assert plain is not None
    assert "ratio" not in plain


def test_rows_are_named() -> None:
    """Each class has its rows, against the first; times to an event have no intercept."""
    found = inferred("multinomial").table
    assert found is not None
    assert ["green"] * 4 + ["red"] * 4 == list(found["response"])
    assert {"blue"} == set(found["reference"])
    assert ["(intercept)", *FEATURES] * 2 == list(found["feature"])
    hazards = inferred("cox").table
    assert hazards is not None
    assert [*FEATURES] == list(hazards["feature"])


def test_class_weights_are_no_observations() -> None:
    """Weights of classes, which a penalised model may have, change no estimate."""
    expected, found = (
        inferred("binomial").table,
        inferred("binomial", class_weight="balanced").table,
    )
    assert expected is not None
    assert found is not None
    pd.testing.assert_frame_equal(expected, found)


@pytest.mark.parametrize("name", ["binomial", "multinomial", "cox"])
def test_separated_rows_have_no_estimates(name: str) -> None:
    """Where a feature foretells the outcome, there is no table, and a check that says why."""
    observed, x = observed_of(name), SETS[0]["x2"].to_numpy()
    order = np.argsort(np.argsort(x))
    outcome = {
        "binomial": x > 0.3,
        "multinomial": np.where(x > 0.3, 2, order % 2),
        "cox": 1.0 + order,
    }[name]
    event = None if observed.event is None else np.ones(len(x), dtype=bool)
    found = inferred(
        name, Observed(outcome.astype(float), observed.weight, event, None, observed.labels)
    )
    assert found.table is None
    (finding,) = found.findings
    assert finding.code == "EN403"
    assert "5 of 5 imputations: rows are separated" in finding.message


def test_a_level_without_a_count_has_no_estimate() -> None:
    """Where the mean of some rows can fall to 0, the likelihood has no maximum."""
    observed = observed_of("poisson")
    level = SETS[0]["x2"].to_numpy() > 0.3
    designs = [np.column_stack([np.ones(len(own)), own["x1"], level]) for own in SETS]
    counts = Observed(np.where(level, 0.0, observed.y), observed.weight, None, observed.offset)
    family = validate_section("family", {"name": "poisson"})
    found = infer(Question(("x1", "level"), counts, family, Reading(ratios=True)), designs)  # type: ignore[arg-type]
    assert found.table is None
    assert ["EN403"] == [finding.code for finding in found.findings]


def test_one_event_a_feature_leaves_no_degree_of_freedom() -> None:
    """Of times to an event it is events that count, not rows."""
    observed = observed_of("cox")
    few = np.zeros(len(observed.y), dtype=bool)
    few[np.argsort(observed.y)[:3]] = True
    found = inferred("cox", Observed(observed.y, observed.weight, few))
    assert found.table is None
    assert "no degree of freedom" in found.findings[0].message


def test_nothing_is_said_where_nothing_is_selected() -> None:
    """Without features there is neither a table nor a check."""
    found = infer(Question((), observed_of("gaussian"), None, Reading()), [])
    assert Inference() == found


def test_an_imputation_knows_events_and_hazards() -> None:
    """Of times these are the event and the Nelson-Aalen estimate, by hand, and the offset."""
    time = np.array([2.0, 1.0, 3.0, 2.0, 4.0])
    event = np.array([True, True, False, True, False])
    observed = Observed(time, np.ones(5), event, np.arange(5.0))
    family = validate_section("family", {"name": "cox"})
    found = outcome_columns(family, observed)  # type: ignore[arg-type]
    hazard = [1 / 5 + 2 / 4, 1 / 5, 1 / 5 + 2 / 4, 1 / 5 + 2 / 4, 1 / 5 + 2 / 4]
    np.testing.assert_allclose(found, np.column_stack([event, hazard, np.arange(5.0)]))
