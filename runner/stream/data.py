"""The data of a streamed run: what its stages ask for, all answered from moments."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.core.metrics import FROM_MOMENTS, METRICS
from runner.errors import FitError
from runner.evaluation.coefficients import Reading, feature_rows
from runner.evaluation.winner import HeldOut, Refit, predict_frame, read_form
from runner.randomness import generator
from runner.stream.assembly import Solved, assemble, solve
from runner.stream.block_means import typical_of_blocks
from runner.stream.column_entries import CategoryColumn, NumericColumn
from runner.stream.layout import lay_out
from runner.stream.moment_scores import block_intervals, residual_sums, scores_of
from runner.stream.sample import Sample
from runner.stream.stream_folds import REMEDY, StreamFolds

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from runner.checks import Finding
    from runner.core.folds import Preparation
    from runner.core.folds.source import AnyFold
    from runner.features.pipeline import Specs
    from runner.records import Candidate, Floats
    from runner.statistics.bootstrap import Bootstrap
    from runner.stream.passage import Stream

GUARD = 1e-6  # largest relative difference of a score from moments and from sampled rows


class StreamedData:
    """A dataset that was read once."""

    def __init__(self, stream: Stream) -> None:
        self._blocks = lay_out(stream)
        self._columns, self._target = stream.columns, stream.target
        self._sample = Sample(stream)
        self._dropped, self._rows_with_missing = stream.dropped, stream.rows_with_missing
        self._solved: Solved | None = None
        self._provenance = stream.provenance
        self.data_hash, self._split = stream.data_hash, stream.split
        self.folds = StreamFolds(self._blocks, stream.split.fold_list())

    @property
    def test_rows(self) -> str | None:
        """Hash of the data and of what draws the rows that are tested; None if none is."""
        if not self._blocks.test:
            return None
        return hashlib.sha256(f"{self.data_hash} {self._split!r}".encode()).hexdigest()

    def describe(self) -> dict[str, Any]:
        """Size of the data, what is missing in it, and the rows left out with the reason."""
        missing = self._blocks.missing()
        rows = self._blocks.n_rows
        return {
            "rows": rows,
            "dropped": self._dropped,
            "numeric": len(self._blocks.numeric),
            "categorical": len(self._blocks.categorical),
            "missing_share": sum(missing.values()) / (rows * len(missing)),
            "rows_with_missing": self._rows_with_missing,
            "streamed": True,
            "rows_sampled": len(self._sample.target()),
            **self._provenance.facts,
        }

    def describe_target(self) -> dict[str, Any]:
        """Mean and standard deviation by the rows' weights, and the extremes.

        `zeros` is None where there may be some: they are not counted while rows are read.
        """
        target, shift = self._target.range, self._target.shift or 0.0
        cross = np.sum([part.cross for part in (*self._blocks.folds, *self._blocks.test)], axis=0)
        away = float(cross[0, -1] / cross[0, 0])
        variance = max(float(cross[-1, -1] / cross[0, 0]) - away**2, 0.0)
        zeros = 0 if target.low > 0 or target.high < 0 else None
        return {
            "mean": shift + away,
            "sd": float(np.sqrt(variance)),
            "min": target.low,
            "max": target.high,
            "zeros": zeros,
        }

    def findings(self) -> list[Finding]:
        """What a reader of the result should know of the data."""
        return list(self._provenance.findings)

    def missing_numeric(self) -> dict[str, int]:
        """How many values the numeric columns lack, those that lack any."""
        counts = self._blocks.missing()
        return {name: counts[name] for name in self._blocks.numeric if counts[name]}

    @property
    def missingness(self) -> None:
        """Not said: it would need the rows."""
        return None

    def hold_out(self, problems: Sequence[AnyFold], coefficients: Sequence[Floats]) -> HeldOut:
        """Every metric that moments give, per fold; no predictions."""
        metrics = [metric for metric in METRICS if metric in FROM_MOMENTS]
        by_fold = [
            problem.score(metrics, fitted[:, None])
            for problem, fitted in zip(problems, coefficients, strict=True)
        ]
        return HeldOut([], {str(m): np.array([fold[m][0] for fold in by_fold]) for m in metrics})

    def refit(
        self,
        specs: Specs,
        candidate: Candidate,
        preparation: Preparation,
        alphas: Floats | None = None,
    ) -> Refit:
        """Solve on the moments of all training rows.

        Raises:
            FitError: predictions of the sampled rows do not have the error that moments say.
        """
        del alphas  # a path is made of rows
        solved = self._solved = solve(self.folds, specs, candidate, preparation)
        training = self.folds.training
        pipeline, solution, spread, means = assemble(solved, self._blocks, training, specs)
        form = read_form(pipeline, solution, spread)
        coefficients = feature_rows(form, Reading())
        final = Refit(pipeline, coefficients, form.intercept, (solution,), (), means=means)
        self._check(final, solved)
        return final

    def fold_models(self, winner: object, candidate: Candidate) -> tuple[list[int], list[Refit]]:
        """Not to be had: their residuals would need the rows.

        Raises:
            FitError: always; a config that was validated does not ask.
        """
        del winner, candidate
        raise FitError("the folds' models of a stream are not kept")

    def decide(self, final: Refit, held_out: HeldOut, preparation: Preparation) -> Refit:
        """The refitted winner as it is: it predicts numbers."""
        del held_out, preparation
        return final

    def score_test(
        self, final: Refit, preparation: Preparation, bootstrap: Bootstrap, *, seed: int
    ) -> tuple[Floats, dict[str, Any] | None]:
        """No predictions, and the scores with their intervals; None without test rows."""
        del final, preparation
        parts = self._blocks.test
        if not parts or self._solved is None:
            return np.empty(0), None
        sums = residual_sums(self._solved, parts)
        intervals = block_intervals(sums, bootstrap, generator(seed, "bootstrap"))
        rows = round(sum(part.total[0] for part in parts))
        scores = {str(metric): vars(interval) for metric, interval in intervals.items()}
        return np.empty(0), {"rows": rows, "level": bootstrap.level, **scores}

    def predictions(
        self, winner: object, held_out: HeldOut, nested: object, tested: Floats
    ) -> None:
        """There are none: they would need the rows."""
        del winner, held_out, nested, tested

    def left_out(self, preparation: Preparation) -> dict[str, int]:
        """None: a rule for rows needs the rows."""
        del preparation
        return {}

    def used(self, preparation: Preparation) -> dict[str, int]:
        """None, as `left_out`."""
        del preparation
        return {}

    def matrix_columns(self) -> None:
        """None: a stream is no matrix."""

    def describe_roles(self, preparation: Preparation) -> list[dict[str, Any]]:
        """None: an imputer that needs them needs the rows."""
        del preparation
        return []

    def fold_sizes(self) -> list[tuple[int, int]]:
        """How many rows train and validate, per fold."""
        return self.folds.sizes()

    def imputation_errors(self, preparation: Preparation) -> None:
        """None: a stream is not masked."""
        del preparation

    def describe_columns(self) -> list[dict[str, Any]]:
        """The features as a model file's manifest states them."""
        missing, rows = self._blocks.missing(), self._blocks.n_rows
        described: list[dict[str, Any]] = []
        for name, column in self._columns.items():
            one: dict[str, Any] = {"name": name, "missing_share": missing[name] / rows}
            if isinstance(column, NumericColumn):
                one |= {"kind": "numeric", "min": column.range.low, "max": column.range.high}
            if isinstance(column, CategoryColumn):
                one |= {"kind": "categorical", "levels": sorted(column.entries)}
            described.append(one)
        return described

    def example(self, preparation: Preparation) -> pd.DataFrame:
        """A training row, or whichever row was kept."""
        del preparation
        frame, training = self._sample.frame(), self._sample.training()
        at = int(np.argmax(training))
        return frame.iloc[at : at + 1]

    def typical(self, preparation: Preparation) -> pd.DataFrame:
        """A row that stands for those that train: of means, and of the commonest levels."""
        del preparation
        frame = self._sample.frame()
        return typical_of_blocks(self._blocks).astype(frame.dtypes.to_dict())[list(frame)]

    def _check(self, final: Refit, solved: Solved) -> None:
        """Compare the mean squared error on the sampled rows, from moments and from predictions."""
        sums = residual_sums(solved, [self._blocks.sample])
        from_moments = float(scores_of(sums)["mse"][0])
        weight, y = self._sample.weight(), self._sample.target()
        errors = y - predict_frame(final.pipeline, self._sample.frame())
        from_rows = float(weight @ errors**2 / weight.sum())
        off = abs(from_moments - from_rows)
        # of a fit with next to no error, rounding is all that is left
        squares = float(sums[0, 4] / sums[0, 0])
        if off > GUARD * from_rows and off > np.finfo(np.float64).eps * 1e3 * squares:
            raise FitError(
                f"the best candidate's mean squared error on {len(y)} sampled rows is "
                f"{from_rows:.9g}, but {from_moments:.9g} from moments; {REMEDY}"
            )
