"""Searches: which candidates are scored."""

from runner.search.base import Score, Search
from runner.search.memoryless import Grid, Nothing, Random
from runner.search.optuna import Optuna
from runner.search.resolve import Resolver, SearchSpace

KINDS: dict[str, type[Search]] = {
    "none": Nothing,
    "grid": Grid,
    "random": Random,
    "optuna": Optuna,
}

__all__ = ["KINDS", "Resolver", "Score", "Search", "SearchSpace"]
