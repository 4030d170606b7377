"""A manifest comes in; the pydantic model of a request's body goes out, with a field per column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    FailFast,
    Field,
    Strict,
    ValidationError,
    create_model,
)

from runner.saved_model.serving.refusals import RefusedError

if TYPE_CHECKING:
    from runner.saved_model.manifest_file import Column, Manifest

UNPROCESSABLE = 422
TOO_LARGE = 413
SHOWN = 20  # errors of a body that an answer lists
LONGEST = 100  # letters of a name that a message repeats
IN_ROW = 3  # how long the place of a value is: rows, number, column


def _gap(_: str) -> None:
    """What an empty text is, where a number was wanted."""


Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Text = Annotated[str, Strict()]
Truth = Annotated[bool, Strict()]
Blank = Annotated[Literal[""], AfterValidator(_gap)]
Flag = Annotated[bool, Strict(), AfterValidator(float)]
WORDS = {
    "number": "a number",
    "flag": "a number or true or false",
    "text": "a text",
    "truth": "true or false",
    "any": "a text, a number, or true or false",
    "date": "a text with a date, or a number of days since 1970",
}
TYPES: dict[str, Any] = {
    "number": Number | Blank | None,
    "flag": Number | Flag | Blank | None,
    "text": Text | None,
    "truth": Truth | None,
    "any": Text | Truth | Number | None,
    "date": Number | Text | None,
}


@dataclass(frozen=True)
class BodyModel:
    """What the body of a request must be, and the rows in it.

    Args:
        made: the pydantic model of `{"rows": [...]}`.
        names: of the columns that are fields, in their order.
        wide: further columns, which are all numbers.
        sorts: of each column's values, by which messages say what they must be.
        most: rows that a request may have.
    """

    made: type[BaseModel]
    names: list[str]
    wide: frozenset[str]
    sorts: dict[str, str]
    most: int

    @classmethod
    def of(cls, manifest: Manifest, most: int) -> BodyModel:
        """That of a model's manifest."""
        named = [c for c in manifest.features if c.names is None and c.kind != "sparse"]
        wide = {name for column in manifest.features for name in column.names or ()}
        extra = bool(wide) or manifest.matrix_width is not None
        sorts = {column.name: sort_of(column) for column in named}
        return cls(
            made=_body_of(_row_of(named, sorts, extra=extra), most),
            names=[column.name for column in named],
            wide=frozenset(wide),
            sorts=sorts,
            most=most,
        )

    def rows(self, value: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any JSON value
        """The rows of a body, each column's value or None by its name.

        Raises:
            RefusedError: it is no such body.
        """
        given = value.get("rows") if isinstance(value, dict) else None
        if isinstance(given, list) and len(given) > self.most:
            raise RefusedError(
                TOO_LARGE, f"{len(given):,} rows, and a request may have at most {self.most:,}"
            )
        try:
            body: Any = self.made.model_validate(value)
        except ValidationError as error:
            raise RefusedError(UNPROCESSABLE, self._said(error)) from error
        names = self.names
        rows = [dict(zip(names, row.__dict__.values(), strict=True)) for row in body.rows]
        for row, checked in zip(rows, body.rows, strict=True):
            extra = checked.__pydantic_extra__
            if extra:
                self._add(row, extra)
        return rows

    def _add(self, row: dict[str, Any], extra: dict[str, Any]) -> None:
        """Have the values of wide data, or the entries of a matrix, in a row."""
        if self.wide and (unknown := next((k for k in extra if k not in self.wide), None)):
            detail = [_unknown_column(("rows", unknown))]
            raise RefusedError(UNPROCESSABLE, detail)
        row.update(extra)

    def _said(self, error: ValidationError) -> list[dict[str, Any]]:
        """What is wrong with a body, an entry for each place."""
        found: dict[tuple[Any, ...], dict[str, Any]] = {}
        for one in error.errors(include_url=False, include_context=False, include_input=False):
            place = one["loc"][:IN_ROW]
            if place not in found and len(found) < SHOWN:
                found[place] = self._entry(place, one["type"], one["msg"])
        return list(found.values())

    def _entry(self, place: tuple[Any, ...], kind: str, said: str) -> dict[str, Any]:
        if len(place) < IN_ROW:
            return {"loc": _shown(place), "msg": said}
        if kind == "extra_forbidden":
            return _unknown_column(place)
        wanted = WORDS[self.sorts.get(place[2], "number")]
        named = repr(str(place[2])[:LONGEST])
        return {
            "loc": _shown(place),
            "msg": f"the column {named} must be {wanted}, or null where it is missing",
        }


def sort_of(column: Column) -> str:
    """The sort of a column's values, one of `TYPES`."""
    match column.kind:
        case "numeric":
            return "flag" if (column.min, column.max) == (0, 1) else "number"
        case "categorical":
            return _sort_of_levels(column.levels or [])
        case "date":
            return "date"
        case "text":
            return "text"
        case _:
            return "any"


def _sort_of_levels(levels: list[Any]) -> str:
    kinds = {bool: "truth", int: "number", float: "number", str: "text"}
    found = {kinds[type(level)] for level in levels}
    return found.pop() if len(found) == 1 else "any"


def _row_of(columns: list[Column], sorts: dict[str, str], *, extra: bool) -> type[BaseModel]:
    """The model of a row: names are aliases, for a column may be called anything."""
    fields: dict[str, Any] = {
        f"f{at}": (
            TYPES[sorts[column.name]],
            Field(None, alias=column.name, title=column.name, json_schema_extra=_told(column)),
        )
        for at, column in enumerate(columns)
    }
    config = ConfigDict(extra="allow" if extra else "forbid", title="Row")
    return create_model("Row", __base__=_model(config, extra=extra), **fields)


def _model(config: ConfigDict, *, extra: bool) -> type[BaseModel]:
    """What a row is made from, with numbers beyond its fields if `extra`."""

    class Wide(BaseModel):
        model_config = config
        __pydantic_extra__: dict[str, Number | Blank | None]

    class Narrow(BaseModel):
        model_config = config

    return Wide if extra else Narrow


def _body_of(row: type[BaseModel], most: int) -> type[BaseModel]:
    rows: Any = Annotated[list[row], FailFast(), Field(max_length=most)]  # type: ignore[valid-type]
    return create_model("Rows", __config__=ConfigDict(extra="forbid"), rows=(rows, ...))


def _told(column: Column) -> dict[str, Any]:
    """What a field's schema says of training, which is no limit."""
    if column.levels is not None:
        return {"examples": list(column.levels[:SHOWN])}
    if column.min is not None:
        return {"description": f"in training from {column.min} to {column.max}"}
    return {}


def _unknown_column(place: tuple[Any, ...]) -> dict[str, Any]:
    named = repr(str(place[-1])[:LONGEST])
    return {"loc": _shown(place), "msg": f"the model has no column {named}"}


def _shown(place: tuple[Any, ...]) -> list[Any]:
    return [part if isinstance(part, int) else str(part)[:LONGEST] for part in place]
