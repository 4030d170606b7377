"""A completed design and what its rows say come in; estimates without a penalty go out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from runner.core.likelihood import maximum

if TYPE_CHECKING:
    from runner.family import Family
    from runner.records import Floats, Observed

DEPENDENT = 1e-8  # share of a column that others leave, below which it depends on them


@dataclass(frozen=True)
class Estimates:
    """What one completed data set says of w columns, for each of K responses."""

    estimate: Floats  # (K, w), on the scale of the link
    variance: Floats  # (K, w), squared standard errors


def estimate(
    A: Floats, observed: Observed, family: Family | None, freedom: int
) -> Estimates | None:
    """Maximum likelihood with the inverse information, as R's lm, glm and coxph have it.

    A normal distribution's variance and a gamma distribution's dispersion are estimated, with
    `freedom` below. Class weights do not count: they are no observations.

    Args:
        A: independent columns (n, w), the first of ones.
        observed: of the same rows.
        family: None is squared error.
        freedom: rows, or of times to an event events, less the columns.

    Returns:
        Of several classes those but the first, against the first; of a family without an intercept
        the first column has no estimate, and is left out. None where the likelihood has no maximum.
    """
    if family is None or family.squared or observed.y.ndim > 1:
        return _least_squares(A, observed, freedom)
    return _maximum_likelihood(A, observed, family.without_class_weight(), freedom)


def independent_columns(A: Floats) -> list[int]:
    """Those of the columns (n, q), from the first, that do not depend on the ones before them."""
    kept: list[int] = []
    basis = np.empty((len(A), 0))
    for j, column in enumerate(A.T):
        rest = column - basis @ (basis.T @ column)
        rest -= basis @ (basis.T @ rest)  # once more, against rounding
        size = float(np.linalg.norm(rest))
        if size > DEPENDENT * np.linalg.norm(column):
            kept.append(j)
            basis = np.column_stack([basis, rest / size])
    return kept


def _least_squares(A: Floats, observed: Observed, freedom: int) -> Estimates:
    root = np.sqrt(observed.weight * len(A) / observed.weight.sum())
    y = observed.y.reshape(len(A), -1) * root[:, None]
    Q, R = np.linalg.qr(A * root[:, None])
    inverse = np.linalg.inv(R)
    b = inverse @ (Q.T @ y)
    residual = y - Q @ (Q.T @ y)
    spread = np.sum(residual**2, axis=0) / freedom
    return Estimates(b.T, np.outer(spread, np.sum(inverse**2, axis=1)))


def _maximum_likelihood(
    A: Floats, observed: Observed, family: Family, freedom: int
) -> Estimates | None:
    # of columns that are uncorrelated and of size 1, whatever the units
    Q, R = np.linalg.qr(A)
    first = 0 if family.has_intercept else 1
    Z = (Q * np.sqrt(len(A)))[:, first:]
    back = np.linalg.inv(R[first:, first:]) * np.sqrt(len(A))
    found = maximum(family.likelihood(observed), Z, reference=family.has_reference)
    if found is None:
        return None
    information = family.information(Z, observed, Z @ found.T, freedom)
    held, width = int(family.has_reference), Z.shape[1]
    free = information[held * width :, held * width :]
    covariance = np.linalg.inv(free).reshape(len(found) - held, width, -1, width)
    variance = np.array(
        [np.einsum("ij,jk,ik->i", back, block[:, k], back) for k, block in enumerate(covariance)]
    )
    return Estimates(found[held:] @ back.T, variance)
