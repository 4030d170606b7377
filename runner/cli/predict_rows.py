"""`enet predict RUN DATA`: a run's model and a file of rows come in; its predictions go out."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from runner.cli.loading import load_options, loaded
from runner.cli.printing import print_text
from runner.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.prediction.predict_file import FilePrediction
    from runner.saved_model import SavedModel

STREAM = "-"


def make_parser() -> argparse.ArgumentParser:
    """The parser of `enet predict`."""
    parser = argparse.ArgumentParser(
        prog="enet predict",
        description="What a saved model predicts of the rows of a file, read as the training rows "
        "were and matched by the names of columns. What is unlike training is said on standard "
        "error.",
    )
    parser.add_argument("run", metavar="RUN", help="a run's directory, or its model file")
    parser.add_argument(
        "data",
        metavar="DATA",
        help="CSV, compressed or not, or Parquet; -: CSV from standard input",
    )
    parser.add_argument(
        "-o", "--output", default=STREAM, metavar="FILE",
        help="a file that ends in .csv or .parquet; -: CSV on standard output (default)",
    )  # fmt: skip
    parser.add_argument(
        "--id", action="append", default=[], metavar="COLUMN",
        help="a column of DATA that comes first in the output in the place of `row`, which counts "
        "from 0; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--times", type=_times, metavar="T1,T2",
        help="times at which survival is wanted (default: the run's family.times)",
    )  # fmt: skip
    parser.add_argument(
        "--strict", action="store_true",
        help="refuse absent columns, unknown levels and numbers out of the range of training",
    )  # fmt: skip
    load_options(parser)
    return parser


def main(options: argparse.Namespace) -> int:
    """Predict; 0 then.

    Raises:
        ConfigError: an option does not suit the model, or the output is the file of the rows.
        DataError: the file cannot be read, or its rows are refused.
        ModelError: the model cannot be trusted.
    """
    from runner.prediction.output import check_output

    output = None if options.output == STREAM else Path(options.output)
    data = None if options.data == STREAM else Path(options.data)
    if output is not None:
        check_output(output, data)
    model = loaded(options, options.run, linear=True)
    model = _with_survival(options, model)
    with _rows_of(options.data) as path:
        prediction = _prediction(options, model, path)
        _write(prediction, output)
    for line in prediction.differences.lines(prediction.shown):
        print_text(line, error=True)
    return 0


def _with_survival(options: argparse.Namespace, model: SavedModel) -> SavedModel:
    """The model, with what survival is computed from if it is asked for."""
    from runner.prediction.predicted_columns import check_times, survives

    if options.times is None:
        options.times = model.manifest.times
    check_times(model, options.times)
    if options.times and survives(model) and model.content is None:
        return loaded(options, options.run)
    return model


def _prediction(options: argparse.Namespace, model: SavedModel, path: Path) -> FilePrediction:
    from runner.prediction.predict_file import FilePrediction
    from runner.prediction.row_source import check_ids, open_rows

    shown = "standard input" if options.data == STREAM else options.data
    source = open_rows(path, model.manifest, shown=shown)
    check_ids(source, options.id)
    return FilePrediction(
        model, source, shown, ids=options.id, times=options.times, strict=options.strict
    )


def _write(prediction: FilePrediction, output: Path | None) -> None:
    """Write what is predicted; of rows that may yet be refused nothing before all are."""
    from runner.prediction.output import write_csv, write_tables, write_whole

    tables = prediction.tables()
    if output is not None:
        write_tables(tables, output)
        return
    stream = cast("IO[bytes]", getattr(sys.stdout, "buffer", None) or _Letters())
    (write_whole if prediction.strict else write_csv)(tables, stream)
    stream.flush()


class _Letters:
    """Standard output of bytes, where it takes texts alone."""

    def write(self, content: object) -> int:
        """Pass UTF-8 on."""
        return sys.stdout.write(bytes(memoryview(content)).decode())  # type: ignore[arg-type]

    def flush(self) -> None:
        """Pass it on."""
        sys.stdout.flush()


@contextmanager
def _rows_of(data: str) -> Iterator[Path]:
    """A file of the rows: that of the name, or a temporary one of what standard input gives."""
    if data != STREAM:
        yield Path(data)
        return
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
        file.flush()
        yield Path(file.name)


def _times(text: str) -> list[float]:
    try:
        return [float(one) for one in text.split(",")]
    except ValueError:
        raise ConfigError(f"--times is {text!r}, but must be numbers such as 1,5") from None
