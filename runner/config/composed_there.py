"""Where configs come from, and composing them in a process that was only told of that."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from runner.config.compose import composer
from runner.config.plan import check_same, hash_of
from runner.config.schema import validate

if TYPE_CHECKING:
    from runner.config.compose import Composer
    from runner.config.plan import PlannedRun, Validated


@dataclass(frozen=True)
class Origin:
    """Which configs a command has composed."""

    config_dir: str | None  # from the root
    config_name: str

    @classmethod
    def of(cls, config_dir: str | None, config_name: str) -> Self:
        """That of a command that is given here."""
        return cls(None if config_dir is None else str(Path(config_dir).absolute()), config_name)


class ComposedThere:
    """Composes what a process is told of, for one origin at a time."""

    def __init__(self) -> None:
        self._origin: Origin | None = None
        self._stack = ExitStack()
        self._composer: Composer

    def validated(self, planned: PlannedRun, origin: Origin) -> Validated:
        """The config of a run, unless it was sent with it.

        Raises:
            ConfigError: it cannot be composed here.
        """
        if planned.composed is not None:
            return planned.composed
        self._turn_to(origin)
        composed = self._composer.compose(list(planned.overrides), planned.number)
        if hash_of(composed) != planned.config:  # files may have changed since they were read
            self.close()
            self._turn_to(origin)
            composed = self._composer.compose(list(planned.overrides), planned.number)
        check_same(composed, planned.config)
        return validate(composed.sections, files=False), composed

    def close(self) -> None:
        """Leave the origin there was."""
        self._origin = None
        self._stack.close()

    def _turn_to(self, origin: Origin) -> None:
        if origin == self._origin:
            return
        self.close()  # Hydra has one state in a process
        folder = None if origin.config_dir is None else Path(origin.config_dir)
        self._composer = self._stack.enter_context(composer(folder, origin.config_name))
        self._origin = origin


THERE = ComposedThere()
