"""Reports: what a run and a sweep show on the screen."""

from runner.report.specs import Report, Summary

__all__ = ["Report", "Summary"]
