"""Whether what reaches a cluster is installed."""

from __future__ import annotations

import importlib.util

from runner.errors import ConfigError


def check_extra(*more: str) -> None:
    """Raise ConfigError with what to install if Dask is not there, or a module beside it."""
    for module in ("distributed", *more):
        if importlib.util.find_spec(module) is None:
            raise ConfigError(
                f'a cluster needs the package {module}: pip install "enet-runner[cluster]"'
            )
