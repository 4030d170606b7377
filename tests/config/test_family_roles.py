"""What a family cannot use, or lacks, is said before any data is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.config import composer, validate
from runner.errors import ConfigError

pytestmark = pytest.mark.usefixtures("composed")
FILE = ("dataset=csv", f"dataset.path={Path(__file__)}", "dataset.target=y")


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (
            ["family=poisson", "dataset.event=died"],
            "which family=poisson has no use for: choose family=cox",
        ),
        (["dataset.offset=z"], "family=gaussian has no use for: choose family=binomial, cox,"),
        (["dataset.exposure=z"], "dataset.exposure is 'z', which family=gaussian has no use for"),
        (["family=multinomial", "dataset.offset=z"], "family=multinomial has no use for"),
        (["family=cox"], "family=cox needs dataset.event: name the column that is 1"),
        (["family=gamma", "metric=mse"], "family=gamma does not have: choose among gamma_deviance"),
        (["family=binomial", "trial_metrics=[r2]"], "trial_metrics is 'r2', which family=binomial"),
        (["metric=log_loss"], "metric is 'log_loss', which family=gaussian does not have"),
        (["family=binomial", "dataset.stream=true"], "family=binomial needs the rows in memory"),
    ],
)
def test_the_message_names_key_and_family(overrides: list[str], said: str) -> None:
    """And what would serve."""
    with composer(None, "config") as composing:
        sections = composing.compose([*FILE, *overrides]).sections
    with pytest.raises(ConfigError) as refused:
        validate(sections)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "overrides",
    [
        ["family=cox", "dataset.event=died", "dataset.offset=z"],
        ["family=poisson", "dataset.exposure=z", "dataset.offset=u"],
        ["family=binomial", "dataset.offset=z"],
    ],
)
def test_roles_that_are_taken_pass(overrides: list[str]) -> None:
    """Each with the family that has a use for it."""
    with composer(None, "config") as composing:
        assert validate(composing.compose([*FILE, *overrides]).sections)
