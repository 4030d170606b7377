"""Splits: which rows are test, and in which fold each other row is."""

from runner.split.splitters import KINDS, Splitter

__all__ = ["KINDS", "Splitter"]
