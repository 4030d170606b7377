"""What the solver asks of a family: the loss of linear predictors, its slope and its curvature.

For rows i of share w_i / W, targets y_i and linear predictors eta_i (K,), one per response,

    L(eta) = sum_i w_i / W * l(y_i, eta_i)

is the mean negative log-likelihood, constants left out (for squared loss half the square). An
offset is within l: eta_i is what the model adds to it. Rows may be coupled, as those of a partial
likelihood are; nothing here presumes that they are not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

if TYPE_CHECKING:
    from runner.records import Floats, Matrix


class Curvature(Protocol):
    """The second derivatives of L at one set of linear predictors, n K x n K, never formed."""

    def cross(self, Z: Matrix) -> Floats:
        """Z' (d2 L / d eta2) Z of columns Z (n, k): (K k, K k), a block of k for each response."""

    def bound(self) -> Floats:
        """A curvature of each row and response alone, (n, K), that is nowhere less than all of it.

        That is, with D of these on its diagonal, D - d2 L / d eta2 is positive semidefinite.
        """

    def total(self) -> Floats:
        """The sum over all pairs of rows, (K, K): the curvature of constants."""


class Likelihood(Protocol):
    """The mean negative log-likelihood of some rows.

    Linear predictors are (n, c, K): of n rows, for c models at once and K responses.
    """

    # whether a feature is in or out for all responses together: the L1 penalty is that of norms
    grouped: ClassVar[bool]

    @property
    def responses(self) -> int:
        """K: classes of a multinomial, targets of several, else 1."""

    @property
    def has_intercept(self) -> bool:
        """Whether a shift of all linear predictors changes L; not so of a partial likelihood."""

    @property
    def null_deviance(self) -> float:
        """Twice what the best constant leaves above the least that L can be: the scale of `tol`."""

    def null(self) -> Floats:
        """The constant (K,) that minimises L."""

    def value(self, eta: Floats) -> Floats:
        """L, (c,)."""

    def gradient(self, eta: Floats) -> Floats:
        """The slope d L / d eta, (n, c, K), the rows' shares within."""

    def curvature(self, eta: Floats) -> Curvature:
        """At one model's linear predictors, (n, K)."""

    def conjugate(self, slope: Floats) -> Floats:
        """The convex conjugate of L, (c,), at slopes (n, c, K) as `gradient` gives them.

        Infinite outside its domain, but for rounding.
        """
