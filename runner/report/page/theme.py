"""The colours and the lettering of a page and of its figures, light and dark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# a figure's spec names colours by these words after a $, so that one spec serves both schemes
LIGHT = {
    "paper": "#ffffff",
    "wash": "#f3f5f7",
    "line": "#d8dde3",
    "muted": "#59626d",
    "ink": "#1a1d21",
    "accent": "#1a5fb0",
    "warm": "#a94a06",
    "faint": "#b4bcc6",
    "low": "#1a5fb0",
    "high": "#eef3f9",
    "feature1": "#1a5fb0",
    "feature2": "#a94a06",
    "feature3": "#23733f",
    "feature4": "#8437a3",
    "feature5": "#b0234c",
    "feature6": "#5f6a00",
    "feature7": "#0b6e80",
    "feature8": "#77502c",
}
DARK = {
    "paper": "#14171a",
    "wash": "#1d2227",
    "line": "#363d45",
    "muted": "#a3acb6",
    "ink": "#e8eaed",
    "accent": "#7fb4f5",
    "warm": "#f2a660",
    "faint": "#596470",
    "low": "#9cc6fb",
    "high": "#222b35",
    "feature1": "#7fb4f5",
    "feature2": "#f2a660",
    "feature3": "#7fd09a",
    "feature4": "#d3a1e9",
    "feature5": "#f48faa",
    "feature6": "#c6d05f",
    "feature7": "#68cfe1",
    "feature8": "#d4ab8b",
}
FEATURES = 8  # colours that features have of their own
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_LETTERS = {"labelFont": FONT, "titleFont": FONT, "labelFontSize": 12, "titleFontSize": 12}
# of a tick: with an exponent where its digits would take the room of the figure
_SHORT = (
    "datum.value != 0 && (abs(datum.value) >= 1e6 || abs(datum.value) < 1e-4) "
    "? format(datum.value, '.3~e') : datum.label"
)
# of every figure: what a spec does not say itself
CONFIG: dict[str, Any] = {
    "background": "transparent",
    "padding": {"left": 0, "right": 16, "top": 4, "bottom": 4},
    "font": FONT,
    "view": {"stroke": None},
    "axis": {
        **_LETTERS,
        "labelColor": "$muted",
        "titleColor": "$muted",
        "titleFontWeight": "normal",
        "titlePadding": 8,
        "domainColor": "$line",
        "tickColor": "$line",
        "gridColor": "$line",
        "gridOpacity": 0.55,
        "tickSize": 4,
        "labelLimit": 170,
        "labelOverlap": True,
    },
    "axisX": {"grid": False},
    "axisQuantitative": {"labelExpr": _SHORT},
    "axisY": {"domain": False, "ticks": False},
    "legend": {
        **_LETTERS,
        "orient": "top",
        "labelColor": "$ink",
        "titleColor": "$muted",
        "titleFontWeight": "normal",
        "symbolStrokeWidth": 2,
        "labelLimit": 150,
        "columnPadding": 14,
    },
    "header": {**_LETTERS, "labelColor": "$ink", "titleColor": "$muted"},
    "text": {"font": FONT, "fontSize": 12, "color": "$ink"},
    "mark": {"color": "$accent"},
    "rule": {"color": "$muted"},
    "line": {"strokeWidth": 1.75},
}


def painted(value: Any, colours: Mapping[str, str]) -> Any:  # noqa: ANN401 - any JSON value
    """The same JSON with the colours that its words name."""
    match value:
        case dict():
            return {key: painted(inner, colours) for key, inner in value.items()}
        case list():
            return [painted(inner, colours) for inner in value]
        case str() if value.startswith("$"):
            return colours.get(value[1:], value)
        case _:
            return value
