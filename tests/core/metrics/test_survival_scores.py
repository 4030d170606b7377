"""Scores of log hazards against R's glmnet and survival, kept in tests/golden, and against pairs.

Refresh with the command in make_survival_scores.R.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from runner.core.metrics import FAMILY_METRICS, SurvivalScores
from runner.core.metrics.breslow_deviance import breslow_deviance
from runner.core.metrics.survival_scores import uncensored_before
from runner.records import Observed

if TYPE_CHECKING:
    from runner.core.metrics import MetricName
    from runner.records import Floats, Integers

GOLDEN = Path(__file__).parents[2] / "golden"
DATA, FOLDS, MODELS = (
    pd.read_csv(GOLDEN / f"survival_scores_{name}.csv") for name in ("data", "folds", "models")
)
COLUMNS = ["age", "sex", "ph.ecog", "pat.karno", "wt.loss"]
RTOL = 1e-9


def rows(where: Integers | None = None, *, weighted: bool = False) -> Observed:
    """Rows of the golden's data."""
    weight = DATA["weight"].to_numpy(float) if weighted else np.ones(len(DATA))
    observed = Observed(DATA["time"].to_numpy(float), weight, DATA["event"].to_numpy() == 1)
    return observed if where is None else observed.take(where)


def sides(fold: int) -> tuple[Integers, Integers]:
    """Positions of a fold's training and validation rows."""
    own = DATA["fold"].to_numpy() == fold
    return np.flatnonzero(~own), np.flatnonzero(own)


def fold_scores(fold: int, *, weighted: bool = False) -> tuple[Floats, float]:
    """The deviance of each of a fold's models, and the weight of its events."""
    training, validation = sides(fold)
    beta = FOLDS.loc[FOLDS["fold"] == fold, COLUMNS].to_numpy(float).T
    eta = (DATA[COLUMNS].to_numpy(float) @ beta)[:, :, None]
    scoring = SurvivalScores(rows(validation, weighted=weighted), rows(training, weighted=weighted))
    found = scoring.score(["partial_deviance"], eta[validation], training_eta=lambda: eta[training])
    return found["partial_deviance"], scoring.events


@pytest.mark.parametrize(("weighted", "column"), [(False, "deviance"), (True, "weighted")])
@pytest.mark.parametrize("fold", range(1, 6))
def test_partial_deviance_is_glmnets_of_each_fold(fold: int, weighted: bool, column: str) -> None:
    """Of all rows less that of training rows, over the fold's events, ties and weights included."""
    expected = FOLDS.loc[FOLDS["fold"] == fold, column]
    np.testing.assert_allclose(fold_scores(fold, weighted=weighted)[0], expected, rtol=RTOL)


def test_mean_by_events_is_cv_glmnets() -> None:
    """The folds' deviances, averaged by their events, are cvm."""
    scores, events = zip(*(fold_scores(fold) for fold in range(1, 6)), strict=True)
    expected = FOLDS.loc[FOLDS["fold"] == 1, "cvm"]
    np.testing.assert_allclose(np.average(scores, axis=0, weights=events), expected, rtol=1e-7)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("model", ["fine", "rough"])
def test_scores_of_all_rows_are_rs(model: str, weighted: bool) -> None:
    """Concordance by n and by n/G2, and the deviance among the rows themselves."""
    golden = MODELS[(MODELS["model"] == model) & (MODELS["weighted"] == weighted)].iloc[0]
    observed, eta = rows(weighted=weighted), DATA[model].to_numpy(float)[:, None, None]
    scoring = SurvivalScores(observed, observed)
    found = scoring.score(FAMILY_METRICS["cox"], eta)
    expected = golden["deviance"] / observed.weight[observed.event].sum()
    assert expected == pytest.approx(found["partial_deviance"][0], rel=RTOL)
    for metric in ("harrell_c", "uno_c"):
        assert golden[metric] == pytest.approx(found[metric][0], rel=RTOL)


@pytest.mark.parametrize("weighted", [False, True])
def test_deviances_differ_as_coxphs_likelihoods(weighted: bool) -> None:
    """Twice the difference of survival's log partial likelihoods with Breslow's ties."""
    own = MODELS[MODELS["weighted"] == weighted].set_index("model")["loglik"]
    eta = DATA[["fine", "rough"]].to_numpy(float)
    observed = rows(weighted=weighted)
    fine, rough = breslow_deviance(observed, eta, observed.weight[:, None])
    assert 2 * (own["rough"] - own["fine"]) == pytest.approx(fine - rough, rel=RTOL)


TIMES = st.integers(1, 5).map(float)


@st.composite
def survivals(draw: st.DrawFn) -> tuple[Observed, Floats]:
    """Rows with many equal times, and log hazards many of which are equal."""
    n = draw(st.integers(1, 14))
    time = draw(hnp.arrays(float, n, elements=TIMES))
    event = draw(hnp.arrays(bool, n))
    weight = draw(hnp.arrays(float, n, elements=st.integers(1, 8).map(lambda value: value / 4)))
    return Observed(time, weight, event), draw(
        hnp.arrays(float, n, elements=st.integers(-2, 2).map(float))
    )


def by_pairs(observed: Observed, eta: Floats, own: Floats) -> float:
    """Concordance, pair by pair: own is what the pairs of each event count."""
    assert observed.event is not None
    right = total = 0.0
    for i in np.flatnonzero(observed.event):
        for j in range(len(eta)):
            later = observed.y[j] > observed.y[i]
            censored_then = observed.y[j] == observed.y[i] and not observed.event[j]
            if later or censored_then:
                pair = own[i] * observed.weight[i] * observed.weight[j]
                total += pair
                right += pair * ((eta[i] > eta[j]) + (eta[i] == eta[j]) / 2)
    return right / total if total else np.nan


@given(survivals())
def test_harrell_counts_pairs(drawn: tuple[Observed, Floats]) -> None:
    """Whatever is tied: rows censored with an event outlive it, equal hazards count one half."""
    observed, eta = drawn
    found = SurvivalScores(observed, observed).score(["harrell_c"], eta[:, None, None])
    expected = by_pairs(observed, eta, np.ones(len(eta)))
    np.testing.assert_allclose(found["harrell_c"][0], expected, rtol=1e-9)


@given(survivals(), survivals())
def test_uno_weighs_pairs_by_the_censoring_of_training(
    validation: tuple[Observed, Floats], training: tuple[Observed, Floats]
) -> None:
    """1 / G(t-)^2 of the training rows; none after their last event."""
    (observed, eta), (before, _) = validation, training
    assert before.event is not None
    last = max(before.y[before.event], default=0.0)
    own = np.array([(t <= last) and chance_not_censored(before, t) ** -2 for t in observed.y])
    found = SurvivalScores(observed, before).score(["uno_c"], eta[:, None, None])
    np.testing.assert_allclose(found["uno_c"][0], by_pairs(observed, eta, own), rtol=1e-9)


def chance_not_censored(before: Observed, time: float) -> float:
    """Kaplan and Meier's product over the times before, those with an event then gone first."""
    assert before.event is not None
    chance = 1.0
    for at in {*before.y[before.y < time]}:
        censored = before.weight[(before.y == at) & ~before.event].sum()
        there = before.weight[before.y > at].sum() + censored
        chance *= 1 - censored / there if there else 1.0
    return float(chance)


def test_an_event_without_weight_ends_nothing() -> None:
    """Uno's curve ends with the last event that counts: after it all that count are censored."""
    before = Observed(
        np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 0.0]), np.array([True, False, True])
    )
    observed = Observed(np.array([1.0, 3.0, 4.0]), np.ones(3), np.ones(3, dtype=bool))
    eta = np.array([1.0, 0.0, 2.0])[:, None, None]
    # of the pairs those of the event at 1 are left, one of the two in order
    assert 0.5 == SurvivalScores(observed, before).score(["uno_c"], eta)["uno_c"][0]


def test_censoring_curve_by_hand() -> None:
    """Of six rows two are censored: one of the five left at 2, one of the two left at 4."""
    before = Observed(
        np.array([1.0, 2.0, 3.0, 4.0, 4.0, 5.0]),
        np.ones(6),
        np.array([True, False, True, True, False, True]),
    )
    found = uncensored_before(before, np.array([0.5, 2.0, 2.5, 4.0, 4.5, 9.0]))
    # at 4 the row with an event has left, so the censored one is of two
    np.testing.assert_allclose(found, [1.0, 1.0, 0.8, 0.8, 0.4, 0.4])


@pytest.mark.parametrize("metric", FAMILY_METRICS["cox"])
def test_without_events_nothing_is_defined(metric: MetricName) -> None:
    """NaN and no error, with the training side and without."""
    observed = Observed(np.array([1.0, 2.0, 3.0]), np.ones(3), np.zeros(3, dtype=bool))
    scoring = SurvivalScores(observed, rows())
    eta = np.zeros((3, 2, 1))
    for training_eta in (None, lambda: np.zeros((len(DATA), 2, 1))):
        assert np.isnan(scoring.score([metric], eta, training_eta=training_eta)[metric]).all()


def test_training_rows_are_asked_for_the_deviance_alone() -> None:
    """Concordances do not make the training rows' linear predictors."""
    asked = []

    def training_eta() -> Floats:
        asked.append(1)
        return np.zeros((len(DATA), 1, 1))

    scoring, eta = SurvivalScores(rows(), rows()), np.zeros((len(DATA), 1, 1))
    scoring.score(["harrell_c", "uno_c"], eta, training_eta=training_eta)
    assert not asked
    scoring.score(["partial_deviance"], eta, training_eta=training_eta)
    assert [1] == asked


def test_far_hazards_keep_the_deviance() -> None:
    """Of hazards exp(1000) apart deaths in their order are certain; the reverse costs each step.

    In the reverse order the first to die had 1 chance in exp(2000), the second 1 in exp(1000).
    """
    observed = Observed(np.array([1.0, 2.0, 3.0]), np.ones(3), np.ones(3, dtype=bool))
    eta = np.array([[2000.0, 0.0], [1000.0, 1000.0], [0.0, 2000.0]])
    found = breslow_deviance(observed, eta, np.ones((3, 1)))
    np.testing.assert_allclose(found, [0.0, 2 * (2000.0 + 1000.0)], atol=1e-9)


@pytest.mark.parametrize("spread", [1.0, 300.0])
def test_a_common_shift_changes_no_deviance(spread: float) -> None:
    """A partial likelihood has no intercept."""
    eta = spread * DATA[["fine", "rough"]].to_numpy(float)
    weight = rows(weighted=True).weight[:, None]
    first = breslow_deviance(rows(), eta, weight)
    np.testing.assert_allclose(breslow_deviance(rows(), eta + 500.0, weight), first, rtol=1e-9)


@pytest.mark.parametrize("metric", ["harrell_c", "uno_c"])
def test_weights_in_place_of_the_rows_own(metric: MetricName) -> None:
    """Scores under several sets of counts are those of the rows repeated as often."""
    observed, n = rows(weighted=True), len(DATA)
    counts = np.random.default_rng(0).poisson(1.0, (n, 4))
    eta = DATA["fine"].to_numpy(float)
    scoring = SurvivalScores(observed, observed)
    weight = counts * observed.weight[:, None]
    found = scoring.score([metric], eta[:, None, None], weight=weight)[metric]
    for count, score in zip(counts.T, found, strict=True):
        drawn = np.repeat(np.arange(n), count)
        again = SurvivalScores(observed.take(drawn), observed)
        expected = again.score([metric], eta[drawn, None, None])[metric][0]
        assert expected == pytest.approx(score, rel=1e-9)


def test_deviance_under_other_weights_keeps_the_ties_of_the_rows_own() -> None:
    """The likelihood is that of the rows repeated; what is tied is as it was."""
    observed, n = rows(weighted=True), len(DATA)
    assert observed.event is not None
    counts = np.random.default_rng(0).poisson(1.0, (n, 4))
    eta = DATA["fine"].to_numpy(float)
    weight = counts * observed.weight[:, None]
    scoring = SurvivalScores(observed, observed)
    found = scoring.score(["partial_deviance"], eta[:, None, None], weight=weight)
    for own, score in zip(weight.T, found["partial_deviance"], strict=True):
        total = 0.0
        for i in np.flatnonzero(observed.event):
            risk = own[observed.y >= observed.y[i]] @ np.exp(eta[observed.y >= observed.y[i]])
            tied = observed.weight[(observed.y == observed.y[i]) & observed.event].sum()
            total += own[i] * (np.log(risk) - eta[i] - np.log(tied)) if own[i] else 0.0
        assert 2 * total / own[observed.event].sum() == pytest.approx(score, rel=1e-9)
