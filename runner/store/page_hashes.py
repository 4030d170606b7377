"""A run whose page was written anew comes in; its record has the hashes of the new files then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.errors import RunDirectoryError
from runner.store.directory import read_json, to_json
from runner.store.own_files import RECORD, SIGNATURE, own_files
from runner.store.report_files import FIGURES, LIBRARY, PAGE
from runner.store.whole_files import sha256, write_file

if TYPE_CHECKING:
    from pathlib import Path


def check_unsigned(folder: Path) -> None:
    """Refuse a new page where a signature vouches for the one that is there.

    A signed run without a page may get one, which is then none of the signed files.

    Raises:
        RunDirectoryError: the run is signed, its page with it.
    """
    signed = (folder / SIGNATURE).exists()
    if signed and any(is_of_page(name) for name in read_json(folder / RECORD).get("files", {})):
        raise RunDirectoryError(
            f"{folder} is signed, and a new page would not be what was signed: remove "
            f"{SIGNATURE}, write the page and sign again, enet sign {folder} --key KEY"
        )


def note_page(folder: Path) -> None:
    """Bring the hashes of a page's files up to date; those of all others stay as they were.

    A record without any, as earlier versions wrote it, and a signed one, are left alone.

    Raises:
        RunDirectoryError: the record cannot be written.
    """
    record = read_json(folder / RECORD)
    if "files" not in record or (folder / SIGNATURE).exists():
        return
    pages = {name: sha256(path) for name, path in own_files(folder) if is_of_page(name)}
    record["files"] = dict(sorted({**record["files"], **pages}.items()))
    text = to_json(record).encode()
    write_file(folder / RECORD, lambda file: file.write(text), flushed=True)


def is_of_page(name: str) -> bool:
    """Whether a file, by its name from the run's folder, is one that a page is made of."""
    return name in {PAGE, LIBRARY} or name.startswith(f"{FIGURES}/")
