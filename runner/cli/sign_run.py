"""`enet sign RUN --key KEY`: a run that has ended comes in; its record is signed."""

from __future__ import annotations

import argparse
from pathlib import Path

from runner.cli.printing import print_text
from runner.errors import SignatureError


def make_parser() -> argparse.ArgumentParser:
    """The parser of `enet sign RUN --key KEY`."""
    parser = argparse.ArgumentParser(
        prog="enet sign",
        description="Sign run.json, which has the hash of every file of the run, with an SSH key: "
        "run.json.sig then lies beside it. The files are checked first.",
    )
    parser.add_argument("folder", type=Path, metavar="RUN", help="a run's directory")
    parser.add_argument(
        "--key",
        type=Path,
        required=True,
        metavar="KEY",
        help="the file of a private key, or of a public one whose private key ssh-agent has",
    )
    return parser


def main(options: argparse.Namespace) -> int:
    """Sign a run whose files are what it has recorded.

    Raises:
        RunDirectoryError: the folder holds no run that has ended.
        SignatureError: a file is not what was recorded, or the key cannot be used.
    """
    from runner.saved_model.verify import check_files
    from runner.store.signature import sign_run

    errors = check_files(options.folder)
    if errors:
        raise SignatureError(
            f"{options.folder} is not signed: {errors[0]}",
            expected="a run whose files are those that it has recorded",
            found=errors[0],
            remedy=f"see enet verify {options.folder}",
        )
    print_text(f"signed: {sign_run(options.folder, options.key)}")
    return 0
