"""Splits: which rows are test, and in which fold each other row is."""

from runner.split.splitters import Splitter

__all__ = ["Splitter"]
