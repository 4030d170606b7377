"""The record of a run, run.json: what is said at its start, at its end, and of a failure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from runner.errors import RunnerError
from runner.search.scorer import FAILED, NOT_CONVERGED, OK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.evaluation.winner import Refit
    from runner.records import Trial

RECORD_VERSION = 1


@dataclass
class RunRecord:
    """Grows while a run goes on; `content` is what run.json holds."""

    content: dict[str, Any]
    warnings: list[str] = field(default_factory=list)

    @classmethod
    def begin(cls, **known: Any) -> RunRecord:  # noqa: ANN401 - JSON values
        """A running run's record, with what is known before it starts."""
        return cls({"version": RECORD_VERSION, "status": "running", "started": _now(), **known})

    def add(self, **known: Any) -> None:  # noqa: ANN401 - JSON values
        """Say more."""
        self.content |= known

    def finish(self, timings: dict[str, float]) -> None:
        """The run is complete."""
        self.add(
            status="finished",
            finished=_now(),
            timings=timings,
            warnings=list(dict.fromkeys(self.warnings)),
        )

    def fail(self, error: BaseException) -> str:
        """The run has failed; returns the reason as recorded."""
        reason = str(error) if isinstance(error, RunnerError) else repr(error)
        self.add(status="failed", finished=_now(), error=reason, warnings=self.warnings)
        return reason


def describe_search(trials: Sequence[Trial], best: Trial) -> dict[str, Any]:
    """Counts of the trials, and the best one's parameters."""
    return {
        "search": {
            "trials": len(trials),
            "not_converged": sum(trial.status == NOT_CONVERGED for trial in trials),
            "failed": sum(trial.status.startswith(FAILED) for trial in trials),
        },
        "best": {"trial": best.number, "parameters": best.candidate.values},
    }


def describe_fit(final: Refit) -> dict[str, Any]:
    """How the winner was refitted, its size, and how its imputer's rounds ended if it has any.

    Of several models that are averaged, the largest dual gap counts.
    """
    imputer = {"imputer": final.imputer} if final.imputer else {}
    return {
        **imputer,
        "refit": {
            "dual_gap": max(solution.dual_gap for solution in final.solutions),
            "iterations": sum(solution.iterations for solution in final.solutions),
            "converged": all(solution.converged for solution in final.solutions),
        },
        "n_features": len(final.coefficients),
        "n_selected": int(final.coefficients["selected"].sum()),
        "intercept": final.intercept,
    }


def search_warnings(trials: Sequence[Trial], best: Trial) -> list[str]:
    """What a reader of the result should know of the search."""
    said = []
    if best.status != OK:
        said.append(f"the best candidate has {best.status}: raise model.max_iter or model.tol")
    failed = [trial for trial in trials if trial.status.startswith(FAILED)]
    if failed:
        said.append(f"{len(failed)} candidates failed, the first one: {failed[0].status}")
    return said


def refit_warnings(final: Refit) -> list[str]:
    """What a reader of the result should know of the saved model."""
    if all(solution.converged for solution in final.solutions):
        return list(final.warnings)
    gap = max(solution.dual_gap for solution in final.solutions)
    said = f"the refitted winner has not converged (dual gap {gap:.2g})"
    return [*final.warnings, f"{said}: raise model.max_iter or model.tol"]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
