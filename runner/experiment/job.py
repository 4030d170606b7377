"""One config to run: where it goes, and the fingerprint of its result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.checks import SPACE_WITHOUT_EFFECT
from runner.config import GROUPS, plugins_of
from runner.features.pipeline import Specs
from runner.store.directory import fingerprint_of
from runner.store.environment import versions

if TYPE_CHECKING:
    from pathlib import Path

    from runner.checks import Finding
    from runner.config import Composed, ExperimentConfig


@dataclass(frozen=True)
class Job:
    """One config to run, and where."""

    config: ExperimentConfig
    composed: Composed
    folder: Path
    chosen: bool  # whether the user named the folder

    @property
    def specs(self) -> Specs:
        """What a candidate may change."""
        return Specs(self.config.imputer, self.config.features, self.config.model)

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
        """Hash of what determines the result: config less report and cache, data and versions."""
        volatile = {"report", "cache"}
        sections = {k: v for k, v in self.composed.sections.items() if k not in volatile}
        return fingerprint_of([sections, data_hash, versions(), self.plugins])
