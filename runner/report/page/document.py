"""The parts of a page come in; one HTML document, under a strict content policy, goes out."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.report.page.theme import CONFIG, DARK, FONT, LIGHT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jinja2 import Environment

HERE = Path(__file__).parent
LIBRARY = HERE / "vega" / "vega.js"


@cache
def library() -> str:
    """The drawing library: Vega, Vega-Lite and vega-embed in one classic script."""
    return LIBRARY.read_text(encoding="utf-8")


def render(
    template: str, content: Mapping[str, Any], script: str | None, *, follows: bool = False
) -> str:
    """Fill a template.

    Args:
        template: its name, in this package's `templates`.
        content: what it names.
        script: where the drawing library is, relative to the page; None puts it into the page.
        follows: whether the page may ask its server for itself anew.

    A page runs only its own scripts, told apart by their hashes, and loads nothing else: what a
    name in the data says is never run.
    """
    style, own = _style(), _read("page.js")
    inline = [own] if script is not None else [library(), own]
    return (
        _environment()
        .get_template(template)
        .render(
            content,
            policy=_policy(style, inline, beside=script is not None, follows=follows),
            style=_marked(style),
            scripts=[_marked(text) for text in inline],
            script=script,
            theme=embedded({"config": CONFIG, "colours": {"light": LIGHT, "dark": DARK}}),
        )
    )


def _policy(style: str, scripts: Sequence[str], *, beside: bool, follows: bool) -> str:
    """What a page may run and load: what is in it, by its hash, and what lies beside it."""
    # a page that is opened from disk has no origin that 'self' could mean
    sources = [*map(_source, scripts), *(["'self'", "file:"] if beside else [])]
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {' '.join(sources)}",
            f"style-src {_source(style)}",
            *(["connect-src 'self'"] if follows else []),
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def embedded(content: Any) -> Any:  # noqa: ANN401 - any JSON value, text that is marked as safe
    """JSON to stand in a page's script element: nothing in it can end the element."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in ("<", ">", "&", "\u2028", "\u2029"):
        text = text.replace(character, f"\\u{ord(character):04x}")
    return _marked(text)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(HERE / "templates")
    made = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["embedded"] = embedded
    return made


@cache
def _style() -> str:
    """The style sheet, whose colours are those of the figures."""
    schemes = {"light": LIGHT, "dark": DARK}
    text = _read("page.css").replace("FONT", FONT)
    for scheme, colours in schemes.items():
        variables = "; ".join(f"--{name}: {colour}" for name, colour in colours.items())
        text = text.replace(f"/* {scheme} */", variables)
    return text


def _read(name: str) -> str:
    return (HERE / "templates" / name).read_text(encoding="utf-8")


def _source(text: str) -> str:
    """What a content policy calls an inline script or style by."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _marked(text: str) -> Any:  # noqa: ANN401 - markupsafe's own
    from markupsafe import Markup

    return Markup(text)  # noqa: S704 - our own files, and JSON in which nothing ends an element
