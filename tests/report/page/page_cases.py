"""The runs whose pages are looked at: a family each, and columns with hostile names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from conftest import QUICK, Program, mixed_frame

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "\"quoted\" 'name', with a comma",
    "a" * 300,
    "\u05e9\u05dc\u05d5\u05dd",  # right to left
    "\u202ereversed",
    "\U0001f600 face",
    "$accent",
    "datum['x'] + 1",
    "{{ 7 * 7 }}",
    "=1+1",
    "alpha",
)


WORDS = (
    "alpha",
    "the",
    "meeting",
    "price",
    "a" * 60,
    "\u05e9\u05dc\u05d5\u05dd",
    "script",
    "datum",
)


def targets(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with a target for each family."""
    rng = np.random.default_rng(1)
    score = frame["outcome"].fillna(12) - 12
    return frame.assign(
        bought=np.where(score + rng.normal(0, 2, len(frame)) > 0, "yes", "no"),
        visits=rng.poisson(np.exp(0.1 * score.clip(-10, 10) + 0.5)),
        kind=np.select([score < -2, score > 2], ["low", "high"], "middle"),
        weeks=rng.exponential(np.exp(2 - 0.1 * score)).round(3) + 0.001,
        died=rng.random(len(frame)) < 0.7,
        noise=1e12 * rng.normal(size=len(frame)),
        notes=[" ".join(rng.choice(WORDS, 6)) + (" free now" if up else "") for up in score > 0],
    )


CASES = {
    "gaussian": (
        "dataset.target=outcome",
        "evaluation.explain=true",
        "evaluation.pairs=4",
        "evaluation.resamples=20",
    ),
    "binomial": ("dataset.target=bought", "family=binomial"),
    "poisson": ("dataset.target=visits", "family=poisson"),
    "multinomial": ("dataset.target=kind", "family=multinomial"),
    "nothing": ("dataset.target=noise", "search.rule=one_se"),
    "words": (
        "dataset.target=kind",
        "family=multinomial",
        "dataset.text=notes",
        "features=text",
        "features.scale=true",
        "features.steps.text.ngrams=[1,2]",
    ),
    "cox": ("dataset.target=weeks", "family=cox", "dataset.event=died"),
}
OWN = {"outcome", "bought", "visits", "kind", "weeks", "died", "noise", "notes"}


def hostile_frame(rows: int = 80) -> pd.DataFrame:
    """A column for each hostile name, and a target with one too."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({name: rng.normal(size=rows) for name in HOSTILE})
    frame = frame.mask(rng.random(frame.shape) < 0.1)
    return frame.assign(**{"<b>y</b>": frame.sum(axis=1) + rng.normal(size=rows)})


def make_run(folder: Path, name: str) -> Path:
    """Run one of the cases, or the one of hostile names, in a folder of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        if name == "hostile":
            hostile_frame().to_csv(folder / "hostile.csv", index=False)
            data = ("dataset=csv", "dataset.path=hostile.csv", "dataset.target=<b>y</b>")
            return Program(folder, pages=True).run(*data, *QUICK, name=name)
        targets(mixed_frame(150)).to_csv(folder / "data.csv", index=False)
        case = CASES[name]
        dropped = ",".join(sorted(OWN - {part.partition("=")[2] for part in case}))
        data = ("dataset=csv", "dataset.path=data.csv", f"dataset.drop=[{dropped}]")
        return Program(folder, pages=True).run(*data, *QUICK, *case, name=name)
