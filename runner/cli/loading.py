"""The options of every command that loads a saved model, and how such a command loads it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from runner.cli.printing import print_text

if TYPE_CHECKING:
    import argparse

    from runner.saved_model import SavedModel


def load_options(parser: argparse.ArgumentParser) -> None:
    """Add what `load_model` is to be told; see `loaded`."""
    group = parser.add_argument_group("loading the model")
    group.add_argument(
        "--version-policy",
        choices=("strict", "warn", "ignore"),
        default="warn",
        help="what it means that packages have other versions than those that saved the model: "
        "refuse it, say so (default), or say nothing",
    )
    group.add_argument(
        "--trust",
        action="append",
        default=[],
        metavar="NAME",
        help="MODULE.NAME of a type to admit that models of this package do not have; may be "
        "repeated",
    )


def loading_keywords(options: argparse.Namespace) -> dict[str, Any]:
    """What the options say, as keywords of `load_model`."""
    return {"version_policy": options.version_policy, "trust": options.trust}


def loaded(options: argparse.Namespace, path: str, *, linear: bool = False) -> SavedModel:
    """The model at a path, checked; warnings are a line each on standard error.

    Raises:
        ModelError: it cannot be trusted.
    """
    from runner.saved_model import load_model

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = load_model(path, linear=linear, **loading_keywords(options))
    for message in dict.fromkeys(str(warning.message) for warning in caught):
        print_text(f"enet: {message}", error=True)
    return model
