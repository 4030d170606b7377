"""What two configs differ in, as values by dotted key and as words."""

from __future__ import annotations

from typing import Any

import pytest

from runner.store.differences import describe_differences, differences, flatten

OLD: dict[str, Any] = {"seed": 0, "model": {"alpha": 1.0, "space": {"l1_ratio": [0.5]}}}


def test_sections_become_dotted_keys() -> None:
    """Nested sections are flattened; lists and empty sections are values."""
    assert {"seed": 0, "model.alpha": 1.0, "model.space.l1_ratio": [0.5]} == flatten(OLD)
    assert {"search.space": {}, "a": None} == flatten({"search": {"space": {}}, "a": None})


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (OLD, {}),
        ({**OLD, "seed": 7}, {"seed": (0, 7)}),
        ({**OLD, "extra": {"a": 2}}, {"extra.a": (None, 2)}),
        ({"model": OLD["model"]}, {"seed": (0, None)}),
        (
            {"seed": 0, "model": {"alpha": 2.0, "space": {"l1_ratio": [0.5, 1.0]}}},
            {"model.alpha": (1.0, 2.0), "model.space.l1_ratio": ([0.5], [0.5, 1.0])},
        ),
        (
            {"seed": 0, "model": {"alpha": {"eps": 0.1}, "space": {"l1_ratio": [0.5]}}},
            {"model.alpha": (1.0, None), "model.alpha.eps": (None, 0.1)},
        ),
    ],
)
def test_each_key_that_differs_has_both_values(
    after: dict[str, Any], expected: dict[str, tuple[Any, Any]]
) -> None:
    """The earlier value, then the later one; None where a key is not there."""
    found = differences(OLD, after)
    assert (expected, list(expected)) == (found, list(found))


def test_the_order_of_keys_is_no_difference() -> None:
    """Configs that are written in another order are the same."""
    assert {} == differences(OLD, dict(reversed(OLD.items())))


def test_differences_as_words() -> None:
    """What is now comes first, what was then second."""
    said = describe_differences({"model.alpha": (2, 1), "search.name": ("grid", "random")})
    assert "model.alpha is 1 and not 2, search.name is 'random' and not 'grid'" == said
    assert "" == describe_differences({})
