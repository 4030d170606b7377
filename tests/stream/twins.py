"""The same data and folds twice: streamed, and in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from runner.config import validate_section
from runner.core.folds import Folds
from runner.core.metrics import FROM_MOMENTS, METRICS
from runner.experiment.in_memory import TableData
from runner.features.pipeline import prepare
from runner.records import Split
from runner.search.scorer import Objective, Scorer
from runner.split.hashed import HashedSplit, number_keys
from runner.stream.data import StreamedData
from runner.stream.file_batches import open_source
from runner.stream.passage import Passage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from runner.core.folds import FoldSource
    from runner.dataset.files import File
    from runner.evaluation.winner import Refit
    from runner.experiment.workspace import Data
    from runner.features.pipeline import Specs
    from runner.records import Candidate, Table, Trial

SEED = 3
KFOLD = HashedSplit("split.folds", test=0.25, folds=3)
METRICS_USED = tuple(metric for metric in METRICS if metric in FROM_MOMENTS)


def mixed_rows(rows: int = 400, seed: int = 0) -> pd.DataFrame:
    """Numbers of unlike scale and categories, with gaps; a target that lacks some values."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "whole": rng.integers(0, 9, rows).astype(float),
            "large": rng.normal(1e5, 20, rows),
            "small": rng.normal(0, 1e-3, rows),
            "full": rng.normal(5, 2, rows),
            "town": rng.choice(np.array(["York", "Bath", "Ely"], dtype=object), rows),
            "flag": rng.choice(np.array(["no", "yes"], dtype=object), rows),
        }
    )
    y = frame["full"] + 3.0 * (frame["town"] == "Bath") + 400 * frame["small"]
    frame = frame.mask(rng.random(frame.shape) < [0.2, 0.1, 0.15, 0.0, 0.1, 0.1])
    frame["weight"] = rng.uniform(0.2, 3, rows) * (rng.random(rows) < 0.95)
    frame["group"] = rng.integers(0, 40, rows)
    frame["y"] = (y + rng.normal(0, 1, rows)).mask(rng.random(rows) < 0.05)
    return frame


def file_dataset(path: Path, **keys: Any) -> File:  # noqa: ANN401 - config values
    """A streamed dataset of this file or folder, as the config gives it."""
    form = "csv" if path.suffix == ".csv" or any(path.glob("*.csv")) else "parquet"
    section = {"name": form, "path": str(path), "target": "y", "stream": True, **keys}
    dataset: Any = validate_section("dataset", section)
    found: File = dataset
    return found


def write(frame: pd.DataFrame, path: Path) -> Path:
    """Write a file in the form that its suffix says."""
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path, index=False)
    return path


def streamed(
    dataset: File, split: HashedSplit = KFOLD, *, batch_rows: int = 65_536
) -> StreamedData:
    """Read a dataset by batches."""
    passage = Passage(dataset, open_source(dataset), split, seed=SEED, batch_rows=batch_rows)
    return StreamedData(passage.run())


def in_memory(
    dataset: File, split: HashedSplit = KFOLD, groups: pd.Series | None = None
) -> TableData:
    """The dataset in memory, divided by the same hash."""
    table: Table = dataset.model_copy(update={"stream": False}).load(SEED)
    keys = table.row.astype(np.uint64)
    if groups is not None:
        keys = number_keys(groups.to_numpy(dtype=np.float64))[table.row]
    block = split.blocks(keys, SEED).astype(np.int64)
    is_train = block < split.n_fold_blocks
    train = np.flatnonzero(is_train)
    divided = Split(train, np.flatnonzero(~is_train), (block[train],), split.fold_list())
    return TableData(Folds(table, divided))


def score(folds: FoldSource, specs: Specs, points: Sequence[Candidate]) -> list[Trial]:
    """Score candidates."""
    objective = Objective("mse", METRICS_USED)
    return Scorer(folds, specs, objective, seed=SEED, progress=lambda _: None)(points)


def refit(data: Data, specs: Specs, point: Candidate) -> Refit:
    """Fit a candidate to all training rows."""
    own = specs.having(point.values)
    return data.refit(own, point, prepare(own, data.folds.table, SEED))


@dataclass(frozen=True)
class Resamples:
    """How the tests draw intervals."""

    resamples: int = 50
    level: float = 0.9


def assert_same_scores(expected: Sequence[Trial], actual: Sequence[Trial], rtol: float) -> None:
    """Every candidate's scores agree on every fold."""
    for one, other in zip(expected, actual, strict=True):
        assert one.status == other.status == "ok"
        for metric in METRICS_USED:
            np.testing.assert_allclose(other.scores[metric], one.scores[metric], rtol=rtol)
