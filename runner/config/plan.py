"""The runs that a command asks for: checked all at once, each composed again when it is made.

A composed config takes some 20 KB, so that those of all runs of a large sweep are not kept.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from runner.config.schema import validate
from runner.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runner.config.compose import Composer
    from runner.config.composed import Composed
    from runner.config.schema import ExperimentConfig

    Validated = tuple[ExperimentConfig, Composed]

READ = ("dataset", "family", "split")  # sections that say which rows are read, and how divided


@dataclass(frozen=True)
class PlannedRun:
    """One run of a sweep as a process is told of it that composes its config itself.

    `composed` is given where the config takes values from its surroundings, as from the time or
    from the environment: elsewhere they may be others.
    """

    number: int
    overrides: tuple[str, ...]
    folder: Path
    config: str  # a hash of it
    data: str  # a hash: runs with the same one read the same rows, and divide them alike
    composed: Validated | None = None


@dataclass
class Plan:
    """The validated configs of all runs, by number.

    Args:
        composing: composes them.
        overrides: of each run.
        swept: whether they are a sweep; else there is one.
        files: whether the datasets' files must be there already.

    Raises:
        ConfigError: one of the configs is wrong.
    """

    composing: Composer
    overrides: list[list[str]]
    swept: bool
    files: bool = True
    subdirs: list[str] = field(init=False)  # where each run goes in the sweep's folder
    packages: set[str] = field(init=False)  # of extras and of plugins, that runs need
    search_workers: int = field(init=False)  # that the search of a run starts, at the most
    _hashes: list[str] = field(init=False)  # of the configs
    _data: list[str] = field(init=False)
    _kept: dict[int, Validated] = field(init=False)

    def __post_init__(self) -> None:
        """Compose and check each."""
        self.subdirs, self._hashes, self._data = [], [], []
        self.packages, self._kept = set(), {}
        self.search_workers = 1
        for number in range(len(self.overrides)):
            composed = self._compose(number)
            config = validate(composed.sections, files=self.files)
            self._hashes.append(hash_of(composed))
            self.subdirs.append(str(composed.subdir))
            self.packages |= config.packages
            self.search_workers = max(self.search_workers, config.search.started_workers)
            self._data.append(_hash([composed.sections.get(name) for name in (*READ, "seed")]))
            if number == 0 or composed.interpolated:
                self._kept[number] = config, composed
        self.first[0].launcher.check()

    def __len__(self) -> int:
        """How many runs there are."""
        return len(self.overrides)

    def __getitem__(self, number: int) -> Validated:
        """The config of a run, validated and as it was composed.

        Raises:
            ConfigError: its files have changed since all were checked.
        """
        return self._kept.get(number) or self._make(number)

    def __iter__(self) -> Iterator[Validated]:
        """That of each run."""
        return (self[number] for number in range(len(self)))

    @property
    def first(self) -> Validated:
        """That of the first run, which speaks for the sweep."""
        return self._kept[0]

    def sections(self, number: int) -> dict[str, Any]:
        """The config of a run that was validated already."""
        if number in self._kept:
            return self._kept[number][1].sections
        return self._compose(number).sections

    def told(self, number: int, folder: Path) -> PlannedRun:
        """What another process must know of a run to make it in a folder."""
        kept = self._kept.get(number)
        sent = kept if kept is not None and kept[1].interpolated else None
        return PlannedRun(
            number,
            tuple(self.overrides[number]),
            folder,
            self._hashes[number],
            self._data[number],
            composed=sent,
        )

    def _make(self, number: int) -> Validated:
        composed = self._compose(number)
        check_same(composed, self._hashes[number])
        return validate(composed.sections, files=self.files), composed

    def _compose(self, number: int) -> Composed:
        return self.composing.compose(self.overrides[number], number if self.swept else None)


def hash_of(composed: Composed) -> str:
    """Of a config's values."""
    return _hash(composed.sections)


def check_same(composed: Composed, expected: str) -> None:
    """Raise ConfigError if a config is another than it was when its sweep was checked."""
    if hash_of(composed) != expected:
        overrides = " ".join(f"{key}={value}" for key, value in composed.overrides.items())
        raise ConfigError(
            f"the config of {overrides or 'the defaults'} is another than when the sweep began: "
            "its files were changed, or are others on this machine"
        )


def _hash(content: Any) -> str:  # noqa: ANN401 - any JSON value
    return hashlib.sha256(json.dumps(content, default=str).encode()).hexdigest()[:16]
