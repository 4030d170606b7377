"""A run of every kind that leaves something of its own in a saved model."""

from __future__ import annotations

import re
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from composing import composed_once

from runner.cli.program import main

if TYPE_CHECKING:
    from pathlib import Path

FILE = "everything.csv"
QUICK = (
    "split.folds=2",
    "model.alpha={eps:0.1,count:3}",
    "model.l1_ratio=0.9",
    "bootstrap.resamples=1",
    "evaluation.nested=false",
    "report=none",
)
IMPUTERS = {
    "forest": ("imputer.n_estimators=3", "imputer.max_iter=1"),
    "boosting": ("imputer.n_estimators=3", "imputer.max_iter=1"),
    "neural": ("imputer.hidden=2", "imputer.steps=3", "imputer.max_iter=1"),
    "iterative": ("imputer.max_iter=2",),
    "linear": ("imputer.max_iter=2",),
    "interpolate": ("dataset.time=day", "dataset.group=shop"),
    "none": ("dataset.features=[c,size,flag]",),
}
FAMILIES = {
    "gaussian": (),
    "binomial": ("dataset.target=label",),
    "multinomial": ("dataset.target=three",),
    "poisson": ("dataset.target=count",),
    "gamma": ("dataset.target=amount",),
    "cox": ("dataset.target=amount", "dataset.event=event"),
    "multi_gaussian": ("dataset.target=[outcome,amount]",),
}
STEPS = {
    "ordered": ("columns: [size]", "levels: [low, middle, high]"),
    "target_encoding": ("columns: [town]",),
    "rare": ("columns: [town]",),
    "box_cox": ("columns: [c]",),
    "log": ("columns: [c]",),
    "interactions": ("columns: [b, town]",),
    "text": ("columns: [words]", "min_df: 1"),
    "lags": ("columns: [b]",),
    "dates": ("columns: [day]",),
    "screen": ("columns: [a, b, c]", "top: 2"),
    "bins": ("columns: [c]",),
    "spline": ("columns: [c]",),
    "polynomial": ("columns: [c]",),
    "clip": ("columns: [c]",),
    "yeo_johnson": ("columns: [c]",),
}
NEEDED = {  # of the dataset
    "text": ("dataset.text=[words]",),
    "lags": ("dataset.time=day", "split=time"),
    "dates": ("dataset.dates=[day]",),
}


def step(kind: str, *more: str) -> tuple[str, ...]:
    """The overrides of a run with one step."""
    keys = ", ".join((f"kind: {kind}", *STEPS[kind], *more))
    return ("imputer.indicator=true", f"+features.steps.one={{{keys}}}", *NEEDED.get(kind, ()))


CASES: dict[str, tuple[str, ...]] = {
    **{f"imputer={name}": (f"imputer={name}", *FAMILIES["gaussian"], *IMPUTERS.get(name, ()))
       for name in ("boosting", "constant", "forest", "hot_deck", "interpolate", "iterative", "knn",
                    "linear", "mean", "median", "most_frequent", "neural", "none", "zero")},
    **{f"family={name}": (f"family={name}", *keys) for name, keys in FAMILIES.items()},
    **{f"step={kind}": step(kind) for kind in STEPS},
    **{f"transform={name}": ("dataset.target=amount", f"dataset.transform={name}")
       for name in ("log", "sqrt", "yeo-johnson")},
    "smearing": ("dataset.target=amount", "dataset.transform=yeo-johnson", "dataset.smearing=true"),
    "threshold": ("family=binomial", "dataset.target=label", "family.threshold=f1"),
    "indicator=auto": ("imputer.indicator=auto", "imputer=knn"),
    "indicator=only": ("imputer.indicator=only",),
    "categorical=most_frequent": ("imputer.categorical=most_frequent",),
    "categorical=constant": ("imputer.categorical=constant",),
    "delta": ("imputer=iterative", "imputer.max_iter=1", "imputer.delta=0.5"),
    "multiple": ("imputer=linear", "imputer.multiple=2", "imputer.max_iter=1"),
    "multiple classes": ("imputer=hot_deck", "imputer.multiple=2", "family=binomial",
                         "dataset.target=label", "family.threshold=f1"),
    "multiple survival": ("imputer=hot_deck", "imputer.multiple=2", "family=cox",
                          "dataset.target=amount", "dataset.event=event"),
    "multiple targets": ("imputer=hot_deck", "imputer.multiple=2", "family=multi_gaussian",
                         "dataset.target=[outcome,amount]"),
    "stacked": ("imputer=hot_deck", "imputer.multiple=2", "imputer.pool=stacked"),
    "sparse": ("dataset=svmlight", "dataset.path=sparse.svm"),
    "dates as categories": step("dates", "categories: [weekday]"),
    "model=lasso": ("model=lasso", "~model.l1_ratio"),
    "model=ols": ("model=ols",),
    "model=ridge": ("model=ridge", "~model.l1_ratio"),
    "unscaled": ("features.scale=false",),
    "wide": ("features=wide", "features.steps.screen.top=2"),
}  # fmt: skip


def everything(rows: int = 80) -> pd.DataFrame:
    """A table with a column for each role and kind, with gaps."""
    rng = np.random.default_rng(7)
    frame = pd.DataFrame(
        {
            "a": rng.normal(0, 1, rows),
            "b": rng.normal(5, 2, rows),
            "c": rng.lognormal(0, 0.4, rows),
            "town": rng.choice(["York", "Bath", "Ely"], rows),
            "size": rng.choice(["low", "middle", "high"], rows),
            "flag": rng.choice([True, False], rows),
        }
    )
    eta = frame["a"] + (frame["town"] == "Bath")
    frame[["a", "b"]] = frame[["a", "b"]].mask(rng.random((rows, 2)) < 0.2)
    frame.loc[::9, "town"] = np.nan
    frame["day"] = pd.date_range("2024-01-01", periods=rows).astype(str)
    frame["shop"] = rng.choice(["north", "south"], rows)
    frame["words"] = [" ".join(rng.choice(["good", "bad", "plain", "new"], 3)) for _ in range(rows)]
    frame["outcome"] = eta + rng.normal(0, 0.5, rows)
    frame["amount"] = np.exp(0.3 * eta + rng.normal(0, 0.2, rows))
    frame["count"] = rng.poisson(np.exp(0.3 * eta))
    frame["label"] = np.where(eta + rng.normal(0, 0.5, rows) > 0, "yes", "no")
    frame["three"] = np.array(["one", "two", "three"])[np.digitize(eta, [-0.5, 0.5])]
    frame["event"] = rng.random(rows) < 0.8
    return frame


def arguments(name: str) -> list[str]:
    """What a run of a case is given."""
    overrides = CASES[name]
    given = {override.partition("=")[0] for override in overrides}
    columns = "[a,b,c,town,size,flag]"
    extra = "words" if "dataset.text" in given else "day" if "dataset.dates" in given else None
    columns = columns if extra is None else columns.replace("]", f",{extra}]")
    own = [] if "dataset" in given else ["dataset=csv", f"dataset.path={FILE}"]
    own += [] if {"dataset", "dataset.features"} & given else [f"dataset.features={columns}"]
    own += [] if {"dataset", "dataset.target"} & given else ["dataset.target=outcome"]
    removed = {o[1:] for o in overrides if o.startswith("~")}
    if "model=ols" in overrides:
        removed |= {"model.alpha", "model.l1_ratio"}
    if "split=time" in overrides:
        removed |= {"split.folds"}
    quick = [o for o in QUICK if o.partition("=")[0] not in removed]
    return [*own, *quick, *(o for o in overrides if not o.startswith("~"))]


def write_files(folder: Path) -> None:
    """Write what the runs of all cases read."""
    frame = everything()
    frame.to_csv(folder / FILE, index=False)
    lines = [
        f"{y} " + " ".join(f"{at}:{value}" for at, value in enumerate(row, start=1) if value > 0)
        for y, *row in frame[["outcome", "a", "b", "c"]].itertuples(index=False)
    ]
    (folder / "sparse.svm").write_text("\n".join(lines) + "\n", encoding="utf-8")


def make_run(name: str, folder: Path, *more: str) -> Path:
    """Make the run of a case in a folder that has the file; gives its directory."""
    place = folder / "-".join(re.split("[= _]", name))
    said = StringIO()
    with (
        redirect_stdout(said),
        redirect_stderr(said),
        composed_once(),
        pytest.raises(SystemExit) as ended,
    ):
        main([*arguments(name), *more, f"hydra.run.dir={place}"])
    assert ended.value.code == 0, f"{name}: {said.getvalue()}"
    return place
