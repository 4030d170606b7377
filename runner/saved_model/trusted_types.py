"""The names that a model file may ask for: exact ones, found by saving a model of every kind.

`trusted_types.txt` is written by `python tests/make_trusted_types.py`, which saves a model of each
kind of imputer, family, step and transform and notes what its pickle names. It is part of this
package, and nothing in a run's directory adds to it. A kind of another installed package states its
own in `saved_types`.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from runner.config.kinds import installed_types

JOBLIB_ARRAY = "joblib.numpy_pickle.NumpyArrayWrapper"


@cache
def trusted_types() -> frozenset[str]:
    """The names, MODULE.NAME, of this package's models and of those of installed packages."""
    return own_types() | installed_types()


@cache
def own_types() -> frozenset[str]:
    """Those of this package's models."""
    text = (files("runner.saved_model") / "trusted_types.txt").read_text(encoding="utf-8")
    return frozenset(text.split())
