"""What a run leaves in its directory: its origin, its tables, the model with its manifest."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runner.checks import MAPE_UNDEFINED
from runner.core.path.native import library
from runner.evaluation.path_table import path_table
from runner.experiment.pages import PageStyle, try_run_page
from runner.persistence.manifest import describe_model, linear_form
from runner.persistence.origin import describe_origin
from runner.randomness import derive_seed
from runner.report.terminal.run_summary import worth_line
from runner.store.environment import describe_environment
from runner.store.fingerprint import code_hash
from runner.store.signature import sign_run
from runner.store.tables import trials_table

if TYPE_CHECKING:
    import pandas as pd
    from scipy import sparse

    from runner.dataset import Dataset
    from runner.experiment.explaining import Explained
    from runner.experiment.job import Job
    from runner.experiment.judging import Judged, Winner
    from runner.experiment.searching import Searched
    from runner.experiment.workspace import Data
    from runner.store.directory import RunDirectory
    from runner.store.run_record import RunRecord

log = logging.getLogger("runner")


@dataclass(frozen=True)
class Artefacts:
    """Writes what is known so far, and says it in the record."""

    directory: RunDirectory
    job: Job
    data: Data
    record: RunRecord

    def write_origin(self) -> None:
        """What is needed to run this again, and where values are missing, if any are."""
        directory, data, seed = self.directory, self.data, self.job.config.general.seed
        dataset = self.job.config.dataset
        training, validation = zip(*data.fold_sizes(), strict=True)
        described = {"path": dataset.source_path, **data.describe()}
        target = {"name": dataset.target_name, **data.describe_target(), **_outcome_roles(dataset)}
        self.record.add(
            dataset=described,
            family=self.job.config.family.name,
            target=target,
            **({} if dataset.transform is None else {"metric_scale": "original"}),
            folds={"training": training, "validation": validation},
        )
        if target["zeros"] and "mape" in self.job.config.family.metrics:
            zeros = f"0 in {target['zeros']:,} of {described['rows']:,} rows"
            self.record.note([MAPE_UNDEFINED.found(f"the target {target['name']!r} is {zeros}")])
        self.record.note(data.findings())
        seeds = {name: derive_seed(seed, name) for name in ("split", "search", "imputer")}
        directory.write_composed(self.job.composed.yaml)
        directory.write_json(
            "environment.json",
            {
                **describe_environment(),
                "plugins": self.job.plugins,
                "data_hash": data.data_hash,
                "code_hash": code_hash(),
                "seeds": {"seed": seed, **seeds},
            },
        )
        directory.write_record(self.record.content)
        if data.missingness is not None:
            directory.write_table("missingness.csv", data.missingness.columns)
            directory.write_table("missing_patterns.csv", data.missingness.patterns)
            self.record.add(missingness=data.missingness.summary)
            self.record.note(data.missingness.findings())

    def write_results(
        self, searched: Searched, winner: Winner, judged: Judged, explained: Explained
    ) -> None:
        """The tables of the search and of the winner, and its model."""
        tables = {
            "trials.csv": trials_table(searched.trials),
            "coefficients.csv": winner.final.coefficients_table(),
            "path.csv": self._path(searched, winner),
            "predictions.csv": judged.predictions,
            "inference.csv": winner.final.inference,
            "imputation.csv": judged.imputation,
            "missingness.csv": self._missingness(winner),
            "columns.csv": self.data.matrix_columns(),
            **explained.tables,
        }
        for name, table in tables.items():
            if table is not None:
                self.directory.write_table(name, table)
        self._write_model(searched, winner)
        if tables["path.csv"] is None:
            self.record.add(no_path=self._reason_for_no_path())
        self.record.add(**judged.record, **searched.describe(), **winner.final.describe())
        if winner.final.target_scale is not None:
            learnt = winner.final.target_scale.describe()
            self.record.add(target={**self.record.content["target"], **learnt})
        self.record.add(words=worth_line(self.record.content))
        self.record.add(**explained.record)
        self.record.note(self.data.folds.findings)
        self.record.note([*winner.final.findings(), *searched.findings()])

    def finish(self, timings: dict[str, float]) -> None:
        """The record, for the last time."""
        self.record.note([*library.findings(), *self.job.findings(), *self.directory.findings()])
        for finding in self.record.findings:
            log.warning("%s %s; %s", finding.code, finding.message, finding.remedy)
        self.record.finish(timings)
        style = PageStyle.of(self.job.config.report)
        try_run_page(self.directory.folder, self.record.content, style)
        self.directory.write_record(self.record.content)
        sign_if_asked(self.directory, self.job)

    def _path(self, searched: Searched, winner: Winner) -> pd.DataFrame | None:
        final = winner.final
        if final.path is None:
            return None
        return path_table(searched.curve, final.path, final.reading, searched.rule.metric)

    def _missingness(self, winner: Winner) -> pd.DataFrame | None:
        """As it was before the search, with what the winner's imputer has filled in."""
        missingness = self.data.missingness
        return None if missingness is None else missingness.filled_in(winner.final.filled)

    def _reason_for_no_path(self) -> str:
        """Why there is no path.csv."""
        if self.job.config.dataset.streams:
            return "a stream's rows are not kept"
        return "values are imputed several times, to a model each"

    def _write_model(self, searched: Searched, winner: Winner) -> None:
        """The model and its manifest, if the config asks for them."""
        config, final = self.job.config, winner.final
        persistence = config.persistence
        if persistence.suffix is not None:
            written = self.directory.write(
                f"model{persistence.suffix}", lambda file: persistence.dump(final.pipeline, file)
            )
            roles = self.data.describe_roles(winner.preparation)
            columns = self.data.describe_columns() + roles
            example = self._example(winner)
            if persistence.private:
                columns = [without_extremes(column) for column in columns]
            origin = describe_origin(config.dataset, config.family, winner.specs.imputer)
            manifest = describe_model(persistence.name, written, final, columns, example) | origin
            if persistence.folds:
                manifest["folds"] = self._write_folds(searched, winner)
            self.directory.write_json("model.json", manifest)

    def _example(self, winner: Winner) -> pd.DataFrame | sparse.csr_array:
        """The row whose prediction is stated: one that trains, but of a private run none."""
        private = self.job.config.persistence.private
        return (self.data.typical if private else self.data.example)(winner.preparation)

    def _write_folds(self, searched: Searched, winner: Winner) -> dict[str, Any]:
        """The models of the folds, as plain numbers where they can be; gives what is said of them.

        They are the winner's candidate, fitted to each fold's training rows.
        """
        candidate, persistence = searched.chosen.candidate, self.job.config.persistence
        numbers, models = self.data.fold_models(winner, candidate)
        forms = [linear_form(model).get("linear") for model in models]
        if all(forms):
            kind, written = "linear", self.directory.write_json("folds.json", {"folds": forms})
        else:
            pipelines = [model.pipeline for model in models]
            kind, written = (
                persistence.name,
                self.directory.write(
                    f"folds{persistence.suffix}", lambda file: persistence.dump(pipelines, file)
                ),
            )
        described = {"format": kind, "file": written.path.name, "sha256": written.sha256}
        return {**described, "numbers": numbers}


def sign_if_asked(directory: RunDirectory, job: Job) -> None:
    """Sign the record of a run that has ended; raises SignatureError where that cannot be."""
    key = job.config.persistence.sign_with
    if key is not None:
        sign_run(directory.folder, key)


def without_extremes(column: dict[str, Any]) -> dict[str, Any]:
    """The description of a column without what single rows have."""
    return {key: value for key, value in column.items() if key not in {"min", "max"}}


def _outcome_roles(dataset: Dataset) -> dict[str, Any]:
    """The names of the columns that tell of the outcome beside the target, and its transform."""
    named = {key: getattr(dataset, key, None) for key in ("event", "offset", "exposure")}
    if dataset.transform is not None:
        named |= {"transform": dataset.transform, "smearing": dataset.smearing}
    return {key: name for key, name in named.items() if name is not None}
