"""Searches: which candidates are scored."""

from runner.search.base import Score, Search
from runner.search.optuna import Optuna
from runner.search.resolve import Resolver, SearchSpace
from runner.search.simple import Grid, Nothing, Random

KINDS: dict[str, type[Search]] = {
    "none": Nothing,
    "grid": Grid,
    "random": Random,
    "optuna": Optuna,
}

__all__ = ["KINDS", "Resolver", "Score", "Search", "SearchSpace"]
