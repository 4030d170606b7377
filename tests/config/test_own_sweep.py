"""`sweep` in an experiment's YAML: a product, less what is excluded; the command line over it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from runner.config import composer, validate
from runner.config.own_sweep import override
from runner.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "# @package _global_\n"
STUDY = """\
sweep:
  product:
    dataset: [hitters, penguins]
    imputer: [mean, knn, linear]
  exclude:
    - {dataset: hitters, imputer: knn}
    - {dataset: penguins, imputer: [mean, linear]}
"""


def unfolded(folder: Path, text: str, *overrides: str, where: str = "experiment") -> list[str]:
    """The jobs of a study, each as its overrides less the one that chooses it."""
    file = folder / where / "study.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(HEAD + text, encoding="utf-8")
    with composer(folder, "config") as composing:
        jobs, swept = composing.jobs([f"{where}=study", *overrides], multirun=False)
        assert swept
        return [" ".join(job[1:]) for job in jobs]


def test_the_product_less_what_is_excluded(tmp_path: Path) -> None:
    """Every combination, the last key fastest, less those that have all values of an entry."""
    expected = [
        "dataset=hitters imputer=mean",
        "dataset=hitters imputer=linear",
        "dataset=penguins imputer=knn",
    ]
    assert expected == unfolded(tmp_path, STUDY)


def test_the_command_line_counts_over_it(tmp_path: Path) -> None:
    """A key that is given is not the product's any more; what is excluded stays excluded."""
    given = unfolded(tmp_path, STUDY, "imputer=knn,median", "seed=1")
    assert [
        "imputer=knn seed=1 dataset=penguins",
        "imputer=median seed=1 dataset=hitters",
        "imputer=median seed=1 dataset=penguins",
    ] == given


def test_beside_hydras_own(tmp_path: Path) -> None:
    """Hydra's sweeper.params multiply with the product."""
    text = "hydra: {sweeper: {params: {seed: '1,2'}}}\nsweep: {product: {imputer: [mean, knn]}}\n"
    expected = ["seed=1 imputer=mean", "seed=1 imputer=knn",
                "seed=2 imputer=mean", "seed=2 imputer=knn"]  # fmt: skip
    assert expected == unfolded(tmp_path, text)


def test_hydras_own_alone(tmp_path: Path) -> None:
    """A preset in Hydra's own syntax sweeps by itself, as it did."""
    text = "hydra: {mode: MULTIRUN, sweeper: {params: {model: 'lasso,ridge'}}}\n"
    assert ["model=lasso", "model=ridge"] == unfolded(tmp_path, text)


VALUES: list[Any] = [
    0, -2, 0.5, 1e-9, True, False, None, "mean", "a b", "it's", "1", "true", "null", "a,b",
    "back\\slash", "end\\", "be\\'fore", "x=y", "", [0.1, 1.0], ["a b", "c"],
    {"low": 0.1, "high": 1, "log": True},
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_values_arrive_as_they_stand(value: Any) -> None:  # noqa: ANN401 - any YAML value
    """A value of YAML, spelt as an override, is read as the same value of the same type."""
    with composer(None, "config") as composing:
        read = composing._value_of(override("seed", value))
    assert (type(value), value) == (type(read), read)


def test_the_sweep_is_no_part_of_a_runs_config(tmp_path: Path) -> None:
    """Runs are validated and recorded without it."""
    unfolded(tmp_path, STUDY)
    with composer(tmp_path, "config") as composing:
        jobs, _ = composing.jobs(["experiment=study"], multirun=False)
        made = composing.compose(jobs[0], 0)
        assert "sweep" not in made.sections
        assert "product" not in composing.text(jobs[0], "all", resolve=False)
    assert "mean" == validate(made.sections).imputer.name
    assert "product" not in made.yaml["config"]


def compose_all(folder: Path, text: str) -> None:
    """Compose every job of a study."""
    jobs = unfolded(folder, text)
    with composer(folder, "config") as composing:
        for job in jobs:
            composing.compose(["experiment=study", job])


WRONG = {
    "unknown key": ("sweep: {prodct: {seed: [1]}}", "sweep.prodct is not a key; did you mean"),
    "no product": ("sweep: {exclude: []}", "sweep.product is None"),
    "no section": ("sweep: [1]", "sweep is [1]"),
    "empty list": ("sweep: {product: {seed: []}}", "sweep.product.seed is an empty list"),
    "key that is not swept": (
        "sweep: {product: {seed: [1, 2]}, exclude: [{sed: 1}]}",
        "sweep.exclude[0].sed is not a key; did you mean",
    ),
    "nothing excluded": (
        "sweep: {product: {seed: [1, 2]}, exclude: [{seed: 1}, {seed: 3}]}",
        "sweep.exclude[1] is {'seed': 3}, but no combination",
    ),
    "entry without keys": ("sweep: {product: {seed: [1]}, exclude: [{}]}", "sweep.exclude[0]"),
    "all excluded": ("sweep: {product: {seed: [1]}, exclude: {seed: 1}}", "leaves no run"),
    "unknown key of the config": ("sweep: {product: {sed: [1, 2]}}", "did you mean seed"),
    "both": (
        "hydra: {sweeper: {params: {seed: '1,2'}}}\nsweep: {product: {seed: [1]}}",
        "both name seed",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said(tmp_path: Path, name: str) -> None:
    """Each mistake is named with its key before any run."""
    text, said = WRONG[name]
    with pytest.raises(ConfigError) as refused:
        compose_all(tmp_path, text)
    assert said in str(refused.value)


@pytest.mark.parametrize("given", ["sweep.product.seed=[1]", "+sweep={product: {seed: [1]}}"])
def test_not_on_the_command_line(given: str) -> None:
    """There it is -m that sweeps."""
    with composer(None, "config") as composing, pytest.raises(ConfigError, match="write -m"):
        composing.jobs([given], multirun=False)


def test_not_in_another_group(tmp_path: Path) -> None:
    """An option of another group brings no sweep."""
    with pytest.raises(ConfigError, match="YAML of an experiment"):
        unfolded(tmp_path, "model: {name: ols}\nsweep: {product: {seed: [1]}}", where="model")
