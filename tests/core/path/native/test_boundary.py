"""What reaches compiled code is what it is told: any array gives the right answer or one error."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import sparse

from runner.core.path.native.follow_gram import Memory, follow
from runner.core.path.native.follow_rows import Rows, follow_rows
from runner.core.path.native.path_penalty import PathPenalty
from runner.errors import FitError
from runner.records import GramProblem, RowProblem

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.records import Floats

N, P, A = 30, 6, 4
RNG = np.random.default_rng(0)
X = np.asfortranarray(RNG.standard_normal((N, P)) * (RNG.random((N, P)) < 0.6))
Y = X @ RNG.standard_normal(P) + RNG.standard_normal(N)
GRAM = GramProblem(X.T @ X / N, X.T @ Y / N, float(Y @ Y / N))
ROWS = RowProblem(X, Y, np.ones(N), np.zeros(P), np.ones(P))
PENALTY = PathPenalty(np.abs(GRAM.xy).max() * np.geomspace(0.9, 0.01, A), np.zeros(A))
BOUNDED = replace(PENALTY, lower=np.full(P, -9.0), upper=np.full(P, 9.0))
FACTORED = replace(PENALTY, pull=np.ones(P), ridge=np.ones(P))


def by_gram(problem: GramProblem, penalty: PathPenalty = PENALTY, **how: Any) -> Floats:  # noqa: ANN401
    """Coefficients along the path."""
    found = follow(problem, penalty, **{"tol": 1e-13, "most": 1_000, **how})
    assert found is not None
    return found.coefficients


def by_rows(problem: RowProblem, penalty: PathPenalty = PENALTY, **how: Any) -> Floats:  # noqa: ANN401
    """The same."""
    rows = Rows.of(problem)
    assert rows is not None
    usual = {"tol": 1e-13, "most": 1_000, "patience": 1_000, "before": 1.0, "kept": np.arange(A)}
    found = follow_rows(rows, penalty, **{**usual, **how})
    assert found is not None
    return found.coefficients


EXPECTED = by_gram(GRAM)


def _not_aligned(a: Floats) -> Floats:
    raw = np.zeros(a.nbytes + 1, dtype=np.uint8)
    shifted = raw[1:].view(np.float64).reshape(a.shape)
    shifted[...] = a
    assert not shifted.flags.aligned
    return shifted


def _read_only(a: Floats) -> Floats:
    copied = a.copy()
    copied.flags.writeable = False
    return copied


def _with_first(a: Floats, value: float) -> Floats:
    changed = a.copy()
    changed.flat[0] = value
    return changed


OTHER_FORMS: dict[str, Callable[[Floats], Any]] = {
    "not contiguous": lambda a: np.repeat(a, 2, axis=0)[::2],
    "backwards": lambda a: np.array(a[::-1])[::-1],
    "in Fortran's order": np.asfortranarray,
    "in C's order": np.ascontiguousarray,
    "not aligned": _not_aligned,
    "of the other byte order": lambda a: a.astype(">f8"),
    "of more digits": lambda a: a.astype(np.longdouble),
    "read only": _read_only,
    "of objects": lambda a: a.astype(object),
    "masked": lambda a: np.ma.masked_array(a, mask=False),
    "a list": lambda a: a.tolist(),
}
ARRAYS = [form for form in OTHER_FORMS if form != "a list"]
WRONG: dict[str, Callable[[Floats], Any]] = {
    "not a number": lambda a: _with_first(a, np.nan),
    "infinite": lambda a: _with_first(a, -np.inf),
    "masked but not a number": lambda a: np.ma.masked_invalid(_with_first(a, np.nan)),
    "too long": lambda a: np.concatenate([a, a[:1]]),
    "too short": lambda a: a[:-1],
    "of one more dimension": lambda a: a[None],
    "empty": lambda a: a[:0],
    "complex": lambda a: a + 1j,
    "of words": lambda a: np.full(a.shape, "many"),
    "of dates": lambda a: np.full(a.shape, object()),
}


@pytest.mark.parametrize("form", ARRAYS)
@pytest.mark.parametrize("name", ["gram", "xy"])
def test_other_forms_of_a_gram_are_the_same(name: str, form: str) -> None:
    """A copy is made where compiled code could not read the array as it is."""
    problem = replace(GRAM, **{name: OTHER_FORMS[form](vars(GRAM)[name])})
    assert by_gram(problem) == pytest.approx(EXPECTED, abs=1e-12)


@pytest.mark.parametrize(
    "form", [form for form in OTHER_FORMS if form not in {"a list", "of objects"}]
)
@pytest.mark.parametrize("name", ["X", "y", "weight", "centre", "scale"])
def test_other_forms_of_rows_are_the_same(name: str, form: str) -> None:
    """The same of rows."""
    problem = replace(ROWS, **{name: OTHER_FORMS[form](vars(ROWS)[name])})
    assert by_rows(problem) == pytest.approx(EXPECTED, abs=1e-6)


@pytest.mark.parametrize("form", OTHER_FORMS)
def test_other_forms_of_a_penalty_are_the_same(form: str) -> None:
    """The same of what a penalty and a start are made of."""
    turned = OTHER_FORMS[form]
    for penalty in (BOUNDED, FACTORED):
        parts = {name: turned(own) for name, own in vars(penalty).items() if own is not None}
        start = turned(np.ones(P))
        assert by_gram(GRAM, PathPenalty(**parts), start=start) == pytest.approx(EXPECTED, abs=1e-6)
        assert by_rows(ROWS, PathPenalty(**parts), start=start) == pytest.approx(EXPECTED, abs=1e-6)


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("name", ["gram", "xy"])
def test_a_wrong_gram_is_refused(name: str, wrong: str) -> None:
    """The error names the array; a wrong xy may be noticed by a Gram of another size."""
    with pytest.raises(FitError, match=r"^(gram|xy) "):
        by_gram(replace(GRAM, **{name: WRONG[wrong](vars(GRAM)[name])}))


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("name", ["y", "weight", "centre", "scale"])
def test_wrong_rows_are_refused(name: str, wrong: str) -> None:
    """The error names the array."""
    with pytest.raises(FitError, match=f"^{name} "):
        by_rows(replace(ROWS, **{name: WRONG[wrong](vars(ROWS)[name])}))


@pytest.mark.parametrize("wrong", ["not a number", "infinite", "complex", "of words"])
@pytest.mark.parametrize("weights", [np.ones(N), np.arange(1.0, N + 1)])
def test_a_wrong_matrix_is_refused(wrong: str, weights: Floats) -> None:
    """The error names it, whether it is copied for its weights or not."""
    with pytest.raises(FitError, match=r"^X "):
        by_rows(replace(ROWS, X=WRONG[wrong](X), weight=weights))


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("name", ["l2", "pull", "ridge", "lower", "upper", "start"])
def test_a_wrong_penalty_is_refused(name: str, wrong: str) -> None:
    """The error names the array; a bound may be infinite, and l1 says how many there are."""
    whole = {**vars(FACTORED), **{side: vars(BOUNDED)[side] for side in ("lower", "upper")}}
    start = np.ones(P)
    if name == "start":
        start = WRONG[wrong](start)
    else:
        whole[name] = WRONG[wrong](whole[name])
    if (name, wrong) == ("lower", "infinite"):
        assert by_gram(GRAM, PathPenalty(**whole)) == pytest.approx(EXPECTED, abs=1e-6)
        return
    with pytest.raises(FitError, match=f"^{name} "):
        by_gram(GRAM, PathPenalty(**whole), start=start)
    if name == "ridge":
        return
    with pytest.raises(FitError, match=f"^{name.replace('pull', 'factors')} "):
        by_rows(ROWS, PathPenalty(**whole), start=start)


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("lower and upper", {"lower": np.zeros(P)}),
    ("lower and upper", {"upper": np.zeros(P)}),
    ("lower must", {"lower": np.full(P, 0.1), "upper": np.ones(P)}),
    ("upper must", {"lower": np.zeros(P), "upper": np.full(P, -0.1)}),
    ("lower must", {"lower": np.full(P, np.nan), "upper": np.ones(P)}),
    ("l1 must", {"l1": -PENALTY.l1}),
    ("l2 must", {"l2": np.full(A, -1e-9)}),
    ("(pull|factors) must", {"pull": np.full(P, -1.0)}),
]


@pytest.mark.parametrize(("said", "changes"), REFUSED)
def test_an_impossible_penalty_is_refused(said: str, changes: dict[str, Any]) -> None:
    """One bound alone would be read from nowhere; the others have no solution."""
    with pytest.raises(FitError, match=f"^{said}"):
        by_gram(GRAM, replace(PENALTY, **changes))
    with pytest.raises(FitError, match=f"^{said}"):
        by_rows(ROWS, replace(PENALTY, **changes))


def test_a_factor_of_0_is_refused_of_rows() -> None:
    """No strong rule lets such a column out."""
    with pytest.raises(FitError, match=r"^factors must be positive"):
        by_rows(ROWS, replace(PENALTY, pull=np.zeros(P)))


@pytest.mark.parametrize("tol", [-1.0, np.nan])
def test_an_impossible_tolerance_is_refused(tol: float) -> None:
    """Nothing, or anything, is within it."""
    with pytest.raises(FitError, match=r"^tol is"):
        by_gram(GRAM, tol=tol)
    with pytest.raises(FitError, match=r"^tol is"):
        by_rows(ROWS, tol=tol)


@pytest.mark.parametrize("yy", [np.nan, np.inf])
def test_an_undefined_yy_is_refused(yy: float) -> None:
    """It is what a gap is judged by."""
    with pytest.raises(FitError, match=r"^yy must be finite"):
        by_gram(replace(GRAM, yy=yy))


@pytest.mark.parametrize("most", [2**63, 2**64 + 1, 10**30])
def test_sweeps_without_end(most: int) -> None:
    """A number that 64 bits cannot hold is not taken for another."""
    assert by_gram(GRAM, most=most) == pytest.approx(EXPECTED, abs=1e-12)
    found = by_rows(ROWS, most=most, patience=most)
    assert found == pytest.approx(EXPECTED, abs=1e-6)


@pytest.mark.parametrize("most", [0, -5, -(2**63) - 1])
def test_no_sweeps_at_all(most: int) -> None:
    """The start is the answer, but for a sweep, or there is none."""
    assert np.isfinite(by_gram(GRAM, most=most)).all()
    assert not by_rows(ROWS, most=most).any()
    assert by_rows(ROWS, patience=most).shape[1] < A


@pytest.mark.parametrize(
    "kept", [[0, 2, 1, 3], [1, 2, 3, 4], [0, 0, 1, 2], [-2, 0, 1, 2], [0, 1, 2], [10**9, 0, 1, 2]]
)
def test_places_that_do_not_rise_are_refused(kept: list[int]) -> None:
    """They would be beyond the answer, or leave holes in it."""
    with pytest.raises(FitError, match=r"^kept "):
        by_rows(ROWS, kept=np.array(kept))


def test_places_may_leave_strengths_out() -> None:
    """Those that are kept are as with all."""
    found = by_rows(ROWS, kept=np.array([-1, 0, -1, 1]))
    assert found == pytest.approx(EXPECTED[:, [1, 3]], abs=1e-6)


@pytest.mark.parametrize(
    "weight", [np.zeros(N), np.full(N, 1e308), np.where(np.arange(N) == 3, -1.0, 1.0)]
)
def test_impossible_weights_are_refused(weight: Floats) -> None:
    """Without a mean there is nothing to minimise, and of what is negative there is no root."""
    with pytest.raises(FitError, match="weight must"):
        by_rows(replace(ROWS, weight=weight))


@pytest.mark.parametrize("scale", [0.0, -1.0])
def test_an_impossible_scale_is_refused(scale: float) -> None:
    """A column is divided by it."""
    with pytest.raises(FitError, match=r"^scale must be positive"):
        by_rows(replace(ROWS, scale=np.full(P, scale)))


# ---------------------------------------------------------------------------- sparse matrices


def in_columns() -> sparse.csc_array:
    """X as sparse columns, whose arrays a test may spoil."""
    made: sparse.csc_array = sparse.csc_array(X)
    assert made.nnz > 2 * P
    return made


def turned_around(columns: sparse.csc_array) -> sparse.csc_array:
    """Each column's entries from the last to the first."""
    ends = columns.indptr
    order = np.concatenate([np.arange(b, e)[::-1] for b, e in pairwise(ends)])
    return sparse.csc_array(
        (columns.data[order], columns.indices[order], ends), shape=columns.shape
    )


def doubled(columns: sparse.csc_array) -> sparse.csc_array:
    """Each entry as two that add up to it."""
    data = np.repeat(columns.data, 2) * np.tile([0.25, 0.75], columns.nnz)
    places = np.repeat(columns.indices, 2)
    return sparse.csc_array((data, places, 2 * columns.indptr), shape=columns.shape)


def with_room(columns: sparse.csc_array) -> sparse.csc_array:
    """More memory than entries, in which there is rubbish."""
    columns.data = np.concatenate([columns.data, [np.nan, np.nan]])
    columns.indices = np.concatenate([columns.indices, [-7, 10**6]]).astype(np.int32)
    return columns


def of_64_bits(columns: sparse.csc_array) -> sparse.csc_array:
    """Its indices so."""
    columns.indices = columns.indices.astype(np.int64)
    columns.indptr = columns.indptr.astype(np.int64)
    return columns


FORMS: list[Callable[[sparse.csc_array], Any]] = [
    turned_around,
    doubled,
    lambda columns: turned_around(doubled(columns)),
    with_room,
    of_64_bits,
    sparse.csr_array,
    sparse.coo_array,
    sparse.csc_matrix,
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("weighted", [False, True])
def test_any_sparse_form_is_the_same(form: Callable[..., Any], weighted: bool) -> None:
    """Unsorted and double entries too; X is left as it was."""
    given = form(in_columns())
    before = [given.data.copy(), *(given.copy().coords if given.format == "coo" else ())]
    weight = np.arange(1.0, N + 1) if weighted else np.ones(N)
    expected = by_rows(replace(ROWS, weight=weight))
    found = by_rows(replace(ROWS, X=given, weight=weight))
    assert found == pytest.approx(expected, abs=1e-5)
    assert np.array_equal(before[0], given.data, equal_nan=True)


def spoilt(name: str, at: int, value: int) -> sparse.csc_array:
    """One index that is wrong; of 64 bits, so that it can be any."""
    columns = of_64_bits(in_columns())
    vars(columns)[name][at] = value
    return columns


@pytest.mark.parametrize("value", [-1, N, N + 100, 2**31 - 1, 2**32, 2**32 + 1, -(2**40)])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("transposed", [False, True])
def test_entries_outside_the_rows_are_refused(value: int, weighted: bool, transposed: bool) -> None:
    """Also those that 32 bits would bring back inside, and before a format is changed."""
    given: Any = spoilt("indices", 3, value)
    weight = np.arange(1.0, N + 1) if weighted else np.ones(N)
    if transposed:
        given = sparse.csr_array(X)
        given.indices = given.indices.astype(np.int64)
        given.indices[3] = value
    with pytest.raises(FitError, match=r"^a sparse X has entries outside"):
        by_rows(replace(ROWS, X=given, weight=weight))


@pytest.mark.parametrize(
    ("at", "value"), [(0, 1), (0, -1), (2, -3), (2, 10**6), (P, 10**6), (P, -1)]
)
def test_columns_that_do_not_end_in_order_are_refused(at: int, value: int) -> None:
    """Where a column begins and ends is where compiled code reads."""
    with pytest.raises(FitError, match=r"^a sparse X has entries outside its columns"):
        by_rows(replace(ROWS, X=spoilt("indptr", at, value)))


@pytest.mark.parametrize("name", ["data", "indices", "indptr"])
def test_arrays_of_a_sparse_matrix_that_are_too_short_are_refused(name: str) -> None:
    """There are fewer than the ends say."""
    columns = in_columns()
    vars(columns)[name] = vars(columns)[name][:-1]
    with pytest.raises(FitError, match=r"^a sparse X has entries outside its columns"):
        by_rows(replace(ROWS, X=columns))


def test_indices_must_be_integers() -> None:
    """Halves of rows are none."""
    columns = in_columns()
    vars(columns)["indices"] = columns.indices + 0.5
    with pytest.raises(FitError, match=r"^the indices of a sparse X must be"):
        by_rows(replace(ROWS, X=columns))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_sparse_entry_that_is_not_finite_is_refused(value: float) -> None:
    """The error names X."""
    columns = in_columns()
    columns.data[2] = value
    with pytest.raises(FitError, match=r"^X must be finite"):
        by_rows(replace(ROWS, X=columns))


# ------------------------------------------------------------------------------------- memory


def buffer_of(stride: int) -> Floats:
    """The Gram in a larger buffer."""
    buffer = np.zeros((stride, stride))
    buffer[:P, :P] = GRAM.gram
    return buffer


def test_a_memory_serves_a_gram_that_grows() -> None:
    """The columns that are new come behind the others."""
    buffer, memory = buffer_of(9), Memory.of(9)
    for p in (3, 4, P):
        problem = GramProblem(buffer[:p, :p], GRAM.xy[:p], GRAM.yy)
        alone = GramProblem(GRAM.gram[:p, :p], GRAM.xy[:p], GRAM.yy)
        assert by_gram(problem, memory=memory) == pytest.approx(by_gram(alone), abs=1e-7)


def test_a_memory_of_more_columns_is_refused() -> None:
    """Its support has columns that are not there."""
    buffer, memory = buffer_of(9), Memory.of(9)
    by_gram(GramProblem(buffer[:P, :P], GRAM.xy, GRAM.yy), memory=memory, tol=1e-11, exact=True)
    assert memory.held[0] == P
    with pytest.raises(FitError, match=r"^memory is of more columns"):
        by_gram(GramProblem(buffer[:3, :3], GRAM.xy[:3], GRAM.yy), memory=memory)


@pytest.mark.parametrize(
    "changes",
    [
        {"stride": 10},
        {"work": np.zeros(9 * 9)},
        {"work": np.zeros(25 * 9, dtype=np.float32)},
        {"index": np.zeros(17, dtype=np.int64)},
        {"index": np.zeros(18, dtype=np.int32)},
        {"index": np.zeros(36, dtype=np.int64)[::2]},
        {"held": np.zeros(1, dtype=np.int64)},
        {"held": np.array([-1, 0])},
        {"held": np.array([3, 0]), "index": np.full(18, 8)},
        {"held": np.array([3, 0]), "index": np.full(18, -1)},
    ],
)
def test_a_memory_that_is_none_is_refused(changes: dict[str, Any]) -> None:
    """The error names it, or the Gram that is not of it."""
    buffer = buffer_of(9)
    with pytest.raises(FitError, match=r"^(memory|gram) "):
        by_gram(replace(GRAM, gram=buffer[:P, :P]), memory=replace(Memory.of(9), **changes))


@pytest.mark.parametrize(
    "gram",
    [
        GRAM.gram,
        buffer_of(9)[:P, :P].T,
        buffer_of(9).astype(np.int64)[:P, :P],
        np.full((9, 9), np.nan)[:P, :P],
        np.zeros((8, 9))[:P, :P].astype(np.complex64),
    ],
)
def test_a_gram_that_is_not_of_its_memory_is_refused(gram: Floats) -> None:
    """It must be a corner of the buffer, of doubles, and finite."""
    with pytest.raises(FitError, match=r"^gram must be"):
        by_gram(replace(GRAM, gram=gram), memory=Memory.of(9))
