"""Reports: what a run and a sweep show on the screen, and the pages they leave."""

from runner.report.specs import Page, Report, Shown, Summary

__all__ = ["Page", "Report", "Shown", "Summary"]
