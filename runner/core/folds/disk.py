"""Fold problems on disk: what is slow to make is kept for other runs, up to a size."""

from __future__ import annotations

import hashlib
import os
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from runner.core.folds.fold_problem import FoldProblem, Side
from runner.core.folds.model_columns import ModelColumns
from runner.records import GramProblem, PooledProblem, RowProblem

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Arrays = dict[str, NDArray[np.generic]]

FORMAT = 4  # of the entries; another format is another key


@dataclass(frozen=True)
class DiskCache:
    """Entries in one folder, the least recently used dropped first.

    Entries are written under another name and renamed, and a reader keeps what it has opened, so
    that processes can share a folder without locks. Nothing in an entry is executed.
    """

    folder: Path
    limit: int  # bytes

    def get(self, key: str) -> FoldProblem | None:
        """The fold problem of that key, or None if there is none that can be read."""
        path = self._path(key)
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as entry:
                arrays = dict(entry)
            os.utime(path)
            return _from_arrays(arrays)
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None

    def put(self, key: str, problem: FoldProblem) -> None:
        """Keep a fold problem; a disk that is full or not writable is no error."""
        arrays = _to_arrays(problem)
        if sum(array.nbytes for array in arrays.values()) > self.limit:
            return
        path = self._path(key)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                with temporary.open("wb") as file:
                    np.savez(file, **arrays)  # type: ignore[arg-type]
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)
            self._evict()
        except OSError:
            return

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.npz"

    def _evict(self) -> None:
        entries = []
        for path in self.folder.glob("*.npz"):
            try:
                entries.append((path.stat().st_mtime_ns, path.stat().st_size, path))
            except FileNotFoundError:  # another process has dropped it
                continue
        total = sum(size for _, size, _ in entries)
        for _, size, path in sorted(entries):
            if total <= self.limit:
                return
            path.unlink(missing_ok=True)
            total -= size


def cache_key(*parts: object) -> str:
    """A file name for what an entry depends on; arrays count by their content."""
    digest = hashlib.sha256(f"{FORMAT}".encode())
    for part in parts:
        digest.update(part.tobytes() if isinstance(part, np.ndarray) else repr(part).encode())
        digest.update(b"\0")
    return digest.hexdigest()


def _to_arrays(problem: FoldProblem) -> Arrays:
    side = problem.side
    arrays: Arrays = {
        f"train{number}_{name}": np.asarray(value)
        for number, part in enumerate(problem.parts)
        for name, value in vars(part).items()
    }
    arrays["n_parts"] = np.asarray(len(problem.parts) * isinstance(problem.train, PooledProblem))
    arrays |= {f"side_{k}": np.asarray(v) for k, v in vars(side).items() if v is not None}
    arrays["intercept"] = np.asarray(problem.intercept)
    columns = problem.columns
    arrays["names"] = np.array(columns.names, dtype=np.str_)
    arrays["sources"] = np.array(columns.sources, dtype=np.str_)
    arrays["scale"] = columns.scale
    arrays["warnings"] = np.array(problem.warnings, dtype=np.str_)
    return arrays


def _from_arrays(arrays: Arrays) -> FoldProblem:
    count = int(arrays["n_parts"])
    parts = tuple(_part(_with_prefix(arrays, f"train{k}_")) for k in range(max(count, 1)))
    fields = {**_with_prefix(arrays, "side_")}
    side = Side(X=fields["X"], y=fields["y"], weight=fields.get("weight"))
    return FoldProblem(
        train=PooledProblem(parts) if count else parts[0],
        intercept=float(arrays["intercept"]),
        make_side=lambda: side,
        columns=ModelColumns(
            tuple(map(str, arrays["names"])),
            tuple(map(str, arrays["sources"])),
            arrays["scale"].astype(np.float64),
        ),
        warnings=tuple(str(warning) for warning in arrays["warnings"]),
    )


def _part(fields: dict[str, NDArray[np.float64]]) -> GramProblem | RowProblem:
    if "gram" in fields:
        return GramProblem(gram=fields["gram"], xy=fields["xy"], yy=float(fields["yy"]))
    return RowProblem(**fields)


def _with_prefix(arrays: Arrays, prefix: str) -> dict[str, NDArray[np.float64]]:
    return {
        name.removeprefix(prefix): array.astype(np.float64, copy=False)
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
