"""Run and sweep elastic-net experiments from YAML."""

__version__ = "0.1.0"
