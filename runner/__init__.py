"""Run and sweep elastic-net experiments from YAML.

import runner

made = runner.run(["dataset=penguins", "imputer=knn"])
made.scores
model = runner.load_model(made.folder)
model.predict([{"species": "Adelie", "flipper_length_mm": 190.0, ...}])
"""

import logging
from typing import Any

__version__ = "0.1.0"
__all__ = [
    "Run",
    "SavedModel",
    "Sweep",
    "compare",
    "load_model",
    "load_run",
    "load_sweep",
    "run",
    "sweep",
]

# what this package logs goes to the log of a run, and nowhere unless a program asks for it
logging.getLogger(__name__).addHandler(logging.NullHandler())


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a public name
    """A public name, its module imported when it is first asked for: the command needs none."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    room = "saved_model" if name in {"SavedModel", "load_model"} else "notebook"
    return getattr(import_module(f"runner.{room}"), name)


def __dir__() -> list[str]:
    """The public names, those not imported yet among them."""
    return sorted({*globals(), *__all__})
