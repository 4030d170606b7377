"""Searches: which candidates are scored."""

from runner.search.base import Score, Search
from runner.search.resolve import Resolver, SearchSpace

__all__ = ["Resolver", "Score", "Search", "SearchSpace"]
