"""`enet cluster certificates DIR`: what the members of a cluster show each other."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from runner.cli.printing import print_text

DAYS, MOST_DAYS = 30, 3650


def make_parser() -> argparse.ArgumentParser:
    """The parser of `enet cluster certificates`."""
    parser = argparse.ArgumentParser(
        prog="enet cluster", description="For sweeps on the workers of a Dask cluster."
    )
    words = parser.add_subparsers(dest="word", required=True, metavar="certificates")
    made = words.add_parser(
        "certificates",
        help="make a certificate authority and a pair for all members",
        description="Make certificates for a trial: whoever has the files can run code on all "
        "workers of a cluster that was started with them.",
    )
    made.add_argument("folder", type=Path, metavar="DIR", help="where they go")
    made.add_argument("--days", type=_days, default=DAYS, help=f"they are good for ({DAYS})")
    return parser


def main(options: argparse.Namespace) -> int:
    """Make them, and say how a cluster is started with them.

    Raises:
        ConfigError: the extra is not installed.
        RunDirectoryError: there are some already.
    """
    from runner.launcher.cluster.certificates import make_certificates

    paths = make_certificates(options.folder, options.days)
    ca, cert, key = (shlex.quote(str(path)) for path in paths)
    dask = f"--tls-ca-file {ca} --tls-cert {cert} --tls-key {key}"
    enet = f"launcher.tls.ca={ca} launcher.tls.cert={cert} launcher.tls.key={key}"
    print_text(f"wrote {ca}, {cert} and {key}: keep the last one secret")
    print_text(f"scheduler: dask scheduler --protocol tls {dask}")
    print_text(f"workers:   dask worker tls://HOST:8786 --nthreads 1 --no-dashboard {dask}")
    print_text(f"sweep:     enet -m launcher=dask launcher.address=tls://HOST:8786 {enet} ...")
    return 0


def _days(text: str) -> int:
    days = int(text)
    if not 1 <= days <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"from 1 to {MOST_DAYS}")
    return days
