"""A run's directory, or a model file in it, comes in; a model that was checked goes out."""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from runner.errors import ChangedFileError, VersionMismatchError
from runner.saved_model.loaded_model import SavedModel
from runner.saved_model.manifest_file import MANIFEST, parse_manifest, read_manifest_bytes
from runner.saved_model.recorded import check_recorded, recorded_files
from runner.saved_model.registry.model_registry import Registry
from runner.saved_model.registry.reference import Reference
from runner.store.encryption import ENDING, decrypt, encrypted
from runner.store.environment import versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from runner.saved_model.manifest_file import KeptFolds, Manifest

    VersionPolicy = Literal["strict", "warn", "ignore"]

DECISIVE = ("scikit-learn", "numpy", "pandas", "enet-runner")  # what a file's types come from


def load_model(  # noqa: PLR0913 - what a model is held to
    path: Path | str,
    *,
    version_policy: VersionPolicy = "warn",
    trust: Iterable[str] = (),
    linear: bool = False,
    signer: str | None = None,
    allowed: Path | str | None = None,
    identity: Path | str | None = None,
) -> SavedModel:
    """Load the model of a run, checked in this order, each before the next is begun.

    The record is signed, if a signer is named; the manifest is the one that the record has the hash
    of, if there is a record beside it; it can be decrypted, as then the file can, if it is
    encrypted; the manifest is one; the file's hash is that of the manifest; the versions are those
    that saved it; the file names known types alone, and only then is made; the model predicts for
    the manifest's example what the manifest states.

    Args:
        path: a run's directory, or the model file in it; or `models:NAME`, `models:NAME@VERSION`
            or `models:NAME@ALIAS` of the registry that ENET_REGISTRY names, else outputs/models.
        version_policy: what other versions of the packages mean: `strict` refuses them, `warn`
            warns, `ignore` says nothing.
        trust: names MODULE.NAME of types that are admitted beyond those of this package's models.
        linear: whether the numbers in the manifest serve where it has them, so that nothing is
            deserialised.
        signer: who must have signed run.json, which then must be there; None for no matter who.
        allowed: the file of allowed signers, which has the signer's public key.
        identity: the file of the key that an encrypted model is read by; None for the environment's
            ENET_IDENTITY, which is the key, or ENET_IDENTITY_FILE.

    Raises:
        UnknownModelError: the registry has no such model, version or alias.
        SignatureError: the record is not signed by the signer.
        DecryptionError: an encrypted model's key is not given, or another; or it was changed.
        ManifestError: there is no manifest, or it is none.
        ChangedFileError: the manifest or the model file is missing, or another than was saved.
        VersionMismatchError: `strict`, and versions differ.
        UntrustedTypeError: the file names another type.
        KnownAnswerError: the example is predicted otherwise.
    """
    place = find_model(path)
    folder = place if place.is_dir() else place.parent
    recorded = recorded_files(folder, signer, allowed)
    manifest = open_manifest(find_manifest(place), recorded, identity)
    content = read_content(folder / manifest.file, manifest, identity)
    if linear and manifest.linear is not None:
        return SavedModel(folder, manifest, identity=identity).checked()
    check_versions(manifest, version_policy)
    return SavedModel(folder, manifest, content, tuple(trust), identity).checked()


def find_model(path: Path | str) -> Path:
    """A path as it is; of `models:NAME@ALIAS` the folder in the registry.

    Raises:
        ConfigError: it begins with `models:`, but is no such reference.
        UnknownModelError: the registry has no such model, version or alias.
    """
    reference = Reference.parse(str(path))
    return Path(path) if reference is None else Registry.chosen().resolve(reference)


def find_manifest(path: Path) -> Path:
    """Where the manifest of a run's directory, or of a model file, is to be, encrypted or not."""
    plain = path / MANIFEST if path.is_dir() else path.with_name(MANIFEST)
    return encrypted(plain) if encrypted(plain).exists() and not plain.exists() else plain


def open_manifest(
    path: Path, recorded: Mapping[str, str] | None, identity: Path | str | None = None
) -> Manifest:
    """The manifest in a file, encrypted or not, if it is the one that the record knows.

    Args:
        path: the file.
        recorded: hashes by name, as run.json beside it has them; None if there is none.
        identity: the file of the key; see `load_model`.

    Raises:
        ManifestError: there is none, or it is none.
        ChangedFileError: it is another.
        DecryptionError: it is encrypted, and cannot be read.
    """
    content = read_manifest_bytes(path)
    check_recorded(path, content, recorded)
    if path.name.endswith(ENDING):
        content = decrypt(path, content, identity)
    return parse_manifest(path, content)


def read_content(
    path: Path, manifest: Manifest | KeptFolds, identity: Path | str | None = None
) -> bytes:
    """The model file's content, decrypted if it is encrypted, if it is what the manifest says.

    Raises:
        ChangedFileError: it is missing, or another.
        DecryptionError: it is encrypted, and cannot be read.
    """
    sealed = encrypted(path)
    try:
        if sealed.exists() and not path.exists():
            content = decrypt(sealed, sealed.read_bytes(), identity)
        else:
            content = path.read_bytes()
    except OSError as error:
        raise ChangedFileError(
            f"the model file {path} cannot be read: {error.strerror}",
            expected=f"a file with the SHA-256 {manifest.sha256}",
            found=str(error.strerror),
            remedy="take it from the run again",
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != manifest.sha256:
        raise ChangedFileError(
            f"{path} is not the file that was saved: its SHA-256 is {found[:12]}..., and "
            f"{MANIFEST} says {manifest.sha256[:12]}...; nothing of it was read",
            expected=manifest.sha256,
            found=found,
            remedy="take the file from the run again",
        )
    return content


def check_versions(manifest: Manifest, policy: VersionPolicy) -> None:
    """Say which packages are of another version than those that saved the model.

    Raises:
        VersionMismatchError: the policy is `strict`, and there are some.
    """
    now, then = versions(), manifest.versions
    differing = [n for n in DECISIVE if n in then and now.get(n) != then[n]]
    if not differing or policy == "ignore":
        return
    said = ", ".join(f"{name} {then[name]} (here {now.get(name)})" for name in differing)
    if policy == "warn":
        warnings.warn(f"the model was saved with {said}", stacklevel=3)
        return
    raise VersionMismatchError(
        f"the model was saved with {said}",
        expected=", ".join(f"{name}=={then[name]}" for name in differing),
        found=", ".join(f"{name}=={now.get(name)}" for name in differing),
        remedy="install these versions, or load it with version_policy='warn'",
    )
