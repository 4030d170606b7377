"""The cache of fold problems on disk: what goes in comes out, within its size, for any process."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from sklearn_reference import make_specs, make_split

from runner.config import composer, validate, validate_section
from runner.config.kinds import kind_names
from runner.core.folds import (
    DiskCache,
    FoldProblem,
    Folds,
    LikelihoodFold,
    ModelColumns,
    as_dense,
)
from runner.core.folds import cache as folds_cache
from runner.core.folds.disk import cache_key
from runner.core.folds.fold_problem import Side
from runner.core.folds.likelihood_fold import Drawn, PreparedRows
from runner.dataset.table import table_of
from runner.features.pipeline import Specs, prepare
from runner.imputer import Imputer
from runner.records import GramProblem, RowProblem, Table

if TYPE_CHECKING:
    from pathlib import Path

    from runner.core.folds import Preparation


def make_problem(seed: int, *, weighted: bool = False, rows: bool = False) -> FoldProblem:
    """A small fold problem of random numbers."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((6, 3))
    weight = rng.uniform(1, 2, 6)
    train: GramProblem | RowProblem = GramProblem(X.T @ X, X.T @ weight, 2.5)
    if rows:
        train = RowProblem(X, weight, weight, np.zeros(3), np.ones(3))
    side = Side(X=X[:2], y=X[:2, 0], weight=weight[:2] if weighted else None)
    return FoldProblem(
        train=train,
        intercept=1.25,
        make_side=lambda: side,
        columns=ModelColumns(("a", "t_x", "t_y"), ("a", "t", "t"), np.array([1.0, 0.1, 3e9])),
        warnings=("slow to converge",),
    )


def assert_equal(expected: FoldProblem, actual: object) -> None:
    """Both hold the same numbers, bit for bit."""
    assert isinstance(actual, FoldProblem)
    assert type(expected.train) is type(actual.train)
    for mine, other in zip(
        [*vars(expected.train).values(), expected.side.X, expected.side.y, expected.intercept],
        [*vars(actual.train).values(), actual.side.X, actual.side.y, actual.intercept],
        strict=True,
    ):
        np.testing.assert_array_equal(mine, other)
    assert (expected.side.weight is None) == (actual.side.weight is None)
    assert expected.warnings == actual.warnings
    assert expected.columns.names == actual.columns.names
    assert expected.columns.sources == actual.columns.sources
    np.testing.assert_array_equal(expected.columns.scale, actual.columns.scale)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("rows", [False, True])
def test_what_goes_in_comes_out(tmp_path: Path, *, weighted: bool, rows: bool) -> None:
    """A fold problem of either kind survives the disk bit for bit."""
    cache = DiskCache(tmp_path, 10**6)
    problem = make_problem(1, weighted=weighted, rows=rows)
    cache.put("a", problem)
    assert_equal(problem, cache.get("a"))


def make_rows(draws: int, copies: int) -> PreparedRows:
    """Random rows of several draws, or of one model of several copies, in Fortran's order."""
    rng = np.random.default_rng(draws)
    sides = [tuple(np.asfortranarray(rng.normal(size=(2, 3))) for _ in range(copies))
             for _ in range(draws)]  # fmt: skip
    return PreparedRows(
        tuple(Drawn(rng.normal(size=(4 * copies, 3)), side) for side in sides),
        ModelColumns(("a", "b", "c"), ("a", "b", ""), rng.uniform(size=3 * draws)),
        rng.uniform(size=4 * copies) if copies > 1 else None,
        ("slow to converge",),
    )


def assert_same_rows(expected: PreparedRows, actual: object) -> None:
    """Both hold the same numbers, bit for bit, in the same order."""
    assert isinstance(actual, PreparedRows)
    assert len(expected.draws) == len(actual.draws)
    assert (expected.stacking is None) == (actual.stacking is None)
    pairs = [(expected.columns.scale, actual.columns.scale)]
    pairs += [
        (as_dense(mine.X), as_dense(own.X))
        for mine, own in zip(expected.draws, actual.draws, strict=True)
    ]
    for mine, own in zip(expected.draws, actual.draws, strict=True):
        sides = zip(mine.validation, own.validation, strict=True)
        pairs += [(as_dense(one), as_dense(other)) for one, other in sides]
    if expected.stacking is not None and actual.stacking is not None:
        pairs.append((expected.stacking, actual.stacking))
    for one, other in pairs:
        np.testing.assert_array_equal(one, other)
        assert one.flags.f_contiguous == other.flags.f_contiguous
    assert (expected.columns.names, expected.warnings) == (actual.columns.names, actual.warnings)


@pytest.mark.parametrize(("draws", "copies"), [(1, 1), (3, 1), (1, 12)])
def test_rows_of_families_come_out_as_they_went_in(tmp_path: Path, draws: int, copies: int) -> None:
    """Of one imputation, of several, and stacked, where the twelfth is not before the second."""
    cache, rows = DiskCache(tmp_path, 10**6), make_rows(draws, copies)
    cache.put("a", rows)
    assert_same_rows(rows, cache.get("a"))


@pytest.mark.parametrize("stacks", [None, False, True])
def test_families_share_rows_that_are_slow_to_make(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: Table, stacks: bool | None
) -> None:
    """What one family has left serves another: nothing is prepared again, and scores are equal."""
    monkeypatch.setattr(folds_cache, "WORTH_KEEPING", 0.0)
    several = {"imputer.multiple": 3, "imputer.pool": "stacked" if stacks else "predictions"}
    specs = make_specs("linear", "lasso", several)
    if stacks is None:
        specs = make_specs("knn", "lasso")
    family: Any = validate_section("family", {"name": "poisson"})
    other: Any = validate_section("family", {"name": "gamma"})
    amounts = replace(table, target=np.linspace(1.0, 9.0, table.n_rows))
    split = make_split(amounts, folds=3)
    preparation = prepare(specs, amounts, 0)
    disk = DiskCache(tmp_path, 10**8)
    made = Folds(amounts, split, disk, family).problems(preparation, fit_intercept=True)
    assert len(list(tmp_path.glob("*.npz"))) == 3

    def refuse(_rows: object) -> PreparedRows:
        raise AssertionError("prepared again")

    monkeypatch.setattr(folds_cache, "prepare_draws", refuse)
    again = Folds(amounts, split, disk, family).problems(preparation, fit_intercept=True)
    Folds(amounts, split, disk, other).problems(preparation, fit_intercept=True)
    b = np.random.default_rng(0).normal(size=(len(made[0].columns.names) + 1, 2)) / 10
    for one, found in zip(made, again, strict=True):
        assert isinstance(one, LikelihoodFold)
        assert isinstance(found, LikelihoodFold)
        solutions = np.tile(b, (len(one.draws), 1))
        expected = one.score(["poisson_deviance"], solutions)["poisson_deviance"]
        np.testing.assert_array_equal(
            expected, found.score(["poisson_deviance"], solutions)["poisson_deviance"]
        )
        np.testing.assert_array_equal(one.fitted.weight, found.fitted.weight)


def test_an_absent_or_broken_entry_is_none(tmp_path: Path) -> None:
    """A key that is not there, and a file cut short, are both a miss and no error."""
    cache = DiskCache(tmp_path, 10**6)
    cache.put("a", make_problem(1))
    whole = (tmp_path / "a.npz").read_bytes()
    (tmp_path / "a.npz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "b.npz").write_bytes(b"")
    assert [None, None, None] == [cache.get(key) for key in ("a", "b", "c")]


def test_no_entry_can_run_code(tmp_path: Path) -> None:
    """An entry that holds pickled objects is refused."""
    np.savez(tmp_path / "a.npz", train_gram=np.array([{"a": 1}], dtype=object))
    assert DiskCache(tmp_path, 10**6).get("a") is None


def test_the_least_recently_used_go_first(tmp_path: Path) -> None:
    """Above the limit the entry that was read or written longest ago is dropped."""
    size = _entry_size(tmp_path / "probe")
    cache = DiskCache(tmp_path / "cache", int(2.5 * size))
    for age, key in ((300, "a"), (200, "b")):
        cache.put(key, make_problem(1))
        moment = (tmp_path / "cache" / "a.npz").stat().st_mtime - age
        os.utime(tmp_path / "cache" / f"{key}.npz", (moment, moment))
    assert cache.get("a") is not None  # now the younger of the two
    cache.put("c", make_problem(1))
    assert ["a", "c"] == sorted(path.stem for path in (tmp_path / "cache").glob("*.npz"))


def _entry_size(folder: Path) -> int:
    DiskCache(folder, 10**6).put("a", make_problem(1))
    return (folder / "a.npz").stat().st_size


def test_an_entry_above_the_limit_is_not_written(tmp_path: Path) -> None:
    """What can never fit is not kept, and nothing is dropped for it."""
    DiskCache(tmp_path, 10).put("a", make_problem(1))
    assert [] == list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    """A run goes on without a cache where there can be none."""
    (tmp_path / "file").write_text("in the way")
    DiskCache(tmp_path / "file", 10**6).put("a", make_problem(1))
    assert DiskCache(tmp_path / "file", 10**6).get("a") is None


def _put_and_get(folder: Path, seed: int) -> bool:
    cache = DiskCache(folder, 20_000)
    for turn in range(40):
        key = f"k{(seed + turn) % 7}"
        cache.put(key, make_problem(int(key[1:])))
        found = cache.get(f"k{turn % 7}")
        if found is not None:
            assert_equal(make_problem(turn % 7), found)
    return True


def test_processes_share_a_folder(tmp_path: Path) -> None:
    """Two processes that write, read and evict the same keys never see half an entry."""
    with ProcessPoolExecutor(2) as pool:
        done = list(pool.map(_put_and_get, [tmp_path] * 2, [0, 3]))
    assert [True, True] == done
    assert [] == list(tmp_path.glob(".*.partial"))


def test_the_key_follows_content() -> None:
    """Equal parts give one key, and any other array or value another."""
    key = cache_key("hash", np.arange(3), 1.5)
    assert key == cache_key("hash", np.arange(3), 1.5)
    others = [cache_key("hash", np.arange(4), 1.5), cache_key("hash", np.arange(3), 2.5)]
    assert key not in others


@pytest.fixture
def table() -> Table:
    """Rows with gaps."""
    rng = np.random.default_rng(3)
    X = rng.standard_normal((60, 4))
    X[rng.uniform(size=X.shape) < 0.2] = np.nan
    return table_of(pd.DataFrame(X, columns=list("abcd")), rng.standard_normal(60))


def test_every_parameter_of_the_imputer_is_in_the_key(
    tmp_path: Path, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another value of any parameter makes entries of its own; the same value makes none."""
    monkeypatch.setattr(folds_cache, "WORTH_KEEPING", 0.0)
    variants = [
        [],
        ["imputer.n_neighbors=3"],
        ["imputer.weights=distance"],
        ["imputer.indicator=true"],
        ["features.scale=false"],
        ["model.fit_intercept=false"],
    ]
    with composer(None, "config") as composing:
        made = [
            validate(composing.compose(["imputer=knn", "split.folds=2", *overrides]).sections)
            for overrides in variants
        ]
    counts = []
    for config in [*made, *made]:
        folds = Folds(table, config.split.split(table, 0), DiskCache(tmp_path, 10**8))
        specs = Specs(config.imputer, config.features, config.model)
        preparation = prepare(specs, table, 0)
        folds.problems(preparation, fit_intercept=config.model.fit_intercept)
        counts.append(len(list(tmp_path.glob("*.npz"))))
    assert [2, 4, 6, 8, 10, 12, *[12] * 6] == counts


OTHER: dict[type, Any] = {bool: True, int: 7, float: 0.37, str: "other", type(None): 0.25}


@pytest.mark.parametrize("name", kind_names("imputer"))
def test_every_key_of_every_imputer_makes_another_entry(name: str, table: Table) -> None:
    """Whatever key of an imputer has another value, the entry has another name."""
    spec = validate_section("imputer", {"name": name})
    assert isinstance(spec, Imputer)
    keys = set()
    for key, value in [("name", name), *spec.model_dump().items()]:
        changed = {"drop": 0.3} if isinstance(value, dict) else OTHER.get(type(value), ("x",))
        update = {} if key == "name" else {key: changed}
        imputer = spec.model_copy(update=update)  # not validated: another value will do
        keys.add(cache_key(preparation_of(imputer, table)))
    assert len(spec.model_dump()) == len(keys)


def preparation_of(imputer: Imputer, table: Table) -> Preparation:
    """Prepare a table with an imputer."""
    features: Any = validate_section("features", {"name": "main_effects"})
    model: Any = validate_section("model", {"name": "ols"})
    return prepare(Specs(imputer, features, model), table, 0)
