"""A word that is no command comes in; what its writer may have meant goes out."""

from __future__ import annotations

import difflib

from runner.cli.commands import COMMANDS
from runner.config.data_files import command_for, is_data_file
from runner.config.options import option_names


def explain_word(word: str) -> str:
    """The message for a word that stands where a command or an override is wanted."""
    if is_data_file(word):
        return f"{word!r} is a data file; to run it: {command_for(word)}"
    options = option_names()
    meant = [f"{group}={word}" for group, names in options.items() if word in names]
    if word in options:
        named = ", ".join(f"{word}={name}" for name in options[word])
        return f"{word!r} is a group, not a command: choose an option of it: {named}"
    if word in COMMANDS:
        return f"{word!r} is a command, and must come first: enet {word} ..."
    near = difflib.get_close_matches(word, COMMANDS, n=1)
    hint = f"; did you mean {' or '.join(near or meant)}?" if near or meant else ""
    return (
        f"{word!r} is neither a command ({', '.join(COMMANDS)}) nor an override "
        f"(KEY=VALUE, GROUP=OPTION){hint}"
    )
