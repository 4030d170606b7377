"""What is encrypted is never on the disk in the plain, and is read by its recipients alone."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyrage
import pytest
from conftest import QUICK, Program, mixed_frame
from test_signing import PHRASE, make_key

from runner.errors import ChangedFileError, ConfigError, DecryptionError, ModelError
from runner.saved_model import load_model
from runner.saved_model.verify import Trust, verify_run
from runner.store.encryption import Encryption, decrypt

DATA = ("dataset=csv", "dataset.path=mixed.csv", "dataset.target=outcome", *QUICK)
WRITES = ("w", "a", "x", "+")
opened: set[str] = set()  # names of files that were opened to be written


def note(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook: what is opened, and what for."""
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set(WRITES):
        opened.add(Path(str(arguments[0])).name)


sys.addaudithook(note)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the run `made`, its tables encrypted too, and its key in `key`."""
    folder = tmp_path_factory.mktemp("encrypted")
    mixed_frame().to_csv(folder / "mixed.csv", index=False)
    key = pyrage.x25519.Identity.generate()
    (folder / "key").write_text(f"# public key: {key.to_public()}\n{key}\n")
    (folder / "other").write_text(f"{pyrage.x25519.Identity.generate()}\n")
    asked = (f"persistence.encrypt_to={key.to_public()}", "persistence.encrypt_tables=true")
    opened.clear()
    Program(folder).run(*DATA, *asked, "report=summary", "imputer=knn")
    (folder / "opened").write_text("\n".join(sorted(opened)))
    return folder


@pytest.fixture
def run(place: Path, tmp_path: Path) -> Path:
    """A run of one's own to spoil."""
    return shutil.copytree(place / "made", tmp_path / "run")


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key is in the environment."""
    for name in ("ENET_IDENTITY", "ENET_IDENTITY_FILE"):
        monkeypatch.delenv(name, raising=False)


def test_no_plain_file_is_ever_written(place: Path) -> None:
    """Not even for a moment: of the model, its manifest and the tables, but for the trials."""
    names = (place / "opened").read_text().splitlines()
    assert any(name.startswith(".model.pkl.age.") for name in names)
    written = [n for n in names if "model." in n or ".csv" in n]
    assert [] == [n for n in written if ".age" not in n and not n.startswith(".trials.csv")]
    there = {path.name for path in (place / "made").iterdir()}
    assert {"model.pkl.age", "model.json.age", "predictions.csv.age", "trials.csv"} <= there
    assert not {"model.pkl", "model.json", "predictions.csv", "missingness.csv"} & there


def test_nothing_plain_has_a_level_or_the_key(place: Path) -> None:
    """No other file has the names of levels, which are values, nor the key."""
    secret = (place / "key").read_text().splitlines()[1]
    for path in (place / "made").rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert secret.encode() not in content, path
        assert b"town_York" not in content, path


def test_it_is_what_age_decrypts(place: Path, tmp_path: Path) -> None:
    """Decrypted by age alone, the files are those of a run that is not encrypted."""
    key = pyrage.x25519.Identity.from_str((place / "key").read_text().splitlines()[1])
    for name in ("model.pkl", "model.json", "predictions.csv"):
        sealed = (place / "made" / f"{name}.age").read_bytes()
        (tmp_path / name).write_bytes(pyrage.decrypt(sealed, [key]))
    model = load_model(tmp_path)
    frame = mixed_frame()
    stated = pd.read_csv(tmp_path / "predictions.csv").query("part == 'test'")
    np.testing.assert_allclose(model.predict(frame.iloc[stated["row"]]), stated["y_pred"])
    for name in ("model.pkl", "model.json"):
        sealed = pyrage.encrypt((tmp_path / name).read_bytes(), [key.to_public()])
        (tmp_path / f"{name}.age").write_bytes(sealed)
        (tmp_path / name).unlink()
    again = load_model(tmp_path / "model.pkl.age", identity=place / "key")
    assert model.predict(frame).tolist() == again.predict(frame).tolist()


def test_the_key_comes_from_the_environment_too(
    run: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a file, or itself; what is named comes first."""
    with pytest.raises(DecryptionError, match="--identity FILE"):
        load_model(run)
    monkeypatch.setenv("ENET_IDENTITY_FILE", str(place / "key"))
    load_model(run)
    monkeypatch.setenv("ENET_IDENTITY", (place / "other").read_text())
    with pytest.raises(DecryptionError, match="cannot be decrypted"):
        load_model(run)
    load_model(run, identity=place / "key")
    monkeypatch.setenv("ENET_IDENTITY", (place / "key").read_text())
    monkeypatch.delenv("ENET_IDENTITY_FILE")
    load_model(run, linear=True)


@pytest.mark.parametrize("name", ["model.pkl.age", "model.json.age"])
def test_what_was_changed_is_not_read(name: str, run: Path, place: Path) -> None:
    """A flipped bit, in the header or in the rest, and a file that is cut short."""
    path = run / name
    content = path.read_bytes()
    changed = [content[:at] for at in (0, 1, 100, len(content) // 2, len(content) - 1)]
    offsets = [*range(0, 300, 7), *range(300, len(content), len(content) // 20), len(content) - 1]
    changed += [content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :] for at in offsets]
    for spoilt in changed:
        with pytest.raises(DecryptionError):
            decrypt(path, spoilt, place / "key")
    for spoilt in changed[::20]:
        path.write_bytes(spoilt)
        with pytest.raises(DecryptionError) as raised:
            load_model(run, identity=place / "key")
        assert issubclass(DecryptionError, ModelError)
        assert raised.value.remedy
        assert verify_run(run, Trust(identity=place / "key")).errors
    path.write_bytes(content)
    load_model(run, identity=place / "key")


def test_a_model_that_was_put_in_its_place_is_refused(run: Path, place: Path) -> None:
    """Anybody can encrypt for a recipient, or lay a plain manifest beside: the record knows."""
    key = pyrage.x25519.Identity.from_str((place / "key").read_text().splitlines()[1])
    plain = pyrage.decrypt((run / "model.json.age").read_bytes(), [key])
    (run / "model.json").write_bytes(plain)
    with pytest.raises(ChangedFileError, match="not among the files"):
        load_model(run, identity=place / "key")
    (run / "model.json").unlink()
    (run / "model.json.age").write_bytes(pyrage.encrypt(plain, [key.to_public()]))
    with pytest.raises(DecryptionError, match="not the file that was saved"):
        load_model(run, identity=place / "key")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        ("", "no key"),
        ("AGE-SECRET-KEY-1QQQ", "is no key to decrypt by"),
        (b"\xff\xfe", "cannot be read"),
    ],
)
def test_what_is_no_key(content: str | bytes | None, said: str, run: Path, tmp_path: Path) -> None:
    """It is said without repeating it."""
    file = tmp_path / "bad"
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DecryptionError) as raised:
        load_model(run, identity=file)
    assert said in f"{raised.value} {raised.value.found}"
    assert "QQQ" not in str(raised.value)


def test_a_key_of_ssh_serves(tmp_path: Path) -> None:
    """An SSH public key is a recipient; its private key reads, one with a passphrase does not."""
    for name, phrase in (("open", ""), ("locked", PHRASE)):
        make_key(tmp_path / name, phrase)
    recipients = tuple((tmp_path / f"{name}.pub").read_text() for name in ("open", "locked"))
    sealed = Encryption(recipients, tables=False).encrypt(b"content")
    assert b"content" == decrypt(tmp_path / "file", sealed, tmp_path / "open")
    with pytest.raises(DecryptionError, match="must be decrypted first"):
        decrypt(tmp_path / "file", sealed, tmp_path / "locked")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("persistence.encrypt_to=[age1nobody]",), "persistence.encrypt_to has 'age1nobody'"),
        (("persistence.encrypt_to=['ssh-ed25519 AAA']",), "persistence.encrypt_to has 'ssh-"),
        (("persistence.encrypt_to=[AGE-SECRET-KEY-1ABC]",), "has a private key"),
        (("persistence.encrypt_tables=true",), "nobody to encrypt for"),
        (("persistence.encrypt_tables=true", "persistence.encrypt_to={key}"), "report=summary"),
    ],
)
def test_what_cannot_be_encrypted_is_refused(
    asked: tuple[str, ...], said: str, program: Program
) -> None:
    """Before anything is read, and without repeating a key; the data need not even be there."""
    key = str(pyrage.x25519.Identity.generate().to_public())
    ended = program(*(one.replace("{key}", key) for one in asked), "dataset=diabetes")
    assert 2 == ended.status
    assert said in ended.err
    assert "1ABC" not in ended.err
    assert not (program.folder / "outputs").exists()


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, run: Path, place: Path) -> None:
    """One line says what to install."""
    monkeypatch.setitem(sys.modules, "pyrage", None)
    with pytest.raises(ConfigError, match=r"enet-runner\[secure\]"):
        load_model(run, identity=place / "key")
    found = verify_run(run, Trust())
    assert [] == found.errors
    assert any("enet-runner[secure]" in line for line in found.warnings)


def test_the_commands_cope(run: Path, place: Path, program: Program) -> None:
    """Verifying without the key checks the files alone and says so; the others say what is not."""
    assert "coefficients.csv.age" in program("show", "run").out
    without = program("verify", "run")
    assert 0 == without.status
    assert "name the key: --identity FILE" in without.out
    ended = program("verify", "run", "--identity", str(place / "key"))
    count = len(json.loads((run / "run.json").read_text())["files"])
    assert (0, f"verified {count} files\n") == (ended.status, ended.out)
    assert 1 == program("verify", "run", "--identity", str(place / "other")).status
    shutil.copy(place / "mixed.csv", program.folder)
    assert 0 == program("compare", "run", "run").status
    again = program("reproduce", "run")
    assert 0 == again.status, again.err
    assert "predictions.csv: encrypted, and not compared" in again.out
    assert not (run / "reproduced-1" / "model.pkl").exists()


def test_the_model_alone(place: Path, program: Program) -> None:
    """Without encrypt_tables the tables and the page stay, and the model goes."""
    shutil.copy(place / "mixed.csv", program.folder)
    key = (place / "key").read_text().splitlines()[0].rpartition(" ")[2]
    asked = (f"persistence.encrypt_to=[{key}]", "persistence=joblib")
    made = Program(program.folder, pages=True).run(*DATA, *asked)
    there = {path.name for path in made.iterdir()}
    assert {"model.joblib.age", "model.json.age", "predictions.csv", "report.html"} <= there
    assert not {"model.joblib", "model.json"} & there
    load_model(made, identity=place / "key")
