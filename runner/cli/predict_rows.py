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
from runner.errors import ConfigError, DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa

    from runner.saved_model import SavedModel
    from runner.saved_model.prediction.intervals import Interval
    from runner.saved_model.prediction.row_source import RowSource

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
        "data", nargs="?", metavar="DATA",
        help="CSV, gzipped or not, or Parquet; -: CSV from standard input",
    )  # fmt: skip
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
    parser.add_argument(
        "--steps", type=int, metavar="N",
        help="forecast the next N rows of a series (features=lags), of each group; DATA has the "
        "columns that are known beforehand, if there are any",
    )  # fmt: skip
    parser.add_argument(
        "--interval", metavar="LEVEL",
        help="columns lower and upper that hold new targets with this probability, such as 0.9 "
        "(family=gaussian)",
    )  # fmt: skip
    parser.add_argument(
        "--interval-from", choices=("test", "folds"),
        help="what intervals are learnt from: the test rows (split conformal), or the folds' "
        "models (CV+), which is the default where persistence.folds=true has kept them",
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
    from runner.saved_model.prediction.output import check_output

    _check(options)
    output = None if options.output == STREAM else Path(options.output)
    if output is not None:
        check_output(output, None if options.data in {STREAM, None} else Path(options.data))
    model = _with_survival(options, loaded(options, options.run, linear=True))
    interval = _interval(options, model)
    with _rows_of(options.data) as path:
        if model.manifest.matrix_width is not None:
            return _predict_matrix(options, model, path)
        source = None if path is None else _source(options, model, path)
        made = (model, source, interval)
        said = _predict(options, *made) if options.steps is None else _forecast(options, *made)
    for line in [*said, *([] if interval is None else interval.said)]:
        print_text(line, error=True)
    return 0


def _check(options: argparse.Namespace) -> None:
    if options.data is None and options.steps is None:
        raise ConfigError("name a file of rows to predict, or - for standard input")
    if options.steps is not None and options.steps < 1:
        raise ConfigError(f"--steps is {options.steps}, but must be at least 1")
    if options.data is None and options.id:
        raise ConfigError("--id is for columns of a file, and none is named")
    if options.interval_from is not None and options.interval is None:
        raise ConfigError("--interval-from needs --interval LEVEL")


def _interval(options: argparse.Namespace, model: SavedModel) -> Interval | None:
    if options.interval is None:
        return None
    from runner.saved_model.prediction.intervals import interval_of

    return interval_of(model, options.interval, options.interval_from)


def _with_survival(options: argparse.Namespace, model: SavedModel) -> SavedModel:
    """The model, with what survival is computed from if it is asked for."""
    from runner.saved_model.prediction.predicted_columns import check_times, survives

    if options.times is None:
        options.times = model.manifest.times
    check_times(model, options.times)
    if options.times and survives(model) and model.content is None:
        return loaded(options, options.run)
    return model


def _source(options: argparse.Namespace, model: SavedModel, path: Path) -> RowSource:
    from runner.saved_model.prediction.row_source import check_ids, open_rows

    source = open_rows(path, model.manifest, shown=_shown(options))
    check_ids(source, options.id)
    return source


def _shown(options: argparse.Namespace) -> str:
    """What the rows' file is called."""
    return "standard input" if options.data == STREAM else str(options.data)


def _predict(
    options: argparse.Namespace,
    model: SavedModel,
    source: RowSource | None,
    interval: Interval | None,
) -> list[str]:
    """Write the predictions of a file's rows; gives what there is to say of them."""
    from runner.saved_model.prediction.predict_file import FilePrediction

    assert source is not None  # noqa: S101 - _check has seen to it
    prediction = FilePrediction(
        model,
        source,
        _shown(options),
        ids=options.id,
        times=options.times,
        strict=options.strict,
        further=interval,
    )
    _write(prediction.tables(), options.output, whole=prediction.strict)
    return prediction.differences.lines(prediction.shown)


def _predict_matrix(options: argparse.Namespace, model: SavedModel, path: Path | None) -> int:
    """Write the predictions of a file with a sparse matrix, and say what there is to say."""
    from runner.saved_model.casting import listed
    from runner.saved_model.prediction.matrix_rows import matrix_tables, read_matrix

    asked = {"--id": options.id, "--steps": options.steps, "--interval": options.interval}
    refused = [name for name, value in asked.items() if value]
    if refused or path is None:
        raise ConfigError(f"{(refused or ['--steps'])[0]} is not for models of a sparse matrix")
    matrix, extra = read_matrix(model, path, _shown(options))
    if options.strict and extra:
        raise DataError(f"--strict: {_shown(options)} has unknown columns: {listed(extra)}")
    _write(matrix_tables(model, matrix, options.times), options.output)
    print_text(f"predicted {matrix.shape[0]:,} rows of {_shown(options)}", error=True)
    if extra:
        print_text(f"with columns that the model does not know: {listed(extra)}", error=True)
    return 0


def _forecast(
    options: argparse.Namespace,
    model: SavedModel,
    source: RowSource | None,
    interval: Interval | None,
) -> list[str]:
    """Write the forecasts of a series; gives what there is to say of them."""
    from runner.saved_model.prediction.forecast import Forecast
    from runner.saved_model.prediction.remembered_series import NO_SERIES

    if model.content is None:  # no linear model knows a series
        raise ConfigError(NO_SERIES)
    forecast = Forecast(
        model,
        options.steps,
        source,
        _shown(options),
        ids=options.id,
        strict=options.strict,
        further=interval,
    )
    _write([forecast.table()], options.output)
    return forecast.said


def _write(tables: Iterable[pa.Table], output: str, *, whole: bool = False) -> None:
    """Write tables; with `whole` nothing on standard output before all of them are there."""
    from runner.saved_model.prediction.output import write_csv, write_tables, write_whole

    if output != STREAM:
        write_tables(tables, Path(output))
        return
    stream = cast("IO[bytes]", getattr(sys.stdout, "buffer", None) or _Letters())
    (write_whole if whole else write_csv)(tables, stream)
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
def _rows_of(data: str | None) -> Iterator[Path | None]:
    """A file of the rows: that of the name, or a temporary one of what standard input gives."""
    if data != STREAM:
        yield None if data is None else Path(data)
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
