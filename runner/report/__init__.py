"""Reports: what a run and a sweep show on the screen."""

from runner.report.specs import KINDS, Nothing, Report, Summary

__all__ = ["KINDS", "Nothing", "Report", "Summary"]
