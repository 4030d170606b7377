"""Encryption with age: what is written in a run's folder, for whom; and what is read again."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.errors import ConfigError, DecryptionError
from runner.store.whole_files import Written, write_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

ENDING = ".age"
KEY, KEY_FILE = "ENET_IDENTITY", "ENET_IDENTITY_FILE"  # in the environment
WITHOUT_DATA = {"trials.csv"}  # tables that have neither values of the data nor names of levels
NEEDS = 'encryption needs pyrage: pip install "enet-runner[secure]"'


@dataclass(frozen=True)
class Encryption:
    """For whom a run is encrypted, and how much of it."""

    recipients: tuple[str, ...]
    tables: bool

    def covers(self, name: str) -> bool:
        """Whether a file, by its name from the run's folder, is written encrypted."""
        is_table = name.endswith(".csv") and name not in WITHOUT_DATA
        return name.startswith(("model.", "folds.")) or (self.tables and is_table)

    def encrypt(self, content: bytes) -> bytes:
        """The content, for any one of the recipients to read."""
        parsed = parse_recipients(self.recipients)
        sealed: bytes = _pyrage().encrypt(content, parsed)
        return sealed

    def write(self, path: Path, dump: Callable[[BinaryIO], object]) -> tuple[Written, Written]:
        """Write a file under its name and .age; the plain content is never on the disk.

        Returns:
            What there is, and what it is when it is decrypted.
        """
        plain = BytesIO()
        dump(plain)
        content = plain.getvalue()
        sealed = self.encrypt(content)
        there = write_file(encrypted(path), lambda file: file.write(sealed))
        return there, Written(path, len(content), hashlib.sha256(content).hexdigest())


def encrypted(path: Path) -> Path:
    """Where a file lies when it is encrypted."""
    return path.with_name(path.name + ENDING)


def parse_recipients(recipients: tuple[str, ...]) -> list[Any]:
    """The recipients as pyrage has them.

    Raises:
        ConfigError: one is none, or pyrage is not installed.
    """
    pyrage = _pyrage()
    return [_parse_recipient(pyrage, text.strip()) for text in recipients]


def _parse_recipient(pyrage: Any, text: str) -> Any:  # noqa: ANN401 - of pyrage
    wanted = "a recipient of age, age1..., or an SSH public key, ssh-ed25519 ..."
    if "PRIVATE" in text or "SECRET" in text:  # which no message may repeat
        raise ConfigError(f"persistence.encrypt_to has a private key, but must have {wanted}")
    kind = pyrage.ssh if text.startswith("ssh-") else pyrage.x25519
    try:
        return kind.Recipient.from_str(text)
    except pyrage.RecipientError as error:
        raise ConfigError(
            f"persistence.encrypt_to has {text!r}, but must have {wanted} ({error})"
        ) from error


def decrypt(path: Path, content: bytes, identity: Path | str | None = None) -> bytes:
    """What an encrypted file holds.

    Args:
        path: the file, for messages.
        content: of the file.
        identity: a file of keys, as age-keygen or ssh-keygen writes it; None for the key in the
            environment's ENET_IDENTITY, or in the file that ENET_IDENTITY_FILE names.

    Raises:
        DecryptionError: there is no key, it is another, or the file was changed.
        ConfigError: pyrage is not installed.
    """
    pyrage, keys = _pyrage(), read_identities(path, identity)
    try:
        plain: bytes = pyrage.decrypt(content, keys)
    except pyrage.DecryptError as error:
        said = str(error).partition("\n")[0]
        raise DecryptionError(
            f"{path} cannot be decrypted: {said}",
            expected="a file that is encrypted for the key that was given",
            found=said,
            remedy="name the key of one of its recipients; if it is that, the file was changed: "
            "take it from the run again",
        ) from error
    return plain


def read_identities(path: Path, identity: Path | str | None) -> list[Any]:
    """The keys that were given; see `decrypt`."""
    file = identity or (None if os.environ.get(KEY) else os.environ.get(KEY_FILE))
    if file is None:
        text, place = os.environ.get(KEY, ""), KEY
    else:
        text, place = _read(Path(file).expanduser()), str(file)
    if not text:
        raise DecryptionError(
            f"{path} is encrypted",
            expected="the key of one of its recipients",
            found="no key",
            remedy=f"name the key: --identity FILE, identity=FILE in Python, or {KEY_FILE}=FILE "
            "in the environment",
        )
    return _parse_identities(text, place)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise _no_key(str(file), f"the file cannot be read: {error}") from None


def _parse_identities(text: str, place: str) -> list[Any]:
    pyrage = _pyrage()
    try:
        if "PRIVATE KEY-----" in text:
            return [pyrage.ssh.Identity.from_buffer(text.strip().encode() + b"\n")]
        lines = [line.strip() for line in text.splitlines()]
        keys = [line for line in lines if line and not line.startswith("#")]
        return [pyrage.x25519.Identity.from_str(key) for key in keys]
    except pyrage.IdentityError as error:  # what it says is of the form, not of the key
        raise _no_key(place, str(error)) from None


def _no_key(place: str, said: str) -> DecryptionError:
    return DecryptionError(
        f"{place} is no key to decrypt by: {said}",
        expected="AGE-SECRET-KEY-1..., as age-keygen writes it, or an SSH key without a passphrase",
        found=said,
        remedy="name the file of the key of one of the recipients",
    )


def _pyrage() -> Any:  # noqa: ANN401 - a module
    try:
        import pyrage
    except ImportError as error:
        raise ConfigError(NEEDS) from error
    return pyrage
