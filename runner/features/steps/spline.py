"""B-splines of numeric columns: smooth curves with knots at training quantiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from runner.features.steps.base import FeatureStep
from runner.spec import Count

if TYPE_CHECKING:
    from sklearn.preprocessing import SplineTransformer


class Spline(FeatureStep):
    """A curve of each column, of `degree`, with `knots` knots at quantiles or equally spaced.

    Beyond the outer knots it goes on as `extrapolation` says.
    """

    kind: Literal["spline"]
    knots: Annotated[int, Field(ge=2)]
    degree: Count
    spacing: Literal["quantile", "uniform"]
    extrapolation: Literal["constant", "linear", "continue", "periodic"]

    def transformer(self) -> SplineTransformer:
        """scikit-learn's SplineTransformer."""
        from sklearn.preprocessing import SplineTransformer

        return SplineTransformer(
            n_knots=self.knots,
            degree=self.degree,
            knots=self.spacing,
            extrapolation=self.extrapolation,
            include_bias=False,
        )
