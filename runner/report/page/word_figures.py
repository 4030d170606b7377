"""The words of free text that say the most: for and against a class, or up and down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runner.report.numbers import number
from runner.report.page.figure import Cells, Figure, beside_names, named, tooltips
from runner.report.page.labels import asked, shorten, told_apart
from runner.report.target_words import modelled
from runner.store.directory import read_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.report.page.material import Material

    Row = dict[str, str]  # of coefficients.csv
    Word = tuple[str, Row]  # as it is shown, and its coefficient

SIDE = 12  # words of each sign in a figure
SIDE_OF_SEVERAL = 6  # where each response has a figure
RESPONSES = 8  # whose words are drawn
CLASSES = {"binomial", "multinomial"}  # families whose responses are classes
LISTED = 50  # words of each sign in a table


def draw_words(material: Material) -> list[Figure]:
    """The strongest words, a figure for each of the first responses; none without text."""
    columns = _text_columns(material)
    if not columns:
        return []
    found = [_draw_response(material, columns, name) for name in material.responses[:RESPONSES]]
    return [figure for figure in found if figure is not None]


def _text_columns(material: Material) -> dict[str, bool]:
    """Of each column that a feature may be of, whether its words are counted; empty without."""
    config = material.config
    steps = config.get("features", {}).get("steps") or {}
    if not any(step.get("kind") == "text" for step in steps.values() if step):
        return {}
    known = read_json(material.folder / "model.json").get("features", [])
    others = dict.fromkeys((str(column["name"]) for column in known), False)
    text = config.get("dataset", {}).get("text") or []
    return others | dict.fromkeys([text] if isinstance(text, str) else map(str, text), True)


def _draw_response(material: Material, columns: dict[str, bool], response: str) -> Figure | None:
    words = _selected_words(material, columns, response)
    if not words:
        return None
    side = SIDE_OF_SEVERAL if response else SIDE
    drawn = [*words[0][:side], *words[1][:side][::-1]]
    listing = [*words[0][:LISTED], *words[1][:LISTED][::-1]]
    return Figure(
        name=named("words", material.responses, response),
        question=asked(_question(material, response), response),
        sentence=_sentence(material, words, side, response),
        spec={"layer": _layers()},
        data={"rows": _rows(material, drawn)},
        table=_cells(listing),
        height=22 * len(drawn) + 10,
    )


def _selected_words(
    material: Material, columns: dict[str, bool], response: str
) -> tuple[list[Word], list[Word]] | None:
    """The selected words with a coefficient above 0, and those below, strongest first."""
    several = sum(columns.values()) > 1
    words = []
    for row in material.coefficients:
        is_own = row.get("response", "") == response and row["selected"] == "True"
        if is_own and (column := _column_of(row["feature"], columns)):
            term = row["feature"].removeprefix(f"{column}_")
            words.append((f"{column}: {_visible(term)}" if several else _visible(term), row))
    words.sort(key=lambda word: -abs(float(word[1]["standardised"])))
    above = [word for word in words if float(word[1]["standardised"]) > 0]
    below = [word for word in words if float(word[1]["standardised"]) < 0]
    return (above, below) if above or below else None


def _column_of(feature: str, columns: dict[str, bool]) -> str | None:
    """The column of text that a feature is a word of: the longest name that it begins with."""
    if feature in columns:
        return None
    begins = [name for name in columns if feature.startswith(f"{name}_")]
    longest = max(begins, key=len, default="")
    return longest if columns.get(longest) else None


def _visible(term: str) -> str:
    """A term of characters may begin or end with a blank, which would not be seen."""
    return term if term == term.strip() else term.replace(" ", "\N{OPEN BOX}")


def _question(material: Material, response: str) -> str:
    if material.family in CLASSES:
        name = "it" if response else _class_of(material)
        return f"Which words speak for {name}, and which against?"
    name = "hazard" if material.family == "cox" else f"predicted {_target(material, response)}"
    return f"Which words raise the {name}, and which lower it?"


def _class_of(material: Material) -> str:
    return shorten(str(material.target.get("labels", ["the second class"])[-1]))


def _target(material: Material, response: str) -> str:
    return shorten(response or modelled(material.target))


def _sentence(
    material: Material, words: tuple[list[Word], list[Word]], side: int, response: str
) -> str:
    said = _counts(material, words, response)
    if any(len(each) > side for each in words):
        said += f" At most {side} of each are drawn, the strongest at the top and at the bottom."
    said += " Bars are coefficients per standard deviation of a word's weight."
    if len(material.responses) > RESPONSES:
        what = "classes" if material.family in CLASSES else "targets"
        said += f" The first {RESPONSES} of {len(material.responses):,} {what} have such a figure."
    return said


def _counts(material: Material, words: tuple[list[Word], list[Word]], response: str) -> str:
    """How many words there are of either sign, and the strongest of each."""
    ways = (("raises", "raise", "it"), ("lowers", "lower", "it"))
    if material.family in CLASSES:
        name = shorten(response) if response else _class_of(material)
        ways = (("speaks", "speak", f"for {name}"), ("speaks", "speak", f"against {name}"))
    parts = []
    for (one, many, way), found in zip(ways, words, strict=True):
        first = f'"{shorten(found[0][0])}"' if found else ""
        if len(found) == 1:
            parts.append(f"1 word {one} {way}, {first}")
        elif found:
            parts.append(f"{len(found):,} words {many} {way}, {first} the most")
    return f"{'; '.join(parts)}."


def _rows(material: Material, drawn: Sequence[Word]) -> dict[str, list[Any]]:
    return {
        "label": told_apart([said for said, _ in drawn]),
        "value": [float(row["standardised"]) for _, row in drawn],
        "coefficient": [number(float(row["coefficient"])) for _, row in drawn],
        "colour": [material.colours.get(row["feature"], "$muted") for _, row in drawn],
    }


def _layers() -> list[dict[str, Any]]:
    y = {"field": "label", "type": "nominal", "title": None, "sort": None}
    x = beside_names("value", "coefficient per standard deviation", scale={"zero": True})
    colour = {"field": "colour", "type": "nominal", "scale": None, "legend": None}
    shown = {"label": "word", "value": "standardised", "coefficient": "coefficient"}
    bar = {"type": "bar", "height": {"band": 0.62}, "opacity": 0.85}
    places = {"x": x, "y": y | {"axis": {"labelColor": "$ink"}}}
    return [
        {"mark": {"type": "rule"}, "encoding": {"x": {"datum": 0}, "color": {"value": "$line"}}},
        {"mark": bar, "encoding": places | {"color": colour, "tooltip": tooltips(shown)}},
    ]


def _cells(words: Sequence[Word]) -> Cells:
    headers = ["standardised", "coefficient"]
    headers += ["ratio"] if "ratio" in words[0][1] else []
    rows = tuple((said, *(number(float(row[name])) for name in headers)) for said, row in words)
    return Cells(("word", *headers), rows)
