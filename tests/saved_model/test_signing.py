"""Signatures are those of ssh-keygen, of the whole record, and demanded where a signer is named."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from conftest import Program, read_json

from runner.errors import ChangedFileError, ModelError, SignatureError
from runner.saved_model import load_model
from runner.saved_model.verify import Trust, verify_run
from runner.store.signature import check_signature, sign

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PHRASE = "a passphrase"


def make_key(path: Path, phrase: str = "") -> Path:
    """Make a private key, and its public one beside it."""
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", phrase, "-C", "", "-f", str(path)]
    subprocess.run(command, check=True)
    return path


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the keys mine, other and locked, and the file of allowed signers."""
    folder = tmp_path_factory.mktemp("keys")
    lines = [f"{name} {make_key(folder / name).with_suffix('.pub').read_text()}" for name in
             ("mine", "other")]  # fmt: skip
    (folder / "allowed").write_text("".join(lines))
    make_key(folder / "locked", PHRASE)
    return folder


@pytest.fixture
def run(finished_run: Path, tmp_path: Path, keys: Path) -> Path:
    """A run of one's own, signed by `mine`."""
    run = shutil.copytree(finished_run, tmp_path / "run")
    assert 0 == Program(tmp_path)("sign", "run", "--key", str(keys / "mine")).status
    return run


def test_a_signature_is_verified(run: Path, keys: Path, program: Program) -> None:
    """By its signer alone; nobody named, it is said that it is somebody's."""
    named = ("--allowed", str(keys / "allowed"))
    assert 0 == program("verify", "run", "--signer", "mine", *named).status
    ended = program("verify", "run", "--signer", "other", *named)
    assert 1 == ended.status
    assert "error: run.json.sig is no valid signature" in ended.out
    unnamed = program("verify", "run")
    assert 0 == unnamed.status
    assert "but whose is not known" in unnamed.out
    assert 2 == program("verify", "run", "--signer", "mine").status
    load_model(run, signer="mine", allowed=keys / "allowed")


def test_ssh_keygen_agrees(run: Path, keys: Path) -> None:
    """The program by itself verifies the signature, under the name that the docs state."""
    command = ["ssh-keygen", "-Y", "verify", "-n", "enet-runner", "-I", "mine"]
    files = ["-f", str(keys / "allowed"), "-s", str(run / "run.json.sig")]
    done = subprocess.run(
        [*command, *files], input=(run / "run.json").read_bytes(), capture_output=True, check=False
    )
    assert 0 == done.returncode, done.stderr


def test_a_changed_record_is_found(run: Path, keys: Path) -> None:
    """Whoever changes a file and its hash has no signature of that."""
    record = (run / "run.json").read_bytes()
    (run / "run.json").write_bytes(record.replace(b'"finished"', b'"Finished"'))
    with pytest.raises(SignatureError, match="no valid signature") as raised:
        load_model(run, signer="mine", allowed=keys / "allowed")
    assert "a signature of mine" == raised.value.expected
    assert raised.value.found
    assert raised.value.remedy
    assert verify_run(run, Trust()).errors  # without a name, too
    (run / "run.json").write_bytes(record)
    (run / "model.json").write_bytes((run / "model.json").read_bytes() + b" ")
    with pytest.raises(ChangedFileError):
        load_model(run, signer="mine", allowed=keys / "allowed")


def test_each_byte_of_a_signature_counts(run: Path, keys: Path) -> None:
    """A bit that is flipped is found, also where ssh-keygen would pass over it."""
    record, signature = (run / "run.json").read_bytes(), (run / "run.json.sig").read_bytes()
    check_signature(record, signature, "mine", keys / "allowed")
    last = signature.index(b"==")
    for at in {*range(0, len(signature), 6), *range(last - 2, len(signature))}:
        changed = signature[:at] + bytes([signature[at] ^ 1]) + signature[at + 1 :]
        with pytest.raises(SignatureError, match="no valid signature"):
            check_signature(record, changed, "mine", keys / "allowed")
    for changed in (b"", signature[:-1], signature + b"\n", signature.replace(b"\n", b"\r\n")):
        with pytest.raises(SignatureError):
            check_signature(record, changed, "mine", keys / "allowed")


def test_a_signature_is_demanded_before_anything_is_read(run: Path, keys: Path) -> None:
    """There must be one, of a record with hashes, and both a signer and the file of them."""
    (run / "model.json").write_text("not even JSON")
    (run / "run.json.sig").unlink()
    with pytest.raises(SignatureError, match=r"there is no run\.json\.sig"):
        load_model(run, signer="mine", allowed=keys / "allowed")
    with pytest.raises(SignatureError, match="without allowed"):
        load_model(run, signer="mine")
    (run / "run.json.sig").write_text("")
    with pytest.raises(SignatureError, match="of allowed signers"):
        load_model(run, signer="mine", allowed=keys / "none")
    (run / "run.json").write_text("{}")
    (run / "run.json.sig").write_bytes(sign(b"{}", keys / "mine"))
    with pytest.raises(SignatureError, match="did not record its files"):
        load_model(run, signer="mine", allowed=keys / "allowed")
    (run / "run.json").unlink()
    with pytest.raises(SignatureError, match=r"has no run\.json"):
        load_model(run, signer="mine", allowed=keys / "allowed")


def test_a_key_with_a_passphrase_is_never_asked_for(keys: Path, run: Path) -> None:
    """It ends at once and says what to do; nothing is left beside the record."""
    (run / "run.json.sig").unlink()
    with pytest.raises(SignatureError, match="ssh-add") as raised:
        sign(b"content", keys / "locked")
    assert "a key with a passphrase" == raised.value.found
    ended = Program(run.parent)("sign", "run", "--key", str(keys / "none"))
    assert 1 == ended.status
    assert "there is no key" in ended.err
    assert not (run / "run.json.sig").exists()


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have an ssh-agent for the block."""
    started = subprocess.run(
        ["ssh-agent", "-s", "-a", str(tmp_path / "agent")],  # noqa: S607
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    (number,) = re.findall(r"SSH_AGENT_PID=(\d+)", started.stdout)
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
    yield
    os.kill(int(number), 15)


@pytest.mark.usefixtures("agent")
def test_a_key_of_the_agent_signs(tmp_path: Path) -> None:
    """The public key is named, and the private one is nowhere on the disk."""
    key = make_key(tmp_path / "held")
    subprocess.run(["ssh-add", "-q", str(key)], check=True, capture_output=True)  # noqa: S607
    key.unlink()
    allowed = tmp_path / "allowed"
    allowed.write_text(f"held {(tmp_path / 'held.pub').read_text()}")
    check_signature(b"content", sign(b"content", tmp_path / "held.pub"), "held", allowed)
    make_key(tmp_path / "lost").unlink()
    with pytest.raises(SignatureError, match="cannot be used"):
        sign(b"content", tmp_path / "lost.pub")


def test_without_ssh_keygen(run: Path, monkeypatch: pytest.MonkeyPatch, keys: Path) -> None:
    """One line says what is missing, of signing and of verifying."""
    monkeypatch.setenv("PATH", str(run))
    for ended in (
        Program(run.parent)("verify", "run"),
        Program(run.parent)("sign", "run", "--key", str(keys / "other")),
    ):
        assert 1 == ended.status
        assert "there is no program ssh-keygen" in ended.out + ended.err


def test_what_was_changed_is_not_signed(run: Path, keys: Path, program: Program) -> None:
    """Nobody vouches by accident for a file that is another."""
    (run / "trials.csv").write_text("")
    ended = program("sign", "run", "--key", str(keys / "other"))
    assert 1 == ended.status
    assert "trials.csv: it was changed" in ended.err


def test_a_signed_page_is_not_written_over(run: Path, keys: Path, program: Program) -> None:
    """A page that came after the signature is written again; one that is signed is refused."""
    assert 0 == program("report", "run").status
    assert not verify_run(run, Trust("mine", keys / "allowed")).errors
    (run / "run.json.sig").unlink()
    assert 0 == program("report", "run").status
    assert 0 == program("sign", "run", "--key", str(keys / "other")).status
    ended = program("report", "run")
    assert 2 == ended.status
    assert "is signed" in ended.err
    assert not verify_run(run, Trust("other", keys / "allowed")).errors


def test_a_run_signs_itself(keys: Path, program: Program, mixed: tuple[str, ...]) -> None:
    """At its end, and no less one that is reused; the record has the key's path alone."""
    key = keys / "other"
    made = program.run(*mixed, f"persistence.sign_with={key}", name="outputs/made")
    again = program.run(*mixed, f"persistence.sign_with={key}", name="outputs/again")
    assert "reused" == read_json(again / "run.json")["status"]
    for run in (made, again):
        load_model(run, signer="other", allowed=keys / "allowed")
        secret = key.read_text().splitlines()[2]
        assert not any(secret in p.read_text("latin-1") for p in run.rglob("*") if p.is_file())


@pytest.mark.parametrize(("key", "said"), [("locked", "ssh-add"), ("nowhere", "there is no key")])
def test_a_key_is_tried_before_the_search(
    key: str, said: str, keys: Path, program: Program, mixed: tuple[str, ...]
) -> None:
    """No run takes an hour and is then not signed."""
    ended = program(*mixed, f"persistence.sign_with={keys / key}", "hydra.run.dir=made")
    assert 1 == ended.status
    assert said in ended.err
    assert not (program.folder / "made").exists()
    assert issubclass(SignatureError, ModelError)
