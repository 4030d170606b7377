"""The bytes of a model file come in; the model goes out, if it is made of known types alone.

A pickle is a program that names what it calls. Here each name that it asks for must be one of a
list of exact names; a list of packages would let in whatever these packages can do.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickle
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

from joblib import numpy_pickle

from runner.errors import ChangedFileError, UntrustedTypeError
from runner.saved_model.trusted_types import JOBLIB_ARRAY, trusted_types

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from runner.saved_model.manifest_file import Format

LARGEST = 2**34  # bytes that a compressed file may become
WRAPPER = JOBLIB_ARRAY.rpartition(".")
DECOMPRESS: dict[bytes, Callable[[io.BytesIO], Any]] = {
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file),
    b"BZ": bz2.BZ2File,
    b"\xfd7zXZ": lzma.LZMAFile,
    b"]\x00": lzma.LZMAFile,
    b"x": lambda file: io.BufferedReader(_Inflated(file)),
}


def load_bytes(form: Format, content: bytes, trusted: Iterable[str] = ()) -> Any:  # noqa: ANN401
    """The model that a file's content holds.

    Args:
        form: of the file: pickle, joblib or skops.
        content: all of it.
        trusted: names of types beyond those that models of this package have.

    Raises:
        UntrustedTypeError: it asks for another type.
        ChangedFileError: it is no such file, or cut short.
    """
    allowed = trusted_types() | set(trusted)
    readers = {"pickle": _unpickle, "joblib": _unpickle_joblib, "skops": _load_skops}
    try:
        return readers[form](content, allowed)
    except UntrustedTypeError:
        raise
    except Exception as error:  # whatever broken bytes lead to
        raise ChangedFileError(
            f"the model file cannot be read as {form}: {type(error).__name__}: {error}",
            expected=f"a model in the format {form}",
            found=f"{type(error).__name__}: {error}",
            remedy="take the file from the run again",
        ) from error


class _Names:
    """Finds what a pickle asks for, if it may."""

    def __init__(self, allowed: frozenset[str]) -> None:
        self.allowed = allowed

    def check(self, module: str, name: str) -> None:
        """Raise UntrustedTypeError for a name that is not on the list."""
        full = f"{module}.{name}"
        if full not in self.allowed:
            raise untrusted(full)


def untrusted(name: str) -> UntrustedTypeError:
    """The error for a type that no model of this package has."""
    return UntrustedTypeError(
        f"the model file asks for {name}, which no model of this package has; nothing of it was "
        "made",
        expected="the types of models of this package",
        found=name,
        remedy=f"if you know what it is and trust who made the file: --trust {name}",
    )


class _Unpickler(pickle._Unpickler):  # noqa: SLF001 - the one in C can crash on broken bytes
    def __init__(self, file: Any, allowed: frozenset[str]) -> None:  # noqa: ANN401 - a file
        super().__init__(file)
        self._names = _Names(allowed)

    def find_class(self, module_name: str, global_name: str, /) -> Any:  # noqa: ANN401
        """What is called so."""
        self._names.check(module_name, global_name)
        return super().find_class(module_name, global_name)


class _ArrayWrapper(numpy_pickle.NumpyArrayWrapper):  # type: ignore[misc]
    """joblib's stand-in for an array, whose own reading of objects trusts every type."""

    def read_array(
        self,
        unpickler: _JoblibUnpickler,
        ensure_native_byte_order: bool,
    ) -> NDArray[Any]:
        """The array, its objects by the same list of names."""
        if not self.dtype.hasobject:
            read: NDArray[Any] = super().read_array(unpickler, ensure_native_byte_order)
            return read
        objects: NDArray[Any] = _Unpickler(unpickler.file_handle, unpickler.names.allowed).load()
        return objects


class _JoblibUnpickler(numpy_pickle.NumpyUnpickler):  # type: ignore[misc]
    def __init__(self, file: io.BufferedIOBase, allowed: frozenset[str]) -> None:
        super().__init__("", file, ensure_native_byte_order=True)
        self.names = _Names(allowed)

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - a class
        """What is called so; of joblib's wrapper our own."""
        if (module, name) == (WRAPPER[0], WRAPPER[2]):
            return _ArrayWrapper
        self.names.check(module, name)
        return super().find_class(module, name)


class _Inflated(io.RawIOBase):
    """A zlib stream as a file."""

    def __init__(self, file: io.BytesIO) -> None:
        self._file, self._inflate, self._rest = file, zlib.decompressobj(), b""

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - a writable buffer
        """The next bytes."""
        while not self._rest:
            if self._inflate.eof:
                return 0
            given = self._inflate.unconsumed_tail or self._file.read(2**16)
            if not given:
                raise EOFError("the compressed data ends early")
            self._rest = self._inflate.decompress(given, len(buffer))
        taken = self._rest[: len(buffer)]
        self._rest = self._rest[len(taken) :]
        buffer[: len(taken)] = taken
        return len(taken)


def _unpickle(content: bytes, allowed: frozenset[str]) -> Any:  # noqa: ANN401 - a model
    return _Unpickler(io.BytesIO(content), allowed).load()


def _unpickle_joblib(content: bytes, allowed: frozenset[str]) -> Any:  # noqa: ANN401 - a model
    """Of a file that is compressed by zlib, gzip, bz2, lzma or xz, or not at all."""
    opened = (read for start, read in DECOMPRESS.items() if content.startswith(start))
    file: Any = io.BytesIO(content)
    reader = next(opened, None)
    if reader is not None:
        whole = reader(file).read(LARGEST + 1)
        if len(whole) > LARGEST:
            raise ValueError(f"it grows to more than {LARGEST:,} bytes when decompressed")
        file = io.BytesIO(whole)
    return _JoblibUnpickler(file, allowed).load()


def _load_skops(content: bytes, allowed: frozenset[str]) -> Any:  # noqa: ANN401 - a model
    from skops import io as skops_io
    from skops.io.exceptions import UntrustedTypesFoundException

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    if size > LARGEST:
        raise ValueError(f"it grows to {size:,} bytes when decompressed")
    try:
        return skops_io.loads(content, trusted=sorted(allowed))
    except UntrustedTypesFoundException as error:
        names = skops_io.get_untrusted_types(data=content)
        raise untrusted(next(n for n in names if n not in allowed)) from error
