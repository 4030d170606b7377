"""Features and a target come in; those that give the target almost alone go out.

With sums over the rows in which all that is compared is there, n of them,

    r = (sum uy - sum u sum y / n) / sqrt((sum uu - (sum u)^2 / n) (sum yy - (sum y)^2 / n)),

where u is a column, or the sum or the difference of two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.records import Floats

ALMOST = 0.999
LIKELY = 0.99  # in some rows, for all rows to be looked at
FEW_ROWS = 20  # in which both must be there
BLOCK = 2000  # columns that are looked at at once
CANDIDATES = 200  # columns of which pairs are made
SAMPLE = 1000  # rows that choose what all rows confirm
PAIRS = 5  # that are confirmed of sums, and of differences
STEADY = 1e-10  # relative spread below which a column is constant but for rounding
ROWS_A_LEVEL = 10  # at least, for a category to be more than a name of its rows


def correlations(X: Floats, y: Floats) -> Floats:
    """Correlation (p,) of each column of X (n, p) with y (n,), NaN where too few rows have it."""
    starts = range(0, max(X.shape[1], 1), BLOCK)
    return np.concatenate([_correlations(X[:, at : at + BLOCK], y) for at in starts])


def _correlations(X: Floats, y: Floats) -> Floats:
    seen = ~np.isnan(X)
    n = seen.sum(axis=0).astype(np.float64)
    shift = np.where(seen, X, 0.0).sum(axis=0) / np.maximum(n, 1)
    Z = np.where(seen, X - shift, 0.0)
    m, t = seen.astype(np.float64), y - y.mean()
    squares = np.einsum("ij,ij->j", Z, Z)
    r = _r(n, Z.sum(axis=0), t @ m, squares, (t * t) @ m, t @ Z)
    steady = squares <= n * (STEADY * shift) ** 2
    return np.where(steady, np.nan, r)


def lone_columns(X: Floats, y: Floats) -> dict[int, float]:
    """The columns of X (n, p) whose correlation with y (n,) is almost 1 or -1, strongest first."""
    rows = _sample(y)
    likely = np.flatnonzero(np.abs(correlations(X[rows], y[rows])) > LIKELY)
    r = correlations(X[:, likely], y)
    over = [at for at in np.argsort(-np.abs(r), kind="stable") if abs(r[at]) > ALMOST]
    return {int(likely[at]): float(r[at]) for at in over}


def lone_categories(columns: Mapping[str, pd.Series], y: Floats) -> list[str]:
    """The categories whose levels' means leave next to nothing of y (n,) unexplained."""
    total = float(np.sum((y - y.mean()) ** 2))
    found = []
    for name, column in columns.items():
        code = pd.factorize(column, use_na_sentinel=False)[0]
        count = np.bincount(code)
        if len(count) * ROWS_A_LEVEL > len(y):
            continue
        left = y - (np.bincount(code, y) / count)[code]
        if float(left @ left) < total * (1 - ALMOST**2):
            found.append(name)
    return found


def lone_pairs(X: Floats, y: Floats) -> list[tuple[int, int, int]]:
    """Pairs of columns of X (n, p) whose sum (1) or difference (-1) is almost y (n,).

    Neither is alone. They are chosen from some rows and confirmed by all.
    """
    rows = _sample(y)
    strength = np.abs(correlations(X[rows], y[rows]))
    usable = np.flatnonzero(strength <= ALMOST)  # no NaN
    chosen = np.sort(usable[np.argsort(-strength[usable], kind="stable")[:CANDIDATES]])
    best = np.maximum.outer(strength[chosen], strength[chosen])
    found: list[tuple[int, int, int]] = []
    for sign, r in _pair_correlations(X[rows][:, chosen], y[rows]).items():
        R = np.abs(np.nan_to_num(r))
        likely = np.triu((R > LIKELY) & ((1 - best**2) / 2 > 1 - R**2), 1)
        strongest = np.argwhere(likely)[np.argsort(-R[likely], kind="stable")[:PAIRS]]
        found += [(int(chosen[i]), int(chosen[j]), sign) for i, j in strongest]
    return [pair for pair in found if _confirmed(X, y, pair)]


def _sample(y: Floats) -> slice:
    """Some rows, taken evenly."""
    return slice(None, None, max(1, len(y) // SAMPLE))


def _confirmed(X: Floats, y: Floats, pair: tuple[int, int, int]) -> bool:
    i, j, sign = pair
    return bool(np.abs(correlations((X[:, i] + sign * X[:, j])[:, None], y)[0]) > ALMOST)


def _pair_correlations(X: Floats, y: Floats) -> dict[int, Floats]:
    """Correlations (q, q) of y (n,) with x_i + x_j (1) and with x_i - x_j (-1) of X (n, q)."""
    seen = ~np.isnan(X)
    n = np.maximum(seen.sum(axis=0), 1)
    Z = np.where(seen, X - np.where(seen, X, 0.0).sum(axis=0) / n, 0.0)
    M, t = seen.astype(np.float64), (y - y.mean())[:, None]
    with np.errstate(over="ignore", invalid="ignore"):
        both = np.hstack([M, M * t, M * t * t, Z, Z * Z, Z * t]).T @ M
        count, ys, yys, u, uu, uy = np.split(both, 6)
        product = Z.T @ Z
        return {
            sign: _r(
                count,
                u + sign * u.T,
                ys,
                uu + uu.T + 2 * sign * product,
                yys,
                uy + sign * uy.T,
            )
            for sign in (1, -1)
        }


def _r(  # noqa: PLR0913, PLR0917 - the sums of the formula
    n: Floats, u: Floats, y: Floats, uu: Floats, yy: Floats, uy: Floats
) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        r = (uy - u * y / n) / np.sqrt((uu - u * u / n) * (yy - y * y / n))
    return np.where(n >= FEW_ROWS, r, np.nan)
