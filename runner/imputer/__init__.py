"""Imputers: how missing values are filled, fitted on a fold's training rows alone."""

from runner.imputer.base import Imputer
from runner.imputer.boosting import Boosting
from runner.imputer.forest import Forest
from runner.imputer.hot_deck import HotDeck
from runner.imputer.interpolate import Interpolate
from runner.imputer.iterative import Iterative
from runner.imputer.knn import Knn
from runner.imputer.linear import Linear
from runner.imputer.neural import Neural
from runner.imputer.none import Nothing
from runner.imputer.row_rule import RowRule
from runner.imputer.simple import Constant, Simple, Zero

KINDS: dict[str, type[Imputer]] = {
    "none": Nothing,
    "mean": Simple,
    "median": Simple,
    "most_frequent": Simple,
    "constant": Constant,
    "zero": Zero,
    "knn": Knn,
    "iterative": Iterative,
    "linear": Linear,
    "forest": Forest,
    "boosting": Boosting,
    "neural": Neural,
    "hot_deck": HotDeck,
    "interpolate": Interpolate,
}

__all__ = ["KINDS", "Imputer", "RowRule"]
