"""`models:NAME@ALIAS` comes in; a name and a version or an alias go out, checked."""

from __future__ import annotations

import re
from dataclasses import dataclass

from runner.errors import ConfigError

PREFIX = "models:"
LATEST = "latest"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")  # a folder's name on any system


@dataclass(frozen=True)
class Reference:
    """A model by its name, and which of its versions: a number, an alias, or `latest`."""

    name: str
    which: str = LATEST

    @classmethod
    def parse(cls, text: str) -> Reference | None:
        """What a text that begins with `models:` names; None of any other.

        Raises:
            ConfigError: it begins so, but what follows is no NAME, NAME@VERSION or NAME@ALIAS.
        """
        if not text.startswith(PREFIX):
            return None
        name, at, which = text.removeprefix(PREFIX).partition("@")
        return cls(checked_name(name), checked_name(which, "version") if at else LATEST)


def checked_name(name: str, what: str = "name") -> str:
    """A name if it may be one.

    Raises:
        ConfigError: it may not.
    """
    if NAME.fullmatch(name) is None:
        raise ConfigError(
            f"{name!r} is no {what} of a model: letters, digits, '.', '_' and '-', the first a "
            "letter or a digit, at most 100"
        )
    return name


def checked_alias(alias: str) -> str:
    """An alias if it may be one, which is not taken for a version.

    Raises:
        ConfigError: it may not.
    """
    if alias == LATEST or alias.isdecimal():
        raise ConfigError(f"{alias!r} is no alias: it would be taken for a version")
    return checked_name(alias, "alias")
