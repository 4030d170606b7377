"""Which schedulers may be talked to, and how: whoever is let in can run code on all workers."""

from __future__ import annotations

import ipaddress
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from runner.errors import ConfigError
from runner.spec import Spec

if TYPE_CHECKING:
    from distributed import Security

ADDRESS = re.compile(r"(?P<scheme>tls|tcp)://(?P<host>\[[0-9A-Fa-f:]+\]|[\w.-]+):(?P<port>\d{1,5})")
LAST_PORT = 65_535
OWN_NAMES = {"localhost"}


class Tls(Spec):
    """Files of the certificates that a scheduler and its clients show each other."""

    ca: str | None
    cert: str | None
    key: str | None

    def security(self) -> Security:
        """What Dask is told of them."""
        from distributed import Security

        return Security(
            tls_ca_file=self.ca,
            tls_client_cert=self.cert,
            tls_client_key=self.key,
            require_encryption=True,
        )


def check_address(address: str, tls: Tls, *, insecure: bool) -> None:
    """Raise ConfigError for an address that is not to be trusted, or cannot be.

    Args:
        address: of the scheduler.
        tls: the certificates.
        insecure: whether an address of this machine needs none.
    """
    parts = ADDRESS.fullmatch(address)
    if parts is None or not 0 < int(parts["port"]) <= LAST_PORT:
        raise ConfigError(
            f"launcher.address is {address!r}, but must be tls://HOST:PORT, as the scheduler says "
            "when it starts"
        )
    if parts["scheme"] == "tcp":
        if not (insecure and _is_loopback(parts["host"].strip("[]"))):
            raise ConfigError(
                f"launcher.address is {address!r}, which anybody on the network can read and "
                "change: give tls://... with launcher.tls (enet cluster certificates makes some), "
                "or, on this machine alone, launcher.insecure=true"
            )
        return
    for name, file in tls.model_dump().items():
        if file is None:
            raise ConfigError(f"launcher.tls.{name} must be given with {address}")
        with suppress(OSError), open(file, "rb"):  # noqa: PTH123
            continue
        raise ConfigError(f"launcher.tls.{name} is {file!r}, which cannot be read")


def _is_loopback(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host in OWN_NAMES
