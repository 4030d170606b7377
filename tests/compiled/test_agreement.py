"""Whatever a linear model is written as, it predicts what the saved Pipeline predicts."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import agreement
import numpy as np
import pytest
from agreement import FAMILIES, MODELS, assert_agree

from runner.compiled.linear_model import LinearModel

if TYPE_CHECKING:
    import pandas as pd

IMPUTERS = ("mean", "median", "most_frequent", "constant", "zero", "none")
INDICATORS: tuple[bool | str, ...] = (False, True, "auto", "only")
CATEGORIES = ("missing", "most_frequent", "constant")


Stored = dict[tuple[bool, bool], tuple["pd.DataFrame", dict[str, Any]]]


@pytest.fixture(scope="module")
def stored() -> Stored:
    """Rows with gaps in the numbers and without, sizes texts or numbers, in databases too."""
    made = {}
    for gaps, texts in itertools.product([True, False], repeat=2):
        frame = agreement.new_rows(gaps=gaps, texts=texts)
        made[gaps, texts] = frame, agreement.databases(frame)
    return made


def cases(family: str, imputer: str) -> list[tuple[str, dict[str, Any]]]:
    """Two indicators, with other values that differ from one family and imputer to the next."""
    number, start = FAMILIES.index(family), FAMILIES.index(family) + IMPUTERS.index(imputer)
    found = []
    for second in (0, 1):
        at = start + 5 * second
        indicator = INDICATORS[(start + 2 * second) % 4]
        options = {
            "imputer.indicator": False if (imputer, indicator) == ("none", "only") else indicator,
            "imputer.indicator_threshold": 0.2,
            "imputer.categorical": CATEGORIES[(number // 4 + 2 * second) % 3],
            "imputer.delta": 0.5 * (at % 2) if imputer != "none" else 0.0,
            "features.scale": at % 5 != 0,
            "features.drop": (None, "first", "if_binary")[(at // 3) % 3],
        }
        if imputer == "constant":
            options["imputer.value"] = -7.25
        found.append((list(MODELS)[at % len(MODELS)], options))
    return found


def test_the_cases_have_all_combinations() -> None:
    """Each imputer has every indicator with every rule for categories, each family every option."""
    keys = ("imputer.indicator", "imputer.categorical")
    made = [
        (family, imputer, *(options[key] for key in keys), options["features.scale"])
        for family, imputer in itertools.product(FAMILIES, IMPUTERS)
        for _, options in cases(family, imputer)
    ]
    triples = {(imputer, indicator, category) for _, imputer, indicator, category, _ in made}
    assert 12 * 5 + 9 == len(triples)
    assert len(FAMILIES) * 4 == len({(family, indicator) for family, _, indicator, *_ in made})
    assert len(FAMILIES) * 2 == len({(family, scale) for family, *_, scale in made})


@pytest.mark.parametrize("imputer", IMPUTERS)
@pytest.mark.parametrize("family", FAMILIES)
def test_all_forms_agree(stored: Stored, family: str, imputer: str) -> None:
    """NumPy, SQL, ONNX and plain Python say of each row what the Pipeline says."""
    for model, options in cases(family, imputer):
        texts = options["imputer.categorical"] == "constant"
        frame, connections = stored[imputer != "none", texts]
        final = agreement.fit(family, imputer, model, options)
        form, case = agreement.form_of(final), (model, options)
        expected = agreement.by_pipeline(final, frame)
        assert_agree(agreement.by_numpy(form, frame), expected, case)
        assert_agree(agreement.by_rows(form, frame), expected, case)
        assert_agree(agreement.by_python(form, frame), expected, case)
        assert_agree(agreement.by_onnx(form, frame), expected, case)
        for dialect, connection in connections.items():
            assert_agree(agreement.by_sql(form, dialect, connection), expected, (dialect, *case))


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("family", ["gaussian", "multinomial"])
def test_contributions_are_about_the_training_mean(family: str, *, scale: bool) -> None:
    """They sum to the prediction on the scale of the link, and to 0 over the training rows."""
    final = agreement.fit(
        family, "mean", "ridge", {"imputer.indicator": True, "features.scale": scale}
    )
    model = LinearModel(agreement.form_of(final))
    for frame in (agreement.make_features(), agreement.new_rows(gaps=True)):
        columns = agreement.columns_of(frame)
        parts = model.contributions(columns)
        assert (len(frame), 5, len(model.base)) == parts.shape
        whole: Any = model.base + parts.sum(axis=1)
        np.testing.assert_allclose(whole, model.link_scale(columns), rtol=1e-11, atol=1e-11)
    training = agreement.columns_of(agreement.make_features())
    np.testing.assert_allclose(model.contributions(training).mean(axis=0), 0.0, atol=1e-12)
