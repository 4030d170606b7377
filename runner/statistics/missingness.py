"""A table and its split come in; where values are missing, and what that tells of the target.

Only training rows are looked at together with the target. Whether a column's gaps predict it is
said by two numbers:

- the gain: with the run's own folds (the first partition of repeated ones), the validation rows
  are predicted by the mean target of the training rows that miss the column, or of those that have
  it; the gain is the r2 of these predictions against the plain training mean, rows weighted.
- the p-value of Wilcoxon's rank-sum test of the target by missingness (Mann & Whitney 1947), with
  Holm's (1979) correction over the columns. It needs no folds, as it fits nothing, holds its level
  whatever the target's distribution and however few gaps there are, and has far more power than a
  test of the gain itself, which is negative on average where there is no effect. Where dependent
  rows are declared by a group or a time column, it is a score test on the same ranks whose variance
  adds up groups, or sqrt(n) stretches of time, instead of rows.

A target of more than two classes counts as several of 0 and 1, one a class; a time with censoring
as the residual event - H(time), H the cumulative hazard of all training rows (Nelson 1972), whose
test is much like a log-rank test. Of several targets the gain is the mean, and the p-value the
smallest times their number (Bonferroni).

A column's gaps count as predictive if the corrected p-value is below 5 % and the gain is positive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import special

from runner.checks import GAPS_PREDICT
from runner.statistics.holm import holm
from runner.statistics.value_quantiles import quantile_columns, quantiles_by_column, quantiles_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runner.checks import Finding
    from runner.records import Booleans, Floats, Integers, Split, Table

LEVEL = 0.05
MOST_PATTERNS = 20
BLOCK = 2000  # columns of numbers, above which they are looked at so many at a time
MOST_NAMES = 5  # columns that a finding names
MOST_CELLS = 5e7  # rows x columns with gaps of a sparse matrix, above which there are no tables
MOST_WORK = 2e9  # multiplications, above which the r2 of all columns together is left out
# ridge penalty per 0/1 column, optimal where they explain a tenth of the variance: (1 - r2) / r2
PENALTY = 9.0


@dataclass(frozen=True)
class Missingness:
    """Where values are missing."""

    columns: pd.DataFrame  # a row per column with gaps
    patterns: pd.DataFrame  # the most frequent sets of missing columns, complete rows included
    summary: dict[str, Any]

    def filled_in(self, filled: Mapping[str, Floats]) -> pd.DataFrame:
        """The columns, with the quantiles (5,) of what was filled into some of them."""
        names = self.columns["column"].tolist()
        return self.columns.assign(**quantile_columns("filled", filled, names))

    def findings(self) -> list[Finding]:
        """Whether what is missing tells of the target."""
        names = self.summary["predicting"]
        if not names:
            return []
        some = ", ".join(names[:MOST_NAMES]) + (", ..." if len(names) > MOST_NAMES else "")
        together = self.summary["r2_together"]
        gain = "" if together is None else f", out-of-fold r2 {together:.2g} by all gaps together"
        said = f"whether a value is missing predicts the target ({some}{gain})"
        return [GAPS_PREDICT.found(said)]


def describe_missingness(table: Table, split: Split) -> Missingness | None:
    """What is missing, or None if nothing is."""
    names, M = _gaps(table)
    if not names:
        return None
    training = M[split.train]
    outcomes = _outcomes(table, split)
    sums = [_BlockSums.of(training, y, table, split) for y in outcomes]
    columns = _columns_table(names, table, training, M[split.test])
    columns["gain_r2"] = np.mean([one.gains() for one in sums], axis=0)
    columns["p_value"] = _smallest([_p_values(training, y, table, split) for y in outcomes])
    columns["p_holm"] = holm(columns["p_value"].to_numpy())
    columns["predicts"] = (columns["p_holm"] < LEVEL) & (columns["gain_r2"] > 0)
    observed = _observed_quantiles(table, split, names)
    columns = columns.assign(
        **quantile_columns("observed", observed, names), **quantile_columns("filled", {}, names)
    )
    patterns, n_patterns = _patterns(names, training)
    gains = [gain for one in sums if (gain := one.gain_together()) is not None]
    together = float(np.mean(gains)) if gains else None
    summary = {
        "columns": int(training.any(axis=0).sum()),
        "rows": int(training.any(axis=1).sum()),
        "patterns": n_patterns,
        "predicting": columns.loc[columns["predicts"], "column"].tolist(),
        "r2_together": together,
    }
    return Missingness(columns, patterns, summary)


def _gaps(table: Table) -> tuple[list[str], Booleans]:
    """The columns with gaps, and which rows miss them, (n, q); of too large a matrix no rows."""
    if table.matrix is None:
        gaps = table.features.isna().to_numpy()
        gappy = np.flatnonzero(gaps.any(axis=0))
        return [str(name) for name in table.features.columns[gappy]], gaps[:, gappy]
    X = table.matrix.X.tocoo()
    absent = np.isnan(X.data)
    gappy, code = np.unique(X.col[absent], return_inverse=True)
    names = [table.matrix.names[at] for at in gappy]
    if len(names) * table.n_rows > MOST_CELLS:
        return [], np.zeros((table.n_rows, 0), dtype=bool)
    M = np.zeros((table.n_rows, len(names)), dtype=bool)
    M[X.row[absent], code] = True
    return names, M


def rank_sum_p_values(M: Booleans, y: Floats) -> Floats:
    """Two-sided p-values (q,) of Wilcoxon's rank-sum test of y (n,) by each column of M (n, q).

    By the normal approximation with the correction for ties and for continuity; exact, from the
    hypergeometric distribution, where y has two values. NaN where a column or y is constant.
    """
    n, n1 = len(y), M.sum(axis=0).astype(np.float64)
    if len(np.unique(y)) == 2:  # noqa: PLR2004 - two values
        high = y == y.max()
        return _fisher(high.astype(np.float64) @ M, n, n1, float(high.sum()))
    rank = pd.Series(y).rank().to_numpy() - (n + 1) / 2
    variance = n1 * (n - n1) / (n * max(n - 1, 1)) * (rank @ rank)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.maximum(np.abs(rank @ M) - 0.5, 0.0) / np.sqrt(variance)
    return np.where(variance > 0, np.minimum(2 * special.ndtr(-z), 1.0), np.nan)


def _fisher(both: Floats, n: int, n1: Floats, high: float) -> Floats:
    """Twice the smaller tail of the hypergeometric distribution: (q,)."""
    p = np.full(len(n1), np.nan)
    for j in np.flatnonzero((n1 > 0) & (n1 < n)):
        k = np.arange(max(0.0, n1[j] + high - n), min(n1[j], high) + 1)
        logs = _log_choose(high, k) + _log_choose(n - high, n1[j] - k) - _log_choose(n, n1[j])
        share = np.exp(logs)
        p[j] = min(1.0, 2 * min(share[k <= both[j]].sum(), share[k >= both[j]].sum()))
    return p


def _log_choose(n: Any, k: Any) -> Any:  # noqa: ANN401 - numbers or arrays
    return special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)


def clustered_p_values(M: Booleans, y: Floats, cluster: Integers) -> Floats:
    """Two-sided p-values (q,) for rows that depend on one another within a cluster.

    With r the centred ranks of y, and p_j the share of column j's gaps, U_g is the sum over the
    rows of cluster g of (M_ij - p_j) r_i, and t = sum U_g / sqrt(G / (G - 1) sum U_g^2), compared
    with Student's t for as many clusters as have gaps, or as have values if these are fewer.
    """
    _, code = np.unique(cluster, return_inverse=True)
    n, G = len(y), int(code.max()) + 1
    rank = pd.Series(y).rank().to_numpy() - (n + 1) / 2
    by_cluster, size = np.bincount(code, rank), np.bincount(code)
    p = np.full(M.shape[1], np.nan)
    for j in range(M.shape[1]):
        missing = np.bincount(code[M[:, j]], minlength=G)
        U = np.bincount(code[M[:, j]], rank[M[:, j]], G) - M[:, j].mean() * by_cluster
        freedom = min(int((missing > 0).sum()), int((missing < size).sum())) - 1
        variance = G / max(G - 1, 1) * (U @ U)
        if freedom > 0 and variance > 0:
            p[j] = 2 * special.stdtr(freedom, -abs(U.sum()) / np.sqrt(variance))
    return p


def _outcomes(table: Table, split: Split) -> list[Floats]:
    """What gaps may tell of, each (n,) of the training rows."""
    y = table.target[split.train]
    if table.event is not None and y.ndim == 1:
        return [_residuals(y, table.event[split.train])]
    if len(table.labels) > 2:  # noqa: PLR2004 - two classes are one column
        return [(y == code).astype(np.float64) for code in range(len(table.labels))]
    return [y] if y.ndim == 1 else [*y.T]


def _residuals(time: Floats, event: Booleans) -> Floats:
    """Event - H(time), H the sum over the times up to it of events / rows still there."""
    at, code = np.unique(time, return_inverse=True)
    leaving = np.bincount(code, minlength=len(at))
    there = len(time) - np.cumsum(leaving) + leaving
    hazard = np.cumsum(np.bincount(code, event, len(at)) / there)
    residuals: Floats = event - hazard[code]
    return residuals


def _smallest(p: list[Floats]) -> Floats:
    """The smallest of some p-values (q,), times their number."""
    smallest: Floats = np.minimum(np.min(p, axis=0) * len(p), 1.0)
    return smallest


def _p_values(M: Booleans, y: Floats, table: Table, split: Split) -> Floats:
    """Of the training rows' columns M (n, q), and their outcome y (n,)."""
    if table.group is not None:
        return clustered_p_values(M, y, table.group[split.train])
    if table.time is not None:
        stretches = np.argsort(np.argsort(table.time[split.train], kind="stable"))
        return clustered_p_values(M, y, stretches // int(np.ceil(np.sqrt(len(y)))))
    return rank_sum_p_values(M, y)


def _columns_table(
    names: list[str], table: Table, training: Booleans, test: Booleans
) -> pd.DataFrame:
    """The counts and shares."""
    return pd.DataFrame(
        {
            "column": names,
            "kind": ["categorical" if name in table.categorical else "numeric" for name in names],
            "missing": training.sum(axis=0),
            "share": training.mean(axis=0),
            "test_share": test.mean(axis=0) if len(test) else np.nan,
        }
    )


def _observed_quantiles(table: Table, split: Split, names: Sequence[str]) -> dict[str, Floats]:
    """The quantiles (5,) of the training rows' values of each column that is numeric."""
    features = table.features
    if features.shape[1] <= BLOCK or not (features.dtypes == np.float64).all():
        return quantiles_of(_observed(table, split, names))
    values, gappy = features.to_numpy(), set(names)
    found: dict[str, Floats] = {}
    for start in range(0, features.shape[1], BLOCK):
        quantiles = quantiles_by_column(values[split.train, start : start + BLOCK])
        some = map(str, features.columns[start : start + BLOCK])
        pairs = zip(some, quantiles.T, strict=True)
        found |= {name: own for name, own in pairs if name in gappy and not np.isnan(own[0])}
    return found


def _observed(table: Table, split: Split, names: Sequence[str]) -> dict[str, Floats]:
    """The training rows' values of those of the columns that are numeric, gaps left out."""
    if table.matrix is not None:
        place = {name: at for at, name in enumerate(table.matrix.names)}
        X = table.matrix.X[split.train][:, [place[name] for name in names]].toarray()
        return {name: x[~np.isnan(x)] for name, x in zip(names, X.T, strict=True)}
    numeric = set(table.numeric)
    values = {
        name: table.features[name].to_numpy(dtype=np.float64, na_value=np.nan)[split.train]
        for name in names
        if name in numeric
    }
    return {name: own[~np.isnan(own)] for name, own in values.items()}


def _patterns(names: list[str], M: Booleans) -> tuple[pd.DataFrame, int]:
    """The most frequent rows of M, and how many different ones there are."""
    packed = np.packbits(M, axis=1)
    code = np.zeros(len(M), dtype=np.int64)
    for byte in packed.T:  # codes stay below the number of rows, and so exact
        code = pd.factorize(code * 256 + byte)[0]
    first = np.unique(code, return_index=True)[1]
    count = np.bincount(code)
    most = np.lexsort((first, -count))[:MOST_PATTERNS]
    rows = M[first[most]]
    return pd.DataFrame(
        {
            "rows": count[most],
            "share": count[most] / len(M),
            "columns_missing": rows.sum(axis=1),
            "missing": [", ".join(names[at] for at in np.flatnonzero(row)) for row in rows],
        }
    ), len(count)


@dataclass(frozen=True, eq=False)
class _BlockSums:
    """Sums over the rows of each block of the first partition; y is centred."""

    sides: list[tuple[list[int], list[int]]]  # blocks of each fold's training and validation
    w: Floats  # (blocks,)
    wy: Floats
    wyy: Floats
    wm: Floats  # (blocks, q)
    wmy: Floats
    distinct: Integers  # columns, each pattern of gaps once
    gram: Floats | None  # (blocks, distinct, distinct)

    @classmethod
    def of(cls, M: Booleans, y: Floats, table: Table, split: Split) -> _BlockSums:
        """Of the training rows' columns M (n, q) and their outcome y (n,)."""
        block = split.partitions[0]
        y = y - y.mean()  # for its digits
        w = np.ones(len(y)) if table.weight is None else table.weight[split.train]
        w = w / w.mean()  # so that the penalty counts rows
        packed = np.packbits(M, axis=0)
        known = {packed[:, j].tobytes(): j for j in reversed(range(M.shape[1])) if M[:, j].any()}
        distinct = np.array(sorted(known.values()), dtype=np.int64)
        together = len(y) * float(len(distinct)) ** 2 <= MOST_WORK and len(distinct) > 0
        sums, grams = [], []
        for number in range(int(block.max()) + 1):
            rows = block == number
            part, weight, target = M[rows].astype(np.float64), w[rows], y[rows]
            wy = weight * target
            sums.append((weight.sum(), wy.sum(), wy @ target, weight @ part, wy @ part))
            if together:
                Z = part[:, distinct]
                grams.append((Z * weight[:, None]).T @ Z if table.weight is not None else Z.T @ Z)
        w_all, wy_all, wyy, wm, wmy = (np.array(column) for column in zip(*sums, strict=True))
        folds = [fold for fold in split.folds if fold.partition == 0]
        return cls(
            sides=[(list(fold.training), list(fold.validation)) for fold in folds],
            w=w_all,
            wy=wy_all,
            wyy=wyy,
            wm=wm,
            wmy=wmy,
            distinct=distinct,
            gram=np.array(grams) if together else None,
        )

    def gains(self) -> Floats:
        """r2 (q,) out of fold of the two means of each column, against the plain mean."""
        less, total = np.zeros(self.wm.shape[1]), 0.0
        for training, validation in self.sides:
            w, wy = self.w[training].sum(), self.wy[training].sum()
            wm, wmy = self.wm[training].sum(axis=0), self.wmy[training].sum(axis=0)
            a = wy / w
            for on, on_y, off, off_y in (
                (wm, wmy, self.wm[validation], self.wmy[validation]),
                (
                    w - wm,
                    wy - wmy,
                    self.w[validation, None] - self.wm[validation],
                    self.wy[validation, None] - self.wmy[validation],
                ),
            ):
                # (y - a)^2 - (y - b)^2 = (b - a) (2 y - a - b)
                b = np.where(on > 0, on_y / np.where(on > 0, on, 1.0), a)
                less += (b - a) * (2 * off_y.sum(axis=0) - (a + b) * off.sum(axis=0))
            total += self._squares(validation, a)
        return less / total if total > 0 else np.full(len(less), np.nan)

    def gain_together(self) -> float | None:
        """r2 out of fold of a ridge regression on all 0/1 columns, each standardised."""
        if self.gram is None:
            return None
        left = total = 0.0
        for training, validation in self.sides:
            w, a = self.w[training].sum(), self.wy[training].sum() / self.w[training].sum()
            x, cross, xy = self._moments(training)
            x = x / w
            C, c = cross / w - np.outer(x, x), xy / w - a * x
            b = self._ridge(C, c, w)
            wx, cross, xy = self._moments(validation)
            w, wy = self.w[validation].sum(), self.wy[validation].sum()
            S = cross - np.outer(x, wx) - np.outer(wx, x) + w * np.outer(x, x)
            s = xy - a * wx - (wy - a * w) * x
            squares = self._squares(validation, a)
            left += squares - 2 * float(b @ s) + float(b @ S @ b)
            total += squares
        return 1 - left / total if total > 0 else None

    def _squares(self, blocks: list[int], a: float) -> float:
        """The sum of w (y - a)^2."""
        w, wy, wyy = (sums[blocks].sum() for sums in (self.w, self.wy, self.wyy))
        return float(wyy - 2 * a * wy + a * a * w)

    def _moments(self, blocks: list[int]) -> tuple[Floats, Floats, Floats]:
        """Sums of the distinct columns, their cross products, and those with y."""
        assert self.gram is not None  # noqa: S101 - checked by the caller
        columns = self.distinct
        xy: Floats = self.wmy[blocks].sum(axis=0)[columns]
        return self.wm[blocks].sum(axis=0)[columns], self.gram[blocks].sum(axis=0), xy

    def _ridge(self, C: Floats, c: Floats, n: float) -> Floats:
        """Coefficients per unit: (R + penalty / n I) b = c, with R the columns' correlations."""
        variance = np.diag(C)
        varies = variance > np.finfo(np.float64).eps
        scale = np.sqrt(np.where(varies, variance, 1.0))
        R = C / np.outer(scale, scale)
        R[~varies], R[:, ~varies] = 0.0, 0.0
        right = np.where(varies, c / scale, 0.0)
        solved = np.linalg.solve(R + PENALTY * len(c) / n * np.eye(len(c)), right)
        coefficients: Floats = solved / scale
        return coefficients
