"""The report section of the config."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from runner.spec import Spec

FigureFormat = Literal["svg", "png", "pdf"]
FILES_NEED = "needs vl-convert: python -m pip install 'enet-runner[figures]'"


def can_draw_files() -> bool:
    """Whether figures can be files: that takes the extra `figures`."""
    return find_spec("vl_convert") is not None


class Report(Spec):
    """What is shown while and after a run, and what the runs of a sweep are compared with.

    `baseline` has values by override key: each run of a sweep is compared, fold by fold, with the
    one that has these values and is else alike. A single run has nothing to be compared with.
    """

    name: str
    baseline: Annotated[dict[str, bool | int | float | str | None], Field(min_length=1)] | None


class Shown(Report):
    """A progress bar, and tables at the end; `top` is the number of coefficients shown."""

    top: Annotated[int, Field(ge=0)]
    progress: bool


class Summary(Shown):
    """What is on the screen, and nothing else."""

    name: Literal["summary"]


class Page(Shown):
    """A page too, report.html, in the folder of every run and sweep.

    `inline` puts the drawing library into the page, which can then be sent on its own. `figures`
    are the formats in which the page's figures are files as well; they need the extra `figures`.
    """

    name: Literal["html"]
    inline: bool
    figures: list[FigureFormat]

    @property
    def packages(self) -> tuple[str, ...]:
        """What draws files, if there are to be any."""
        return ("vl-convert-python",) if self.figures else ()

    @model_validator(mode="after")
    def _check_figures(self) -> Self:
        if self.figures and not can_draw_files():
            raise ValueError(f"figures {FILES_NEED}")
        return self


class Nothing(Report):
    """Nothing but errors."""

    name: Literal["none"]
