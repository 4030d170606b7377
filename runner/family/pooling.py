"""What models of several imputations predict together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logsumexp

if TYPE_CHECKING:
    from runner.records import Floats


def log_of_mean(logs: Floats) -> Floats:
    """The log of the mean, over the first axis, of what has these logs."""
    return np.asarray(logsumexp(logs, axis=0) - np.log(len(logs)))
