"""Write runner/saved_model/trusted_types.txt: what the saved model of every kind names.

Run it after a new kind, and look at what it adds: `python tests/make_trusted_types.py`.
"""

from __future__ import annotations

import os
import pickle
import sys
import tempfile
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import joblib
import skops.io
from joblib import numpy_pickle
from saved_models_of import CASES, make_run, variants, write_files

import runner.saved_model
from runner.persistence.plain_functions import with_plain_functions

TYPES = Path(runner.saved_model.__file__).with_name("trusted_types.txt")


class Noting(pickle.Unpickler):
    """Notes each name that a pickle asks for."""

    def __init__(self, file: Any) -> None:  # noqa: ANN401 - a file
        super().__init__(file)
        self.names: set[str] = set()

    def find_class(self, module_name: str, global_name: str, /) -> Any:  # noqa: ANN401 - a type
        """What is called so."""
        self.names.add(f"{module_name}.{global_name}")
        return super().find_class(module_name, global_name)


class NotingJoblib(numpy_pickle.NumpyUnpickler):  # type: ignore[misc]
    """The same of a file of joblib's."""

    def __init__(self, file: Any) -> None:  # noqa: ANN401 - a file
        super().__init__("", file, ensure_native_byte_order=True)
        self.names: set[str] = set()

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - a type
        """What is called so."""
        self.names.add(f"{module}.{name}")
        return super().find_class(module, name)


def names_in(content: bytes) -> set[str]:
    """What a model file names as a pickle, and as joblib writes it."""
    reader = Noting(BytesIO(content))
    model = reader.load()
    file = BytesIO()
    joblib.dump(model, file, protocol=5)
    file.seek(0)
    joblibs = NotingJoblib(file)
    joblibs.load()
    return reader.names | joblibs.names | names_of_skops(model)


def names_of_skops(model: Any) -> set[str]:  # noqa: ANN401 - a fitted model
    """What skops' archive of a model names beyond what skops trusts itself; none if it has none."""
    with suppress(TypeError):  # which says that a part of it cannot be written
        return set(skops.io.get_untrusted_types(data=skops.io.dumps(with_plain_functions(model))))
    return set()


def main() -> None:
    """Make a run of every case in a folder that is removed after."""
    found: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        write_files(Path())
        for name in [*CASES, *variants()]:
            try:
                run = make_run(name, Path())
            except AssertionError as refused:  # a value that does not go with the rest
                sys.stdout.write(f"{refused}\n")
                continue
            found |= names_in((run / "model.pkl").read_bytes())
    TYPES.write_text("\n".join(sorted(found)) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(found)} names in {TYPES}\n")


if __name__ == "__main__":
    main()
