"""A line that is being typed comes in; the words that may follow go out, by argcomplete.

Names of files are listed and small files read; nothing is composed.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from argcomplete.completers import FilesCompleter
from argcomplete.finders import CompletionFinder
from argcomplete.shell_integration import shellcode

from runner.cli.commands import COMMANDS, DEFAULT
from runner.config.options import key_values, option_names
from runner.errors import ConfigError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable
    from pathlib import Path

SHELLS = ("bash", "zsh", "fish")
PATHS = ("dataset.path", "hydra.run.dir", "hydra.sweep.dir", "cache.folder")
INSTALL = "install="


def complete() -> None:
    """Answer the shell, which asks through the environment, and end the process."""
    line = os.environ.get("COMP_LINE", "")[: int(os.environ.get("COMP_POINT", "0"))]
    typed = line.split()[1:]
    first = typed[0] if typed and (len(typed) > 1 or line.endswith(" ")) else ""
    command = COMMANDS.get(first)
    if command is not None:  # its parser knows nothing of the word that leads to it
        os.environ["_ARGCOMPLETE"] = "2"
    parser = (command or COMMANDS[DEFAULT]).load().make_parser()
    words = [] if first else [name for name in COMMANDS if name != DEFAULT]
    _prepare(parser, words)
    _Finder()(parser, always_complete_options=False)


class _Finder(CompletionFinder):
    """Completes words that go on, such as `imputer.`, without a space."""

    def quote_completions(
        self, completions: list[str], cword_prequote: str, last_wordbreak_pos: int | None
    ) -> list[str]:
        """As argcomplete does, but no space after a dot either."""
        if any(word.endswith(".") for word in completions):
            self.append_space = False
        quoted: list[str] = super().quote_completions(
            completions, cword_prequote, last_wordbreak_pos
        )
        return quoted


def _prepare(parser: argparse.ArgumentParser, words: list[str]) -> None:
    """Let the overrides of a parser be completed, with further words where one may stand."""
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to them
        if action.dest == "overrides":
            action.completer = lambda prefix, parsed_args, **_: [  # type: ignore[attr-defined]
                *(word for word in words if word.startswith(prefix)),
                *override_completions(prefix, parsed_args),
            ]
        elif action.dest == "shell_completion":
            action.completer = lambda **_: [f"{INSTALL}{shell}" for shell in SHELLS]  # type: ignore[attr-defined]


def override_completions(prefix: str, parsed: argparse.Namespace) -> list[str]:
    """What an override that begins so may be.

    Args:
        prefix: what has been typed of it.
        parsed: what has been typed before it.
    """
    bare = prefix.lstrip("+~")
    sign = prefix[: len(prefix) - len(bare)]
    config_dir: Path | None = getattr(parsed, "config_dir", None)
    key, equals, value = bare.partition("=")
    options = option_names(config_dir)
    if equals:
        before, values = _values(key, value, options, config_dir)
        found = [f"{key}={before}{each}" for each in values]
    else:
        chosen = _chosen(getattr(parsed, "overrides", None) or [], options)
        found = _keys(bare, options, key_values(chosen, config_dir))
        found = [word.rstrip("=.") for word in found] if sign == "~" else found
    return [f"{sign}{word}" for word in dict.fromkeys(found) if word.startswith(bare)]


def _keys(typed: str, groups: Iterable[str], keys: Iterable[str]) -> list[str]:
    """Groups and keys; those of sections, and the sections, only when something is typed."""
    dotted = [key for key in keys if "." in key and not key.endswith(".name")]
    found = [*groups, *(key for key in keys if "." not in key)]
    found += [*dotted, *PATHS] if "." in typed else []
    sections = [f"{key.partition('.')[0]}." for key in (*dotted, *PATHS)] if typed else []
    return [*(f"{key}=" for key in found), *(sections if "." not in typed else [])]


def _values(
    key: str, typed: str, options: dict[str, list[str]], config_dir: Path | None
) -> tuple[str, Iterable[str]]:
    """What a key can be set to, and what has been typed that stays before it, as in a sweep."""
    if key in PATHS:
        return "", FilesCompleter()(typed)
    before = typed[: typed.rfind(",") + 1]
    if key in options:
        taken = before.split(",")
        return before, [option for option in options[key] if option not in taken]
    group = key.partition(".")[0]
    kinds = [{group: option} for option in options.get(group, [])] or [{}]
    known = [key_values(chosen, config_dir).get(key) for chosen in kinds]
    return before, ["true", "false"] if any(isinstance(each, bool) for each in known) else []


def _chosen(overrides: list[str], options: dict[str, list[str]]) -> dict[str, str]:
    """The options that overrides choose, by group."""
    pairs = [override.partition("=") for override in overrides]
    return {group: option for group, _, option in pairs if option in options.get(group, [])}


def print_installation(asked: str) -> None:
    """Print what a shell must be told to complete `enet`; raises ConfigError for another shell."""
    shell = asked.removeprefix(INSTALL)
    if not asked.startswith(INSTALL) or shell not in SHELLS:
        allowed = ", ".join(f"{INSTALL}{each}" for each in SHELLS)
        raise ConfigError(f"--shell-completion is {asked!r}, but must be one of {allowed}")
    print(shellcode(["enet"], shell=shell))
