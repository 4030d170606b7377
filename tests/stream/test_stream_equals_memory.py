"""A streamed run gives what a run in memory gives on the same folds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sklearn_reference import candidate, make_specs
from twins import (
    KFOLD,
    METRICS_USED,
    SEED,
    assert_same_scores,
    file_dataset,
    in_memory,
    mixed_rows,
    refit,
    score,
    streamed,
    write,
)

from runner.features.pipeline import prepare
from runner.search.resolve import Resolver, SearchSpace
from runner.search.scorer import Objective, Scorer
from runner.space import AlphaRange
from runner.split.hashed import HashedSplit
from runner.statistics.bootstrap import Bootstrap

if TYPE_CHECKING:
    from pathlib import Path

    from sklearn.pipeline import Pipeline

RTOL = 1e-9
DROP = {"drop": ["weight", "group"]}
WEIGHTED = {"weight": "weight", "drop": ["group"]}
MODELS = {
    "elastic_net": [candidate(0.05, 0.3), candidate(0.4, 0.9)],
    "lasso": [candidate(0.02, 1.0)],
    "ridge": [candidate(0.1, 0.0)],
    "ols": [candidate(0.0, 0.0)],
}
VARIATIONS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "plain": ("mean", {}, DROP),
    "indicators": ("mean", {"imputer.indicator": True}, DROP),
    "often": ("mean", {"imputer.indicator": "auto"}, DROP),
    "constant": ("constant", {"imputer.value": 2.5}, DROP),
    "weighted": ("mean", {"imputer.indicator": True}, WEIGHTED),
    "drop-first": ("mean", {"features.drop": "first"}, DROP),
    "drop-none": ("mean", {"features.drop": None}, DROP),
    "commonest": ("mean", {"imputer.categorical": "most_frequent"}, DROP),
    "no-intercept": ("mean", {"model.fit_intercept": False}, DROP),
    "codes": ("mean", {}, {**DROP, "categorical": ["whole"]}),
    "unscaled": ("mean", {"features.scale": False}, {"drop": ["weight", "group", "small"]}),
    "unscaled-weighted": (
        "mean",
        {"features.scale": False, "model.fit_intercept": False},
        {"weight": "weight", "drop": ["group", "small", "large"]},
    ),
}


def attributes(pipeline: Pipeline) -> dict[str, np.ndarray]:
    """What was fitted, by name."""
    found: dict[str, Any] = {}
    columns = pipeline.named_steps["columns"].named_transformers_
    found["statistics"] = columns["numeric"].statistics_
    if "indicator" in columns:
        found["indicators"] = columns["indicator"].features_
    encoder = columns["categorical"].named_steps["encoder"]
    for at, levels in enumerate(encoder.categories_):
        found[f"categories {at}"] = np.array([str(level) for level in levels])
    if encoder.drop_idx_ is not None:
        found["dropped"] = np.array([-1 if at is None else at for at in encoder.drop_idx_])
    if "imputer" in columns["categorical"].named_steps:
        commonest = columns["categorical"].named_steps["imputer"].statistics_
        found["commonest"] = np.array([str(level) for level in commonest])
    if "scaler" in pipeline.named_steps:
        scaler = pipeline.named_steps["scaler"]
        found |= {name: getattr(scaler, name) for name in ("mean_", "scale_", "var_")}
        found["seen"] = np.array(scaler.n_samples_seen_)
    model = pipeline.named_steps["model"]
    return {**found, "coef": model.coef_, "intercept": np.array(model.intercept_)}


@pytest.mark.parametrize("variation", VARIATIONS)
@pytest.mark.parametrize("model", MODELS)
def test_scores_and_pipeline_equal_those_in_memory(
    model: str, variation: str, tmp_path: Path
) -> None:
    """Scores on every fold, every fitted attribute, predictions and the test score agree."""
    imputer, options, roles = VARIATIONS[variation]
    dataset = file_dataset(write(mixed_rows(), tmp_path / "mixed.parquet"), **roles)
    stream, memory = streamed(dataset, batch_rows=64), in_memory(dataset)
    specs, points = make_specs(imputer, model, options), MODELS[model]
    assert_same_scores(score(memory.folds, specs, points), score(stream.folds, specs, points), RTOL)
    expected, actual = refit(memory, specs, points[0]), refit(stream, specs, points[0])
    fitted = attributes(actual.pipeline)
    for name, value in attributes(expected.pipeline).items():
        if value.dtype.kind == "f":
            np.testing.assert_allclose(fitted[name], value, rtol=1e-8, atol=1e-8, err_msg=name)
        else:
            np.testing.assert_array_equal(fitted[name], value, err_msg=name)
    features = memory.folds.table.features
    np.testing.assert_allclose(
        actual.pipeline.predict(features), expected.pipeline.predict(features), 1e-8, 1e-8
    )
    for column in ("coefficient", "standardised", "sd", "rank"):
        np.testing.assert_allclose(
            actual.coefficients[column], expected.coefficients[column], rtol=1e-7, atol=1e-9
        )
    assert list(expected.coefficients["feature"]) == list(actual.coefficients["feature"])


def test_test_scores_equal_those_in_memory(tmp_path: Path) -> None:
    """The test rows' scores agree, and their intervals hold them."""
    dataset = file_dataset(write(mixed_rows(), tmp_path / "mixed.parquet"), **WEIGHTED)
    specs, point = make_specs("mean", "lasso"), candidate(0.02, 1.0)
    bootstrap = Bootstrap(resamples=200, level=0.9)
    found = []
    for data in (in_memory(dataset), streamed(dataset)):
        preparation = prepare(specs, data.folds.table, SEED)
        _, test = data.score_test(refit(data, specs, point), preparation, bootstrap, seed=SEED)
        assert test is not None
        found.append(test)
    memory, stream = found
    assert memory["rows"] == stream["rows"]
    for metric in METRICS_USED:
        np.testing.assert_allclose(stream[metric]["score"], memory[metric]["score"], rtol=1e-8)
        assert stream[metric]["low"] < stream[metric]["score"] < stream[metric]["high"]


def test_alphas_equal_those_in_memory(tmp_path: Path) -> None:
    """The range of alphas, which comes from all training rows, is the same."""
    dataset = file_dataset(write(mixed_rows(), tmp_path / "mixed.parquet"), **DROP)
    specs = make_specs("mean", "lasso")
    space = SearchSpace.of({"alpha": AlphaRange(eps=0.01, count=5), "l1_ratio": 1.0}, {})
    alphas = []
    for data in (in_memory(dataset), streamed(dataset)):
        objective = Objective("mse", METRICS_USED)
        scorer = Scorer(data.folds, specs, objective, seed=SEED, progress=lambda _: None)
        resolver = Resolver(space, scorer.alpha_max)
        alphas.append([resolver.candidate(point).alpha for point in space.grid()])
    np.testing.assert_allclose(alphas[1], alphas[0], rtol=1e-11)


@pytest.mark.parametrize(
    "split",
    [
        HashedSplit("split.validation", test=0.2, folds=1, validation=0.3),
        HashedSplit("split.folds", test=None, folds=2),
        HashedSplit("split.folds", test=0.2, folds=3, by_group=True),
    ],
    ids=["holdout", "no-test", "grouped"],
)
def test_other_splits(split: HashedSplit, tmp_path: Path) -> None:
    """Scores agree for every split that streams."""
    frame = mixed_rows()
    roles = {"drop": ["weight"], "group": "group"} if split.by_group else DROP
    dataset = file_dataset(write(frame, tmp_path / "mixed.parquet"), **roles)
    memory = in_memory(dataset, split, frame["group"] if split.by_group else None)
    stream = streamed(dataset, split, batch_rows=50)
    specs, points = make_specs("mean", "elastic_net"), MODELS["elastic_net"]
    assert_same_scores(score(memory.folds, specs, points), score(stream.folds, specs, points), RTOL)


@pytest.mark.parametrize("batch_rows", [1, 7, 100, 1000])
def test_batches_do_not_matter(batch_rows: int, tmp_path: Path) -> None:
    """Scores are the same whatever the size of a batch."""
    dataset = file_dataset(write(mixed_rows(150), tmp_path / "mixed.parquet"), **DROP)
    specs, points = make_specs("mean", "elastic_net"), MODELS["elastic_net"]
    expected = score(streamed(dataset).folds, specs, points)
    actual = score(streamed(dataset, batch_rows=batch_rows).folds, specs, points)
    assert_same_scores(expected, actual, RTOL)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_folder_equals_one_file(suffix: str, tmp_path: Path) -> None:
    """The files of a folder are read in the order of their names."""
    frame = mixed_rows()
    one = file_dataset(write(frame, tmp_path / f"one{suffix}"), **DROP)
    folder = tmp_path / "many"
    folder.mkdir()
    for at, start in enumerate(range(0, len(frame), 130)):
        write(frame.iloc[start : start + 130], folder / f"part-{at}{suffix}")
    many = file_dataset(folder, **DROP)
    specs, points = make_specs("mean", "elastic_net"), MODELS["elastic_net"]
    assert_same_scores(
        score(streamed(one).folds, specs, points), score(streamed(many).folds, specs, points), RTOL
    )


def test_csv_equals_parquet(tmp_path: Path) -> None:
    """The two formats give the same, split by group too."""
    frame = mixed_rows()
    split = HashedSplit(KFOLD.key, KFOLD.test, KFOLD.folds, by_group=True)
    roles = {"weight": "weight", "group": "group"}
    csv = streamed(file_dataset(write(frame, tmp_path / "a.csv"), **roles), split)
    parquet = streamed(file_dataset(write(frame, tmp_path / "a.parquet"), **roles), split)
    specs, points = make_specs("mean", "elastic_net"), MODELS["elastic_net"]
    assert_same_scores(score(csv.folds, specs, points), score(parquet.folds, specs, points), RTOL)
    assert csv.describe() == {**parquet.describe(), "encoding": "utf-8"}


def test_description_equals_that_in_memory(tmp_path: Path) -> None:
    """Rows, gaps, and the features of a manifest are counted alike."""
    dataset = file_dataset(write(mixed_rows(), tmp_path / "mixed.parquet"), **WEIGHTED)
    memory, stream = in_memory(dataset), streamed(dataset, batch_rows=33)
    described = stream.describe()
    for key, value in memory.describe().items():
        assert described[key] == pytest.approx(value)
    assert memory.missing_numeric() == stream.missing_numeric()
    for one, other in zip(memory.describe_columns(), stream.describe_columns(), strict=True):
        assert one == pytest.approx(other) if one["kind"] == "numeric" else one == other
