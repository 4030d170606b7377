"""What every search offers: it proposes candidates and asks for their scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Protocol

from pydantic import BeforeValidator

from runner.space import DimensionField
from runner.spec import Positive, Spec

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from runner.records import Candidate, Trial
    from runner.search.resolve import Resolver, SearchSpace

RuleName = Literal["best", "one_se", "within_percent"]
LEAF_KEYS = {"values", "low", "high", "eps", "distribution"}


class Score(Protocol):
    """Scores candidates on every fold; how is not the search's concern."""

    def __call__(self, candidates: Sequence[Candidate]) -> list[Trial]:
        """One trial per candidate, in their order."""

    def resume(self, trials: Sequence[Trial]) -> None:
        """Count the trials of an earlier start as done."""


def _flatten(raw: Any) -> Any:  # noqa: ANN401 - any YAML value; pydantic judges what comes out
    """Nested sections become dotted keys, a single value a list of one."""
    if not isinstance(raw, dict):
        return raw
    flat: dict[str, Any] = {}
    for key, value in raw.items():
        if isinstance(value, dict) and not value.keys() & LEAF_KEYS:
            flat |= {f"{key}.{inner}": leaf for inner, leaf in _flatten(value).items()}
        else:
            flat[str(key)] = value if isinstance(value, dict | list) else [value]
    return flat


class Search(Spec):
    """A strategy. `space` names further parameters, by dotted key or nested, and their values.

    `rule` says which of the scored candidates is kept, `within` in percent what is nearly as good.
    """

    # whether no candidate depends on those before it, so that their order tells nothing
    in_any_order: ClassVar[bool] = False
    name: str
    rule: RuleName
    within: Positive
    space: Annotated[dict[str, DimensionField], BeforeValidator(_flatten)]

    @property
    def started_workers(self) -> int:
        """How many processes make the candidates; 1 is the run's own."""
        return 1

    def check(self, space: SearchSpace) -> None:
        """Say before any work whether this strategy can search that space.

        Raises:
            ConfigError: it cannot.
        """

    def size(self, space: SearchSpace) -> int:
        """How many candidates will be scored at the most."""
        raise NotImplementedError

    def run(self, resolver: Resolver, score: Score, *, seed: int, folder: Path) -> list[Trial]:
        """Propose candidates until done.

        Args:
            resolver: what may vary, and how a point of it becomes a candidate.
            score: scores candidates.
            seed: for draws.
            folder: where a search that was stopped finds what it had done.
        """
        raise NotImplementedError

    def importances(self, folder: Path) -> dict[str, float]:
        """The share of each parameter in what the search has found; empty if it does not tell.

        Args:
            folder: that of `run`, which has ended.
        """
        del folder
        return {}
