"""model.json comes in; what a saved model expects, and is held to, goes out, checked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from runner.errors import ManifestError
from runner.store.run_record import SCHEMA_VERSION

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = "model.json"
Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
# without a separator, and no folder's name: the file stands beside its manifest
FileName = Annotated[str, Field(pattern=r"^[^./\\\x00][^/\\\x00]*$")]
Format = Literal["pickle", "joblib", "skops"]
Kind = Literal["numeric", "categorical", "text", "time", "date", "group", "sparse"]


class Column(BaseModel):
    """A column that the model expects; or, in one entry, very many numeric ones or a matrix."""

    model_config = ConfigDict(extra="ignore")
    name: str
    kind: Kind
    levels: list[bool | int | float | str] | None = None
    min: float | str | None = None
    max: float | str | None = None
    past: bool = False  # whether its past alone is used, so that a gap in it is none
    form: str | None = None  # how texts of dates are written, as for strptime
    columns: int | None = None  # of a matrix, or of very many: how many there are
    names: list[str] | None = None  # of very many: what they are called


class Reading(BaseModel):
    """How the file of the training rows was written, so that others are read alike."""

    model_config = ConfigDict(extra="allow")  # the keys of a sparse format, which its dataset knows
    format: str = "csv"
    separator: str = ","
    decimal: str = "."
    thousands: str | None = None
    encoding: str | None = None
    na_values: list[str | int | float] | dict[str, list[str | int | float]] = Field(
        default_factory=list
    )


class Rows(BaseModel):
    """The rule for rows with many gaps: see runner.imputer.row_rule."""

    model_config = ConfigDict(extra="ignore")
    drop: float | None
    predict: Literal["impute", "refuse", "skip"]


class KeptFolds(BaseModel):
    """The file of the folds' models."""

    model_config = ConfigDict(extra="ignore")
    format: Literal["linear"] | Format
    file: FileName
    sha256: Hash
    numbers: list[int]  # of the folds, as predictions.csv has them


class Example(BaseModel):
    """Rows, and what the model is to predict for them."""

    model_config = ConfigDict(extra="ignore")
    rows: list[dict[str, Any]]
    predictions: list[Any]
    classes: list[Any] | None = None
    probabilities: list[list[float]] | None = None


class Manifest(BaseModel):
    """What model.json says; keys of later versions are left alone."""

    model_config = ConfigDict(extra="ignore", protected_namespaces=())
    schema_version: Annotated[int, Field(ge=1)]
    format: Format
    file: FileName
    sha256: Hash
    features: list[Column]
    versions: dict[str, str | None]
    example: Example
    family: str | None = None  # None of a manifest of version 1
    targets: list[str] = Field(default_factory=list)
    times: list[float] = Field(default_factory=list)  # at which survival is predicted
    rows: Rows | None = None
    reading: Reading = Field(default_factory=Reading)
    folds: KeptFolds | None = None
    threshold: float | None = None
    linear: dict[str, Any] | None = None
    not_linear: str | None = None

    @property
    def matrix_width(self) -> int | None:
        """How many columns the one matrix has that the model expects; None of a table."""
        return next((c.columns for c in self.features if c.kind == "sparse"), None)

    @property
    def columns(self) -> list[Column]:
        """One entry for each column of a table, in the order that the model knows."""
        found: list[Column] = []
        for column in self.features:
            if column.names is None:
                found.append(column)
            else:
                found += [Column(name=name, kind=column.kind) for name in column.names]
        return found


def read_manifest(path: Path) -> Manifest:
    """The manifest in a file; see `parse_manifest`."""
    return parse_manifest(path, read_manifest_bytes(path))


def read_manifest_bytes(path: Path) -> bytes:
    """The content of a manifest's file.

    Raises:
        ManifestError: there is none.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error


def parse_manifest(path: Path, content: bytes) -> Manifest:
    """The manifest that a file holds.

    Args:
        path: the file, for messages.
        content: of the file.

    Raises:
        ManifestError: it is none, or a later version of this package wrote it.
    """
    try:
        read = json.loads(content)
    except ValueError as error:
        raise _unreadable(path, error) from error
    return _checked(path, read)


def _unreadable(path: Path, error: Exception) -> ManifestError:
    return ManifestError(
        f"{path} cannot be read: {error}",
        expected="the manifest of a saved model, as JSON",
        found=str(error),
        remedy="name the folder of a run that saved its model, or the model file beside its "
        "model.json",
    )


def _checked(path: Path, content: Any) -> Manifest:  # noqa: ANN401 - any JSON value
    if isinstance(content, dict) and "version" in content:  # as version 1 called it
        content = {"schema_version": content["version"], **content}
    stated = content.get("schema_version") if isinstance(content, dict) else None
    if isinstance(stated, int) and stated > SCHEMA_VERSION:
        raise ManifestError(
            f"{path} is of schema version {stated}, and this program knows those up to "
            f"{SCHEMA_VERSION}",
            expected=f"schema_version {SCHEMA_VERSION} or lower",
            found=str(stated),
            remedy="install the version of enet-runner that saved it, or a later one",
        )
    try:
        return Manifest.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the whole"
        raise ManifestError(
            f"{path} is not the manifest of a saved model: {place}: {first['msg']}",
            expected="the manifest of a saved model",
            found=f"{place}: {first['msg']}",
            remedy="take model.json from the run again: it was changed, or cut short",
        ) from error
