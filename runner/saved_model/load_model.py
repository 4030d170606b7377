"""A run's directory, or a model file in it, comes in; a model that was checked goes out."""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from runner.errors import ChangedFileError, VersionMismatchError
from runner.registry.reference import Reference
from runner.registry.registry import Registry
from runner.saved_model.manifest_file import MANIFEST, read_manifest
from runner.saved_model.saved_model import SavedModel
from runner.store.environment import versions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.saved_model.manifest_file import Manifest

    VersionPolicy = Literal["strict", "warn", "ignore"]

DECISIVE = ("scikit-learn", "numpy", "pandas", "enet-runner")  # what a file's types come from


def load_model(
    path: Path | str,
    *,
    version_policy: VersionPolicy = "warn",
    trust: Iterable[str] = (),
    linear: bool = False,
) -> SavedModel:
    """Load the model of a run, checked in this order, each before the next is begun.

    The manifest is one; the file's hash is that of the manifest; the versions are those that saved
    it; the file names known types alone, and only then is made; the model predicts for the
    manifest's example what the manifest states.

    Args:
        path: a run's directory, or the model file in it; or `models:NAME`, `models:NAME@VERSION`
            or `models:NAME@ALIAS` of the registry that ENET_REGISTRY names, else outputs/models.
        version_policy: what other versions of the packages mean: `strict` refuses them, `warn`
            warns, `ignore` says nothing.
        trust: names MODULE.NAME of types that are admitted beyond those of this package's models.
        linear: whether the numbers in the manifest serve where it has them, so that nothing is
            deserialised.

    Raises:
        UnknownModelError: the registry has no such model, version or alias.
        ManifestError: there is no manifest, or it is none.
        ChangedFileError: the model file is missing, or another than was saved.
        VersionMismatchError: `strict`, and versions differ.
        UntrustedTypeError: the file names another type.
        KnownAnswerError: the example is predicted otherwise.
    """
    manifest_path = find_manifest(find_model(path))
    manifest = read_manifest(manifest_path)
    content = read_content(manifest_path.with_name(manifest.file), manifest)
    if linear and manifest.linear is not None:
        return SavedModel(manifest_path.parent, manifest).checked()
    check_versions(manifest, version_policy)
    return SavedModel(manifest_path.parent, manifest, content, tuple(trust)).checked()


def find_model(path: Path | str) -> Path:
    """A path as it is; of `models:NAME@ALIAS` the folder in the registry.

    Raises:
        ConfigError: it begins with `models:`, but is no such reference.
        UnknownModelError: the registry has no such model, version or alias.
    """
    reference = Reference.parse(str(path))
    return Path(path) if reference is None else Registry.chosen().resolve(reference)


def find_manifest(path: Path) -> Path:
    """Where the manifest of a run's directory, or of a model file, is to be."""
    return path / MANIFEST if path.is_dir() else path.with_name(MANIFEST)


def read_content(path: Path, manifest: Manifest) -> bytes:
    """The model file's content, if it is what the manifest says.

    Raises:
        ChangedFileError: it is missing, or another.
    """
    try:
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
