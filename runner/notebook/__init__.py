"""From Python: overrides and data frames come in, runs and sweeps that a notebook shows go out."""

from runner.notebook.comparison import compare
from runner.notebook.making import run, sweep
from runner.notebook.records_shown import Run, Sweep, load_run, load_sweep

__all__ = ["Run", "Sweep", "compare", "load_run", "load_sweep", "run", "sweep"]
