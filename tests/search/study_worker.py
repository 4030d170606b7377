"""A worker on a shared study, in a process of its own, that takes its time and keeps a log."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from runner.records import Trial
from runner.search import Resolver, SearchSpace
from runner.search.studies import database
from runner.search.studies.samplers import Samplers
from runner.search.studies.study import StudyAt
from runner.search.studies.worker import Proposals, Worker
from runner.space import AlphaRange, Range

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.records import Candidate

SPACE = SearchSpace.of(
    {"alpha": AlphaRange(eps=1e-3, count=50), "l1_ratio": Range(low=0.0, high=1.0)}, {}
)
RESOLVER = Resolver(SPACE, lambda _: 2.0)
SEED = 6


class Slow:
    """Scores a candidate by a function with one minimum, and notes that it did."""

    def __init__(self, seconds: float, log: Path | None = None) -> None:
        self.seconds, self.log = seconds, log
        self.scored: list[Candidate] = []
        self.resumed = 0

    def __call__(self, candidates: Sequence[Candidate]) -> list[Trial]:
        """A trial per candidate."""
        time.sleep(self.seconds)
        self.scored += candidates
        if self.log is not None:
            with self.log.open("a") as file:
                file.writelines(f"{candidate.alpha!r}\n" for candidate in candidates)
        return [self._trial(candidate) for candidate in candidates]

    def resume(self, trials: Sequence[Trial]) -> None:
        """Count what others have made."""
        self.resumed += len(trials)

    def _trial(self, candidate: Candidate) -> Trial:
        loss = float((np.log10(candidate.alpha) + 1) ** 2 + candidate.l1_ratio**2)
        return Trial(
            number=1,
            candidate=candidate,
            scores={"mse": np.full(3, loss)},
            loss=loss,
            n_nonzero=2.0,
            dual_gap=0.0,
            seconds=0.0,
            status="ok",
        )


def study_at(url: str | None, name: str, folder: Path) -> StudyAt:
    """Where the study of these tests is."""
    return StudyAt(url, name, folder, "fingerprint", {"of": "these tests"})


def worker(at: StudyAt, score: Slow, name: str, *, size: int, sampler: str = "tpe") -> Worker:
    """One that takes part, on a study that it may have to make."""
    proposals = Proposals(RESOLVER, score, Samplers(sampler, SEED), size)  # type: ignore[arg-type]
    return Worker(at.open() if at.storage else at.join(), proposals, f"run of {name}", name)


def main() -> None:
    """Take part: URL (or -), study, folder, name, size, seconds a candidate."""
    url, study, folder, name, size, seconds = sys.argv[1:]
    database.HEARTBEAT, database.GRACE = 1, 2
    at = study_at(None if url == "-" else url, study, Path(folder))
    score = Slow(float(seconds), Path(folder) / f"{name}.log")
    worker(at, score, name, size=int(size)).take_part(None)


if __name__ == "__main__":
    main()
