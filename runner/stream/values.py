"""One Arrow column of a batch comes in; numbers or codes go out, the Arrow buffer read in place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from runner.dataset import roles as column_roles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from runner.dataset.roles import ColumnRoles
    from runner.records import Floats, Integers

    Bytes = NDArray[np.uint8]

NUMBER, TEXT, DATE, NOTHING = "number", "text", "date", "nothing"


@dataclass(frozen=True, eq=False)
class Numbers:
    """A numeric column of a batch."""

    values: Floats  # (n,), anything where not valid
    valid: Bytes | None  # (n,), 1 where there is a value, else 0; None where all are there
    finite: bool  # False if some value may be infinite

    @property
    def observed(self) -> Floats:
        """The values that are there."""
        return self.values if self.valid is None else self.values[self.valid.view(np.bool_)]

    def with_nan(self) -> Floats:
        """All values, (n,), NaN where missing."""
        if self.valid is None:
            return self.values
        return np.where(self.valid.view(np.bool_), self.values, np.nan)


@dataclass(frozen=True, eq=False)
class Codes:
    """A categorical column of a batch."""

    codes: Integers  # (n,) position in `levels`, or -1 where missing
    levels: list[Any]  # each once


@dataclass(frozen=True, eq=False)
class Sentinels:
    """What counts as missing in one column, beside what is missing."""

    spellings: tuple[Any, ...]  # as text and, where they are numbers, as such

    @classmethod
    def of(cls, roles: ColumnRoles, column: str) -> Sentinels:
        """Those of a column."""
        return cls(tuple(column_roles.sentinels(roles.missing_in(column))))

    @property
    def numbers(self) -> Floats:
        """Those that are numbers."""
        return np.array([v for v in self.spellings if isinstance(v, float)], dtype=np.float64)

    def without(self, array: pa.Array) -> pa.Array:
        """A text column with nulls in their place; any other column as it is."""
        if not self.spellings or kind_of(array.type) != TEXT:
            return array
        texts = [value for value in self.spellings if isinstance(value, str)]
        plain = array.dictionary_decode() if pa.types.is_dictionary(array.type) else array
        plain = plain.cast(pa.large_string())
        absent = pc.is_in(plain, value_set=pa.array(texts, pa.large_string()))
        return pc.if_else(absent, pa.scalar(None, pa.large_string()), plain)


def kind_of(kind: pa.DataType) -> str:
    """What a column of this Arrow type is taken for; its own name if it cannot be used."""
    if pa.types.is_dictionary(kind):
        return kind_of(kind.value_type)
    if pa.types.is_null(kind):
        return NOTHING
    if (
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_decimal(kind)
    ):
        return NUMBER
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return TEXT
    if pa.types.is_temporal(kind):
        return DATE
    return str(kind)


def numbers_of(array: pa.Array, sentinels: Sentinels) -> Numbers:
    """The numbers of a column of numbers or their text; NaN and the sentinels count as missing.

    Raises:
        pa.ArrowInvalid: a text column holds something else than numbers.
    """
    floats = _as_floats(sentinels.without(array))
    unwanted = sentinels.numbers
    count, offset = len(floats), floats.offset
    bits, buffer = floats.buffers()
    values = np.frombuffer(buffer, dtype=np.float64, count=count, offset=8 * offset)
    valid = None if floats.null_count == 0 else _unpack(bits, offset, count)
    # one sum says that no value is NaN or infinite; what nulls leave behind may only delay
    with np.errstate(over="ignore", invalid="ignore"):
        if not len(unwanted) and np.isfinite(values.sum()):
            return Numbers(values, valid, finite=True)
    absent = np.isnan(values) | np.isin(values, unwanted)
    if absent.any():
        here = (~absent).view(np.uint8)
        valid = here if valid is None else valid & here
    return Numbers(values, valid, finite=False)


def codes_of(array: pa.Array, sentinels: Sentinels) -> Codes:
    """The levels of a text column and the code of each row; sentinels count as missing."""
    encoded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    levels = encoded.dictionary.to_pylist()
    lost = [at for at, level in enumerate(levels) if level is None or level in sentinels.spellings]
    if lost:
        codes = np.where(np.isin(codes, lost), -1, codes)
    return Codes(codes, levels)


def codes_of_numbers(numbers: Numbers) -> Codes:
    """The different numbers of a column as its levels."""
    values = numbers.with_nan()
    absent = np.isnan(values)
    levels, codes = np.unique(values[~absent], return_inverse=True)
    found = np.full(len(values), -1)
    found[~absent] = codes
    return Codes(found, levels.tolist())


def reads_as_numbers(array: pa.Array, sentinels: Sentinels) -> bool:
    """Whether a text column holds numbers, and perhaps sentinels, alone."""
    try:
        _as_floats(sentinels.without(array))
    except pa.ArrowInvalid:
        return False
    return True


def is_number(text: str) -> bool:
    """Whether Python reads a text as a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def is_empty(array: pa.Array) -> bool:
    """Whether no value is there, as far as nulls say."""
    return bool(array.null_count == len(array))


def _as_floats(array: pa.Array) -> pa.DoubleArray:
    if pa.types.is_float64(array.type):
        return array
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_boolean(array.type):
        array = array.cast(pa.uint8())
    if kind_of(array.type) == TEXT:
        array = pc.utf8_trim_whitespace(array.cast(pa.large_string()))
    # safe=False: whole numbers beyond 2**53 are rounded, as everywhere else
    floats: pa.DoubleArray = pc.cast(array, pa.float64(), safe=False)
    return floats


def _unpack(bits: pa.Buffer, offset: int, count: int) -> Bytes:
    """Bits as bytes of 0 and 1, (count,)."""
    first = offset // 8
    packed = np.frombuffer(bits, dtype=np.uint8, offset=first)
    skip = offset - 8 * first
    return np.unpackbits(packed, bitorder="little", count=skip + count)[skip:]


def numbers_or_refuse(name: str, array: pa.Array, sentinels: Sentinels) -> Numbers:
    """The numbers of a column; raises DataError naming what is none."""
    try:
        return numbers_of(array, sentinels)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        odd = re.search("'(.*)'", str(error))
        values = [odd[1]] if odd else [f"values of type {array.type}"]
        column_roles.refuse_numeric_text(name, 1.0, values)
        raise
