"""The data of a run whose rows are in memory: what its stages ask for."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.checks import BEYOND_TRANSFORM
from runner.core.folds import kept_rows
from runner.core.metrics import is_zero
from runner.dataset.suspicions import find_suspicions
from runner.evaluation.imputation_error import measure_errors
from runner.evaluation.winner import HeldOut, Refit, hold_out, predict, refit
from runner.experiment.sparse_facts import (
    columns_table,
    describe_entries,
    describe_many,
    describe_matrix,
    missing_entries,
)
from runner.experiment.typical_row import typical_entries, typical_row
from runner.family.shown import shown_numbers
from runner.features.made_columns import past_columns
from runner.randomness import generator
from runner.statistics.bootstrap import Scored, score_intervals
from runner.statistics.missingness import describe_missingness
from runner.store.predictions import Part, predictions_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from scipy import sparse

    from runner.checks import Finding
    from runner.core.folds import Folds, Preparation
    from runner.core.folds.source import AnyFold
    from runner.experiment.judging import Winner
    from runner.experiment.nesting import Nested
    from runner.features.pipeline import Specs
    from runner.records import Candidate, Floats, Fold, Integers
    from runner.statistics.bootstrap import Bootstrap
    from runner.statistics.missingness import Missingness

MANY = 20_000  # numeric columns, above which a manifest describes them as one


class TableData:
    """A table and its folds."""

    def __init__(self, folds: Folds) -> None:
        self.folds = folds
        self._table, self._split = folds.table, folds.split
        self.data_hash = self._table.data_hash

    @property
    def test_rows(self) -> str | None:
        """Hash of the data and of which of its rows are tested; None if none is."""
        rows = self._split.test
        if not len(rows):
            return None
        return hashlib.sha256(self.data_hash.encode() + rows.tobytes()).hexdigest()

    def describe(self) -> dict[str, Any]:
        """Size of the table, what is missing in it, and the rows left out with the reason."""
        return {
            "rows": self._table.n_rows,
            "dropped": self._table.dropped,
            **self._describe_features(),
            **self._table.provenance.facts,
        }

    def _describe_features(self) -> dict[str, Any]:
        """Their number, and what is missing in them."""
        if self._table.matrix is not None:
            return describe_matrix(self._table.matrix)
        gaps = self._table.features.isna().to_numpy()
        return {
            "numeric": len(self._table.numeric),
            "categorical": len(self._table.categorical),
            **({"text": len(self._table.text)} if self._table.text else {}),
            "missing_share": float(gaps.mean()),
            "rows_with_missing": int(gaps.any(axis=1).sum()),
        }

    def describe_target(self) -> dict[str, Any]:
        """Mean and standard deviation by the rows' weights, the extremes, and how many are 0.

        Of classes their labels and the rows of each; of several targets a list of each.
        """
        if self._table.labels:
            rows = np.bincount(self._table.target.astype(np.int64)).tolist()
            return {"labels": list(self._table.labels), "rows": rows, "zeros": 0}
        if self._table.target.ndim == 1:
            return self._describe_numbers(self._table.target)
        each = [self._describe_numbers(y) for y in self._table.target.T]
        zeros = sum(one.pop("zeros") for one in each)
        return {key: [one[key] for one in each] for key in each[0]} | {"zeros": zeros}

    def _describe_numbers(self, y: Floats) -> dict[str, Any]:
        mean = np.average(y, weights=self._table.weight)
        sd = np.sqrt(np.average((y - mean) ** 2, weights=self._table.weight))
        zeros = int(np.count_nonzero(is_zero(y)))
        return {"mean": mean, "sd": sd, "min": y.min(), "max": y.max(), "zeros": zeros}

    def findings(self) -> list[Finding]:
        """What a reader of the result should know of the data."""
        return [*self._table.provenance.findings, *self._suspicions]

    def missing_numeric(self) -> dict[str, int]:
        """How many values the numeric columns lack, those that lack any."""
        if self._table.matrix is not None:
            return missing_entries(self._table.matrix)
        counts = self._table.features[list(self._table.numeric)].isna().sum()
        return {str(name): int(count) for name, count in counts.items() if count}

    @cached_property
    def _suspicions(self) -> list[Finding]:
        return find_suspicions(self._table, self._split)

    @cached_property
    def missingness(self) -> Missingness | None:
        """Where values are missing, and what that tells of the target; None if none is."""
        return describe_missingness(self._table, self._split)

    def hold_out(self, problems: Sequence[AnyFold], coefficients: Sequence[Floats]) -> HeldOut:
        """Predictions of every fold's validation rows, and their scores."""
        return hold_out(problems, coefficients)

    def refit(
        self,
        specs: Specs,
        candidate: Candidate,
        preparation: Preparation,
        alphas: Floats | None = None,
    ) -> Refit:
        """Fit the winner's Pipeline to all training rows."""
        self.folds.let_go()
        if preparation.imputer.draws > 1:
            from runner.evaluation.multiple import refit_draws

            return refit_draws(specs, candidate, preparation, self._table, self._split.train)
        return refit(specs, candidate, preparation, self._table, self._split.train, alphas=alphas)

    def fold_models(self, winner: Winner, candidate: Candidate) -> tuple[list[int], list[Refit]]:
        """The candidate fitted to the training rows of each fold, with the folds' numbers."""
        folds = self._split.folds
        models = [
            refit(winner.specs, candidate, winner.preparation, self._table, rows)
            for rows, _ in map(self._split.sides, folds)
        ]
        return [fold.number for fold in folds], models

    def decide(self, final: Refit, held_out: HeldOut, preparation: Preparation) -> Refit:
        """The refitted winner as it is, or with the residuals out of fold that smear it."""
        table, scale = self._table, final.target_scale
        if scale is None or table.transform is None or not table.transform.smearing:
            return final
        from runner.evaluation.transformed_target import with_smearing  # a part of few runs

        folds = [self._split.sides(fold)[1] for fold in self._split.folds]
        rows = np.concatenate([self._kept(side, preparation)[1] for side in folds])
        residuals = scale.apply(table.target[rows])
        # in folds the transform may have learnt otherwise, so that it is undone and done again
        residuals -= scale.apply(np.concatenate(held_out.predictions))
        rng = generator(preparation.seed, "smearing")
        weight = table.observed(rows).weight
        return replace(final, pipeline=with_smearing(final.pipeline, residuals, weight, rng))

    def score_test(
        self, final: Refit, preparation: Preparation, bootstrap: Bootstrap, *, seed: int
    ) -> tuple[Floats, dict[str, Any] | None]:
        """Predictions of the test rows, and their scores with intervals; None without test rows."""
        table, (_, rows) = self._table, self._kept(self._split.test, preparation)
        tested = predict(final.pipeline, table, rows)
        if not len(rows):
            return tested, None
        if final.target_scale is not None and (beyond := int(np.isnan(tested).sum())):
            said = f"{beyond:,} of {len(rows):,} test rows are predicted beyond the range of "
            finding = BEYOND_TRANSFORM.found(f"{said}dataset.transform={table.transform_name}")
            self.folds.findings[finding] = None
        weight = None if table.weight is None else table.weight[rows]
        group = None if table.group is None else table.group[rows]
        scored = Scored(table.target[rows], tested, weight, group)
        intervals = score_intervals(scored, bootstrap, generator(seed, "bootstrap"))
        scores = {str(metric): vars(interval) for metric, interval in intervals.items()}
        return tested, {"rows": len(rows), "level": bootstrap.level, **scores}

    def predictions(
        self, winner: Winner, held_out: HeldOut, nested: Nested | None, tested: Floats
    ) -> pd.DataFrame:
        """A row per prediction, and per row that the imputer's rule for rows skips."""
        parts = self._parts(winner.preparation, held_out, nested, tested)
        return predictions_table(self._table, parts, shown_numbers)

    def _parts(
        self, preparation: Preparation, held_out: HeldOut, nested: Nested | None, tested: Floats
    ) -> list[Part]:
        """Out of fold, by what was chosen without a fold, and of the test rows."""

        def part(name: str, fold: Fold, predicted: Floats, prepared: Preparation) -> Part:
            rows = self._split.sides(fold)[1]
            return Part(name, fold.number, rows, self._spread(predicted, rows, prepared))

        parts = [
            part("oof", fold, predicted, preparation)
            for fold, predicted in zip(self._split.folds, held_out.predictions, strict=True)
        ]
        if nested is not None:
            parts += [
                part("nested", chosen.fold, predicted, chosen.preparation)
                for chosen, predicted in nested.predicted()
            ]
        test = self._split.test
        return [*parts, Part("test", None, test, self._spread(tested, test, preparation))]

    def left_out(self, preparation: Preparation) -> dict[str, int]:
        """How many rows the imputer's rule for rows keeps from training, and from a prediction."""
        wanted, used = self._wanted(), self.used(preparation)
        return {
            "training": len(self._split.train) - used["training"],
            "prediction": len(wanted) - used["prediction"],
        }

    def used(self, preparation: Preparation) -> dict[str, int]:
        """How many rows train the winner, and how many get a prediction."""
        kept, predicted = self._kept(self._wanted(), preparation)
        return {"training": len(kept), "prediction": len(predicted)}

    def fold_sizes(self) -> list[tuple[int, int]]:
        """How many rows train and validate, per fold, before the imputer's rule for rows."""
        sides = [self._split.sides(fold) for fold in self._split.folds]
        return [(len(training), len(validation)) for training, validation in sides]

    def imputation_errors(self, preparation: Preparation) -> pd.DataFrame | None:
        """A row per hidden value of each fold's validation rows; None without a mask."""
        if self._table.hidden is None:
            return None
        return measure_errors(self._table, self._table.hidden, self._split, preparation)

    def _wanted(self) -> Integers:
        """The rows of which a prediction is wanted: those of a validation side, and test rows."""
        validation = [self._split.sides(fold)[1] for fold in self._split.folds]
        return np.unique(np.concatenate([*validation, self._split.test]))

    def _kept(self, rows: Integers, preparation: Preparation) -> tuple[Integers, Integers]:
        """All training rows, and those of some rows that get a prediction."""
        return kept_rows(self._table, self._split.train, rows, preparation)

    def _spread(self, predicted: Floats, rows: Integers, preparation: Preparation) -> Floats:
        """Predictions of some rows, NaN for those that are skipped."""
        spread = np.full((len(rows), *predicted.shape[1:]), np.nan)
        spread[np.isin(rows, self._kept(rows, preparation)[1])] = predicted
        return spread

    def describe_columns(self) -> list[dict[str, Any]]:
        """The features as a model file's manifest states them; a matrix as one."""
        if self._table.matrix is not None:
            return [describe_entries(self._table.matrix)]
        if self._table.made is None and len(self._table.numeric) > MANY:
            return describe_many(self._table)
        roles = set(self._table.role_values) - set(self._table.features)
        names = [str(name) for name in self._table.given if name not in roles]
        return [self._describe_column(name) for name in names]

    def matrix_columns(self) -> pd.DataFrame | None:
        """A row per column of a sparse matrix, as a saved model expects them; else None."""
        return None if self._table.matrix is None else columns_table(self._table.matrix)

    def describe_roles(self, preparation: Preparation) -> list[dict[str, Any]]:
        """The time and group columns that the imputer needs, as the manifest states them."""
        used = preparation.role_columns if self._table.made is None else self._table.role_values
        return [self._describe_role(str(name)) for name in used]

    def example(self, preparation: Preparation) -> pd.DataFrame | sparse.csr_array:
        """The first row that trains."""
        training = self._split.train
        kept, _ = kept_rows(self._table, training, training[:0], preparation)
        first: pd.DataFrame | sparse.csr_array = self._table.given_rows(kept[:1])
        return first

    def typical(self, preparation: Preparation) -> pd.DataFrame | sparse.csr_array:
        """A row that stands for those that train, and is none of them."""
        training = self._split.train
        kept, _ = kept_rows(self._table, training, training[:0], preparation)
        rows = self._table.given_rows(kept)
        if self._table.matrix is not None:
            return typical_entries(rows)
        return typical_row(rows, self._table.text)

    def _describe_role(self, name: str) -> dict[str, Any]:
        values, rank = self._table.role_values[name], self._table.time
        described = {"name": name, "missing_share": float(values.isna().mean()), **self._form(name)}
        if name == self._table.roles[0] and rank is not None:
            first, last = values.iloc[[int(rank.argmin()), int(rank.argmax())]]
            return {**described, "kind": "time", "min": first, "max": last}
        return {**described, "kind": "group", "groups": values.nunique()}

    def _form(self, name: str) -> dict[str, Any]:
        """How a column of dates is written, if it is one of texts."""
        form = self._table.date_forms.get(name)
        return {} if form is None else {"form": form}

    def _describe_column(self, name: str) -> dict[str, Any]:
        column = self._table.given[name]
        described = {"name": name, "missing_share": float(column.isna().mean()), **self._form(name)}
        if name in past_columns(self._table):
            described["past"] = True
        if name in self._table.text:
            return {**described, "kind": "text"}
        if name in self._table.categorical:
            return {**described, "kind": "categorical", "levels": sorted(column.dropna().unique())}
        made = self._table.made
        dates = self._table.dates if made is None else made.dates
        kind = "date" if name in dates else "numeric"
        return {**described, "kind": kind, "min": column.min(), "max": column.max()}
