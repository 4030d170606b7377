"""Times to an event: the log of the hazard is linear in the features, its baseline left open.

Cox's partial likelihood with Breslow's way with ties. With the shares v_i = w_i / W of the rows,
the distinct times t of events, their risk sets R_t (who is still there at t) and d_t, the summed
shares of the events at t,

    L(eta) = sum_t d_t log(S_t) - sum_events v_i eta_i,     S_t = sum_{i in R_t} v_i exp(eta_i),

which with equal weights is -loglik / n but for a constant.

Its gradient u has u_i + v_i [event] = v_i exp(eta_i) sum_{t <= t_i} d_t / S_t =: m_i. As the risk
sets are nested that can be solved for eta. With T_t = sum_{i in R_t} u_i the conjugate is

    L*(u) = sum_i m_i log(m_i / v_i) - sum_t ((T_t + d_t) log(T_t + d_t) - T_t log(T_t))

wherever no m and no T is negative, and the u add up to 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from scipy import sparse
from scipy.special import xlogy

from runner.core.likelihood import Cone
from runner.errors import DataError
from runner.family import targets
from runner.family.base import Averaged, Family, Trained
from runner.family.baseline_hazard import breslow
from runner.family.estimators import PenalisedFit, cox_estimator
from runner.family.shown import ShownSurvival
from runner.spec import Positive

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from runner.family.shown import Shown
    from runner.records import Floats, Integers, Matrix, Observed, Table

BLOCK = 1000  # rows whose running sums are held at once
SPREAD = 600.0  # of logs, up to which none of their exponentials is 0 beside the largest


@dataclass(frozen=True)
class Risks:
    """The rows that some risk set holds, from the latest time to the earliest."""

    row: Integers  # (m,) their positions
    event: Floats  # (m,) their share if they have an event, else 0
    log_share: Floats  # (m,)
    last: Integers  # (t,) where in `row` each event time's risk set ends, from the latest time
    first: Integers  # (m,) the latest event time whose risk set holds the row
    died: Floats  # (t,) shares of the events of each time, d
    rows: int  # n, with those that no risk set holds

    @classmethod
    def of(cls, observed: Observed) -> Risks:
        """From rows in any order.

        Raises:
            DataError: no row of weight has an event.
        """
        share = observed.weight / observed.weight.sum()
        time, event = observed.y, share.copy()
        if observed.event is not None:
            event[~observed.event] = 0.0
        if not event.any():
            raise DataError(
                "no row has an event, so that nothing can be learned of its hazard; "
                "dataset.event must be 1 where the event was seen"
            )
        held = np.flatnonzero((share > 0) & (time >= time[event > 0].min()))
        row = held[np.argsort(-time[held], kind="stable")]
        when = -time[row]
        times = np.unique(when[event[row] > 0])
        died = np.zeros(len(times))
        np.add.at(died, np.searchsorted(times, when), event[row])
        return cls(
            row,
            event[row],
            log_share=np.log(share[row]),
            last=np.searchsorted(when, times, side="right") - 1,
            first=np.searchsorted(times, when, side="left"),
            died=died,
            rows=len(observed.y),
        )

    def log_sums(self, eta: Floats) -> Floats:
        """Log S of each event time, (t, c), of linear predictors (m, c)."""
        sums: Floats = _log_running(eta + self.log_share[:, None])[self.last]
        return sums

    def hazards(self, eta: Floats, log_sums: Floats) -> Floats:
        """The m of each row, (m, c): what share of the events was expected of it."""
        increments = np.log(self.died)[:, None] - log_sums
        cumulated = _log_running(increments[::-1])[::-1]
        return np.exp(eta + self.log_share[:, None] + cumulated[self.first])

    def blocks(self) -> Iterator[tuple[slice, slice]]:
        """Some of the rows, and of the event times whose risk sets end among them."""
        start = begun = 0
        while start < len(self.row):
            ended = int(np.searchsorted(self.last, start + BLOCK - 1, side="right"))
            ended = max(ended, begun + 1)
            stop = int(self.last[ended - 1]) + 1
            yield slice(start, stop), slice(begun, ended)
            start, begun = stop, ended


@dataclass(frozen=True)
class PartialCurvature:
    """The rows' own curvature less that of the risk sets' means."""

    risks: Risks
    eta: Floats  # (m,) linear predictors of the rows at risk

    def cross(self, Z: Matrix) -> Floats:
        """Z' (d2 L / d eta2) Z, (k, k)."""
        risks, k = self.risks, Z.shape[1]
        logs = risks.log_sums(self.eta[:, None])
        hazard = np.sqrt(risks.hazards(self.eta[:, None], logs))
        relative = self.eta + risks.log_share
        top = float(relative.max())
        risk = np.exp(relative - top)[:, None]
        with np.errstate(over="ignore"):
            scale = np.sqrt(risks.died)[:, None] * np.exp(top - logs)
        scale[~np.isfinite(scale)] = 0.0  # beside the largest risk these are nothing
        product, before = np.zeros((k, k)), np.zeros(k)
        for rows, times in risks.blocks():
            some = _dense(Z, risks.row[rows])
            scaled = some * hazard[rows]
            product += scaled.T @ scaled
            some *= risk[rows]
            some[0] += before
            sums = np.cumsum(some, axis=0, out=some)
            before = sums[-1].copy()
            means = sums[risks.last[times] - rows.start] * scale[times]
            product -= means.T @ means
        return product

    def bound(self) -> Floats:
        """The rows' own, (n, 1), from which only the risk sets' means are taken away."""
        bound = np.zeros((self.risks.rows, 1))
        eta = self.eta[:, None]
        bound[self.risks.row] = self.risks.hazards(eta, self.risks.log_sums(eta))
        return bound

    def total(self) -> Floats:
        """Nothing: a shift of all rows changes no risk relative to another."""
        return np.zeros((1, 1))


class CoxLoss:
    """The partial likelihood of times to an event.

    Args:
        observed: the rows; y is the time, (n,), and `event` tells which ended in an event, all of
            them if there is none.

    Raises:
        DataError: no row of weight has an event.
    """

    responses: ClassVar[int] = 1
    has_intercept: ClassVar[bool] = False
    grouped: ClassVar[bool] = False

    def __init__(self, observed: Observed) -> None:
        self.count = len(observed.y)
        self.risks = Risks.of(observed)
        offset = observed.offset
        self.offset = None if offset is None else offset[self.risks.row]

    @cached_property
    def null_deviance(self) -> float:
        """Twice what equal risks leave above a model that foretells all: glmnet's, over n."""
        died = self.risks.died
        none = np.zeros((self.count, 1, 1))
        return 2.0 * float(self.value(none)[0] - xlogy(died, died).sum())

    def null(self) -> Floats:
        """Every constant is as good: 0, (1,)."""
        return np.zeros(1)

    def value(self, eta: Floats) -> Floats:
        """L, (c,), of linear predictors (n, c, 1)."""
        at = self._at_risk(eta[..., 0])
        return np.asarray(self.risks.died @ self.risks.log_sums(at) - self.risks.event @ at)

    def gradient(self, eta: Floats) -> Floats:
        """Its derivative by each, (n, c, 1)."""
        at = self._at_risk(eta[..., 0])
        slope = np.zeros(eta.shape)
        expected = self.risks.hazards(at, self.risks.log_sums(at))
        slope[self.risks.row, :, 0] = expected - self.risks.event[:, None]
        return slope

    def curvature(self, eta: Floats) -> PartialCurvature:
        """At linear predictors (n, 1)."""
        return PartialCurvature(self.risks, self._at_risk(eta)[:, 0])

    def conjugate(self, slope: Floats) -> Floats:
        """The conjugate of L, (c,), at slopes (n, c, 1) that add up to 0."""
        risks, own = self.risks, slope[self.risks.row, :, 0]
        m = np.maximum(own + risks.event[:, None], 0.0)
        T = np.maximum(np.cumsum(own, axis=0)[risks.last], 0.0)
        whole = T + risks.died[:, None]
        conjugate = (xlogy(m, m) - m * risks.log_share[:, None]).sum(axis=0)
        conjugate -= (xlogy(whole, whole) - xlogy(T, T)).sum(axis=0)
        return np.asarray(conjugate if self.offset is None else conjugate - self.offset @ own)

    def _at_risk(self, eta: Floats) -> Floats:
        """Linear predictors (n, c) with the offset, of the rows at risk."""
        at: Floats = eta[self.risks.row]
        return at if self.offset is None else at + self.offset[:, None]


def _log_running(logs: Floats) -> Floats:
    """Log of the running sum of exponentials, along the first axis."""
    top = logs.max(axis=0)
    if np.all(top - logs.min(axis=0) < SPREAD):
        return np.asarray(np.log(np.cumsum(np.exp(logs - top), axis=0)) + top)
    return np.asarray(np.logaddexp.accumulate(logs, axis=0))


def _dense(Z: Matrix, rows: Integers) -> Floats:
    """A copy of some rows."""
    some = Z[rows]
    return np.asarray(some.toarray() if sparse.issparse(some) else some)


class Cox(Family):
    """Times to an event, some of them censored: proportional hazards (Cox 1972), Breslow's ties.

    `times` are those at which predictions state the probability of no event up to then.
    """

    name: Literal["cox"]
    times: list[Positive]
    takes_event: ClassVar[bool] = True
    keeps_rows: ClassVar[bool] = True
    has_intercept: ClassVar[bool] = False
    averaged: ClassVar[Averaged] = "survival"

    def settle(self, table: Table) -> Table:
        """Positive times, and events."""
        return targets.times(table)

    def strata(self, table: Table) -> Integers:
        """Whether there is an event."""
        assert table.event is not None  # noqa: S101 - it is settled
        return np.asarray(table.event, dtype=np.int64)

    def likelihood(self, observed: Observed) -> CoxLoss:
        """The partial likelihood."""
        return CoxLoss(observed)

    def count_observations(self, observed: Observed) -> int:
        """The events."""
        return len(observed.y) if observed.event is None else int(observed.event.sum())

    def regressors(self, observed: Observed) -> Floats:
        """Whether there is an event, and the hazard up to the time (White & Royston 2009)."""
        event = np.ones(len(observed.y)) if observed.event is None else observed.event
        hazard = breslow(replace(observed, offset=None), np.zeros(len(observed.y)))
        return np.column_stack([event, hazard.at(observed.y)])

    def cone(self, Z: Floats, observed: Observed) -> Cone:
        """Those in which each event's risk stays the largest of all that are there.

        To the w coefficients is added for each event time an upper bound of the risks from then on.
        """
        assert observed.event is not None  # noqa: S101 - it is settled
        times = np.unique(observed.y[observed.event])
        at = np.searchsorted(times, observed.y, side="right") - 1
        there, bound = at >= 0, sparse.eye_array(len(times), format="csr")
        below = sparse.hstack([sparse.csr_array(-Z[there]), bound[at[there]]])
        above = sparse.hstack([sparse.csr_array(Z[observed.event]), -bound[at[observed.event]]])
        falling = sparse.hstack([sparse.csr_array((len(times) - 1, Z.shape[1])),
                                 bound[:-1] - bound[1:]])  # fmt: skip
        return Cone(sparse.csc_array(sparse.vstack([below, above, falling])))

    def pool(self, etas: Floats) -> Floats:
        """The mean risk."""
        return np.asarray(etas.mean(axis=0))

    def predicted(self, eta: Floats, trained: Trained) -> Floats:
        """The risk, and the survival at each of the times, (n, 1 + t)."""
        if not self.times:
            return eta
        # offsets are within
        baseline = breslow(replace(trained.observed, offset=None), trained.eta()[:, 0])
        return np.hstack([eta, baseline.survival(eta[:, 0], np.array(self.times))])

    def predicted_by(
        self,
        model: Any,  # noqa: ANN401 - a Pipeline or an average of them
        features: pd.DataFrame,
        eta: Floats,
        trained: Trained,
    ) -> Floats:
        """The same with the baseline, or the several of them, that the model has."""
        del trained
        if not self.times:
            return eta
        times = np.array(self.times)
        ratio = np.exp(eta - self.linear_predictors(model, features, ()))  # of the offsets
        parts = getattr(model, "estimators_", [model])
        survival = [part.predict_survival(features, times) ** ratio for part in parts]
        return np.hstack([eta, np.mean(survival, axis=0)])

    def shown(self, threshold: float, labels: tuple[Any, ...]) -> Shown:
        """Risks and survival."""
        del threshold, labels
        return ShownSurvival(tuple(self.times))

    def estimator(self, found: PenalisedFit, X: Matrix, observed: Observed) -> Any:  # noqa: ANN401
        """A CoxRegression, our own."""
        return cox_estimator(found, X, observed)

    def linear_predictors(
        self,
        model: Any,  # noqa: ANN401 - a Pipeline or an average of them
        features: pd.DataFrame,
        labels: tuple[Any, ...],
    ) -> Floats:
        """The risk."""
        del labels
        return np.asarray(model.predict(features))[:, None]
