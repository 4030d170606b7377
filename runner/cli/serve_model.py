"""`enet serve RUN`: a saved model comes in; it is asked over HTTP until it is stopped."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from typing import TYPE_CHECKING

from runner.cli.printing import print_text
from runner.errors import ConfigError

if TYPE_CHECKING:
    from runner.saved_model import SavedModel

HOST, PORT = "127.0.0.1", 8422
LAST_PORT = 65_535
KEY = "ENET_API_KEY"
NEEDS = "enet serve needs FastAPI, uvicorn and prometheus-client: pip install 'enet-runner[serve]'"


def make_parser() -> argparse.ArgumentParser:
    """The parser of `enet serve RUN`."""
    parser = argparse.ArgumentParser(
        prog="enet serve",
        description="Predictions and explanations of a saved model over HTTP: /predict, /explain, "
        "/model, /health, /ready, /metrics, and a page to try it, /docs. This machine alone can "
        f"ask, unless the environment has an API key in {KEY}.",
    )
    add = parser.add_argument
    add("run", metavar="RUN", help="a run's directory, its model file, or models:NAME@ALIAS")
    add("--host", default=HOST, help=f"default: {HOST}; any other but localhost needs {KEY}")
    add("--port", type=int, default=PORT, help=f"default: {PORT}; 0 for any that is free")
    add("--version-policy", choices=("strict", "warn", "ignore"), default="warn",
        help="what other versions than those it was saved with mean (default: warn)")  # fmt: skip
    add("--trust", action="append", default=[], metavar="MODULE.NAME",
        help="a type that the model file may name beyond those of own models")  # fmt: skip
    add("--no-compiled", action="store_true",
        help="use the model file even where model.json has the model as plain numbers")  # fmt: skip
    add("--max-bytes", type=int, default=5_000_000, metavar="N",
        help="of a body (default: 5,000,000)")  # fmt: skip
    add("--max-rows", type=int, default=10_000, metavar="N",
        help="of a request (default: 10,000)")  # fmt: skip
    add("--max-seconds", type=float, default=30.0, metavar="S",
        help="for a request (default: 30)")  # fmt: skip
    return parser


def main(options: argparse.Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C; 0 then.

    Raises:
        ConfigError: an option is out of range, a key or a package is missing, the port is taken.
        ModelError: the model cannot be trusted.
    """
    _check(options)
    key = os.environ.get(KEY) or None
    try:
        from runner.saved_model.serving.limits import Limits
        from runner.saved_model.serving.server import (
            ModelServer,
            is_loopback,
            listen,
            make_application,
        )
    except ImportError as error:
        raise ConfigError(NEEDS) from error
    if key is None and not is_loopback(options.host):
        raise ConfigError(
            f"--host {options.host} lets other machines ask, which takes an API key: set {KEY}"
        )
    limits = Limits(options.max_bytes, options.max_rows, options.max_seconds)
    gate = make_application(_load(options), limits, key)
    with listen(options.host, options.port) as listening:
        name = f"[{options.host}]" if ":" in options.host else options.host
        address = f"http://{name}:{listening.getsockname()[1]}"
        form = "plain numbers" if gate.answering.served.linear is not None else "its Pipeline"
        print_text(f"serving {options.run} as {form} at {address} (page: {address}/docs); "
                   "Ctrl-C ends it")  # fmt: skip
        sys.stdout.flush()
        ModelServer(gate, limits.seconds).serve_until_told(listening)
    return 0


def _check(options: argparse.Namespace) -> None:
    """Refuse options that mean nothing."""
    if not 0 <= options.port <= LAST_PORT:
        raise ConfigError(f"--port is {options.port}, but must be from 0 to {LAST_PORT}")
    for name in ("max_bytes", "max_rows", "max_seconds"):
        value = getattr(options, name)
        if not value > 0:
            flag = name.replace("_", "-")
            raise ConfigError(f"--{flag} is {value}, but must be above 0")


def _load(options: argparse.Namespace) -> SavedModel:
    """The model; what is said of its versions is said in a line."""
    from runner.saved_model import load_model

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model = load_model(
            options.run,
            version_policy=options.version_policy,
            trust=options.trust,
            linear=not options.no_compiled,
        )
    for warning in said:
        print_text(f"enet: {warning.message}", error=True)
    return model
