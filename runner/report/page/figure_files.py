"""A figure comes in; an SVG, PNG or PDF of it goes out, drawn without a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.report.page.theme import CONFIG, LIGHT, painted

if TYPE_CHECKING:
    from runner.report.page.figure import Figure

WIDTH = 560  # pixels, of the plot without its axes
SCALE = 2.0  # of a PNG's pixels to those


def render_figure(figure: Figure, name: str) -> bytes:
    """Draw one figure by vl-convert, of the extra `figures`.

    Args:
        figure: which.
        name: svg, png or pdf.
    """
    import vl_convert

    own = figure.vega_lite() | {"width": WIDTH, "title": _title(figure)}
    data = own.pop("datasets")
    # in data a word is a colour only in the column of that name
    rows = {name: [_colour(row) for row in each] for name, each in data.items()}
    spec = painted({**own, "config": CONFIG | {"background": "$paper"}}, LIGHT) | {"datasets": rows}
    match name:
        case "svg":
            return str(vl_convert.vegalite_to_svg(spec)).encode()
        case "png":
            return bytes(vl_convert.vegalite_to_png(spec, scale=SCALE))
        case _:
            return bytes(vl_convert.vegalite_to_pdf(spec))


def _title(figure: Figure) -> dict[str, object]:
    return {"text": figure.question, "anchor": "start", "fontSize": 14, "color": "$ink", "dy": -10}


def _colour(row: dict[str, object]) -> dict[str, object]:
    return row | {"colour": painted(row["colour"], LIGHT)} if "colour" in row else row
