"""Signatures in OpenSSH's format: a record comes in; its signature, or whether it holds, goes out.

The signature is made and checked by `ssh-keygen -Y`, which this program starts without a terminal:
it never asks for a passphrase.
"""

from __future__ import annotations

import os
import re
import subprocess
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from pathlib import Path
from tempfile import TemporaryDirectory

from runner.errors import SignatureError
from runner.store.own_files import RECORD, SIGNATURE
from runner.store.whole_files import write_file

NAMESPACE = "enet-runner"
PATIENCE = 60  # seconds, as a key may be on a device that waits to be touched
HEAD, FOOT = b"-----BEGIN SSH SIGNATURE-----\n", b"-----END SSH SIGNATURE-----\n"
ARMOUR = re.compile(re.escape(HEAD) + rb"((?:[A-Za-z0-9+/=]+\n)+)" + re.escape(FOOT))


def sign_run(folder: Path, key: str | Path) -> Path:
    """Sign the record of a run, and with it every file that the record has the hash of.

    Args:
        folder: the run's.
        key: the private key's file, or the public one's of a key that ssh-agent has.

    Raises:
        SignatureError: the key cannot be used, or there is no ssh-keygen.
        RunDirectoryError: the signature cannot be written.
    """
    signature = sign((folder / RECORD).read_bytes(), key)
    return write_file(folder / SIGNATURE, lambda file: file.write(signature), flushed=True).path


def sign(content: bytes, key: str | Path) -> bytes:
    """A signature of some content; see `sign_run`."""
    path = Path(key).expanduser().absolute()
    if not path.is_file():
        raise SignatureError(
            f"there is no key {path}",
            expected="the file of a private key, or of a public key that ssh-agent has",
            found="no such file",
            remedy="make one: ssh-keygen -t ed25519",
        )
    with TemporaryDirectory() as place:
        signed = Path(place) / RECORD
        signed.write_bytes(content)
        done = _keygen("-Y", "sign", "-n", NAMESPACE, "-f", str(path), str(signed))
        made = signed.with_name(SIGNATURE)
        if done.returncode != 0 or not made.is_file():
            raise _unusable(path, _said(done))
        return made.read_bytes()


def check_signature(content: bytes, signature: bytes | None, signer: str, allowed: Path) -> None:
    """Whether a signature of some content is one of a signer.

    Args:
        content: of run.json.
        signature: of run.json.sig; None if there is none.
        signer: whose it is to be, as the file of allowed signers names them.
        allowed: that file, in the format of ssh-keygen's ALLOWED SIGNERS.

    Raises:
        SignatureError: it is not, or that cannot be known.
    """
    wanted = f"a signature of {signer}"
    if signature is None:
        raise SignatureError(
            f"there is no {SIGNATURE}, and so no signature of {signer}",
            expected=wanted,
            found="no signature",
            remedy="ask for the signed run, or sign it yourself once you know it: enet sign",
        )
    if not allowed.is_file():
        raise SignatureError(
            f"there is no file {allowed} of allowed signers",
            expected="lines NAME KEYTYPE KEY, as `man ssh-keygen` has them",
            found="no such file",
            remedy=f"write one: echo {signer} $(cat key.pub) > {allowed}",
        )
    checked = ("-Y", "verify", "-f", str(allowed.absolute()), "-I", signer, "-n", NAMESPACE)
    _check(checked, content, signature, wanted)


def check_unnamed(content: bytes, signature: bytes) -> None:
    """Whether a signature is one of some content, by anybody's key.

    Raises:
        SignatureError: it is not.
    """
    _check(("-Y", "check-novalidate", "-n", NAMESPACE), content, signature, "a signature of it")


def _check(how: tuple[str, ...], content: bytes, signature: bytes, wanted: str) -> None:
    if not _is_plain(signature):
        said = f"{SIGNATURE} is not as ssh-keygen writes it"
    else:
        with TemporaryDirectory() as place:
            file = Path(place) / SIGNATURE
            file.write_bytes(signature)
            done = _keygen(*how, "-s", str(file), content=content)
        if done.returncode == 0:
            return
        said = _said(done)
    raise SignatureError(
        f"{SIGNATURE} is no valid signature of {RECORD}: {said}",
        expected=wanted,
        found=said,
        remedy=f"do not use the run before you know whether {RECORD}, the signature or the signer "
        "is another",
    )


def _is_plain(signature: bytes) -> bool:
    """Whether a signature is written in the one way that there is.

    Else a byte of it could be changed that ssh-keygen passes over.
    """
    found = ARMOUR.fullmatch(signature)
    if found is None:
        return False
    text = found[1].replace(b"\n", b"")
    try:
        return b64encode(b64decode(text, validate=True)) == text
    except NotBase64:
        return False


def _keygen(*arguments: str, content: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run ssh-keygen where it has no terminal, and no program, to ask for a passphrase by."""
    unasked = {"SSH_ASKPASS": "", "SSH_ASKPASS_REQUIRE": "never", "LC_ALL": "C"}
    try:
        return subprocess.run(  # noqa: S603 - fixed arguments, and a file's and a person's name
            ["ssh-keygen", *arguments],  # noqa: S607 - whichever the user has
            input=content,
            capture_output=True,
            check=False,
            timeout=PATIENCE,
            start_new_session=True,
            env={**os.environ, **unasked},
        )
    except FileNotFoundError as error:
        raise SignatureError(
            "there is no program ssh-keygen, which signatures are made and checked by",
            expected="ssh-keygen of OpenSSH 8.2 or later",
            found="no such program",
            remedy="install OpenSSH's client",
        ) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SignatureError(
            f"ssh-keygen did not end well: {error}",
            expected=f"an answer within {PATIENCE} seconds",
            found=str(error),
            remedy="try the same in a terminal: ssh-keygen -Y sign",
        ) from error


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    """The last that ssh-keygen had to say."""
    text = (done.stderr + b"\n" + done.stdout).decode(errors="replace")
    lines = text.replace("Enter passphrase: ", "").splitlines()
    kept = [line.strip() for line in lines if line.strip()]
    return "; ".join(dict.fromkeys(kept)) or f"it ended with {done.returncode}"


def _unusable(path: Path, said: str) -> SignatureError:
    protected = "passphrase" in said
    return SignatureError(
        f"the key {path} cannot be used to sign: {said}",
        expected="a key that can be read without a passphrase, or that ssh-agent has",
        found="a key with a passphrase" if protected else said,
        remedy="have ssh-agent unlock it first, ssh-add KEY, and name the key or its public part"
        if protected
        else "name the file of a private key",
    )
