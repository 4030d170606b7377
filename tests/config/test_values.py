"""Values: what a penalty may be written as, and what a search space may hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from test_compose import checked

from runner.errors import ConfigError

if TYPE_CHECKING:
    from runner.space import Dimension

pytestmark = pytest.mark.usefixtures("composed")
SMALL = 1e-12


def dimension(key: str, *overrides: str) -> Dimension:
    """Compose, validate, and give one dimension of the search space."""
    return checked(*overrides).search_space.dimensions[key]


def test_a_number_is_fixed() -> None:
    """An alpha that is a number is no dimension."""
    space = checked("model.alpha=0.3", "model.l1_ratio=1").search_space
    assert {} == space.dimensions
    assert {"model.alpha": 0.3, "model.l1_ratio": 1.0} == space.fixed


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("[0.1,0.01]", [0.1, 0.01]),
        ("{values:[0.1,0.01]}", [0.1, 0.01]),
        ("{eps:0.01,count:3}", [1.0, 0.1, 0.01]),
        ("{low:0.01,high:1,log:true,count:3}", [0.01, 0.1, 1.0]),
        ("{low:0.0,high:1.0,count:3}", [0.0, 0.5, 1.0]),
    ],
)
def test_alpha_is_written_in_many_ways(written: str, expected: list[float]) -> None:
    """A list, fractions of alpha_max, or a range: on the command line, over a default range."""
    found = dimension("model.alpha", f"model.alpha={written}").grid()
    assert expected == pytest.approx(found, abs=SMALL)


@pytest.mark.parametrize("written", ["[0.1,0.9]", "{low:0.1,high:0.9,count:2}"])
def test_l1_ratio_is_written_in_many_ways(written: str) -> None:
    """A list or a range, over a default list."""
    found = dimension("model.l1_ratio", f"model.l1_ratio={written}").grid()
    assert [0.1, 0.9] == pytest.approx(found, abs=SMALL)


def test_a_part_of_a_range_can_be_set() -> None:
    """A range keeps the parts that an override leaves out."""
    expected = {"eps": 0.1, "count": 100}
    assert expected == dimension("model.alpha", "model.alpha.eps=0.1").model_dump()
    assert expected == dimension("model.alpha", "model.alpha={eps:0.1}").model_dump()


@pytest.mark.parametrize(
    "space",
    [
        "+search.space.imputer.n_neighbors=[3,5]",
        "search.space={imputer.n_neighbors:[3,5]}",
        "search.space={imputer:{n_neighbors:[3,5]}}",
        "+search.space={imputer:{n_neighbors:{values:[3,5]}}}",
    ],
)
def test_the_space_is_nested_or_dotted(space: str) -> None:
    """A key of the space means the same nested and dotted."""
    found = dimension("imputer.n_neighbors", "imputer=knn", space)
    assert [3, 5] == found.grid()


@pytest.mark.parametrize(
    ("space", "expected"),
    [
        ("+search.space.features.scale=[true,false]", [True, False]),
        ("+search.space.imputer.n_neighbors={low:1,high:9,count:3}", [1, 5, 9]),
        ("+search.space.imputer.weights=[uniform,distance]", ["uniform", "distance"]),
        ("+search.space.features.drop=[null,first]", [None, "first"]),
        ("+search.space.model.positive=true", [True]),
    ],
)
def test_the_space_takes_any_kind_of_value(space: str, expected: list[Any]) -> None:
    """Flags, whole numbers, names and null of imputer, features and model can be searched."""
    (key,) = {space.partition("=")[0].removeprefix("+search.space.")}
    assert expected == dimension(key, "imputer=knn", space).grid()


def test_the_space_has_the_last_word_on_the_penalty() -> None:
    """A penalty in the space replaces the model's own."""
    found = dimension("model.alpha", "+search.space.model.alpha=[0.5]")
    assert [0.5] == found.grid()


def test_keys_of_other_options_are_passed_over() -> None:
    """A key that only another option has does not stop a sweep over options."""
    space = checked("imputer=mean", "+search.space.imputer.n_neighbors=[3]").search_space
    assert "imputer.n_neighbors" not in space.dimensions


@pytest.mark.parametrize(
    ("space", "named"),
    [
        ("+search.space.imputer.neighbours=[3]", "did you mean search.space.imputer.n_neighbors"),
        ("+search.space.alpha=[3]", "search.space.alpha"),
        ("+search.space.seed=[3]", "search.space.seed"),
        ("+search.space.imputer=[knn]", "search.space.imputer"),
        ("+search.space.imputer.n_neighbors=[1.5]", "search.space.imputer.n_neighbors is 1.5"),
        ("+search.space.imputer.n_neighbors=[a]", "search.space.imputer.n_neighbors is 'a'"),
        ("+search.space.imputer.n_neighbors={low:0,high:3,count:2}", "is 0, but"),
        ("+search.space.imputer.weights=[near]", "search.space.imputer.weights is 'near'"),
        ("+search.space.model.alpha=[-1]", "search.space.model.alpha is -1"),
        ("+search.space.model.l1_ratio=[2]", "search.space.model.l1_ratio is 2"),
        ("+search.space.model.alpha=[]", "search.space.model.alpha"),
        ("+search.space.model.tol=[null]", "search.space.model.tol"),
    ],
)
def test_a_wrong_space_is_refused(space: str, named: str) -> None:
    """A key that no option has, or a value that the key cannot take, is named."""
    with pytest.raises(ConfigError) as refused:
        checked("imputer=knn", space)
    assert named in str(refused.value)


def test_trial_metrics_hold_the_optimised_one() -> None:
    """What is optimised is recorded of every trial, asked for or not."""
    assert ("rmse", "r2") == checked("metric=r2", "trial_metrics=[rmse]").trial_metrics
    assert ("mse", "mape") == checked("trial_metrics=mape").trial_metrics


@pytest.mark.parametrize("imputer", ["mean", "knn"])
def test_trials_have_what_is_cheap_and_the_optimised(imputer: str) -> None:
    """By default the four metrics that moments give and the optimised one, for every imputer."""
    cheap = ("mse", "rmse", "r2", "explained_variance")
    assert cheap == checked(f"imputer={imputer}").trial_metrics
    with_mae = checked(f"imputer={imputer}", "metric=mae").trial_metrics
    assert ("mse", "rmse", "mae", "r2", "explained_variance") == with_mae


def test_null_is_every_metric() -> None:
    """trial_metrics=null is all of them."""
    assert 7 == len(checked("trial_metrics=null").trial_metrics)


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (("model.relax=0.5", "model.positive=true"), "model.positive"),
        (("model.relax=[1,0]", "model.limits={age: [0, null]}"), "model.limits"),
        (("model.relax=[1,2]",), "from 0 to 1"),
        (("model.relax=0", "dataset=churn", "family=binomial"), "family=binomial"),
    ],
)
def test_what_least_squares_cannot_answer_is_refused(overrides: tuple[str, ...], said: str) -> None:
    """Bounds and other families, before any work; a share is from 0 to 1."""
    with pytest.raises(ConfigError, match=said):
        checked(*overrides)


def test_a_share_of_1_changes_nothing() -> None:
    """It is no value of a candidate then, and bounds are allowed."""
    space = checked("model.positive=true").search_space
    assert "model.relax" not in {**space.fixed, **space.dimensions}
