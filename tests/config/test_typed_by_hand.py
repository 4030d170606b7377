"""What people type: keys that their own file leaves out, and values with odd characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runner.config import composer, validate
from runner.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from runner.config import ExperimentConfig

pytestmark = pytest.mark.usefixtures("composed")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder with a dataset file that names as little as it can, and its CSV."""
    (tmp_path / "dataset").mkdir()
    (tmp_path / "my;data.csv").write_text("a,y\n1,2\n", encoding="utf-8")
    text = f"name: csv\npath: {tmp_path}/my;data.csv\ntarget: y\n"
    (tmp_path / "dataset" / "mine.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def checked(config_dir: Path | None, *overrides: str) -> ExperimentConfig:
    """Compose and validate what a command line says."""
    with composer(config_dir, "config") as composing:
        (job,), _ = composing.jobs(list(overrides), multirun=False)
        return validate(composing.compose(job).sections)


def test_a_key_that_the_file_leaves_out_can_be_set(own: Path) -> None:
    """A key of the kind needs no plus sign, in the user's own file or not."""
    config = checked(own, "dataset=mine", "dataset.time=a", "dataset.drop=[b]")
    assert ("a", ["b"]) == (config.dataset.time, config.dataset.drop)  # type: ignore[attr-defined]


def test_a_key_of_another_option_is_explained(own: Path) -> None:
    """A parameter that only another option of the group has is refused with those there are."""
    with pytest.raises(
        ConfigError, match=r"search\.timeout is not a key \(keys here: name, rule, within, space\)"
    ):
        checked(own, "search.timeout=5")


@pytest.mark.parametrize("search", ["random", "optuna", "grid"])
def test_the_old_name_of_n_trials_is_refused_with_the_new(own: Path, search: str) -> None:
    """On the command line and in a file of one's own, whichever search is chosen."""
    said = r"search\.n_iter is not a key any more: its name is search\.n_trials"
    with pytest.raises(ConfigError, match=said):
        checked(None, f"search={search}", "search.n_iter=5")
    (own / "search").mkdir(exist_ok=True)
    (own / "search" / "old.yaml").write_text(f"name: {search}\nn_iter: 5\n")
    with pytest.raises(ConfigError, match=said):
        checked(own, "search=old")


def test_random_and_optuna_count_trials_by_one_key() -> None:
    """search.n_trials is the budget of both."""
    sizes = [
        config.search.size(config.search_space)
        for config in (
            checked(None, f"search={s}", "search.n_trials=7") for s in ("random", "optuna")
        )
    ]
    assert [7, 7] == sizes


@pytest.mark.parametrize("separator", [";", "~", "("])
def test_odd_characters_are_taken_literally(own: Path, separator: str) -> None:
    """A value that Hydra's grammar has no place for is taken as it was typed."""
    config = checked(own, "dataset=mine", f"dataset.separator={separator}")
    assert separator == config.dataset.separator  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ('{"age": 0}', {"age": 0}),
        ("{'age':0,\"town_*\" : 2}", {"age": 0, "town_*": 2}),
        ('{"size (m)": 0, "a,b": 1, plain: 3}', {"size (m)": 0, "a,b": 1, "plain": 3}),
        ("{age: 0}", {"age": 0}),
    ],
)
def test_names_in_a_dictionary_may_be_quoted(typed: str, expected: dict[str, float]) -> None:
    """As YAML and JSON have them, though Hydra's grammar has no such names."""
    config = checked(None, f"model.penalty_factors={typed}")
    assert expected == config.model.model_dump()["penalty_factors"]


def test_rules_for_columns_go_with_any_model() -> None:
    """A chosen option beside a section that is added to is no section itself."""
    config = checked(None, "model=ridge", "model.limits={age: [0, null]}")
    assert "ridge" == config.model.name
    assert {"age": (0.0, None)} == config.model.limits
    rest = checked(None, "model=ols", "model.limits={a: [null, 0], b: [-1, 1]}").model.limits
    assert ["a", "b"] == list(rest)


def test_a_word_alone_is_no_override() -> None:
    """A file name in the place of an override is said to be none."""
    with pytest.raises(ConfigError, match=r"'my\.csv' is not KEY=VALUE or GROUP=OPTION"):
        checked(None, "my.csv")


def test_keys_that_do_not_apply_are_known() -> None:
    """A key of the space that only other options have is passed over, and listed."""
    config = checked(None, "+search.space.imputer.n_neighbors=[3,5]")
    assert ["imputer.n_neighbors"] == config.ignored_space
    assert "imputer.n_neighbors" not in config.search_space.dimensions
