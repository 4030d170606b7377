"""What `enet --help` prints: one screen of commands, and a page for each word after it."""

from __future__ import annotations

import argparse
import itertools
import textwrap
from pathlib import Path

from runner.cli.commands import COMMANDS, DEFAULT
from runner.cli.words import explain_word
from runner.config.kinds import GROUPS
from runner.config.options import describe_options, option_text
from runner.errors import ConfigError

HEAD = """\
Elastic-net experiments from YAML; usage: enet [COMMAND] ... (run, if left out)
"""
EXAMPLES = """\
enet dataset=csv dataset.path=my.csv dataset.target=y    run your own table
enet -m imputer=mean,knn model.l1_ratio=0.5,1            sweep every combination\
"""
GROUP_NAMES = (*GROUPS, "experiment")
GROUPS_NAMED = textwrap.fill(f"groups: {' '.join(GROUP_NAMES)}", 79, subsequent_indent=" " * 8)
MORE = "more: enet --help COMMAND, GROUP or GROUP=OPTION; all options: enet run --help"


def print_help(arguments: list[str]) -> None:
    """Print the first page, or the page of each word that follows `--help`.

    Raises:
        ConfigError: a word is no command, group or option.
    """
    parser = argparse.ArgumentParser(prog="enet --help", add_help=False)
    parser.add_argument("words", nargs="*", metavar="COMMAND, GROUP or GROUP=OPTION")
    parser.add_argument("--config-dir", type=Path)
    asked = parser.parse_args(arguments)
    words = asked.words or ([] if asked.config_dir is None else [DEFAULT])
    pages = [_page(word, asked.config_dir) for word in words]
    print("\n\n".join(pages or [first_page()]))


def first_page() -> str:
    """The commands by what a person wants, examples, the groups, and where more is said."""
    lines = [HEAD.rstrip()]
    for wants, commands in itertools.groupby(COMMANDS.values(), key=lambda c: c.wants):
        for heading, command in zip(itertools.chain([wants], itertools.repeat("")), commands):  # noqa: B905
            lines.append(f"{heading:<8}{f'{command.name} {command.takes}':<21} {command.summary}")
    return "\n".join([*lines, EXAMPLES, GROUPS_NAMED, MORE])


def run_page(parser: argparse.ArgumentParser, config_dir: Path | None) -> str:
    """The usage of `enet run`, then every group with its options, the user's own included."""
    lines = [parser.format_help().rstrip(), "", "groups and their options:"]
    for group, options in describe_options(config_dir).items():
        lines += [f"  {group}", *_option_lines(options, "    ")]
    return "\n".join(lines)


def _page(word: str, config_dir: Path | None) -> str:
    """The page of a command, of a group or of an option."""
    group, _, option = word.partition("=")
    if option and group in GROUP_NAMES:
        return option_text(group, option, config_dir)
    if word in GROUP_NAMES:
        options = describe_options(config_dir)[word]
        return "\n".join([f"{word}=OPTION, one of", *_option_lines(options, "  ")])
    if word == DEFAULT:
        return run_page(COMMANDS[DEFAULT].load().make_parser(), config_dir)
    if word in COMMANDS:
        return COMMANDS[word].load().make_parser().format_help().rstrip()
    raise ConfigError(explain_word(word))


def _option_lines(options: dict[str, str], indent: str) -> list[str]:
    return [f"{indent}{option:<18} {text}" for option, text in options.items()]
