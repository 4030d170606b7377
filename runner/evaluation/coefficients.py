"""What a model adds up for a row comes in; the rows of coefficients.csv go out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sklearn.preprocessing import StandardScaler

    from runner.records import Floats, Integers

INTERCEPT = "(intercept)"  # its row in coefficients.csv and inference.csv


@dataclass(frozen=True)
class Reading:
    """How a family's coefficients are read; as they stand, gaussian's of one target."""

    responses: tuple[Any, ...] = ()  # labels of the classes or names of the targets, if several
    ratios: bool = False  # whether their exponentials are odds, rate, mean or hazard ratios
    has_intercept: bool = True
    has_reference: bool = False  # whether without a penalty responses are set against the first


@dataclass(frozen=True)
class LinearForm:
    """What a model adds up for a row, for each of K responses and q features."""

    features: tuple[str, ...]  # (q,)
    coefficient: Floats  # (K, q) per unit of the feature
    standardised: Floats  # (K, q) per standard deviation over the training rows
    intercept: Floats  # (K,)
    sd: Floats  # (q,) the features' standard deviations over the training rows

    def take(self, features: Integers) -> LinearForm:
        """Of some of the features, by position."""
        if len(features) == len(self.features):
            return self
        return LinearForm(
            tuple(self.features[at] for at in features),
            self.coefficient[:, features],
            self.standardised[:, features],
            self.intercept,
            self.sd[features],
        )


def in_original_units(
    features: Sequence[str],
    coefficients: Floats,
    intercepts: Floats,
    scaler: StandardScaler | None,
    spread: Floats,
) -> LinearForm:
    """Coefficients of the columns that a model sees as those of the features before the scaler.

    Args:
        features: their names, (q,).
        coefficients: (K, q), of scaled columns where there is a scaler.
        intercepts: (K,).
        scaler: fitted, or None.
        spread: standard deviations (q,) of the columns that the model sees, for want of a scaler.
    """
    names = tuple(map(str, features))
    if scaler is None:
        return LinearForm(names, coefficients, coefficients * spread, intercepts, spread)
    coefficient = coefficients / scaler.scale_
    pairs = zip(intercepts, coefficient, strict=True)
    mean = scaler.mean_ if scaler.with_mean else np.zeros(len(names))
    intercept = np.array([above - mean @ row for above, row in pairs])
    return LinearForm(names, coefficient, coefficients, intercept, _spread_of(scaler))


def _spread_of(scaler: StandardScaler) -> Floats:
    """Standard deviations (q,) that a scaler divides by; 0 of a constant, divided by 1 instead."""
    divided = np.isclose(scaler.var_, scaler.scale_**2, atol=0.0)
    return np.where(divided, scaler.scale_, 0.0)


def feature_rows(form: LinearForm, reading: Reading) -> pd.DataFrame:
    """A row per feature, in the model's order, for one response after the other.

    `coefficient` is the change of the prediction per unit of the feature, on the scale of the
    link, `standardised` that per standard deviation `sd` of the feature over the training rows;
    `ratio` and `ratio_standardised` are their exponentials, by which the odds, the rate, the mean
    or the hazard is multiplied. `rank` orders a response's features by the size of `standardised`,
    from 1.
    """
    parts = [_of_response(form, k, ratios=reading.ratios) for k in range(len(form.coefficient))]
    if reading.responses:
        for part, response in zip(parts, reading.responses, strict=True):
            part.insert(0, "response", [response] * len(part))
    return pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]


def coefficients_table(
    features: pd.DataFrame,
    intercept: Floats,
    reading: Reading,
    between_sd: Floats | None = None,
) -> pd.DataFrame:
    """The rows of `feature_rows` with each response's intercept before them: coefficients.csv.

    An intercept is no feature: it has no rank, sd or standardised size, and is not selected. Its
    ratio is the odds, the rate or the mean of a row of zeros. A family without one has no such row.

    Args:
        features: a row per response and feature.
        intercept: (K,) in original units.
        reading: as for the features.
        between_sd: (K,) of the intercepts over the models that are averaged, if there are several.
    """
    features = features.astype({"rank": "Int64"})
    if not reading.has_intercept:
        return features
    parts = []
    for k, own in enumerate(np.split(np.arange(len(features)), len(intercept))):
        row = {
            "response": reading.responses[k] if reading.responses else None,
            "feature": INTERCEPT,
            "coefficient": intercept[k],
            "ratio": ratio_of(intercept[k]),
            "sign": int(np.sign(intercept[k])),
            "selected": False,
            "between_sd": None if between_sd is None else between_sd[k],
        }
        first = pd.DataFrame([row]).reindex(columns=features.columns).astype(features.dtypes)
        parts += [first, features.iloc[own]]
    return pd.concat(parts, ignore_index=True)


def pooled_rows(
    own: Sequence[LinearForm], used: Sequence[LinearForm], reading: Reading
) -> pd.DataFrame:
    """The rows of a model that averages several, and what the draws' own models say.

    The coefficients are means, on the scale of the link; the ratios are their exponentials. So
    are `standardised` and `sd`, each of its own.

    Args:
        own: of the model that is fitted to each draw alone.
        used: of the models that predict.
        reading: of each of them.
    """
    mean = LinearForm(
        used[0].features,
        np.mean([form.coefficient for form in used], axis=0),
        np.mean([form.standardised for form in used], axis=0),
        np.mean([form.intercept for form in used], axis=0),
        np.mean([form.sd for form in used], axis=0),
    )
    each = np.array([form.coefficient.ravel() for form in own])
    return feature_rows(mean, reading).assign(
        selection_frequency=np.mean(each != 0, axis=0), between_sd=np.std(each, axis=0, ddof=1)
    )


def _of_response(form: LinearForm, response: int, *, ratios: bool) -> pd.DataFrame:
    coefficient, standardised = form.coefficient[response], form.standardised[response]
    size = pd.Series(np.abs(standardised))
    columns: dict[str, Any] = {
        "feature": list(form.features),
        "coefficient": coefficient + 0.0,  # no -0.0
        "standardised": standardised + 0.0,
        "sd": form.sd,
    }
    if ratios:
        columns |= {"ratio": ratio_of(coefficient), "ratio_standardised": ratio_of(standardised)}
    columns |= {
        "sign": np.sign(coefficient).astype(int),
        "selected": coefficient != 0,
        "rank": size.rank(ascending=False, method="first").astype(int),
    }
    return pd.DataFrame(columns)


def ratio_of(coefficient: Floats) -> Floats:
    """What a step of 1 multiplies by, infinite where that is beyond any number."""
    with np.errstate(over="ignore"):
        ratio: Floats = np.exp(coefficient)
    return ratio
