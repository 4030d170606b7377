"""Rows drawn from a known linear model, with values hidden by a known mechanism."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from runner.dataset.base import Dataset
from runner.randomness import generator
from runner.spec import Count, NotNegative

if TYPE_CHECKING:
    import numpy as np

    from runner.dataset.outcome import Reads
    from runner.records import Floats, Table


class Synthetic(Dataset):
    """y = X b + noise, with normal features whose neighbours correlate.

    The correlation of features i and j is correlation ** |i - j|. The first coefficients, as
    many as `informative`, are drawn from a standard normal; `noise` is the standard deviation of
    the errors as a share of that of X b. Values are hidden with probability `missing`:

    - MCAR: independently of everything;
    - MAR: more often where the next feature (which is then kept) is high; every second feature
      has missing values, at twice the rate, up to all of them;
    - MNAR: more often where the value itself is high.
    """

    name: Literal["synthetic"]
    rows: Count
    features: Count
    informative: Annotated[int, Field(ge=0)]
    correlation: Annotated[float, Field(gt=-1, lt=1)]
    noise: NotNegative
    missing: Annotated[float, Field(ge=0, lt=1)]
    mechanism: Literal["MCAR", "MAR", "MNAR"]
    seed: int | None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.informative > self.features:
            raise ValueError(
                f"informative is {self.informative}, but there are {self.features} features"
            )
        if self.mechanism == "MAR" and self.missing >= 0.5:  # noqa: PLR2004 - half the features
            raise ValueError("missing must be less than 0.5 when mechanism is MAR")
        return self

    def load_unmasked(self, seed: int, reads: Reads = "numbers") -> Table:
        """Draw the table; the dataset's own seed, where there is one, counts."""
        import numpy as np
        import pandas as pd

        from runner.dataset.table import table_of

        del reads
        rng = generator(seed if self.seed is None else self.seed, "dataset")
        X = self._draw_features(rng)
        coefficients = np.zeros(self.features)
        coefficients[: self.informative] = rng.standard_normal(self.informative)
        signal = X @ coefficients
        spread = float(signal.std()) or 1.0
        y = signal + self.noise * spread * rng.standard_normal(self.rows)
        X = np.where(self._hidden(X, rng), np.nan, X)
        names = [f"x{i + 1}" for i in range(self.features)]
        return table_of(pd.DataFrame(X, columns=names), y)

    def _draw_features(self, rng: np.random.Generator) -> Floats:
        """An autoregression over the columns, whose variance stays 1."""
        import numpy as np

        X = rng.standard_normal((self.rows, self.features))
        fresh = np.sqrt(1 - self.correlation**2)
        for j in range(1, self.features):
            X[:, j] = self.correlation * X[:, j - 1] + fresh * X[:, j]
        return X

    def _hidden(self, X: Floats, rng: np.random.Generator) -> np.ndarray:
        """Which cells are hidden, (rows, features).

        A cell with the driving value v is hidden with probability sigmoid(2 v + c), c such that
        the mean over the rows is the rate asked for.
        """
        import numpy as np

        from runner.dataset.mechanism import logistic_rate

        if self.missing == 0:
            return np.zeros(X.shape, dtype=bool)
        if self.mechanism == "MCAR":
            return rng.uniform(size=X.shape) < self.missing
        if self.mechanism == "MNAR":
            return rng.uniform(size=X.shape) < logistic_rate(X, self.missing)
        hidden = np.zeros(X.shape, dtype=bool)
        drivers = X[:, 1::2]
        driven = X[:, ::2][:, : drivers.shape[1]]
        rate = min(self.missing * self.features / max(driven.shape[1], 1), 0.99)
        draws = rng.uniform(size=driven.shape) < logistic_rate(drivers, rate)
        hidden[:, ::2][:, : drivers.shape[1]] = draws
        return hidden
