"""A text file comes in; the encoding that its bytes are written in goes out."""

from __future__ import annotations

import codecs
import gzip
import zlib
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, cast

from runner.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

USUAL = "utf-8-sig"  # UTF-8 with or without a byte order mark
GZIP = b"\x1f\x8b"
MARKS = {
    codecs.BOM_UTF8: USUAL,
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16's, with which it begins
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
LIKELY = (  # Windows' code pages, and what East Asia writes beside them
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "koi8_r",
    "cp932", "euc_jp", "gb18030", "big5", "cp949",
)  # fmt: skip
CHUNK = 1 << 20  # bytes looked at at a time
SAMPLE = 1 << 16  # bytes of lines beyond ASCII that a guess is made from


def is_compressed(file: Path) -> bool:
    """Whether a file is gzip, as its first bytes say, whatever its name."""
    with file.open("rb") as raw:
        return raw.read(2) == GZIP


@contextmanager
def open_bytes(file: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file, decompressed if it is gzip; raises DataError if that is damaged."""
    compressed = is_compressed(file)
    try:
        with gzip.open(file) if compressed else file.open("rb") as raw:
            yield cast("IO[bytes]", raw)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{file} is damaged: as gzip it cannot be read to its end") from error


def detect_encoding(file: Path, *, most: int | None = None) -> str:
    """The encoding of a text file: UTF-8 if its bytes are that, else the likeliest one.

    Args:
        file: perhaps compressed.
        most: bytes to look at; None for all.

    Raises:
        DataError: it is no text, or nobody can tell.
    """
    decoder, odd = codecs.getincrementaldecoder("utf-8")(), b""
    with open_bytes(file) as raw:
        start = raw.read(4)
        for mark, name in MARKS.items():
            if start.startswith(mark):
                return name
        seen, chunk = len(start), start + raw.read(CHUNK)
        while chunk:
            if b"\0" in chunk:
                raise DataError(f"{file} is not a text file, so not CSV")
            odd += _beyond_ascii(chunk)[: SAMPLE - len(odd)]
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                return _guess(file, odd)
            seen += len(chunk)
            chunk = b"" if most is not None and seen >= most else raw.read(CHUNK)
    return USUAL


def _beyond_ascii(chunk: bytes) -> bytes:
    """The lines that are not ASCII; the rest tells nothing of an encoding."""
    if chunk.isascii():
        return b""
    return b"".join(line for line in chunk.splitlines(keepends=True) if not line.isascii())


def _guess(file: Path, sample: bytes) -> str:
    import charset_normalizer  # only files that are not UTF-8 need it

    found = list(charset_normalizer.from_bytes(sample, cp_isolation=list(LIKELY)))
    if not found:
        raise DataError(
            f"{file} is not UTF-8, and its encoding cannot be told: give dataset.encoding, "
            "such as cp1252"
        )
    # of those that suit it equally, the most common one
    equal = [m for m in found if (m.chaos, -m.coherence) <= (found[0].chaos, -found[0].coherence)]
    names = {name for match in equal for name in match.could_be_from_charset}
    return LIKELY[0] if LIKELY[0] in names else str(found[0].encoding)
