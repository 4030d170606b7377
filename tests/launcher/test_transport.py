"""Which schedulers a sweep may be given to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from runner.errors import ConfigError, RunDirectoryError
from runner.launcher.cluster.certificates import make_certificates
from runner.launcher.cluster.transport import Tls, check_address

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Program

NONE = Tls(ca=None, cert=None, key=None)
OWN = ("tcp://127.0.0.1:8786", "tcp://localhost:8786", "tcp://[::1]:8786", "tcp://127.8.0.1:1")


@pytest.mark.parametrize("address", OWN)
def test_this_machine_alone_may_be_insecure(address: str) -> None:
    """And only if that is asked for."""
    check_address(address, NONE, insecure=True)
    with pytest.raises(ConfigError, match="insecure=true"):
        check_address(address, NONE, insecure=False)


@pytest.mark.parametrize("address", ["tcp://10.0.0.1:8786", "tcp://localhost.evil:8786"])
def test_a_network_is_never_insecure(address: str) -> None:
    """Whatever is asked for."""
    with pytest.raises(ConfigError, match="tls://"):
        check_address(address, NONE, insecure=True)


NO_ADDRESSES = (
    "", "localhost:8786", "tls://host", "http://host:80", "8786", "tls://h:abc", "tls://h:0",
    "tcp://127.0.0.1:99999", "tcp://[::1:80", "TCP://127.0.0.1:1", "tcp://evil:1@127.0.0.1:8786",
    "tcp://127.0.0.1:8786#evil:80", "tcp://127.0.0.1:8786\n",
)  # fmt: skip


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_what_is_no_address_is_told(address: str) -> None:
    """By what one looks like."""
    with pytest.raises(ConfigError, match=re.escape("tls://HOST:PORT")):
        check_address(address, NONE, insecure=True)


def test_certificates_are_made_once(tmp_path: Path) -> None:
    """Three files, of which nobody else can read the key; they are not written over."""
    ca, cert, key = make_certificates(tmp_path / "tls", days=1)
    assert [0o644, 0o644, 0o600] == [path.stat().st_mode & 0o777 for path in (ca, cert, key)]
    before = key.read_bytes()
    with pytest.raises(RunDirectoryError, match="there already"):
        make_certificates(tmp_path / "tls", days=1)
    assert before == key.read_bytes()
    tls = Tls(ca=str(ca), cert=str(cert), key=str(key))
    check_address("tls://host:1", tls, insecure=False)
    with pytest.raises(ConfigError, match="key"):
        check_address("tls://host:1", tls.model_copy(update={"key": None}), insecure=False)
    gone = tls.model_copy(update={"cert": str(tmp_path / "none.pem")})
    with pytest.raises(ConfigError, match="cannot be read"):
        check_address("tls://host:1", gone, insecure=False)


def test_the_command_says_how_they_are_used(program: Program) -> None:
    """Each line of a cluster's start, and that of a sweep."""
    made = program("cluster", "certificates", "tls")
    assert 0 == made.status
    for said in ("dask scheduler --protocol tls", "dask worker tls://", "launcher.tls.key=tls/key"):
        assert said in made.out
    again = program("cluster", "certificates", "tls")
    assert (2, True) == (again.status, "there already" in again.err)


def test_a_sweep_is_refused_before_any_run(program: Program) -> None:
    """An address without TLS, in one line, and nothing is written."""
    asked = ("-m", "seed=1,2", "launcher=dask", "launcher.address=tcp://10.0.0.1:8786")
    refused = program(*asked, "hydra.sweep.dir=swept")
    assert 2 == refused.status
    assert 1 == len(refused.err.strip().splitlines())
    assert not (program.folder / "swept").exists()
