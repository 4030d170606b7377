"""A run's folder comes in; what its record says of its files goes out, signed if that is asked."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from runner.errors import ChangedFileError, DecryptionError, SignatureError
from runner.store.encryption import ENDING
from runner.store.own_files import RECORD, SIGNATURE
from runner.store.signature import check_signature

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.errors import ModelError


def recorded_files(
    folder: Path, signer: str | None = None, allowed: Path | str | None = None
) -> dict[str, str] | None:
    """The SHA-256 of each file of a run, by name; None where no record has them.

    Args:
        folder: the run's, or where a model file was put.
        signer: who must have signed the record; None for no matter who.
        allowed: the file of allowed signers.

    Raises:
        SignatureError: a signer is named, and has not signed the record, or the record has none.
        ChangedFileError: the record cannot be read.
    """
    record = folder / RECORD
    content = record.read_bytes() if record.is_file() else None
    named = signer is not None or allowed is not None
    if named:
        check_signed(folder, content, signer, allowed)
    files = None if content is None else _files(record, content)
    if named and files is None:
        raise SignatureError(
            f"{record} is signed, but is of a version that did not record its files",
            expected="a record with the hashes of its files",
            found="none",
            remedy="make the run again with this version",
        )
    return files


def check_signed(
    folder: Path, content: bytes | None, signer: str | None, allowed: Path | str | None
) -> None:
    """Whether a record's content is signed by a signer.

    Raises:
        SignatureError: it is not, or only one of signer and allowed was given.
    """
    if signer is None or allowed is None:
        given, lacking = ("allowed", "signer") if signer is None else ("signer", "allowed")
        raise SignatureError(
            f"{given} is given without {lacking}",
            expected="a signer, and the file of allowed signers that has the signer's key",
            found=f"{given} alone",
            remedy=f"name {lacking} too",
        )
    if content is None:
        raise SignatureError(
            f"{folder} has no {RECORD}, and so nothing that is signed",
            expected=f"a {RECORD} that is signed by {signer}",
            found="none",
            remedy="name the run's folder",
        )
    signature = folder / SIGNATURE
    there = signature.read_bytes() if signature.is_file() else None
    check_signature(content, there, signer, Path(allowed).expanduser())


def check_recorded(path: Path, content: bytes, recorded: Mapping[str, str] | None) -> None:
    """Whether a file in a run's folder is the one that the record has the hash of.

    Raises:
        ChangedFileError: it is not, or the record does not know it.
        DecryptionError: the same of an encrypted file.
    """
    if recorded is None:
        return
    kind: type[ModelError] = DecryptionError if path.name.endswith(ENDING) else ChangedFileError
    found, stated = hashlib.sha256(content).hexdigest(), recorded.get(path.name)
    if stated is None:
        raise kind(
            f"{path} is not among the files that {RECORD} beside it knows",
            expected=f"one of {', '.join(recorded)}",
            found=path.name,
            remedy=f"put it, with its model file, into a folder without that {RECORD}",
        )
    if found != stated:
        raise kind(
            f"{path} is not the file that was saved: its SHA-256 is {found[:12]}..., and "
            f"{RECORD} says {stated[:12]}...; nothing of it was used",
            expected=stated,
            found=found,
            remedy="take the file from the run again",
        )


def _files(record: Path, content: bytes) -> dict[str, str] | None:
    try:
        read = json.loads(content)
        files = read.get("files")
        if files is None:
            return None
        return {str(name): str(stated) for name, stated in files.items()}
    except (ValueError, AttributeError) as error:
        raise ChangedFileError(
            f"{record} is no record of a run: {error}",
            expected="a record with the hashes of its files, as JSON",
            found=str(error),
            remedy=f"take {RECORD} from the run again: it was changed, or cut short",
        ) from error
