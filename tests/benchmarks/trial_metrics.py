"""What the metrics of a trial cost: `python tests/benchmarks/trial_metrics.py`.

The default search at 20,000 x 100 in one process, by what its trials record, and ElasticNetCV on
the same rows, imputed with the means of all. Seconds of the processor, which other work on the
machine does not lengthen much; one thread of BLAS each, in turn, the least of some rounds.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from sklearn.linear_model import ElasticNetCV
from sklearn.model_selection import PredefinedSplit
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits
from through_command import SEED, Case

from runner.config import composer, validate
from runner.core.folds import Folds
from runner.dataset.table import table_of
from runner.features.pipeline import Specs
from runner.search import Resolver
from runner.search.scorer import Objective, Scorer

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.config import ExperimentConfig
    from runner.records import Split, Table

ROUNDS = 4
RECORDED = ("auto", "null", "[mse]")


def search(config: ExperimentConfig, table: Table, split: Split) -> None:
    """What a run does between its data and its trials."""
    specs = Specs(config.imputer, config.features, config.model)
    objective = Objective(config.metric, config.trial_metrics)
    scorer = Scorer(Folds(table, split), specs, objective, seed=SEED, progress=lambda _: None)
    resolver = Resolver(config.search_space, scorer.alpha_max)
    config.search.run(resolver, scorer, seed=SEED, folder=Path())


def elastic_net_cv(config: ExperimentConfig, table: Table, split: Split) -> None:
    """The peer, its rows imputed and scaled with the means of all of them."""
    X = table.features.to_numpy()[split.train]
    X = StandardScaler().fit_transform(np.where(np.isnan(X), np.nanmean(X, axis=0), X))
    ratios = config.search_space.dimensions["model.l1_ratio"].grid()
    folds = PredefinedSplit(split.partitions[0])
    model = ElasticNetCV(l1_ratio=ratios, alphas=100, eps=1e-3, cv=folds, max_iter=10_000)
    model.fit(X, table.target[split.train])


def processor_seconds(work: Callable[[], object]) -> float:
    """Of one call, in this process."""
    started = time.process_time()
    work()
    return time.process_time() - started


def main() -> None:
    """Print the table."""
    frame = Case(20_000, 100).frame()
    table = table_of(frame.drop(columns="y"), frame["y"].to_numpy())
    configs = {}
    for recorded in RECORDED:
        with composer(None, "config") as composing:
            composed = composing.compose([f"trial_metrics={recorded}"])
        configs[recorded] = validate(composed.sections)
    config = configs["auto"]
    split = config.split.split(table, SEED)
    seconds: dict[str, list[float]] = {name: [] for name in (*RECORDED, "ElasticNetCV")}
    with threadpool_limits(1):
        for _ in range(ROUNDS):
            for name, own in configs.items():
                seconds[name].append(processor_seconds(lambda: search(own, table, split)))  # noqa: B023 - called at once
            peer = processor_seconds(lambda: elastic_net_cv(config, table, split))
            seconds["ElasticNetCV"].append(peer)
    least = {name: min(found) for name, found in seconds.items()}
    print("| 20,000 x 100 | s | ElasticNetCV takes times as long |\n|---|--:|--:|")
    for name, found in least.items():
        print(f"| {name} | {found:.3f} | {least['ElasticNetCV'] / found:.1f} |")


if __name__ == "__main__":
    main()
