"""Configs: composed from YAML by Hydra, then validated once, before any work."""

from runner.config.compose import Composed, composer
from runner.config.kinds import GROUPS, plugins_of
from runner.config.options import describe_options
from runner.config.schema import ExperimentConfig, validate, validate_section

__all__ = [
    "GROUPS",
    "Composed",
    "ExperimentConfig",
    "composer",
    "describe_options",
    "plugins_of",
    "validate",
    "validate_section",
]
