"""Configs: composed from YAML by Hydra, then validated once, before any work."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.config.compose import composer
    from runner.config.composed import Composed
    from runner.config.kinds import GROUPS, plugins_of
    from runner.config.options import describe_options
    from runner.config.plan import Plan, PlannedRun
    from runner.config.schema import ExperimentConfig, validate, validate_section

__all__ = [
    "GROUPS",
    "Composed",
    "ExperimentConfig",
    "Plan",
    "PlannedRun",
    "composer",
    "describe_options",
    "plugins_of",
    "validate",
    "validate_section",
]
ROOMS = {
    "compose": ("composer",),
    "composed": ("Composed",),
    "kinds": ("GROUPS", "plugins_of"),
    "options": ("describe_options",),
    "plan": ("Plan", "PlannedRun"),
    "schema": ("ExperimentConfig", "validate", "validate_section"),
}


def __getattr__(name: str) -> object:
    """A name from its module, imported when asked for: a list of options needs no Hydra."""
    for module, names in ROOMS.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
