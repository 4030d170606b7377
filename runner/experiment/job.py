"""One config to run: where it goes, and the fingerprint of its result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runner.checks import SPACE_WITHOUT_EFFECT
from runner.config import GROUPS, plugins_of
from runner.features.pipeline import Specs
from runner.store.fingerprint import fingerprint, study_facts
from runner.store.ledger import outputs_of

if TYPE_CHECKING:
    from pathlib import Path

    from runner.checks import Finding
    from runner.config import Composed, ExperimentConfig


def job_of(validated: tuple[ExperimentConfig, Composed], folder: Path) -> Job:
    """A run of a sweep: its folder is told, and an unfinished run there makes way."""
    config, composed = validated
    return Job(config, composed, folder, chosen=True, replaces=True)


@dataclass(frozen=True)
class Job:
    """One config to run, and where."""

    config: ExperimentConfig
    composed: Composed
    folder: Path
    chosen: bool  # whether the user named the folder
    replaces: bool = False  # whether an unfinished run of another config there makes way

    @property
    def specs(self) -> Specs:
        """What is fitted."""
        config = self.config
        return Specs(config.imputer, config.features, config.model, config.family)

    def can_be(self, key: str, value: float) -> bool:
        """Whether a dotted key of what a candidate may change can have that value."""
        try:
            self.specs.having({key: value})
        except ValueError:  # pydantic's is one
            return False
        return True

    @property
    def outputs(self) -> Path:
        """Where runs that need not be made again are looked for."""
        return outputs_of(self.folder, swept=self.replaces)

    @property
    def plugins(self) -> list[dict[str, str]]:
        """The chosen kinds that other packages bring, and these packages' versions."""
        return plugins_of({group: getattr(self.config, group).name for group in GROUPS})

    def findings(self) -> list[Finding]:
        """What a reader of the result should know of the config."""
        return [
            SPACE_WITHOUT_EFFECT.found(f"search.space.{key} is not a parameter of what was chosen")
            for key in self.config.ignored_space
        ]

    def fingerprint(self, data_hash: str) -> str:
        """Hash of what determines the result."""
        return fingerprint(self.composed.sections, data_hash, self.plugins)

    def study_facts(self, data_hash: str) -> dict[str, Any]:
        """What determines the candidates of the search and their scores."""
        return study_facts(self.composed.sections, data_hash, self.plugins)
