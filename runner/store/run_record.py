"""The record of a run, run.json: what is said at its start, at its end, and of a failure."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from runner.checks import EARLIER_WARNING
from runner.errors import ConfigError, DataError, RunnerError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.checks import Finding

SCHEMA_VERSION = 2


@dataclass
class RunRecord:
    """Grows while a run goes on; `content` is what run.json holds."""

    content: dict[str, Any]
    findings: dict[Finding, None] = field(default_factory=dict)  # in order, each once

    @classmethod
    def begin(cls, **known: Any) -> RunRecord:  # noqa: ANN401 - JSON values
        """A running run's record, with what is known before it starts."""
        return cls(
            {"schema_version": SCHEMA_VERSION, "status": "running", "started": _now(), **known}
        )

    def add(self, **known: Any) -> None:  # noqa: ANN401 - JSON values
        """Say more."""
        self.content |= known

    def note(self, findings: Iterable[Finding]) -> None:
        """Say what checks have found."""
        self.findings |= dict.fromkeys(findings)

    def finish(self, timings: dict[str, float], status: str = "finished") -> None:
        """The run is complete; one that is reused keeps the checks that it was found with."""
        checks = self._checks() or self.content.get("checks", [])
        self.add(status=status, finished=_now(), timings=timings, checks=checks)

    def fail(self, error: BaseException) -> str:
        """The run has ended otherwise; returns the reason as recorded."""
        reason = str(error) if isinstance(error, RunnerError) else repr(error)
        self.add(status=status_of(error), finished=_now(), error=reason, checks=self._checks())
        return reason

    def _checks(self) -> list[dict[str, str]]:
        return [asdict(finding) for finding in self.findings]


def status_of(error: BaseException) -> str:
    """How a run has ended that met an error: refused if its input is at fault."""
    match error:
        case ConfigError() | DataError():
            return "refused"
        case Exception():
            return "failed"
        case _:
            return "interrupted"


def upgrade(content: dict[str, Any]) -> dict[str, Any]:
    """A record of any version so far as one of this version.

    Version 1 had its number in `version`, and its warnings as sentences in `warnings`.
    """
    if "version" not in content:
        return content
    rest = {key: value for key, value in content.items() if key not in {"version", "warnings"}}
    checks = [asdict(EARLIER_WARNING.found(text)) for text in content.get("warnings", [])]
    return {"schema_version": SCHEMA_VERSION, **rest, "checks": checks}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
