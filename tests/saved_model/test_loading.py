"""Loading a saved model: each thing that can be wrong with it has an error of its own, in time."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import json
import lzma
import os
import pickle
import shutil
import warnings
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np
import pandas as pd
import pytest
import skops.io
from saved_models_of import make_run, write_files

from runner.errors import (
    ChangedFileError,
    KnownAnswerError,
    ManifestError,
    ModelError,
    UntrustedTypeError,
    VersionMismatchError,
)
from runner.persistence.plain_functions import with_plain_functions
from runner.saved_model import load_checked as loading_module
from runner.saved_model import load_model
from runner.saved_model.manifest_file import read_manifest

if TYPE_CHECKING:
    from collections.abc import Callable

    Change = Callable[[dict[str, Any]], object]

FORMS = ("pickle", "joblib", "skops")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A run in each format of a model that is no plain numbers."""
    folder = tmp_path_factory.mktemp("forms")
    write_files(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return {form: make_run("step=clip", folder / form, f"persistence={form}") for form in FORMS}


@pytest.fixture
def run(request: pytest.FixtureRequest, runs: dict[str, Path], tmp_path: Path) -> Path:
    """A copy of a run, in the format that the test asks for, or as a pickle."""
    source = runs[getattr(request, "param", "pickle")]
    return Path(shutil.copytree(source, tmp_path / "run"))


class Calls:
    """A pickle of it calls a function that leaves a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[Path]]:
        """What is called when it is loaded."""
        return Path.touch, (self.path,)


def change(run: Path, content: bytes | None = None, edit: Change | None = None) -> None:
    """Have other content in the model file and its hash, or another manifest."""
    manifest = json.loads((run / "model.json").read_text())
    if content is not None:
        (run / manifest["file"]).write_bytes(content)
        manifest["sha256"] = hashlib.sha256(content).hexdigest()
    if edit is not None:
        edit(manifest)
    (run / "model.json").write_text(json.dumps(manifest))
    record = json.loads((run / "run.json").read_text())
    record.pop("files", None)  # as of a model without its run
    (run / "run.json").write_text(json.dumps(record))


@pytest.mark.parametrize("run", FORMS, indirect=True)
def test_each_format_predicts_the_same(run: Path, runs: dict[str, Path]) -> None:
    """From the directory, and from the file."""
    rows = [{"a": 1.0, "b": None, "c": 2.0, "town": "Bath", "size": "low", "flag": True}]
    expected = load_model(runs["pickle"]).predict(rows)
    model = load_model(run, version_policy="strict")
    assert expected.tolist() == model.predict(rows).tolist()
    by_file = load_model(run / model.manifest.file)
    assert expected.tolist() == by_file.predict(rows).tolist()


@pytest.mark.parametrize("run", FORMS, indirect=True)
def test_a_flipped_byte_is_found_before_it_is_read(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every offset of the model file, by its hash alone."""
    manifest = json.loads((run / "model.json").read_text())
    path = run / manifest["file"]
    content = path.read_bytes()
    monkeypatch.setattr(loading_module, "SavedModel", lambda *_: pytest.fail("it was read"))
    read = read_manifest(run / "model.json")
    with path.open("r+b", buffering=0) as file:
        for offset, byte in enumerate(content):
            os.pwrite(file.fileno(), bytes([byte ^ 1]), offset)
            with pytest.raises(ChangedFileError):
                loading_module.read_content(path, read)
            os.pwrite(file.fileno(), bytes([byte]), offset)
    path.write_bytes(content[:-1])
    with pytest.raises(ChangedFileError, match="SHA-256"):
        load_model(run)
    path.unlink()
    with pytest.raises(ChangedFileError, match="No such file"):
        load_model(run)


@pytest.mark.parametrize("run", ["joblib", "skops"], indirect=True)
def test_a_broken_file_with_a_right_hash_is_an_error(run: Path) -> None:
    """Whatever bytes a file has whose format has a checksum, it answers rightly, or is refused.

    A bare pickle has none: broken bytes can reach what NumPy does in C, and crash it.
    """
    manifest = json.loads((run / "model.json").read_text())
    content = (run / manifest["file"]).read_bytes()
    rng = np.random.default_rng(0)
    ended = []
    for offset in rng.choice(len(content), 50, replace=False):
        flipped = bytearray(content)
        flipped[offset] ^= 1 << int(rng.integers(8))
        change(run, bytes(flipped))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                load_model(run)
                ended.append("loaded")
            except ModelError as error:
                ended.append(type(error).__name__)
    assert {"ChangedFileError", "UntrustedTypeError", "KnownAnswerError", "loaded"} >= set(ended)
    assert "ChangedFileError" in ended


def malicious(path: Path, form: str) -> bytes:
    """A model file that calls something when it is loaded by the format's own reader."""
    content = pickle.dumps(Calls(path))
    if form == "nested in an array":
        file = io.BytesIO()
        joblib.dump({"coef_": np.array([Calls(path)], dtype=object)}, file)
        return file.getvalue()
    if form == "lzma":
        return lzma.compress(content, lzma.FORMAT_ALONE)
    compress = {"zlib": zlib, "gzip": gzip, "bz2": bz2, "xz": lzma}
    return bytes(compress[form].compress(content)) if form in compress else content


@pytest.mark.parametrize(
    ("run", "how"),
    [
        ("pickle", "plain"),
        *(("joblib", how) for how in ("plain", "zlib", "gzip", "bz2", "lzma", "xz")),
        ("joblib", "nested in an array"),
    ],
    indirect=["run"],
)
def test_a_pickle_that_calls_is_refused(run: Path, how: str, tmp_path: Path) -> None:
    """Before anything of it is made, with the name of what it would call."""
    mark = tmp_path / "called"
    content = malicious(mark, how)
    joblib.load(io.BytesIO(content)) if how != "plain" else pickle.loads(content)  # noqa: S301
    assert mark.exists()  # it does what it is made for
    mark.unlink()
    change(run, content)
    with pytest.raises(UntrustedTypeError, match="--trust") as refused:
        load_model(run)
    assert not mark.exists()
    assert refused.value.found.startswith(("pathlib", "tests", "test_loading", "builtins"))


@pytest.mark.parametrize("run", ["skops"], indirect=True)
def test_an_archive_that_names_another_function_is_refused(run: Path) -> None:
    """Skops' schema is text: one with another module and function."""
    manifest = json.loads((run / "model.json").read_text())
    source = zipfile.ZipFile(run / manifest["file"])
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for entry in source.infolist():
            text = source.read(entry)
            if entry.filename == "schema.json":
                text = text.replace(b"runner.persistence.plain_functions", b"shutil")
                text = text.replace(b"as_type", b"rmtree")
            made.writestr(entry, text)
    change(run, file.getvalue())
    with pytest.raises(UntrustedTypeError, match=r"shutil"):
        load_model(run)


def test_a_trusted_name_is_admitted(run: Path) -> None:
    """It alone, and the known answer is asked for all the same."""
    change(run, pickle.dumps(Path("a")))
    with pytest.raises(UntrustedTypeError) as refused:
        load_model(run)
    with pytest.raises(KnownAnswerError, match="predict"):
        load_model(run, trust=[refused.value.found])


MANIFESTS: dict[str, tuple[Change, type[ModelError], str]] = {
    "later version": (lambda m: m.update(schema_version=99), ManifestError, "99"),
    "no features": (lambda m: m.pop("features"), ManifestError, "features"),
    "unknown format": (lambda m: m.update(format="dill"), ManifestError, "format"),
    "another folder": (lambda m: m.update(file="../run/model.pkl"), ManifestError, "file"),
    "absolute": (lambda m: m.update(file="/etc/passwd"), ManifestError, "file"),
    "no hash": (lambda m: m.update(sha256="abc"), ManifestError, "sha256"),
    "another hash": (lambda m: m.update(sha256="0" * 64), ChangedFileError, "SHA-256"),
    "another answer": (
        lambda m: m["example"].update(predictions=[m["example"]["predictions"][0] + 1e-6]),
        KnownAnswerError,
        "example",
    ),
    "another row": (
        lambda m: m["example"]["rows"][0].update(a=0.123),
        KnownAnswerError,
        "example",
    ),
    "another kind": (
        lambda m: m["features"][0].update(kind="reducer"),
        ManifestError,
        "features.0.kind",
    ),
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_changed_manifest_is_found(run: Path, name: str) -> None:
    """By what it says, or by what the model then does not answer."""
    edit, kind, said = MANIFESTS[name]
    change(run, edit=edit)
    with pytest.raises(kind, match=said) as refused:
        load_model(run)
    assert refused.value.expected
    assert refused.value.found
    assert refused.value.remedy


@pytest.mark.parametrize("text", ["", "[]", "{", "null", "\ufeff{}", '{"schema_version": true}'])
def test_what_is_no_manifest_is_said(run: Path, text: str) -> None:
    """Of JSON or not."""
    (run / "model.json").write_text(text, encoding="utf-8")
    record = json.loads((run / "run.json").read_text())
    record.pop("files", None)
    (run / "run.json").write_text(json.dumps(record))
    with pytest.raises(ManifestError):
        load_model(run)


def test_a_manifest_of_version_1_is_read(run: Path) -> None:
    """Which called its schema_version version."""
    change(run, edit=lambda m: m.update(version=m.pop("schema_version") and 1))
    assert 1 == load_model(run).manifest.schema_version


def test_other_versions_are_said_as_the_policy_is(run: Path) -> None:
    """Refused, warned of, or passed over, before the file is read."""
    change(run, edit=lambda m: m["versions"].update(numpy="1.0.0"))
    with pytest.raises(VersionMismatchError, match=r"numpy 1\.0\.0") as refused:
        load_model(run, version_policy="strict")
    assert "numpy==1.0.0" == refused.value.expected
    with pytest.warns(UserWarning, match=r"numpy 1\.0\.0"):
        load_model(run)
    load_model(run, version_policy="ignore")


def test_the_linear_form_needs_no_file_to_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its answers are those of the Pipeline, and a changed number in it is found."""
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path)
    run = make_run("family=binomial", tmp_path)
    whole, numbers = load_model(run), load_model(run, linear=True)
    rows = pd.read_csv("everything.csv")
    assert whole.predict(rows).tolist() == numbers.predict(rows).tolist()
    np.testing.assert_allclose(whole.probabilities(rows), numbers.probabilities(rows), rtol=1e-12)
    with pytest.raises(ModelError, match="numbers"):
        _ = numbers.pipeline
    change(run, edit=lambda m: m["linear"]["intercept"].__setitem__(0, 0.123))
    with pytest.raises(KnownAnswerError):
        load_model(run, linear=True)


def test_functions_stand_for_the_methods_of_pandas(runs: dict[str, Path]) -> None:
    """They do the same, and the model itself is left as it was."""
    pipeline = load_model(runs["pickle"]).pipeline
    copied = with_plain_functions(pipeline)
    assert b"pandas.core.generic" in pickle.dumps(pipeline)
    assert b"pandas.core.generic" not in pickle.dumps(copied)
    rows = pd.read_csv(runs["pickle"].parents[1] / "everything.csv")
    assert pipeline.predict(rows).tolist() == copied.predict(rows).tolist()
    assert skops.io.dumps(copied)
