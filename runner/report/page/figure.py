"""What a figure is: a question, a sentence that answers it, a Vega-Lite spec, and its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from runner.records import Integers

POINTS = 2_000  # that a figure draws at most
DIGITS = 6  # significant ones of a number that is drawn
# of a text's outline, drawn below the text so that lines do not cross it
HALO = {"stroke": "$paper", "strokeWidth": 4, "strokeJoin": "round", "strokeOpacity": 0.85}
Columns = Mapping[str, Any]  # each (n,), a list or an array


@dataclass(frozen=True)
class Cells:
    """A table of a page, as the text that is shown."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    labels: int = 1  # columns, from the left, that say which row it is


@dataclass(frozen=True)
class Figure:
    """A chart that says what it shows.

    `spec` is Vega-Lite without data: a layer names its table of `data` as
    `{"data": {"name": ...}}`, "rows" where it names none. Fields are ours and never a user's
    column, so that no name of a user's is read as an expression.
    """

    name: str  # of its file and its anchor
    question: str
    sentence: str
    spec: dict[str, Any]
    data: Mapping[str, Columns]
    table: Cells
    height: int = 280

    def payload(self) -> dict[str, Any]:
        """What the page's script draws."""
        data = {name: _short(each) for name, each in self.data.items()}
        spec = {"data": {"name": "rows"}, "width": "container", "height": self.height, **self.spec}
        if "layer" in spec:  # one without rows has no extent, which Vega says aloud
            spec["layer"] = [layer for layer in spec["layer"] if not _is_bare(layer, data)]
        return {"spec": spec, "data": data}

    def vega_lite(self) -> dict[str, Any]:
        """A spec that stands on its own."""
        payload = self.payload()
        own: dict[str, Any] = payload["spec"]
        return own | {
            "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
            "description": self.sentence,
            "datasets": {name: _rows(columns) for name, columns in payload["data"].items()},
        }


def thin(size: int, most: int = POINTS, *, seed: int = 0) -> Integers:
    """Which of so many points to draw, in their order: all, or `most` drawn at random."""
    if size <= most:
        return np.arange(size)
    return np.sort(np.random.default_rng(seed).choice(size, most, replace=False))


def thinned_note(size: int, most: int = POINTS) -> str:
    """What a sentence adds where points were left out."""
    return "" if size <= most else f" Of {size:,} points {most:,}, drawn at random, are shown."


def quantitative(field: str, title: str | None, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """The encoding of a number; the axis need not begin at zero."""
    scale = {"zero": False, "nice": True} | more.pop("scale", {})
    return {"field": field, "type": "quantitative", "title": title, "scale": scale, **more}


def logarithmic(field: str, title: str, values: Iterable[float]) -> dict[str, Any]:
    """The encoding of a positive number over orders of magnitude."""
    known = [float(value) for value in values]
    domain = [min(known), max(known)]
    axis = {"format": "~g", "tickCount": 5, "labelOverlap": True}
    scale = {"type": "log", "domain": domain, "nice": False}
    return {"field": field, "type": "quantitative", "title": title, "scale": scale, "axis": axis}


def named(name: str, responses: Sequence[str], response: str) -> str:
    """The name of a figure, numbered where there are several responses."""
    return f"{name}-{responses.index(response) + 1}" if response else name


def beside_names(field: str, title: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """The encoding of a number beside names, which leave its axis little room for a title."""
    return quantitative(field, title, axis={"titleAnchor": "end"}, **more)


def tooltips(titles: Mapping[str, str]) -> list[dict[str, Any]]:
    """What is shown of a point that is pointed at: fields, each with its title."""
    return [{"field": name, "title": title} for name, title in titles.items()]


def _is_bare(layer: Mapping[str, Any], data: Mapping[str, Columns]) -> bool:
    """Whether a layer's own table has no rows."""
    own = data.get(layer.get("data", {}).get("name"))
    return own is not None and not any(map(len, own.values()))


def _short(columns: Columns) -> dict[str, list[Any]]:
    return {name: _rounded(values) for name, values in columns.items()}


def _rounded(values: Sequence[Any]) -> list[Any]:
    """Floats in a few significant digits, those that are no numbers as None; all else as it is."""
    column = np.asarray(values)
    if column.dtype.kind != "f":
        return column.tolist() if column.dtype.kind in "iub" else list(values)
    known = np.isfinite(column) & (column != 0)
    size = np.where(known, column, 1.0)
    place = 10.0 ** (DIGITS - 1 - np.floor(np.log10(np.abs(size))))
    short = np.where(known, np.round(size * place) / place, column)
    return [
        value if finite else None
        for value, finite in zip(short.tolist(), np.isfinite(column).tolist(), strict=True)
    ]


def _rows(columns: Columns) -> list[dict[str, Any]]:
    names = list(columns)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]
