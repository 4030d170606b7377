"""Optuna inside a run: candidates proposed one by one, kept in a journal against a stop."""

from __future__ import annotations

import importlib.util
import json
import time
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from runner.errors import ConfigError
from runner.randomness import derive_seed
from runner.records import Candidate, Trial
from runner.search.base import Score, Search
from runner.space import AlphaRange, Choices, Distribution, Range
from runner.spec import Count, Positive

if TYPE_CHECKING:
    from pathlib import Path

    import optuna

    from runner.search.resolve import Resolver, SearchSpace

JOURNAL = "optuna.journal"
STUDY = "search"
TRIAL_ENDS = 6  # SET_TRIAL_STATE_VALUES of the journal's operations
NEEDS = {"gp": "torch", "cmaes": "cmaes"}


class Optuna(Search):
    """`n_trials` candidates, each proposed from the scores of those before it.

    The study is stored in the run's folder. A search that is started again there goes on from
    the trials that it finds, and proposes what it would have proposed without the stop.
    """

    name: Literal["optuna"]
    sampler: Literal["tpe", "random", "qmc", "gp", "cmaes"]
    n_trials: Count
    timeout: Positive | None

    @property
    def packages(self) -> tuple[str, ...]:
        """That of the sampler."""
        return (NEEDS[self.sampler],) if self.sampler in NEEDS else ()

    def check(self, space: SearchSpace) -> None:
        """The sampler must be installed, and know the kinds of dimensions."""
        needed = NEEDS.get(self.sampler)
        if needed and importlib.util.find_spec(needed) is None:
            raise ConfigError(
                f"search.sampler is {self.sampler}, which needs the package {needed}: "
                f"pip install {needed}"
            )
        for key, dimension in space.dimensions.items():
            if isinstance(dimension, Distribution):
                raise ConfigError(
                    f"{key}: search=optuna takes lists and ranges, not the distribution "
                    f"{dimension.distribution}; search=random draws from any"
                )

    def size(self, space: SearchSpace) -> int:
        """As many as are proposed; one where nothing varies."""
        return self.n_trials if space.dimensions else 1

    def run(self, resolver: Resolver, score: Score, *, seed: int, folder: Path) -> list[Trial]:
        """Ask, score and tell until the trials or the time are used up."""
        study = _open_study(folder / JOURNAL)
        trials = _finished(study)
        score.resume(trials)
        sampler: optuna.samplers.BaseSampler | None = None
        deadline = np.inf if self.timeout is None else time.monotonic() + self.timeout
        while len(trials) < self.size(resolver.space) and time.monotonic() < deadline:
            own = derive_seed(seed, "search", "optuna", len(trials))
            if sampler is None or not _reseed(sampler, own):
                sampler = study.sampler = self._sampler(seed, own)
            asked = study.ask()
            point = {k: _suggest(asked, k, d) for k, d in resolver.space.dimensions.items()}
            (trial,) = score([resolver.candidate(point)])
            trial = replace(trial, number=len(trials) + 1)
            _tell(study, asked, trial)
            trials.append(trial)
        return trials

    def importances(self, folder: Path) -> dict[str, float]:
        """Optuna's own: PED-ANOVA (Watanabe et al. 2023), largest first.

        How much the values of a parameter among the best tenth of the trials differ from those
        among all of them, as shares of 1. Empty where fewer than two scores differ.
        """
        from optuna.importance import get_param_importances

        study = _open_study(folder / JOURNAL)
        losses = {trial.value for trial in study.get_trials(deepcopy=False)} - {None}
        if len(losses) < 2:  # noqa: PLR2004 - nothing to tell apart
            return {}
        found = get_param_importances(study)
        return {key: float(share) for key, share in found.items()}

    def _sampler(self, seed: int, own: int) -> optuna.samplers.BaseSampler:
        """A sampler whose randomness depends on the trial's number, not on the trials before.

        The quasi-random sequence is one sequence, and so has one seed.

        Args:
            seed: of the run.
            own: of the trial.
        """
        from optuna import samplers
        from optuna.exceptions import ExperimentalWarning

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            match self.sampler:
                case "tpe":
                    return samplers.TPESampler(seed=own)
                case "random":
                    return samplers.RandomSampler(seed=own)
                case "qmc":
                    start = derive_seed(seed, "search", "optuna")
                    return samplers.QMCSampler(
                        scramble=True,
                        seed=start,
                        # until a first trial succeeds
                        independent_sampler=samplers.RandomSampler(seed=own),
                        warn_independent_sampling=False,
                    )
                case "gp":
                    return samplers.GPSampler(seed=own)
                case "cmaes":
                    return samplers.CmaEsSampler(seed=own, warn_independent_sampling=False)


def _reseed(sampler: optuna.samplers.BaseSampler, seed: int) -> bool:
    """Make a TPE sampler draw as a new one with that seed would; False for other kinds.

    A new one would look through all trials again for the search space, ever longer.
    """
    from optuna.samplers import TPESampler

    if not isinstance(sampler, TPESampler):
        return False
    for part in (sampler, sampler._random_sampler):  # noqa: SLF001 - Optuna reseeds at random only
        part._rng.rng.seed(seed)  # noqa: SLF001
    return True


def _open_study(journal: Path) -> optuna.Study:
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    journal = journal.absolute()  # Optuna's lock is a link to it
    journal.parent.mkdir(parents=True, exist_ok=True)
    _mend(journal)
    return optuna.create_study(
        storage=JournalStorage(JournalFileBackend(str(journal))),
        study_name=STUDY,
        direction="minimize",
        load_if_exists=True,
    )


def _mend(journal: Path) -> None:
    """Undo what a search that was killed had begun: Optuna's lock, half a line, a trial not told.

    A sampler would count the trial that was not told, and propose something else after it.
    """
    journal.with_name(f"{journal.name}.lock").unlink(missing_ok=True)
    if not journal.exists():
        return
    lines = journal.read_bytes().splitlines(keepends=True)
    ended = [number for number, line in enumerate(lines) if _ends_trial(line)]
    kept = lines[: ended[-1] + 1] if ended else []
    if len(kept) < len(lines):
        journal.write_bytes(b"".join(kept))


def _ends_trial(line: bytes) -> bool:
    """Whether a line of the journal, which may be half a line, is that of a trial's end."""
    try:
        record = json.loads(line)
    except ValueError:
        return False
    return line.endswith(b"\n") and isinstance(record, dict) and record.get("op_code") == TRIAL_ENDS


def _suggest(asked: optuna.Trial, key: str, dimension: Any) -> Any:  # noqa: ANN401 - Optuna's own
    match dimension:
        case Choices():
            return asked.suggest_categorical(key, dimension.grid())
        case AlphaRange():
            return asked.suggest_float(key, dimension.eps, 1.0, log=True)
        case Range(integral=True):
            return asked.suggest_int(
                key, int(dimension.low), int(dimension.high), log=dimension.log
            )
        case Range():
            return asked.suggest_float(key, dimension.low, dimension.high, log=dimension.log)
        case _:
            raise ConfigError(f"{key}: search=optuna cannot search {type(dimension).__name__}")


def _tell(study: optuna.Study, asked: optuna.Trial, trial: Trial) -> None:
    from optuna.trial import TrialState

    record = {
        "values": trial.candidate.values,
        "scores": {name: scores.tolist() for name, scores in trial.scores.items()},
        "loss": trial.loss,
        "n_nonzero": trial.n_nonzero,
        "dual_gap": trial.dual_gap,
        "seconds": trial.seconds,
        "status": trial.status,
    }
    asked.set_user_attr("trial", json.dumps(record))
    if np.isfinite(trial.loss):
        study.tell(asked, trial.loss)
    else:
        study.tell(asked, state=TrialState.FAIL)


def _finished(study: optuna.Study) -> list[Trial]:
    """The trials of an earlier, stopped search, in their order."""
    records = [t.user_attrs.get("trial") for t in study.get_trials(deepcopy=False)]
    found = [json.loads(record) for record in records if record is not None]
    return [
        Trial(
            number=number,
            candidate=Candidate(record["values"]),
            scores={name: np.asarray(values) for name, values in record["scores"].items()},
            loss=record["loss"],
            n_nonzero=record["n_nonzero"],
            dual_gap=record["dual_gap"],
            seconds=record["seconds"],
            status=record["status"],
        )
        for number, record in enumerate(found, start=1)
    ]
