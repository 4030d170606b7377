"""The bytes of a body come in; the JSON value goes out, or what is wrong with them."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from runner.saved_model.serving.refusals import RefusedError

BAD_REQUEST = 400


def read_json(content: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """The value of a JSON text in UTF-8 that means one thing alone.

    Raises:
        RefusedError: it is no such text: NaN and infinities are no JSON, and of a key that stands
            twice in an object readers take one value or the other.
    """
    try:
        return DECODER.decode(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise RefusedError(BAD_REQUEST, f"the body is not UTF-8: byte {error.start}") from error
    except RecursionError as error:
        raise RefusedError(BAD_REQUEST, "the body is nested too deeply") from error
    except ValueError as error:
        raise RefusedError(BAD_REQUEST, f"the body is no JSON: {error}") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise RefusedError(BAD_REQUEST, f"the key {twice[:100]!r} stands twice in one object")
    return made


def _refuse(constant: str) -> NoReturn:
    raise RefusedError(BAD_REQUEST, f"{constant} is no JSON: a gap is null")


DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse)
