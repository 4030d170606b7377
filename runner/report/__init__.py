"""Reports: what a run and a sweep show on the screen, and the pages they leave."""

from runner.report.specs import (
    FILES_NEED,
    FigureFormat,
    Page,
    Report,
    Shown,
    Summary,
    can_draw_files,
)

__all__ = [
    "FILES_NEED",
    "FigureFormat",
    "Page",
    "Report",
    "Shown",
    "Summary",
    "can_draw_files",
]
