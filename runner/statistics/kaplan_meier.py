"""Times to an event or to its censoring come in; a survival curve, or groups by risk, go out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from runner.records import Booleans, Floats, Integers


@dataclass(frozen=True)
class SurvivalCurve:
    """The share that has had no event, after each of the t different times."""

    time: Floats  # (t,) rising
    at_risk: Integers  # (t,) rows without an event or a censoring before the time
    events: Integers  # (t,) at the time
    survival: Floats  # (t,)
    low: Floats  # (t,) of its confidence interval, NaN where survival is 0
    high: Floats  # (t,)


def kaplan_meier(time: Floats, event: Booleans, *, level: float = 0.95) -> SurvivalCurve:
    """The curve S of Kaplan & Meier (1958), as survfit(conf.type = "log-log") of R's survival.

    With d events among the n rows at risk at a time, and products and sums over the times up to it,

        S = prod (1 - d / n),   v = sum d / (n (n - d)) / log(S)^2   (Greenwood 1926),

    and the limits S^exp(-+ z sqrt(v)) (Kalbfleisch & Prentice 1980), which stay within 0 and 1.
    Both are 1 where S is. Rows censored at the time of an event are at risk of it.

    Args:
        time: (n,).
        event: (n,) whether the time is that of an event; else it is that of a censoring.
        level: of the interval, point by point.
    """
    at, code = np.unique(time, return_inverse=True)
    leaving = np.bincount(code, minlength=len(at))
    at_risk = len(time) - np.cumsum(leaving) + leaving
    events = np.bincount(code[event], minlength=len(at))
    survival = np.cumprod(1 - events / at_risk)
    low, high = _log_log_limits(survival, at_risk, events, level)
    return SurvivalCurve(at, at_risk, events, survival, low, high)


def risk_groups(risk: Floats, groups: int = 3) -> Integers:
    """Which of so many groups of about one size a row is in, (n,), 0 the one of the lowest risk.

    The bounds are the quantiles of the risk (n,), and belong to the group below them: rows of one
    risk are in one group, so that where many are tied a group may be empty.
    """
    bounds = np.quantile(risk, np.arange(1, groups) / groups)
    return np.searchsorted(bounds, risk, side="left")


def _log_log_limits(
    survival: Floats, at_risk: Integers, events: Integers, level: float
) -> tuple[Floats, Floats]:
    z = special.ndtri((1 + level) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):  # where S is 0 or 1
        greenwood = np.cumsum(events / (at_risk * (at_risk - events)))
        shift = z * np.sqrt(greenwood) / -np.log(survival)
        low, high = (survival ** np.exp(sign * shift) for sign in (1, -1))
    known = np.where(survival == 0, np.nan, 1.0)
    within = (survival > 0) & (survival < 1)
    return np.where(within, low, known), np.where(within, high, known)
