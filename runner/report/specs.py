"""The report section of the config."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from runner.spec import Spec


class Report(Spec):
    """What is shown while and after a run, and what the runs of a sweep are compared with.

    `baseline` has values by override key: each run of a sweep is compared, fold by fold, with the
    one that has these values and is else alike. A single run has nothing to be compared with.
    """

    name: str
    baseline: Annotated[dict[str, bool | int | float | str | None], Field(min_length=1)] | None


class Summary(Report):
    """A progress bar, and tables at the end; `top` is the number of coefficients shown."""

    name: Literal["summary"]
    top: Annotated[int, Field(ge=0)]
    progress: bool


class Nothing(Report):
    """Nothing but errors."""

    name: Literal["none"]
