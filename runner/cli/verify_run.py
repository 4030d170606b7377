"""`enet verify RUN`: a run or a sweep comes in; what of its files is not as recorded goes out."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from runner.cli.printing import print_text
from runner.errors import ConfigError, RunDirectoryError
from runner.store.directory import SWEEP
from runner.store.plain_text import reveal
from runner.store.sweep_directory import run_folders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.saved_model.verify import Trust, Verified

CHANGED = 1


def make_parser() -> argparse.ArgumentParser:
    """The parser of `enet verify RUN [--signer NAME --allowed FILE] [--identity FILE]`."""
    parser = argparse.ArgumentParser(
        prog="enet verify",
        description="Check every file of a run, or of each run of a sweep, against the hashes in "
        "run.json, and run.json against its signature. Ends with 1 where a file was changed or is "
        "missing, or the signature does not hold.",
    )
    parser.add_argument("folder", type=Path, metavar="RUN", help="a run's or a sweep's directory")
    add_signer(parser)
    add_identity(parser)
    return parser


def add_signer(parser: argparse.ArgumentParser) -> None:
    """Add the flags that name who must have signed a run."""
    parser.add_argument(
        "--signer", metavar="NAME", help="who must have signed it, as --allowed names them"
    )
    parser.add_argument(
        "--allowed",
        type=Path,
        metavar="FILE",
        help="the public keys of signers, a line NAME KEYTYPE KEY each, as ssh-keygen reads them",
    )


def add_identity(parser: argparse.ArgumentParser) -> None:
    """Add the flag that names the key of an encrypted model."""
    parser.add_argument(
        "--identity",
        type=Path,
        metavar="FILE",
        help="the key by which an encrypted model is read (default: ENET_IDENTITY_FILE, or the key "
        "itself in ENET_IDENTITY)",
    )


def main(options: argparse.Namespace) -> int:
    """Check, and print a line per problem; 0 if no file was changed, else 1.

    Raises:
        ConfigError: one of --signer and --allowed is there without the other.
        RunDirectoryError: the folder holds no run that has ended, and no sweep.
    """
    from runner.saved_model.verify import Trust

    if (options.signer is None) != (options.allowed is None):
        raise ConfigError("--signer NAME and --allowed FILE are given together")
    trust = Trust(options.signer, options.allowed, options.identity)
    count = errors = 0
    for name, found in _verified(options.folder, trust):
        lines = [f"error: {name}{said}" for said in found.errors]
        lines += [f"warning: {name}{said}" for said in found.warnings]
        for line in lines:
            print_text(reveal(line))
        count += found.count
        errors += len(found.errors)
    ending = f", {errors:,} {'error' if errors == 1 else 'errors'}" if errors else ""
    print_text(f"verified {count:,} {'file' if count == 1 else 'files'}{ending}")
    return CHANGED if errors else 0


def _verified(folder: Path, trust: Trust) -> Iterator[tuple[str, Verified]]:
    """What was found of the run in a folder, or of each run of the sweep, after its name there."""
    from runner.saved_model.verify import verify_run

    if not (folder / SWEEP).is_file():
        yield "", verify_run(folder, trust)
        return
    for run in _runs(folder):
        yield f"{run.relative_to(folder)}: ", _verified_of_sweep(run, trust)


def _runs(folder: Path) -> list[Path]:
    """The runs of a sweep, by number, and what is a link in their place.

    Raises:
        RunDirectoryError: there is none.
    """
    found = run_folders(folder)
    if not found:
        raise RunDirectoryError(f"{folder} is a sweep without a run")
    return found


def _verified_of_sweep(run: Path, trust: Trust) -> Verified:
    from runner.saved_model.verify import Verified, verify_run

    if run.is_symlink():
        return Verified(errors=["it is a link, and no run of the sweep"])
    try:
        return verify_run(run, trust)
    except RunDirectoryError as error:
        return Verified(errors=[str(error)])
