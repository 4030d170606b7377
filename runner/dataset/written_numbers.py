"""A column of text comes in; the numbers that people wrote there go out.

That is: with a decimal comma, with groups of thousands, with a sign of per cent or of a currency.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

FIRST = 64  # values that are looked at before all are
PER_CENT = "%"
SPACES = "\u00a0\u202f"  # what typesetters put between thousands where others put a space


@dataclass(frozen=True)
class Notation:
    """How numbers are written."""

    decimal: str
    thousands: str | None

    @property
    def keys(self) -> str:
        """The keys that say so."""
        thousands = f" dataset.thousands={self.thousands!r}" if self.thousands else ""
        return f"dataset.decimal={self.decimal!r}{thousands}"

    @property
    def pattern(self) -> str:
        """Matches a number with its sign, for RE2."""
        group = self._group
        whole = rf"(\d{{1,3}}({group}\d{{2,3}})*{group}\d{{3}}|\d+)" if group else r"\d+"
        decimal = re.escape(self.decimal)
        number = rf"({whole}({decimal}\d*)?|{decimal}\d+)([eE][-+]?\d+)?"
        return rf"^[-+\x{{2212}}]?\p{{Sc}}?\s*[-+\x{{2212}}]?{number}\s*[%\p{{Sc}}]?$"

    @property
    def _group(self) -> str:
        """Matches what stands between thousands; empty if nothing does."""
        if self.thousands == " ":
            return f"[ {SPACES}]"
        return re.escape(self.thousands or "")

    def plain(self, texts: pa.Array) -> pa.Array:
        """The same numbers with a point, and without all that is no part of them."""
        import pyarrow.compute as pc

        bare = pc.replace_substring_regex(texts, rf"[%\p{{Sc}}\s{SPACES}]", "")
        if self.thousands:
            bare = pc.replace_substring(bare, self.thousands, "")
        bare = pc.replace_substring(bare, self.decimal, ".")
        bare = pc.replace_substring(bare, "\u2212", "-")
        return pc.replace_substring_regex(bare, r"^\+", "")


OTHERS = (
    Notation(".", ","),
    Notation(",", None),
    Notation(",", "."),
    Notation(".", " "),
    Notation(",", " "),
    Notation(".", "'"),
)


@dataclass(frozen=True, eq=False)
class Written:
    """The numbers of a column."""

    numbers: pa.DoubleArray
    sign: str  # what stood beside them: %, a currency's sign, or nothing


def read_numbers(texts: pa.Array, notation: Notation) -> Written | None:
    """The numbers of a column of texts, (n,); None unless all are, and have one sign.

    Per cent stay per cent: 12% is 12. Beside them only 0 may be without a sign, as 0.12 might mean
    either.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = pc.utf8_trim_whitespace(texts.cast(pa.large_string()))
    for some in (texts.drop_null()[:FIRST], texts):
        if not pc.all(pc.match_substring_regex(some, notation.pattern), min_count=0).as_py():
            return None
    signs = pc.replace_substring_regex(texts, r"[^%\p{Sc}]", "")
    found = {sign for sign in pc.unique(signs).to_pylist() if sign}
    if len(found) > 1:
        return None
    try:
        values = notation.plain(texts).cast(pa.float64())
    except pa.ArrowInvalid:  # two signs before a number, say
        return None
    sign = found.pop() if found else ""
    unsigned = pc.filter(values, pc.equal(signs, ""))
    if sign == PER_CENT and not pc.all(pc.equal(unsigned, 0.0), min_count=0).as_py():
        return None
    return Written(values, sign)


def other_notation(texts: pa.Array, notation: Notation) -> Notation | None:
    """Another notation in which a column of texts is one of numbers."""
    for other in OTHERS:
        if other != notation and read_numbers(texts, other) is not None:
            return other
    return None
