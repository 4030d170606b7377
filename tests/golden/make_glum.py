"""Writes tests/golden/glum.csv, coefficients of glum 3.4.1's elastic nets.

Refresh from the repository's root, where glum is installed, after make_glmnet_families.R:

    python tests/golden/make_glum.py

Data: glmnet_families_data.csv, columns standardised here with the row weights. At a gradient_tol
below 1e-9 glum's line search fails now and then.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from glum import GeneralizedLinearRegressor  # type: ignore[import-not-found]

FOLDER = Path("tests/golden")
FEATURES = ["mpg", "hp", "drat", "wt", "vs"]
LINKS = {"binomial": "logit", "poisson": "log", "gamma": "log"}


def main() -> None:
    """Fit every family, with and without weights and offset."""
    data = pd.read_csv(FOLDER / "glmnet_families_data.csv")
    rows = []
    for weighted in (False, True):
        weight = data["weight"].to_numpy(float) if weighted else np.ones(len(data))
        offset = data["offset"].to_numpy(float) if weighted else None
        X = data[FEATURES].to_numpy(float)
        X -= weight @ X / weight.sum()
        X /= np.sqrt(weight @ X**2 / weight.sum())
        for family, link in LINKS.items():
            for ratio in (0.0, 0.3, 1.0):
                for alpha in (0.3, 0.1, 0.03):
                    model = GeneralizedLinearRegressor(
                        family=family, link=link, alpha=alpha, l1_ratio=ratio,
                        gradient_tol=1e-9, max_iter=1_000,
                    )  # fmt: skip
                    model.fit(X, data[family].to_numpy(float), sample_weight=weight, offset=offset)
                    found = dict(zip(FEATURES, model.coef_, strict=True))
                    case = {"family": family, "weighted": weighted}
                    penalty = {"l1_ratio": ratio, "alpha": alpha}
                    rows.append({**case, **penalty, "intercept": model.intercept_, **found})
    table = pd.DataFrame(rows)
    table.to_csv(FOLDER / "glum.csv", index=False, float_format="%.13g")


if __name__ == "__main__":
    main()
