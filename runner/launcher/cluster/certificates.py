"""Certificates for the members of a cluster: one authority, and one pair that all of them show."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from runner.errors import RunDirectoryError
from runner.launcher.cluster.extra import check_extra

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from distributed import Security

    Key = EllipticCurvePrivateKey

FILES = ("ca.pem", "cert.pem", "key.pem")
AUTHORITY, MEMBER = "enet-runner CA", "enet-runner member"
LONGEST = 365  # days that a sweep may take
SKEW = timedelta(minutes=5)  # by which the clocks of machines may differ


def make_certificates(folder: Path, days: int) -> list[Path]:
    """Write a certificate authority's certificate, a member's, and the member's key.

    The authority's own key is not kept, so that nobody can be admitted later: who needs another
    member copies the three files, or makes new ones.

    Args:
        folder: where; it is made.
        days: that they are good for.

    Raises:
        ConfigError: the extra is not installed.
        RunDirectoryError: there are certificates already, or the folder cannot be written to.
    """
    check_extra("cryptography")
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    root, own = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    private = own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    contents = (
        _certificate(AUTHORITY, root, root, days).public_bytes(Encoding.PEM),
        _certificate(MEMBER, own, root, days).public_bytes(Encoding.PEM),
        private,
    )
    paths = [folder / name for name in FILES]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in zip(paths, contents, strict=True):
            mode = 0o600 if content is private else 0o644
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
    except FileExistsError as error:
        raise RunDirectoryError(f"{error.filename} is there already: choose another DIR") from error
    except OSError as error:
        raise RunDirectoryError(f"cannot write to {folder}: {error}") from error
    return paths


def member_security(folder: Path) -> Security:
    """What all members of one cluster are told, of certificates that are made anew in a folder."""
    from distributed import Security

    shutil.rmtree(folder, ignore_errors=True)
    ca, cert, key = map(str, make_certificates(folder, LONGEST))
    members = ("scheduler", "worker", "client")
    return Security(
        tls_ca_file=ca,
        require_encryption=True,
        **{f"tls_{member}_cert": cert for member in members},
        **{f"tls_{member}_key": key for member in members},
    )


def _certificate(name: str, key: Key, signer: Key, days: int) -> x509.Certificate:
    """Of a key, signed by an authority's, which may be the same."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import NameOID

    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    now, own = datetime.now(UTC), key is signer
    return (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(AUTHORITY))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=own, path_length=None), critical=True)
        .add_extension(_usage(own=own), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )


def _usage(*, own: bool) -> x509.KeyUsage:
    """An authority signs certificates, a member what it says."""
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=own,
        crl_sign=own,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
