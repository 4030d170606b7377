"""A candidate as a study has it: how it is suggested, recorded and read again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.errors import ConfigError
from runner.records import FAILED, Candidate, Trial
from runner.space import AlphaRange, Choices, Range

if TYPE_CHECKING:
    import optuna

    from runner.search.resolve import Resolver

RECORD = "trial"  # the user attribute with what came of a candidate


def suggest(asked: optuna.Trial, resolver: Resolver) -> Candidate:
    """The candidate that a study's sampler proposes."""
    dimensions = resolver.space.dimensions
    return resolver.candidate({k: _suggest(asked, k, d) for k, d in dimensions.items()})


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


def tell(study: optuna.Study, asked: optuna.Trial, trial: Trial) -> None:
    """Record what came of a candidate; one that another has ended meanwhile stays as it is."""
    from optuna.trial import TrialState

    asked.set_user_attr(RECORD, record_of(trial))
    if np.isfinite(trial.loss):
        study.tell(asked, trial.loss, skip_if_finished=True)
    else:
        study.tell(asked, state=TrialState.FAIL, skip_if_finished=True)


def record_of(trial: Trial) -> str:
    """What came of a candidate, as the attribute has it."""
    record = {
        "values": trial.candidate.values,
        "scores": {name: scores.tolist() for name, scores in trial.scores.items()},
        "loss": trial.loss,
        "n_nonzero": trial.n_nonzero,
        "dual_gap": trial.dual_gap,
        "seconds": trial.seconds,
        "status": trial.status,
    }
    return json.dumps(record)


def trial_of(record: str, number: int) -> Trial:
    """What a record says, as the search's trial of that number."""
    found = json.loads(record)
    return Trial(
        number=number,
        candidate=Candidate(found["values"]),
        scores={name: np.asarray(values) for name, values in found["scores"].items()},
        loss=found["loss"],
        n_nonzero=found["n_nonzero"],
        dual_gap=found["dual_gap"],
        seconds=found["seconds"],
        status=found["status"],
    )


def without_scores(candidate: Candidate, like: Trial, reason: str) -> Trial:
    """A candidate that nobody came to the end of, with the columns of one that has scores."""
    nothing = float("nan")
    return Trial(
        number=0,
        candidate=candidate,
        scores={name: np.full_like(scores, nothing) for name, scores in like.scores.items()},
        loss=float("inf"),
        n_nonzero=nothing,
        dual_gap=nothing,
        seconds=0.0,
        status=f"{FAILED}: {reason}",
    )
