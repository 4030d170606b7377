"""P-values of several tests come in; those that hold for all of them together go out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from runner.records import Floats


def holm(p: Floats) -> Floats:
    """Adjust p-values (m,), NaN where there is none, by Holm's step-down procedure (1979).

    With them sorted, p_(1) <= ... <= p_(m): max over j <= i of min(1, (m - j + 1) p_(j)).
    """
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    steps = np.arange(len(order), 0, -1)
    adjusted = np.full(len(p), np.nan)
    adjusted[order] = np.maximum.accumulate(np.minimum(1.0, steps * p[order]))
    return adjusted
