"""Run and sweep elastic-net experiments from YAML."""

import logging

__version__ = "0.1.0"

# what this package logs goes to the log of a run, and nowhere unless a program asks for it
logging.getLogger(__name__).addHandler(logging.NullHandler())
