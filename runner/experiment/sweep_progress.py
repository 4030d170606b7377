"""How a sweep stands, in one line: how many runs have ended, are being made, and have failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.report.terminal.progress_bars import Advance


@dataclass
class SweepProgress:
    """Advances a bar, and says beside it what a count of runs does not.

    Args:
        advance: the bar, which knows the time that is left.
        failed: runs that have ended without a result.
    """

    advance: Advance
    failed: int = 0
    _running: int = 0
    _workers: int = 0

    def count(self, running: int, workers: int) -> None:
        """So many runs are being made, by so many workers."""
        self._running, self._workers = running, workers
        self.advance(0, self._word())

    def ended(self, *, well: bool) -> None:
        """One run more has ended."""
        self.failed += not well
        self.advance(1, self._word())

    def _word(self) -> str:
        counts = {"running": self._running, "failed": self.failed, "workers": self._workers}
        return ", ".join(f"{count} {what}" for what, count in counts.items() if count)
