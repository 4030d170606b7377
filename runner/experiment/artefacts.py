"""What a run leaves in its directory: its origin, its tables, the model with its manifest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.persistence.manifest import describe_model
from runner.randomness import derive_seed
from runner.store.environment import describe_environment
from runner.store.tables import trials_table

if TYPE_CHECKING:
    import pandas as pd

    from runner.core.folds import Preparation
    from runner.evaluation.winner import Refit
    from runner.experiment.job import Job
    from runner.experiment.workspace import Data
    from runner.records import Trial
    from runner.store.directory import RunDirectory
    from runner.store.run_record import RunRecord


@dataclass(frozen=True)
class Artefacts:
    """Writes what is known so far."""

    directory: RunDirectory
    job: Job
    data: Data
    record: RunRecord

    def write_origin(self) -> None:
        """What is needed to run this again."""
        seed = self.job.config.general.seed
        seeds = {name: derive_seed(seed, name) for name in ("split", "search", "imputer")}
        self.directory.write_composed(self.job.composed.yaml)
        self.directory.write_json(
            "environment.json",
            {
                **describe_environment(),
                "plugins": self.job.plugins,
                "data_hash": self.data.data_hash,
                "seeds": {"seed": seed, **seeds},
            },
        )
        self.directory.write_json("run.json", self.record.content)

    def write_missingness(self) -> None:
        """Where values are missing, if any are."""
        missingness = self.data.missingness
        if missingness is not None:
            self.directory.write_table("missingness.csv", missingness.columns)
            self.directory.write_table("missing_patterns.csv", missingness.patterns)
            self.record.add(missingness=missingness.summary)

    def write_results(
        self, trials: list[Trial], final: Refit, predictions: pd.DataFrame | None
    ) -> None:
        """The tables of the search and of the winner."""
        directory = self.directory
        directory.write_table("trials.csv", trials_table(trials))
        directory.write_table("coefficients.csv", final.coefficients)
        if predictions is not None:
            directory.write_table("predictions.csv", predictions)
        if final.inference is not None:
            directory.write_table("inference.csv", final.inference)

    def write_model(self, final: Refit, preparation: Preparation) -> None:
        """The model and its manifest, if the config asks for them."""
        directory, persistence = self.directory, self.job.config.persistence
        if persistence.suffix is not None:
            name = f"model{persistence.suffix}"
            path = directory.write(name, lambda file: persistence.dump(final.pipeline, file))
            columns = self.data.describe_columns() + self.data.describe_roles(preparation)
            manifest = describe_model(
                persistence.name, path, final, columns, self.data.example(preparation)
            )
            directory.write_json("model.json", manifest)
