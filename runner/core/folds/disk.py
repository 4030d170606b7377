"""Fold problems on disk: what is slow to make is kept for other runs, up to a size."""

from __future__ import annotations

import hashlib
import os
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from runner.core.folds.fold_problem import FoldProblem, Side
from runner.core.folds.likelihood_fold import Drawn, PreparedRows
from runner.core.folds.model_columns import ModelColumns
from runner.records import GramProblem, PooledProblem, RowProblem

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Arrays = dict[str, NDArray[np.generic]]
    Entry = FoldProblem | PreparedRows

FORMAT = 5  # of the entries; another format is another key


@dataclass(frozen=True)
class DiskCache:
    """Entries in one folder, the least recently used dropped first.

    Entries are written under another name and renamed, and a reader keeps what it has opened, so
    that processes can share a folder without locks. Nothing in an entry is executed.
    """

    folder: Path
    limit: int  # bytes

    def get(self, key: str) -> Entry | None:
        """The entry of that key, or None if there is none that can be read."""
        path = self._path(key)
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as entry:
                arrays = dict(entry)
            os.utime(path)
            return _from_arrays(arrays)
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None

    def put(self, key: str, entry: Entry) -> None:
        """Keep an entry; a disk that is full or not writable is no error."""
        if _is_sparse(entry):  # quickly made of counts
            return
        of_kind = _of_problem(entry) if isinstance(entry, FoldProblem) else _of_rows(entry)
        arrays = of_kind | _of_columns(entry)
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


def _is_sparse(entry: Entry) -> bool:
    """Whether some of it is a sparse matrix, which has no place in a file of arrays."""
    if isinstance(entry, PreparedRows):
        return any(sparse.issparse(draw.X) for draw in entry.draws)
    return sparse.issparse(entry.side.X)


def cache_key(*parts: object) -> str:
    """A file name for what an entry depends on; arrays count by their content."""
    digest = hashlib.sha256(f"{FORMAT}".encode())
    for part in parts:
        digest.update(part.tobytes() if isinstance(part, np.ndarray) else repr(part).encode())
        digest.update(b"\0")
    return digest.hexdigest()


def _of_problem(problem: FoldProblem) -> Arrays:
    side = problem.side
    arrays: Arrays = {
        f"train{number}_{name}": np.asarray(value)
        for number, part in enumerate(problem.parts)
        for name, value in vars(part).items()
    }
    arrays["n_parts"] = np.asarray(len(problem.parts) * isinstance(problem.train, PooledProblem))
    arrays |= {f"side_{k}": np.asarray(v) for k, v in vars(side).items() if v is not None}
    arrays["intercept"] = np.asarray(problem.intercept)
    return arrays


def _of_rows(rows: PreparedRows) -> Arrays:
    arrays: Arrays = {"n_draws": np.asarray(len(rows.draws))}
    for number, draw in enumerate(rows.draws):
        arrays[f"draw{number}_X"] = np.asarray(draw.X)
        # each by itself: together they would lose their order in memory, and so their last digits
        arrays |= {
            f"draw{number}_side{m}": np.asarray(side) for m, side in enumerate(draw.validation)
        }
    return arrays if rows.stacking is None else {**arrays, "stacking": rows.stacking}


def _of_columns(entry: Entry) -> Arrays:
    """What every entry has."""
    columns = entry.columns
    return {
        "names": np.array(columns.names, dtype=np.str_),
        "sources": np.array(columns.sources, dtype=np.str_),
        "scale": columns.scale,
        "warnings": np.array(entry.warnings, dtype=np.str_),
    }


def _from_arrays(arrays: Arrays) -> Entry:
    columns = ModelColumns(
        tuple(map(str, arrays["names"])),
        tuple(map(str, arrays["sources"])),
        arrays["scale"].astype(np.float64),
    )
    said = tuple(str(warning) for warning in arrays["warnings"])
    return (_rows if "n_draws" in arrays else _problem)(arrays, columns, said)


def _problem(arrays: Arrays, columns: ModelColumns, said: tuple[str, ...]) -> FoldProblem:
    count = int(arrays["n_parts"])
    parts = tuple(_part(_with_prefix(arrays, f"train{k}_")) for k in range(max(count, 1)))
    fields = {**_with_prefix(arrays, "side_")}
    side = Side(X=fields["X"], y=fields["y"], weight=fields.get("weight"))
    return FoldProblem(
        train=PooledProblem(parts) if count else parts[0],
        intercept=float(arrays["intercept"]),
        make_side=lambda: side,
        columns=columns,
        warnings=said,
    )


def _rows(arrays: Arrays, columns: ModelColumns, said: tuple[str, ...]) -> PreparedRows:
    fields = [_with_prefix(arrays, f"draw{k}_") for k in range(int(arrays["n_draws"]))]
    draws = tuple(
        Drawn(own["X"], tuple(own[f"side{m}"] for m in range(len(own) - 1))) for own in fields
    )
    stacking = _with_prefix(arrays, "stacking").get("")
    return PreparedRows(draws, columns, stacking, said)


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
