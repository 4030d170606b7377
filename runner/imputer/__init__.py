"""Imputers: how missing values are filled, fitted on a fold's training rows alone."""

from runner.imputer.base import Imputer
from runner.imputer.row_rule import RowRule

__all__ = ["Imputer", "RowRule"]
