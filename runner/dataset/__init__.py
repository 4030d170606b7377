"""Datasets: tables with a target, from files, from scikit-learn, or drawn."""

from runner.dataset.base import Dataset
from runner.dataset.diabetes import Diabetes
from runner.dataset.files import Csv, Parquet
from runner.dataset.synthetic import Synthetic

KINDS: dict[str, type[Dataset]] = {
    "csv": Csv,
    "parquet": Parquet,
    "diabetes": Diabetes,
    "synthetic": Synthetic,
}

__all__ = ["KINDS", "Dataset"]
