"""Fitted models of every family, rows to predict, and what each written form of a model says."""

from __future__ import annotations

import json
import sqlite3
import warnings
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import onnxruntime
import pandas as pd
from sklearn_reference import SEED, candidate, make_specs

from runner.compiled.linear_model import LinearModel
from runner.compiled.to_onnx import to_onnx
from runner.compiled.to_python import to_python
from runner.compiled.to_sql import to_sql
from runner.config import validate_section
from runner.dataset.table import table_of
from runner.evaluation.predicting import unseen_levels_allowed
from runner.evaluation.winner import refit
from runner.family.threshold import with_threshold
from runner.features.pipeline import prepare
from runner.persistence.manifest import linear_form
from runner.records import TargetTransform

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from runner.evaluation.winner import Refit
    from runner.records import Table

ROWS = 60
NUMERIC = ["age", 'in"come', "height"]
CATEGORICAL = ["town", "size"]
LABELS: dict[str, tuple[Any, ...]] = {
    "binomial": ("no", "yes"),
    "binomial 0.3": ("no", "it's"),
    "binomial first": (True, False),
    "multinomial": ("blue", 'gr"een', "red"),
    "multinomial 2": (0, 1),
}
TRANSFORMS = ("log", "sqrt", "yeo-johnson")
FAMILIES = (
    "gaussian", *TRANSFORMS, *LABELS, "poisson", "gamma", "cox", "multi_gaussian",
)  # fmt: skip
MODELS = {
    "elastic_net": (0.02, 0.5),
    "lasso": (0.02, 1.0),
    "ridge": (0.1, 0.0),
}


@cache
def make_features(
    *, gaps: bool = True, texts: bool = False, rows: int = ROWS, seed: int = 0
) -> pd.DataFrame:
    """Three columns of numbers, and two of levels, of which those of one are numbers or texts."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal([40, 3000, 1.7], [10, 900, 0.1], (rows, 3)), columns=NUMERIC)
    frame["town"] = rng.choice(["York", "Bath", "it's", "None"], rows).astype(object)
    sizes = rng.choice([1.0, 2.0, 5.5], rows)
    frame["size"] = pd.Series(map(str, sizes) if texts else sizes, dtype=object)
    if not gaps:
        return frame
    return frame.mask(rng.random(frame.shape) < [0.3, 0.1, 0.0, 0.15, 0.2])


def make_table(family: str, *, gaps: bool, texts: bool) -> Table:
    """A table with a target for a family, or for gaussian with a transform."""
    rng = np.random.default_rng(1)
    features = make_features(gaps=gaps, texts=texts)
    known = make_features(gaps=False)
    eta: Any = (
        (known["age"] - 40) / 10 + 0.8 * (known["town"] == "Bath") - 0.5 * (known["size"] == 2.0)
    )
    y = eta = (eta + rng.normal(0, 0.5, ROWS)).to_numpy()
    more: dict[str, Any] = {}
    if family in LABELS:
        y = np.digitize(eta, np.quantile(eta, [0.6] if len(LABELS[family]) == 2 else [0.3, 0.7]))
        more["labels"] = LABELS[family]
    elif family == "poisson":
        y = rng.poisson(np.exp(eta))
    elif family in {"gamma", "cox", "log", "sqrt"}:
        y = np.exp(eta)
        more |= {"event": rng.random(ROWS) < 0.7} if family == "cox" else {}
    elif family == "multi_gaussian":
        y = np.column_stack([eta, rng.normal(size=ROWS) - eta])
        more["target_names"] = ("up", "down")
    table = table_of(features, y, categorical=tuple(CATEGORICAL), **more)
    if family in TRANSFORMS:
        return replace(table, transform=TargetTransform(family, smearing=False))
    return table


def family_of(family: str) -> Any:  # noqa: ANN401 - of any kind
    """The section of the config."""
    name = "gaussian" if family in TRANSFORMS else family.partition(" ")[0]
    return validate_section("family", {"name": name})


def fit(family: str, imputer: str, model: str, options: Mapping[str, Any]) -> Refit:
    """What a run refits, with the threshold that it decides on."""
    specs = replace(
        make_specs(imputer, model, {"model.tol": 1e-7, **options}),
        family=family_of(family),
    )
    texts = options.get("imputer.categorical") == "constant"
    table = make_table(family, gaps=imputer != "none", texts=texts)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        preparation = prepare(specs, table, SEED)
        final = refit(specs, candidate(*MODELS[model]), preparation, table, np.arange(ROWS))
    if family.startswith("binomial"):
        threshold, positive = 0.3 if "." in family else 0.5, table.labels[1]
        pipeline = with_threshold(final.pipeline, threshold, positive)
        return replace(final, pipeline=pipeline, threshold=threshold, positive=positive)
    return final


def form_of(final: Refit) -> dict[str, Any]:
    """The compiled model as it is read from the manifest."""
    form: dict[str, Any] = json.loads(json.dumps(linear_form(final)["linear"]))
    return form


@cache
def new_rows(*, gaps: bool, texts: bool = False) -> pd.DataFrame:
    """Rows with gaps, levels that are not known, whole numbers, and values that are far away."""
    rng = np.random.default_rng(7)
    frame = make_features(gaps=False, texts=texts, rows=80, seed=5).copy()
    frame.loc[:9, NUMERIC] = frame.loc[:9, NUMERIC].round(0)
    frame.loc[10:14, NUMERIC] *= 10
    frame.loc[15:19, NUMERIC] *= -10
    frame.loc[20:24, "town"] = ["Ely", "", "York ", "NaN", "bath"]
    frame.loc[25:26, "size"] = ["3.0", "-1.0"] if texts else [3.0, -1.0]
    lost = rng.random(frame.shape) < 0.2
    lost[:, :3] &= gaps
    frame = frame.mask(lost)
    return frame.astype(dict.fromkeys([*NUMERIC, *([] if texts else ["size"])], np.float64))


def databases(frame: pd.DataFrame) -> dict[str, Any]:
    """A connection to each database, with the rows in the table `data`."""
    numbered = frame.assign(row=range(len(frame)))
    duck, lite = duckdb.connect(), sqlite3.connect(":memory:")
    named = [name for name in CATEGORICAL if frame[name].dtype == object]
    texts = {name: numbered[name].where(numbered[name].notna(), None) for name in named}
    duck.register("given", numbered.assign(**texts))
    duck.execute("CREATE TABLE data AS SELECT * FROM given")
    numbered.to_sql("data", lite, index=False)
    return {"duckdb": duck, "postgresql": duck, "sqlite": lite}


@dataclass(frozen=True)
class Said:
    """What a form of a model says of rows: predictions (n,) or (n, t), and probabilities (n, c)."""

    predictions: NDArray[Any]
    probabilities: NDArray[Any] | None = None


def by_pipeline(final: Refit, frame: pd.DataFrame) -> Said:
    """What is to be said."""
    with unseen_levels_allowed(), np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        given = frame.astype(dict.fromkeys(CATEGORICAL, object))
        predictions = final.pipeline.predict(given)
        if hasattr(final.pipeline, "predict_proba"):
            return Said(predictions, final.pipeline.predict_proba(given))
    return Said(predictions)


def columns_of(frame: pd.DataFrame) -> dict[str, NDArray[Any]]:
    """The columns by name."""
    return {str(name): frame[name].to_numpy() for name in frame}


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as dictionaries."""
    return [dict(zip(map(str, frame), row, strict=True)) for row in frame.to_numpy(object)]


def by_numpy(form: dict[str, Any], frame: pd.DataFrame) -> Said:
    """By LinearModel, of columns."""
    model, columns = LinearModel(form), columns_of(frame)
    with np.errstate(over="ignore"):
        chances = model.probabilities(columns) if form["classes"] else None
        return Said(model.predict(columns), chances)


def by_rows(form: dict[str, Any], frame: pd.DataFrame) -> Said:
    """By LinearModel, of dictionaries."""
    model, rows = LinearModel(form), rows_of(frame)
    with np.errstate(over="ignore"):
        chances = model.chances(model.link_scale_of_rows(rows)) if form["classes"] else None
        return Said(model.rows(rows), chances)


def by_python(form: dict[str, Any], frame: pd.DataFrame) -> Said:
    """By the Python file."""
    made: dict[str, Any] = {"__name__": "made"}
    exec(to_python(form), made)  # noqa: S102 - made here
    rows = rows_of(frame)
    said = [made["predict"](row) for row in rows]
    if form["responses"] and not form["classes"]:
        return Said(np.array([list(one.values()) for one in said]))
    if form["classes"] is None:
        return Said(np.array(said, dtype=float))
    chances = [list(made["probabilities"](row).values()) for row in rows]
    return Said(np.array(said), np.array(chances))


def by_sql(form: dict[str, Any], dialect: Any, connection: Any) -> Said:  # noqa: ANN401
    """By the SELECT, in a database."""
    cursor = connection.execute(f"{to_sql(form, dialect)} ORDER BY row")
    names = [one[0] for one in cursor.description]
    found = pd.DataFrame(cursor.fetchall(), columns=names).drop(columns="row")
    assert [*NUMERIC, *CATEGORICAL] == names[:5]
    if form["classes"] is None:
        values = found.iloc[:, 5:].to_numpy(dtype=np.float64)
        return Said(values if form["responses"] else values[:, 0])
    labels = found["prediction"].to_numpy()
    labels = labels.astype(bool) if isinstance(form["classes"][0], bool) else labels
    if form["link"] == "softmax":
        return Said(labels, found.iloc[:, 6:].to_numpy(dtype=np.float64))
    shown = found["probability"].to_numpy(dtype=np.float64)
    turned = form["positive"] is not None and form["positive"] == form["classes"][0]
    return Said(labels, np.column_stack([shown, 1 - shown] if turned else [1 - shown, shown]))


def onnx_inputs(form: dict[str, Any], frame: pd.DataFrame) -> dict[str, NDArray[Any]]:
    """Each column as an input takes it; the text "" is a gap there, and stands for no level."""
    inputs: dict[str, NDArray[Any]] = {}
    for column in form["columns"]:
        values = frame[column["name"]]
        if values.dtype == np.float64 and (column["kind"] == "numeric" or column["levels"]):
            inputs[column["name"]] = values.to_numpy()[:, None]
        else:
            texts = values.astype(object).map(str, na_action="ignore").replace("", "(empty)")
            inputs[column["name"]] = texts.where(values.notna(), "").to_numpy(dtype=object)[:, None]
    return inputs


def by_onnx(form: dict[str, Any], frame: pd.DataFrame) -> Said:
    """By the ONNX model, in onnxruntime."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    content = to_onnx(form).SerializeToString()
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    said = session.run(None, onnx_inputs(form, frame))
    return Said(np.asarray(said[0]), said[1] if form["classes"] else None)


def assert_agree(found: Said, expected: Said, case: object) -> None:
    """Numbers to 1e-12 of their size, labels as they are."""
    if expected.probabilities is None:
        size = np.abs(expected.predictions[np.isfinite(expected.predictions)])
        np.testing.assert_allclose(
            found.predictions, expected.predictions, rtol=1e-12, atol=1e-12 * np.median(size),
            err_msg=str(case),
        )  # fmt: skip
        return
    assert found.predictions.tolist() == expected.predictions.tolist(), case
    assert found.probabilities is not None
    np.testing.assert_allclose(
        found.probabilities, expected.probabilities, rtol=1e-12, atol=1e-15, err_msg=str(case)
    )
