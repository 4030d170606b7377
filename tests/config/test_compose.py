"""Composing: options, the user's own files, and how a sweep unfolds into jobs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runner.config import composer, validate
from runner.errors import ConfigError

if TYPE_CHECKING:
    from runner.config import Composed, ExperimentConfig


def compose(*overrides: str, config_dir: Path | None = None, name: str = "config") -> Composed:
    """Compose the one job of a command line."""
    with composer(config_dir, name) as composing:
        return composing.compose(list(overrides))


def jobs_of(*overrides: str, multirun: bool = True) -> list[dict[str, str]]:
    """Unfold a sweep; gives the overrides of each job."""
    with composer(None, "config") as composing:
        jobs, swept = composing.jobs(list(overrides), multirun=multirun)
        assert swept
        return [dict(override.split("=", 1) for override in job) for job in jobs]


def checked(*overrides: str, config_dir: Path | None = None) -> ExperimentConfig:
    """Compose and validate the one job of a command line."""
    return validate(compose(*overrides, config_dir=config_dir).sections)


def write(folder: Path, name: str, text: str) -> None:
    """Write a YAML file of the user's."""
    file = folder / f"{name}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def test_defaults_are_a_whole_experiment() -> None:
    """Without any override there is one option of every group, and no experiment preset."""
    composed = compose()
    expected = {
        "dataset": "nhefs",
        "split": "kfold",
        "imputer": "mean",
        "features": "main_effects",
        "family": "gaussian",
        "model": "elastic_net",
        "search": "grid",
        "evaluation": "standard",
        "persistence": "pickle",
        "report": "html",
        "launcher": "serial",
        "experiment": None,
    }
    assert expected == composed.choices
    assert {} == composed.overrides
    assert "experiment" not in composed.sections


def test_an_option_replaces_its_whole_section() -> None:
    """Choosing an option brings its keys and leaves none of the default's."""
    sections = compose("imputer=knn", "split=holdout").sections
    assert "knn" == sections["imputer"]["name"]
    assert {"name": "holdout", "test": 0.2, "validation": 0.2} == sections["split"]


def test_overrides_are_recorded_by_key() -> None:
    """What the command line says is recorded by key, whatever its prefix; Hydra's keys apart."""
    composed = compose("seed=3", "+search.space.imputer.n_neighbors=[3]", "hydra.run.dir=here")
    expected = {"seed": "3", "search.space.imputer.n_neighbors": "[3]"}
    assert expected == composed.overrides
    assert Path("here") == composed.run_dir


def test_own_option_is_filled_from_the_packaged_one(tmp_path: Path) -> None:
    """An option of the user's says only what differs; the rest comes from the packaged YAML."""
    write(tmp_path, "imputer/near", "name: knn\nn_neighbors: 2\n")
    imputer = checked("imputer=near", config_dir=tmp_path).imputer
    expected = {
        "name": "knn",
        "n_neighbors": 2,
        "weights": "uniform",
        "indicator": False,
        "indicator_threshold": 0.05,
        "categorical": "missing",
        "categorical_value": "unknown",
        "delta": 0.0,
        "columns": {"drop": None},
        "rows": {"drop": None, "predict": "impute"},
    }
    assert expected == imputer.model_dump()


def test_own_option_builds_on_a_packaged_one(tmp_path: Path) -> None:
    """An option of the user's may take a packaged one in its defaults list and change it."""
    (tmp_path / "my.csv").write_text("a,y\n1,2\n")
    text = f"defaults: [csv]\npath: {tmp_path / 'my.csv'}\ntarget: y\n"
    write(tmp_path, "dataset/mine", text)
    dataset = checked("dataset=mine", config_dir=tmp_path).dataset
    assert "csv" == dataset.name
    assert ("y", ",") == (dataset.model_dump()["target"], dataset.model_dump()["separator"])


def test_own_primary_config(tmp_path: Path) -> None:
    """A primary config of the user's builds on the packaged one, options of both at hand."""
    text = "defaults: [/config, {override /model: lasso}, _self_]\nseed: 7\n"
    write(tmp_path, "mine", text)
    write(tmp_path, "imputer/near", "name: knn\n")
    composed = compose("imputer=near", config_dir=tmp_path, name="mine")
    config = validate(composed.sections)
    assert (7, "lasso", "knn") == (config.general.seed, config.model.name, config.imputer.name)


def test_own_folder_may_have_any_name(tmp_path: Path) -> None:
    """Spaces and commas in the path of the user's folder mean nothing to Hydra."""
    folder = tmp_path / "my configs, all [of] them"
    write(folder, "imputer/near", "name: knn\n")
    assert "knn" == checked("imputer=near", config_dir=folder).imputer.name


def test_own_option_with_a_packaged_name_is_refused(tmp_path: Path) -> None:
    """A file that could not be told from a packaged option is an error, not passed over."""
    write(tmp_path, "imputer/mean", "name: knn\n")
    with pytest.raises(ConfigError, match=r"mean\.yaml has the name of a packaged option"):
        compose(config_dir=tmp_path)


def test_own_preset_sets_what_it_wants(tmp_path: Path) -> None:
    """A preset of the user's chooses options and sets keys; the command line has the last word."""
    text = (
        "# @package _global_\ndefaults: [{override /model: lasso}]\nseed: 5\nsplit: {folds: 4}\n"
        "model: {alpha: {values: [0.1, 0.2]}}\n"
    )
    write(tmp_path, "experiment/mine", text)
    config = checked("experiment=mine", "seed=6", config_dir=tmp_path)
    assert (6, 4) == (config.general.seed, config.split.model_dump()["folds"])
    assert {"values": [0.1, 0.2]} == config.model.model_dump()["alpha"]


def test_a_list_in_a_preset_is_refused_with_what_to_write(tmp_path: Path) -> None:
    """YAML that puts a list over a section is refused, and the file named."""
    write(tmp_path, "experiment/mine", "# @package _global_\nmodel: {alpha: [0.1, 0.2]}\n")
    with pytest.raises(ConfigError, match=r"experiment/mine.*values"):
        compose("experiment=mine", config_dir=tmp_path)


def test_commas_sweep_over_every_combination() -> None:
    """Values separated by commas unfold into every combination, the last key fastest."""
    expected = [
        {"imputer": "mean", "model": "lasso"},
        {"imputer": "mean", "model": "ridge"},
        {"imputer": "knn", "model": "lasso"},
        {"imputer": "knn", "model": "ridge"},
    ]
    assert expected == jobs_of("imputer=mean,knn", "model=lasso,ridge")


def test_functions_sweep() -> None:
    """choice() and range() unfold as commas do; a list in brackets is one value."""
    assert [{"seed": "1"}, {"seed": "4"}] == jobs_of("seed=choice(1,4)")
    assert [{"seed": "0"}, {"seed": "1"}, {"seed": "2"}] == jobs_of("seed=range(3)")
    assert [{"model.l1_ratio": "[0.1,0.5]"}] == jobs_of("model.l1_ratio=[0.1,0.5]")


def test_glob_sweeps_over_options() -> None:
    """glob(*) stands for every option of a group that matches."""
    expected = ["elastic_net", "lasso", "ols", "ridge"]
    assert expected == [job["model"] for job in jobs_of("model=glob(*)")]
    assert ["mean", "median"] == [job["imputer"] for job in jobs_of("imputer=glob(me*)")]


@pytest.mark.parametrize("multirun", [True, False])
def test_a_preset_sweeps_by_itself(multirun: bool) -> None:
    """A preset brings its own sweep, with or without -m."""
    expected = ["elastic_net", "lasso", "ridge", "ols"]
    jobs = jobs_of("experiment=compare_penalties", multirun=multirun)
    assert expected == [job["model"] for job in jobs]
    assert {"compare_penalties"} == {job["experiment"] for job in jobs}


def test_the_command_line_replaces_keys_of_a_preset() -> None:
    """A key that the command line names is not the preset's any more; other sweeps add to it."""
    jobs = jobs_of("experiment=compare_penalties", "model=lasso,ols", "seed=1,2")
    expected = [("lasso", "1"), ("lasso", "2"), ("ols", "1"), ("ols", "2")]
    assert expected == [(job["model"], job["seed"]) for job in jobs]


def test_presets_can_be_swept() -> None:
    """Each of several presets brings its own sweep."""
    jobs = jobs_of("experiment=compare_penalties,compare_imputers")
    assert 4 + 5 == len(jobs)
    assert 5 == sum("imputer" in job for job in jobs)


# datasets whose columns have roles that squared error has no use for
FAMILIES = {"delays": "poisson", "lung": "cox"}


@pytest.mark.usefixtures("composed")
@pytest.mark.parametrize("folder", ["split", "imputer", "features", "model", "search"])
def test_every_packaged_option_validates(folder: str) -> None:
    """Each option that ships, with the rest by default but for a time of lags, is valid."""
    for option in options_of(folder):
        chosen = [f"{folder}={option}"]
        chosen += ["model.alpha=0.1", "model.l1_ratio=0.5"] if option == "none" else []
        chosen += ["dataset=ridership", "split=time"] if option == "lags" else []
        assert option == getattr(checked(*chosen), folder).name


@pytest.mark.usefixtures("composed")
@pytest.mark.parametrize("folder", ["dataset", "persistence", "report", "experiment"])
def test_every_other_packaged_option_validates(folder: str) -> None:
    """So do datasets, formats, reports and presets; a file's path and target are the user's."""
    for option in options_of(folder):
        chosen = [f"{folder}={option}"]
        if option in {"csv", "parquet", "svmlight", "matrix_market", "long"}:
            chosen.append(f"dataset.path={__file__}")
        if option in {"csv", "parquet", "long"}:
            chosen.append("dataset.target=y")
        if option == "matrix_market":
            chosen.append(f"dataset.target_path={__file__}")
        chosen += (
            [f"family={FAMILIES[option]}"] if folder == "dataset" and option in FAMILIES else []
        )
        checked(*chosen)


def options_of(folder: str) -> list[str]:
    """The names of a group's packaged options."""
    packaged = Path(__file__).parents[2] / "conf"
    options = sorted(file.stem for file in (packaged / folder).glob("*.yaml"))
    assert options
    return options
