"""A run's folder comes in; whether each of its files is what the run has recorded goes out."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from runner.errors import (
    DecryptionError,
    ModelError,
    RunDirectoryError,
    RunnerError,
    SignatureError,
)
from runner.saved_model.load_checked import find_manifest, open_manifest, read_content
from runner.saved_model.recorded import check_signed
from runner.store.encryption import ENDING
from runner.store.own_files import RECORD, SIGNATURE, own_files, runs_within
from runner.store.report_files import LIBRARY, PAGE
from runner.store.signature import check_unnamed
from runner.store.whole_files import sha256

if TYPE_CHECKING:
    from pathlib import Path

    Record = dict[str, Any]

ADDED_LATER = {PAGE, LIBRARY}  # a page that was asked for after a run was signed
EARLIER = (
    f"{RECORD} is of a version that did not record the hashes of a run's files: of these only "
    "the model file is checked"
)


@dataclass(frozen=True)
class Trust:
    """Whose signature a run must have, and by which key its files are decrypted."""

    signer: str | None = None
    allowed: Path | None = None
    identity: Path | None = None


@dataclass
class Verified:
    """What was found of a run's files, a line each."""

    count: int = 0  # of files that are what was recorded
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    wrong: set[str] = field(default_factory=set)  # names of files that are not what was recorded


def verify_run(folder: Path, trust: Trust) -> Verified:
    """Check every file of a run that has ended.

    Args:
        folder: the run's.
        trust: whose signature is asked for.

    Raises:
        RunDirectoryError: the folder holds no run that has ended.
    """
    content = _read_inside(folder, RECORD)
    record = _parsed(folder, content)
    found = Verified()
    _check_signature(folder, content, trust, found)
    recorded = record.get("files")
    if recorded is None:
        found.warnings.append(EARLIER)
    else:
        _check_files(folder, recorded, found)
        _look_for_more(folder, recorded, found)
    _check_model(folder, recorded, trust, found)
    return found


def check_files(folder: Path) -> list[str]:
    """What is wrong with the files of a run that is to be signed, a line each.

    Raises:
        RunDirectoryError: the folder holds no run that has ended.
    """
    recorded = _parsed(folder, _read_inside(folder, RECORD)).get("files")
    if recorded is None:
        return [EARLIER]
    found = Verified()
    _check_files(folder, recorded, found)
    return found.errors


def _read_inside(folder: Path, name: str) -> bytes:
    path = folder / name
    if not path.is_file():
        raise RunDirectoryError(f"{folder} holds no run: it has no {name}")
    if leads_outside(folder, path):
        raise RunDirectoryError(f"{path} is a link that leads out of the run's folder")
    return path.read_bytes()


def _parsed(folder: Path, content: bytes) -> Record:
    try:
        record = json.loads(content)
    except ValueError as error:
        raise RunDirectoryError(f"{folder / RECORD} is no record of a run: {error}") from error
    if not isinstance(record, dict) or not isinstance(record.get("files", {}), dict):
        raise RunDirectoryError(f"{folder / RECORD} is no record of a run")
    if record.get("status") == "running":
        raise RunDirectoryError(f"the run in {folder} has not ended: only one that has is checked")
    return record


def _check_signature(folder: Path, content: bytes, trust: Trust, found: Verified) -> None:
    """By the signer that is asked for; else, where there is one, that it is one of the record."""
    path = folder / SIGNATURE
    try:
        if trust.signer is not None or trust.allowed is not None:
            check_signed(folder, content, trust.signer, trust.allowed)
        elif path.is_file():
            check_unnamed(content, path.read_bytes())
            found.warnings.append(
                f"{SIGNATURE} is a signature of {RECORD}, but whose is not known: name the signer, "
                "--signer NAME --allowed FILE"
            )
    except SignatureError as error:
        found.errors.append(str(error))


def _check_files(folder: Path, recorded: Record, found: Verified) -> None:
    for name, stated in recorded.items():
        problem = _problem(folder, name, stated)
        if problem:
            found.errors.append(f"{name}: {problem}")
            found.wrong.add(name)
        else:
            found.count += 1


def _problem(folder: Path, name: str, stated: object) -> str:
    """What is wrong with a file that the record has the hash of; empty if nothing is."""
    parts = PurePosixPath(name).parts
    if name.startswith("/") or ".." in parts or "\\" in name or "\0" in name or not parts:
        return "the name leads out of the run's folder, and is not followed"
    path = folder / name
    if leads_outside(folder, path):
        return "it is a link that leads out of the run's folder, and is not followed"
    if not path.is_file():
        return "it is not there" if not path.exists() else "it is no file"
    try:
        return "" if sha256(path) == stated else "it was changed: its SHA-256 is another"
    except OSError as error:
        return f"it cannot be read: {error.strerror}"


def leads_outside(folder: Path, path: Path) -> bool:
    """Whether a path within a folder is, or passes, a link to where it is not within it."""
    try:
        return not path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # a link to itself
        return True


def _look_for_more(folder: Path, recorded: Record, found: Verified) -> None:
    """What lies in the folder and is not in the record."""
    for name, path in own_files(folder):
        if name in recorded or name in ADDED_LATER:
            continue
        if path.is_symlink() and leads_outside(folder, path):
            found.errors.append(f"{name}: it is a link that leads out of the run's folder")
        else:
            found.warnings.append(f"{name}: it is not one of the run's files")
    found.warnings += [
        f"{name}: it holds another run, which is not checked with this one"
        for name in runs_within(folder)
    ]


def _check_model(folder: Path, recorded: Record | None, trust: Trust, found: Verified) -> None:
    """Whether the manifest is one, and the model file the one that it has the hash of."""
    path = find_manifest(folder)
    if path.name in found.wrong or not path.exists() or leads_outside(folder, path):
        return  # which is said already, if it is wrong
    try:
        manifest = open_manifest(path, None, trust.identity)
        file = manifest.file
        if {file, file + ENDING} & found.wrong or leads_outside(folder, folder / file):
            return
        read_content(folder / file, manifest, trust.identity)
        found.count += recorded is None
    except DecryptionError as error:
        _note_encrypted(error, found)
    except ModelError as error:
        found.errors.append(str(error))
    except RunnerError as error:  # what reads it is not installed
        found.warnings.append(f"{path.name} is not looked into: {error}")


def _note_encrypted(error: DecryptionError, found: Verified) -> None:
    """Say what an encrypted model cannot be read for; without a key that is no fault of it."""
    if error.found == "no key":
        found.warnings.append(f"{error.args[0]}; without it the {ENDING} files alone are checked")
    else:
        found.errors.append(str(error))
