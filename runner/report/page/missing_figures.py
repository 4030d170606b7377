"""The figures of missing values: how many and which together, observed beside filled ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runner.report.numbers import number
from runner.report.page.figure import Cells, Figure, beside_names, tooltips
from runner.report.page.labels import counted, listed, shorten, told_apart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.report.page.material import Material

COLUMNS = 20  # in a figure
LETTERS = 30  # of all labels together, up to which they stand side by side on a phone
LACKED = 4  # columns of a pattern that are named
PATTERNS = 15
NAMED = 3  # columns in a sentence
QUANTILES = ("q05", "q25", "q50", "q75", "q95")


def draw_map(material: Material) -> Figure | None:
    """Which columns are missing together: a row per pattern, a cell per column."""
    columns = _most_missing(material)
    patterns = material.rows("missing_patterns.csv")[:PATTERNS]
    if not columns or not patterns:
        return None
    names = [row["column"] for row in columns]
    labels = told_apart(names)
    rows = _states(names, labels, patterns)
    counts = [counted(int(pattern["rows"]), "row") for pattern in patterns]
    return Figure(
        name="missingness",
        question="Where are values missing, and which together?",
        sentence=_map_sentence(material, columns, patterns),
        spec=_map_spec(labels),
        data={"rows": rows, "counts": {"pattern": list(range(len(counts))), "rows": counts}},
        table=_missing_cells(columns),
        height=18 * len(patterns) + 10,
    )


def _most_missing(material: Material) -> list[dict[str, str]]:
    rows = [row for row in material.rows("missingness.csv") if int(row["missing"])]
    return sorted(rows, key=lambda row: -int(row["missing"]))[:COLUMNS]


def _states(
    names: Sequence[str], labels: Sequence[str], patterns: Sequence[dict[str, str]]
) -> dict[str, list[Any]]:
    """Of each pattern the state of each column; patterns are told apart by their place."""
    rows: dict[str, list[Any]] = {"pattern": [], "share": [], "column": [], "state": []}
    for at, pattern in enumerate(patterns):
        missing = _named_in(pattern["missing"], names)
        for name, label in zip(names, labels, strict=True):
            rows["pattern"].append(at)
            rows["share"].append(counted(int(pattern["rows"]), "row"))
            rows["column"].append(label)
            rows["state"].append("missing" if name in missing else "observed")
    return rows


def _named_in(text: str, names: Sequence[str]) -> set[str]:
    """Which columns a pattern names; a name may hold a comma of its own."""
    padded = f", {text}, "
    return {name for name in names if f", {name}, " in padded}


def _map_spec(labels: Sequence[str]) -> dict[str, Any]:
    x: dict[str, Any] = {"field": "column", "type": "nominal", "title": None, "sort": list(labels)}
    is_wide = sum(map(len, labels)) > LETTERS
    x["axis"] = {"labelAngle": -90 if is_wide else 0, "labelOverlap": False, "labelFontSize": 11}
    x["axis"] |= {"labelLimit": 150, "orient": "bottom", "labelColor": "$ink"}
    y = {"field": "pattern", "type": "ordinal", "title": None, "sort": None, "axis": None}
    colour = {
        "field": "state",
        "type": "nominal",
        "title": None,
        "scale": {"domain": ["observed", "missing"], "range": ["$line", "$accent"]},
    }
    mark = {"type": "rect", "stroke": "$paper", "strokeWidth": 1.5}
    shown = tooltips({"column": "column", "state": "state", "share": "pattern of"})
    text = {"type": "text", "align": "right", "dx": -8, "color": "$muted"}
    counts = {"x": {"value": 0}, "y": y, "text": {"field": "rows"}}
    return {
        "layer": [
            {"mark": mark, "encoding": {"x": x, "y": y, "color": colour, "tooltip": shown}},
            {"data": {"name": "counts"}, "mark": text, "encoding": counts},
        ]
    }


def _map_sentence(
    material: Material, columns: Sequence[dict[str, str]], patterns: Sequence[dict[str, str]]
) -> str:
    known = material.record.get("missingness", {})
    worst = [f"{shorten(row['column'])} ({float(row['share']):.1%})" for row in columns[:NAMED]]
    rows, share = int(patterns[0]["rows"]), float(patterns[0]["share"])
    count = known.get("columns", len(columns))
    total = known.get("patterns", len(patterns))
    others = ["others"] if count > len(worst) else []
    have = "column has" if count == 1 else "columns have"
    said = (
        f"{count:,} {have} gaps: {listed([*worst, *others])}. "
        f"The most frequent pattern, of {counted(rows, 'training row')} ({share:.0%}), lacks "
        f"{_lacking(patterns[0]['missing'])}."
    )
    if count > len(columns):
        said += f" The {len(columns)} columns that lack most are drawn."
    if total > len(patterns):
        said += f" {len(patterns)} of {total:,} patterns are drawn."
    return said


def _lacking(missing: str) -> str:
    """What a pattern lacks: the names of a few columns, else how many there are."""
    count = missing.count(", ") + 1
    return f"{count:,} columns" if count > LACKED else shorten(missing, 60) or "nothing"


def _missing_cells(columns: Sequence[dict[str, str]]) -> Cells:
    rows = tuple(
        (row["column"], f"{int(row['missing']):,}", f"{float(row['share']):.1%}", _yes(row))
        for row in columns
    )
    return Cells(("column", "missing", "share", "predicts the target"), rows)


def _yes(row: dict[str, str]) -> str:
    return {"True": "yes", "False": "no"}.get(row.get("predicts", ""), "-")


def draw_filled(material: Material) -> Figure | None:
    """Quantiles of the observed values of a column beside those of what was filled in."""
    rows = [row for row in _most_missing(material) if row.get("filled_q50")]
    if not rows:
        return None
    data = _filled_rows(rows)
    y: dict[str, Any] = {"field": "column", "type": "nominal", "title": None, "sort": None}
    y |= {"axis": {"labelColor": "$ink"}}
    scale = {"domain": ["observed", "filled"], "range": ["$muted", "$accent"]}
    colour = {"field": "values", "type": "nominal", "title": "values", "scale": scale}
    offset = {"field": "values", "sort": ["observed", "filled"]}
    x = beside_names("q50", "interquartile ranges from the median")
    base = {"y": y, "yOffset": offset, "color": colour}
    wide = base | {"x": x | {"field": "q05"}, "x2": {"field": "q95"}}
    inner = base | {"x": x | {"field": "q25"}, "x2": {"field": "q75"}}
    return Figure(
        name="filled",
        question="Are filled values like the observed ones?",
        sentence=_filled_sentence(material, rows),
        spec={
            "layer": [
                {"mark": {"type": "rule", "strokeWidth": 1.5}, "encoding": wide},
                {"mark": {"type": "rule", "strokeWidth": 5}, "encoding": inner},
                {
                    "mark": {"type": "point", "filled": True, "size": 36, "opacity": 1},
                    "encoding": base | {"x": x},
                },
            ]
        },
        data={"rows": data},
        table=_filled_cells(rows),
        height=30 * len(rows) + 10,
    )


def _filled_rows(rows: Sequence[dict[str, str]]) -> dict[str, list[Any]]:
    """The quantiles of both kinds on one scale: 0 is the observed median, 1 the IQR from there."""
    data: dict[str, list[Any]] = {"column": [], "values": [], **{q: [] for q in QUANTILES}}
    for row, label in zip(rows, told_apart([row["column"] for row in rows]), strict=True):
        middle = float(row["observed_q50"])
        spread = float(row["observed_q75"]) - float(row["observed_q25"])
        spread = spread or float(row["observed_q95"]) - float(row["observed_q05"]) or 1.0
        for kind in ("observed", "filled"):
            data["column"].append(label)
            data["values"].append(kind)
            for q in QUANTILES:
                data[q].append((float(row[f"{kind}_{q}"]) - middle) / spread)
    return data


def _filled_sentence(material: Material, rows: Sequence[dict[str, str]]) -> str:
    imputer = material.record.get("choices", {}).get("imputer", "imputer")
    constant = [row for row in rows if row["filled_q05"] == row["filled_q95"]]
    said = (
        "Lines reach from the 5 % to the 95 % quantile of each column's values, thick ones from "
        "25 % to 75 %, points are medians, all of them measured from the observed median; what the "
        f"{imputer} imputer filled in is drawn under what was observed."
    )
    if constant:
        said += (
            f" In {counted(len(constant), 'column')} one value was filled in for (nearly) all gaps."
        )
    return said + (
        " Filled values are meant to predict well and may vary less than observed ones; where gaps "
        "depend on the value itself they cannot be told from these."
    )


def _filled_cells(rows: Sequence[dict[str, str]]) -> Cells:
    cells = tuple(
        (
            row["column"],
            *(
                number(float(row[f"{k}_{q}"]))
                for k in ("observed", "filled")
                for q in QUANTILES[::2]
            ),
        )
        for row in rows
    )
    headers = [f"{kind} {q}" for kind in ("observed", "filled") for q in ("5 %", "median", "95 %")]
    return Cells(("column", *headers), cells)
