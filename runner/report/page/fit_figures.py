"""The figures of a target that is a number: predicted and actual values, and residuals."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.report.numbers import number
from runner.report.page.figure import (
    Cells,
    Figure,
    named,
    quantitative,
    thin,
    thinned_note,
    tooltips,
)
from runner.report.page.labels import asked, shorten
from runner.statistics.normal_quantiles import normal_quantiles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runner.records import Floats, Integers
    from runner.report.page.material import Material

BINS = 10  # of the fitted values, in each of which residuals are averaged
WORST = 10  # rows in a table
TARGETS = 4  # that have figures, where there are several
NUMERIC = {"gaussian", "multi_gaussian", "poisson", "gamma"}
NORMAL = {"gaussian", "multi_gaussian"}
FAR = 3  # standard deviations
QUANTILES = {"least": 0.0, "5 %": 0.05, "median": 0.5, "95 %": 0.95, "greatest": 1.0}
POINTS_MARK = {"type": "point", "filled": True, "size": 22, "opacity": 0.35}
DASHED: dict[str, Any] = {"type": "line", "color": "$muted", "strokeWidth": 1, "clip": True}
DASHED |= {"strokeDash": [4, 3]}


@dataclass(frozen=True)
class OutOfFold:
    """The training rows, each predicted by models that have not seen it."""

    targets: Sequence[str]  # all of them, where there are several
    target: str  # which of these, else ""
    row: Integers  # (n,) as predictions.csv numbers them
    actual: Floats  # (n,)
    fitted: Floats  # (n,)

    @cached_property
    def residual(self) -> Floats:
        """What is left over, (n,)."""
        left: Floats = self.actual - self.fitted
        return left


@dataclass(frozen=True)
class Binned:
    """Residuals in b groups of rows of similar prediction."""

    fitted: Floats  # (b,) means
    residual: Floats  # (b,) means
    sd: Floats  # (b,)
    rows: Integers  # (b,)


def out_of_fold(material: Material) -> list[OutOfFold]:
    """The predicted training rows of each of the first targets that are numbers."""
    table = material.out_of_fold
    if material.family not in NUMERIC or not len(table):
        return []
    names = map(str, table)
    targets = [name[len("y_true_") :] for name in names if name.startswith("y_true_")]
    found = []
    for target in targets[:TARGETS] or [""]:
        pair = [f"{name}_{target}" if target else name for name in ("y_true", "y_pred")]
        rows = table[table[pair].notna().all(axis=1)]
        values = (rows[name].to_numpy(float) for name in pair)
        found.append(OutOfFold(targets, target, rows["row"].to_numpy(np.int64), *values))
    return [each for each in found if len(each.row) > 2]  # noqa: PLR2004 - something to look at


def draw_fit(material: Material) -> list[Figure]:
    """Predictions, residuals and their quantiles of each of the first targets."""
    figures = []
    for found in out_of_fold(material):
        figures += [_draw_predicted(material, found), _draw_residuals(found)]
        if material.family in NORMAL and np.ptp(found.residual):
            figures.append(_draw_normal_quantiles(found))
    return figures


def _draw_predicted(material: Material, found: OutOfFold) -> Figure:
    """What was observed beside what was predicted for the row while it was left out."""
    at = thin(len(found.row))
    both = np.concatenate([found.actual, found.fitted])
    ends = [float(both.min()), float(both.max())]
    target = shorten(found.target or str(material.target.get("name", "target")))
    return Figure(
        name=named("predicted", found.targets, found.target),
        question=asked("How close are the predictions?", found.target),
        sentence=_predicted_sentence(found),
        spec={"layer": _predicted_layers(found, target)},
        data={
            "rows": {"row": found.row[at], "actual": found.actual[at], "fitted": found.fitted[at]},
            "line": {"fitted": ends, "actual": ends},
        },
        table=_quantile_cells({"actual": found.actual, "predicted": found.fitted}),
        height=320,
    )


def _predicted_sentence(found: OutOfFold) -> str:
    said = (
        "Each point is a training row, as it was predicted while it was left out. The closer to "
        "the dashed line, the better"
    )
    if np.ptp(found.fitted) and np.ptp(found.actual):
        said += f"; the correlation is {np.corrcoef(found.actual, found.fitted)[0, 1]:.2f}"
    return (
        f"{said}. Predictions range over {number(float(np.ptp(found.fitted)), 3)}, actual values "
        f"over {number(float(np.ptp(found.actual)), 3)}.{thinned_note(len(found.row))}"
    )


def _predicted_layers(found: OutOfFold, target: str) -> list[dict[str, Any]]:
    own = [float(found.fitted.min()), float(found.fitted.max())]
    x = quantitative("fitted", f"predicted {target}", scale={"domain": own})
    y = quantitative("actual", f"actual {target}")
    shown = tooltips({"row": "row", "fitted": "predicted", "actual": "actual"})
    return [
        {"data": {"name": "line"}, "mark": DASHED, "encoding": {"x": x, "y": y}},
        {"mark": POINTS_MARK, "encoding": {"x": x, "y": y, "tooltip": shown}},
    ]


def _quantile_cells(columns: Mapping[str, Floats]) -> Cells:
    """The spread of some columns."""
    rows = tuple(
        (name, *(number(float(np.quantile(values, share))) for values in columns.values()))
        for name, share in QUANTILES.items()
    )
    return Cells(("quantile", *columns), rows)


def _draw_residuals(found: OutOfFold) -> Figure:
    """Residuals along the fitted values, and their mean in bins of these."""
    at, means = thin(len(found.row)), _binned(found)
    x, y = quantitative("fitted", "predicted"), quantitative("residual", "residual")
    shown = tooltips({"row": "row", "fitted": "predicted", "residual": "residual"})
    mean = {"type": "line", "color": "$warm", "point": {"color": "$warm", "size": 30}}
    return Figure(
        name=named("residuals", found.targets, found.target),
        question=asked("Is something systematic left over?", found.target),
        sentence=_residual_sentence(found, means),
        spec={
            "layer": [
                {"mark": "rule", "encoding": {"y": {"datum": 0}, "color": {"value": "$line"}}},
                {"mark": POINTS_MARK, "encoding": {"x": x, "y": y, "tooltip": shown}},
                {"data": {"name": "means"}, "mark": mean, "encoding": {"x": x, "y": y}},
            ]
        },
        data={
            "rows": {"row": found.row[at], "fitted": found.fitted[at]}
            | {"residual": found.residual[at]},
            "means": {"fitted": means.fitted, "residual": means.residual},
        },
        table=_binned_cells(means),
    )


def _residual_sentence(found: OutOfFold, means: Binned) -> str:
    worst = int(np.abs(means.residual).argmax())
    return (
        f"A residual is the actual value less the predicted one. The line is their mean in "
        f"{len(means.rows)} groups of rows of similar prediction; with nothing left over it stays "
        f"at zero. It is farthest from there, {number(float(means.residual[worst]), 3)}, at "
        f"predictions near {number(float(means.fitted[worst]), 3)}; residuals have a standard "
        f"deviation of {number(float(found.residual.std(ddof=1)), 3)}."
        f"{thinned_note(len(found.row))}"
    )


def _binned(found: OutOfFold) -> Binned:
    """Groups of as equal size as ties allow, by the fitted value."""
    edges = np.unique(np.quantile(found.fitted, np.linspace(0, 1, BINS + 1)[1:-1]))
    group = np.searchsorted(edges, found.fitted, side="right")
    parts = [group == at for at in np.unique(group)]
    residuals = [found.residual[part] for part in parts]
    return Binned(
        np.array([found.fitted[part].mean() for part in parts]),
        np.array([residual.mean() for residual in residuals]),
        np.array([residual.std() for residual in residuals]),
        np.array([len(residual) for residual in residuals]),
    )


def _binned_cells(means: Binned) -> Cells:
    rows = zip(
        means.fitted.tolist(), means.residual.tolist(), means.sd.tolist(), means.rows, strict=True
    )
    cells = tuple((number(f), number(r, 3), number(sd, 3), f"{n:,}") for f, r, sd, n in rows)
    return Cells(("mean prediction", "mean residual", "SD", "rows"), cells)


def _draw_normal_quantiles(found: OutOfFold) -> Figure:
    """Standardised residuals beside the quantiles of a normal distribution."""
    spread = found.residual.std(ddof=1)
    pairs = normal_quantiles((found.residual - found.residual.mean()) / spread)
    at = thin(len(pairs.expected))
    ends = [float(pairs.expected.min()), float(pairs.expected.max())]
    x = quantitative("normal", "quantile of a normal distribution")
    y = quantitative("residual", "standardised residual")
    beyond = float(np.mean(np.abs(pairs.residual) > FAR))
    return Figure(
        name=named("normal-quantiles", found.targets, found.target),
        question=asked("Are the errors normal?", found.target),
        sentence=(
            f"On the dashed line residuals are normally distributed. {_share(beyond)} of them are "
            f"beyond {FAR} standard deviations, of a normal distribution 0.27%. Predictions do "
            f"not need normal errors.{thinned_note(len(pairs.expected))}"
        ),
        spec={
            "layer": [
                {"data": {"name": "line"}, "mark": DASHED, "encoding": {"x": x, "y": y}},
                {"mark": POINTS_MARK, "encoding": {"x": x, "y": y}},
            ]
        },
        data={
            "rows": {"normal": pairs.expected[at], "residual": pairs.residual[at]},
            "line": {"normal": ends, "residual": ends},
        },
        table=_quantile_cells({"normal": pairs.expected, "residual": pairs.residual}),
    )


def _share(share: float) -> str:
    return f"{share:.2%}" if share else "None"


def worst_rows(material: Material) -> dict[str, Cells]:
    """The rows that were predicted the worst, a table by caption for each of the first targets."""
    caption = "The rows predicted the worst"
    return {asked(caption, each.target): _worst(each) for each in out_of_fold(material)}


def _worst(found: OutOfFold) -> Cells:
    order = np.argsort(-np.abs(found.residual), kind="stable")[:WORST]
    values = (found.actual[order], found.fitted[order], found.residual[order])
    rows = zip(found.row[order], *(each.tolist() for each in values), strict=True)
    cells = tuple((str(row), *map(number, rest)) for row, *rest in rows)
    return Cells(("row", "actual", "predicted", "residual"), cells)


def influential_rows(material: Material) -> Cells | None:
    """The rows that the unpenalised refit of the selected features depends on the most."""
    found = material.record.get("influence", {})
    keys = ("leverage", "cooks_distance", "studentised")
    rows = tuple(
        (str(row["row"]), *(number(row[key], 3) for key in keys)) for row in found.get("worst", [])
    )
    headers = ("row", "leverage", "Cook's distance", "standardised residual")
    return Cells(headers, rows) if rows else None
