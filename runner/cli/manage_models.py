"""`enet models`: runs are pushed to a registry, promoted in it, and listed."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from runner.cli.fitted_table import Row, lay_out, say_score
from runner.cli.printing import print_text
from runner.saved_model.registry.model_registry import FOLDER, VARIABLE, Registry

if TYPE_CHECKING:
    from runner.saved_model.registry.registry_file import Event, Model, Version


def make_parser() -> argparse.ArgumentParser:
    """The parser of `enet models push | list | promote | history`."""
    parser = argparse.ArgumentParser(
        prog="enet models",
        description="A registry of models: numbered versions, and aliases that name one of them. "
        "What takes a model takes models:NAME, models:NAME@VERSION and models:NAME@ALIAS.",
    )
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--registry",
        type=Path,
        metavar="DIR",
        help=f"its folder (default: {VARIABLE} of the environment, else {FOLDER})",
    )
    words = parser.add_subparsers(dest="word", required=True, metavar="push|list|promote|history")
    push = words.add_parser("push", parents=[shared], help="a run as the next version of a name")
    push.add_argument("run", metavar="RUN", help="a run's directory")
    push.add_argument("--name", required=True, help="of the model")
    push.add_argument("--trust", action="append", default=[], metavar="MODULE.NAME",
                      help="a type that the model file may name")  # fmt: skip
    promote = words.add_parser("promote", parents=[shared], help="have an alias name a version")
    promote.add_argument("name", metavar="NAME")
    promote.add_argument("version", metavar="VERSION", help="a number, or an alias of it")
    promote.add_argument("alias", metavar="ALIAS")
    shown = words.add_parser("list", parents=[shared], help="the models there are")
    shown.add_argument("--json", action="store_true", help="print JSON, with all there is")
    history = words.add_parser("history", parents=[shared], help="who did what to a model, when")
    history.add_argument("name", metavar="NAME")
    history.add_argument("--json", action="store_true", help="print JSON")
    return parser


def main(options: argparse.Namespace) -> int:
    """Do what is asked for.

    Raises:
        ConfigError: a name may not be one.
        ModelError: the model cannot be trusted, or there is no such version.
        RunDirectoryError: the registry cannot be read or written.
    """
    registry = Registry.chosen(options.registry)
    words = {"push": _push, "promote": _promote, "list": _list, "history": _history}
    words[options.word](registry, options)
    return 0


def _push(registry: Registry, options: argparse.Namespace) -> None:
    from runner.saved_model import load_model
    from runner.saved_model.registry.reference import checked_name

    checked_name(options.name)
    model = load_model(options.run, version_policy="ignore", trust=options.trust)
    version, new = registry.push(model.folder, options.name, model.manifest.sha256)
    said = f"{options.name}@{version.version}"
    if new:
        print_text(f"pushed models:{said} to {registry.root}")
    else:
        print_text(f"this run is there already: models:{said}, of {version.pushed}")


def _promote(registry: Registry, options: argparse.Namespace) -> None:
    version, before = registry.promote(options.name, options.version, options.alias)
    said = f"models:{options.name}@{options.alias}"
    if before == version.version:
        print_text(f"{said} is version {before} already")
    else:
        was = "" if before is None else f" (before: {before})"
        print_text(f"{said} is version {version.version}{was}")


def _list(registry: Registry, options: argparse.Namespace) -> None:
    models = registry.records.models
    if options.json:
        print(json.dumps({name: model.model_dump() for name, model in models.items()}, indent=2))
    elif not models:
        print_text(f"no model in {registry.root}: enet models push RUN --name NAME")
    else:
        rows = [_row(name, model) for name, model in sorted(models.items())]
        print("\n".join(lay_out(rows, names=["name"])))


def _row(name: str, model: Model) -> Row:
    last = model.versions[-1]
    aliases = [f"{alias}={at}" for alias, at in sorted(model.aliases.items())]
    return Row(
        {
            "name": name,
            "versions": str(len(model.versions)),
            "last": last.pushed[:16].replace("T", " "),
            "score": _score(last),
            "aliases": " ".join(aliases) or "-",
        }
    )


def _history(registry: Registry, options: argparse.Namespace) -> None:
    model = registry.model(options.name)
    if options.json:
        print(json.dumps(model.model_dump(), indent=2))
        return
    versions = {version.version: version for version in model.versions}
    for event in model.history:
        when = event.when[:16].replace("T", " ")
        print_text(f"{when}  {event.by}  {_said(event, versions[event.version])}")


def _said(event: Event, version: Version) -> str:
    if event.what == "promoted":
        was = "" if event.before is None else f" (before: {event.before})"
        return f"promoted {event.version} to {event.alias}{was}"
    return f"pushed {event.version}: {_score(version)}, {version.sha256[:12]}, {version.run}"


def _score(version: Version) -> str:
    return "-" if version.score is None else f"{version.metric} {say_score(version.score)}"
