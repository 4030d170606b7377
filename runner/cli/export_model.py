"""`enet export RUN`: a stored run comes in; its model in another language goes out."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.compiled.not_linear import ExportError
from runner.errors import ConfigError, RunDirectoryError
from runner.store.directory import read_json
from runner.store.finding import open_run

if TYPE_CHECKING:
    from runner.compiled.sql_text import Dialect

FORMS = ("sql", "onnx", "python")
DIALECTS: tuple[Dialect, ...] = ("duckdb", "sqlite", "postgresql")
SCREEN = Path("-")


def make_parser() -> argparse.ArgumentParser:
    """The parser of `enet export RUN --to FORM`."""
    parser = argparse.ArgumentParser(
        prog="enet export",
        description="Write a run's model as plain numbers: as a SELECT over a table `data`, as an "
        "ONNX model, or as a Python file without dependencies. This works where gaps are filled "
        "with constants and features are main effects; else it is said what is in the way.",
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="a run's directory")
    parser.add_argument("--to", choices=FORMS, required=True, help="what to write")
    parser.add_argument(
        "-o", "--output", type=Path, default=SCREEN, metavar="FILE",
        help="where to (default: the screen)",
    )  # fmt: skip
    parser.add_argument(
        "--dialect", choices=DIALECTS, help=f"of SQL, for which database (default: {DIALECTS[0]})"
    )
    return parser


def main(options: argparse.Namespace) -> int:
    """Write the model.

    Raises:
        ConfigError: the options contradict each other.
        ExportError: the model is not linear, or cannot be written so.
        RunDirectoryError: there is no run, or no model of it, or the file cannot be written.
    """
    if options.dialect and options.to != "sql":
        raise ConfigError(f"--dialect is for --to sql, not --to {options.to}")
    if options.to == "onnx" and options.output == SCREEN:
        raise ConfigError("an ONNX model is no text: name a file, -o model.onnx")
    content = _written(stored_form(options.run), options)
    if options.output == SCREEN:
        print(content.decode(), end="")
        return 0
    try:
        options.output.write_bytes(content)
    except OSError as error:
        raise RunDirectoryError(f"cannot write {options.output}: {error.strerror}") from error
    return 0


def stored_form(folder: Path) -> dict[str, Any]:
    """The model of a run as plain numbers.

    Raises:
        ExportError: it is not linear.
        RunDirectoryError: there is no run, or no model of it.
    """
    run = open_run(folder)
    path = run.folder / "model.json"
    manifest = read_json(path)
    if "linear" in manifest:
        form: dict[str, Any] = manifest["linear"]
        return form
    if "not_linear" in manifest:
        raise ExportError(f"the model in {run.folder} is not linear: {manifest['not_linear']}")
    if manifest:
        raise ExportError(f"{path} has no `linear`: it was written by an older version; run again")
    raise RunDirectoryError(f"{run.folder} has no model.json: run with persistence=pickle")


def _written(form: dict[str, Any], options: argparse.Namespace) -> bytes:
    match options.to:
        case "sql":
            from runner.compiled.to_sql import to_sql

            dialect: Dialect = options.dialect or DIALECTS[0]
            return to_sql(form, dialect).encode()
        case "python":
            from runner.compiled.to_python import to_python

            return to_python(form, options.run.resolve().name).encode()
    from runner.compiled.to_onnx import to_onnx

    content: bytes = to_onnx(form).SerializeToString()
    return content
