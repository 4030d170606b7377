"""The contract of every step of the features, whichever kinds the registry has."""

from __future__ import annotations

import pickle
import warnings
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from runner.config import validate_section
from runner.config.kinds import STEPS, find_kind
from runner.config.options import packaged_defaults
from runner.core.folds.sides import as_dense, prepare_sides
from runner.dataset.table import table_of
from runner.errors import ConfigError
from runner.features import Features
from runner.features.pipeline import Specs, prepare

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from runner.core.folds import Preparation
    from runner.records import Table

N = 60
TRAINING, VALIDATION = np.arange(40), np.arange(40, N)
# by kind, keys with which its step does something in the table below
CASES: dict[str, list[dict[str, Any]]] = {
    "clip": [{"low": 0.1}],
    "log": [{"columns": ["price", "area"]}, {"offset": 2.0}],
    "box_cox": [{}],
    "yeo_johnson": [{}],
    "spline": [{}],
    "bins": [{}, {"strategy": "uniform"}, {"strategy": "kmeans", "bins": 3}],
    "polynomial": [{"degree": 3}, {"interactions": True}],
    "interactions": [{}, {"columns": [], "terms": ["town:price"], "standardise": False}],
    "screen": [{"top": 2}, {"top": 2, "by": "correlation"}],
}
# those whose columns or values are of another sort
ELSEWHERE = {
    "dates": "test_dates.py",
    "lags": "test_lags.py",
    "ordered": "test_categories.py",
    "rare": "test_categories.py",
    "target_encoding": "test_categories.py",
    "text": "test_text.py",
}
ROOT = Path(__file__).parents[2]
# values of a key that a search may try, where the packaged one and these are not all valid
TRIED: dict[str, list[Any]] = {
    "columns": [["price"], ["*"]],
    "terms": [["price:area"], []],
    "by": ["variance", "correlation"],
    "degree": [1, 2],
    "offset": [0, 0.5],
}
PARAMETERS = [(kind, keys) for kind, each in CASES.items() for keys in each]


def make_table(**changed: Any) -> Table:  # noqa: ANN401 - of numbers or names
    """Positive columns with gaps, one without any variation, and two categories."""
    rng = np.random.default_rng(0)
    names = ["price", "price_area", "area"]
    frame = pd.DataFrame(rng.lognormal([5.0, 0.0, 1.0], 0.5, size=(N, 3)), columns=names)
    frame[rng.random(frame.shape) < 0.1] = np.nan
    frame["same"] = 1.0
    frame["town"] = pd.Series(rng.choice(["York", "Bath", "Ely"], N), dtype=object)
    frame["kind"] = pd.Series(rng.choice(["flat", "house"], N), dtype=object)
    frame.loc[::13, "town"] = np.nan
    for name, values in changed.items():
        frame.loc[VALIDATION, name] = values
    return table_of(frame, rng.standard_normal(N), categorical=("town", "kind"))


def preparation(table: Table, steps: dict[str, Any]) -> Preparation:
    """The packaged preparation with steps by name."""
    sections: dict[str, dict[str, Any]] = {
        "imputer": {"name": "mean"},
        "features": {"name": "main_effects", "steps": steps},
        "model": {"name": "ols"},
    }
    specs = Specs(**{key: validate_section(key, raw) for key, raw in sections.items()})  # type: ignore[arg-type]
    return prepare(specs, table, 0)


def step(kind: str, keys: dict[str, Any]) -> dict[str, Any]:
    """A section's steps, of which there is one."""
    return {"one": {"kind": kind, **keys}}


def fitted(kind: str, keys: dict[str, Any]) -> Pipeline:
    """The preparation with a step, fitted to the training rows."""
    return _fitted(kind, CASES[kind].index(keys))


@cache
def _fitted(kind: str | None, at: int = 0) -> Pipeline:
    table = make_table()
    steps = {} if kind is None else step(kind, CASES[kind][at])
    unfitted = preparation(table, steps).transformer()
    return unfitted.fit(table.frame.iloc[TRAINING], table.target[TRAINING])


@pytest.mark.parametrize(("kind", "keys"), PARAMETERS)
class TestStep:
    """What holds of every step."""

    def test_it_runs_on_a_table_with_gaps(self, kind: str, keys: dict[str, Any]) -> None:
        """Both sides are finite, and each column has a name of its own, as in the saved model."""
        table = make_table()
        own = preparation(table, step(kind, keys))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            X, X_validation, columns = prepare_sides(table, TRAINING, VALIDATION, own)
        assert np.isfinite(as_dense(X)).all()
        assert np.isfinite(as_dense(X_validation)).all()
        assert X.shape[1] == X_validation.shape[1] == len(columns.sources)
        assert len(set(columns.names)) == len(columns.names) == X.shape[1]
        assert list(columns.names) == list(fitted(kind, keys).get_feature_names_out())
        assert all(one in table.features or ":" in one for one in columns.sources)

    def test_it_does_something(self, kind: str, keys: dict[str, Any]) -> None:
        """What a model sees is not what it sees without the step."""
        rows = make_table().frame.iloc[TRAINING]
        with_it, without = fitted(kind, keys).transform(rows), _fitted(None).transform(rows)
        assert with_it.shape != without.shape or not np.allclose(with_it, without)

    def test_it_survives_clone_and_pickle(self, kind: str, keys: dict[str, Any]) -> None:
        """A clone fits to the same, a pickled one is the same, and rows stay what they were."""
        table = make_table()
        before = table.features.copy()
        rows, training = table.frame.iloc[VALIDATION], table.frame.iloc[TRAINING]
        pipeline = fitted(kind, keys)
        expected = pipeline.transform(rows)
        again = clone(pipeline).fit(training, table.target[TRAINING])
        loaded = pickle.loads(pickle.dumps(pipeline))  # noqa: S301 - made here
        for other in (pipeline, again, loaded):
            np.testing.assert_array_equal(expected, other.transform(rows))
        pd.testing.assert_frame_equal(before, table.features)

    def test_it_learns_from_training_rows_alone(self, kind: str, keys: dict[str, Any]) -> None:
        """Other validation rows change nothing on the training side."""
        table = make_table(price=1e6, area=1e-6, town="Hull")
        own = preparation(table, step(kind, keys))
        X, _, columns = prepare_sides(table, TRAINING, VALIDATION, own)
        expected = fitted(kind, keys)
        np.testing.assert_array_equal(expected.transform(make_table().frame.iloc[TRAINING]), X)
        assert list(expected.get_feature_names_out()) == list(columns.names)

    def test_a_row_alone_is_what_it_is_among_others(self, kind: str, keys: dict[str, Any]) -> None:
        """A model in use may be given one row, with its columns in any order and further ones."""
        pipeline, rows = fitted(kind, keys), make_table().frame.iloc[VALIDATION]
        one = rows.iloc[[3]][rows.columns[::-1]].assign(extra=1.0)
        expected = pipeline.transform(rows)[[3]]
        np.testing.assert_allclose(pipeline.transform(one), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", CASES)
def test_every_key_can_be_searched(kind: str) -> None:
    """A search may try values of any key but the kind, each of which is validated."""
    steps = step(kind, CASES[kind][0])
    section = validate_section("features", {"name": "main_effects", "steps": steps})
    assert isinstance(section, Features)
    keys = find_kind(STEPS, kind).dotted_keys() - {"kind"}
    assert {f"steps.one.{key}" for key in keys} <= section.searchable_keys()
    for key in keys:
        for value in TRIED.get(key, [packaged_defaults(STEPS, kind)[key]]):
            changed = section.having({f"steps.one.{key}": value}).steps["one"]
            assert value == getattr(changed, key)


@pytest.mark.parametrize("kind", CASES)
def test_a_wrong_value_names_its_key(kind: str) -> None:
    """What pydantic refuses is told with the step's name and the key."""
    steps = step(kind, {**CASES[kind][0], "columns": {"a": 1}})
    with pytest.raises(ConfigError, match=r"features\.steps\.one\.columns"):
        validate_section("features", {"name": "main_effects", "steps": steps})


@pytest.mark.parametrize("kind", CASES)
def test_every_kind_has_its_yaml(kind: str) -> None:
    """Each kind has a file of its name, with every key of the class and no other."""
    assert set(packaged_defaults(STEPS, kind)) == set(find_kind(STEPS, kind).model_fields)


def test_every_kind_has_its_case() -> None:
    """No kind is left out, be its contract here or in a file of its own."""
    own = {path.stem for path in (ROOT / "conf" / "features" / "steps").glob("*.yaml")}
    assert own == {*CASES, *ELSEWHERE}
    for kind, name in ELSEWHERE.items():
        assert f'"{kind}"' in (Path(__file__).parent / name).read_text("utf-8")


@pytest.mark.parametrize("name", ["numeric", "remainder", "two__parts", "with.dot"])
def test_names_of_steps_are_no_names_of_parts(name: str) -> None:
    """A step is not called as what a Pipeline has beside it."""
    with pytest.raises(ConfigError, match=name):
        validate_section(
            "features", {"name": "main_effects", "steps": {name: {"kind": "yeo_johnson"}}}
        )
