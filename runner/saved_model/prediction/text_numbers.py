"""A column of texts comes in; the numbers that are written there, as in training, go out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from runner.dataset.written_numbers import Notation, read_numbers
from runner.saved_model.casting import CastError

if TYPE_CHECKING:
    from runner.saved_model.manifest_file import Reading

PLAIN = Notation(".", None)
TRUTHS = ("true", "false")


def notation_of(reading: Reading) -> Notation:
    """How numbers are written in texts."""
    return Notation(reading.decimal, reading.thousands)


def read_text_numbers(name: str, texts: pa.Array, notation: Notation) -> pa.DoubleArray:
    """The numbers (n,) of a column of texts; true and false are 1 and 0 where all of it is such.

    Raises:
        CastError: a text is no number.
    """
    bare = pc.utf8_trim_whitespace(texts.cast(pa.large_string()))
    bare = pc.if_else(pc.equal(bare, ""), pa.scalar(None, pa.large_string()), bare)
    if notation == PLAIN:
        try:
            return bare.cast(pa.float64())
        except pa.ArrowInvalid:
            pass
    written = read_numbers(bare, notation)
    if written is not None:
        return written.numbers
    lower = pc.utf8_lower(bare)
    if pc.all(pc.is_in(lower.drop_null(), pa.array(TRUTHS, lower.type))).as_py():
        return pc.equal(lower, "true").cast(pa.float64())
    raise _first_odd(name, bare, notation)


def _first_odd(name: str, texts: pa.Array, notation: Notation) -> CastError:
    """What is said of the first text that is no number, or that has another sign than the first."""
    matches = pc.match_substring_regex(texts, notation.pattern).fill_null(True)
    odd = np.flatnonzero(~matches.to_numpy(zero_copy_only=False))
    wanted = "a number"
    if not len(odd):
        signs = pc.replace_substring_regex(texts, r"[^%\p{Sc}]", "").fill_null("")
        signs = signs.to_numpy(zero_copy_only=False)
        odd = np.flatnonzero(signs != signs[0])
        wanted = "a number with the sign of the others"
    odd = odd if len(odd) else np.array([0])
    return CastError(name, int(odd[0]), texts[int(odd[0])].as_py(), wanted, len(odd))
