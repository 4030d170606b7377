"""Optuna's samplers, whose draws depend on the seed and on which candidate it is."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from runner.randomness import derive_seed

if TYPE_CHECKING:
    import optuna

SamplerName = Literal["tpe", "random", "qmc", "gp", "cmaes"]


@dataclass
class Samplers:
    """The sampler of each candidate, whose randomness does not depend on those before it."""

    name: SamplerName
    seed: int  # of the run
    _last: optuna.samplers.BaseSampler | None = None

    def of(self, number: int) -> optuna.samplers.BaseSampler:
        """The sampler of a candidate, counted from 0."""
        own = derive_seed(self.seed, "search", "optuna", number)
        if self._last is None or not _reseed(self._last, own):
            self._last = self._make(own)
        return self._last

    def _make(self, own: int) -> optuna.samplers.BaseSampler:
        """A new one; the quasi-random sequence is one sequence, and so has one seed.

        Args:
            own: seed of the candidate.
        """
        from optuna import samplers
        from optuna.exceptions import ExperimentalWarning

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            match self.name:
                case "tpe":
                    return samplers.TPESampler(seed=own)
                case "random":
                    return samplers.RandomSampler(seed=own)
                case "qmc":
                    return samplers.QMCSampler(
                        scramble=True,
                        seed=derive_seed(self.seed, "search", "optuna"),
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
