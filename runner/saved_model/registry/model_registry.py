"""A folder of models: runs are pushed, versions promoted, references resolved."""

from __future__ import annotations

import getpass
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from runner.errors import RunDirectoryError, UnknownModelError
from runner.saved_model.registry.reference import LATEST, Reference, checked_alias, checked_name
from runner.saved_model.registry.registry_file import Event, Model, Version, changing, read_records
from runner.store.directory import DONE, read_record
from runner.store.finding import StoredRun
from runner.store.whole_files import is_partial, link_or_copy

if TYPE_CHECKING:
    from runner.saved_model.registry.registry_file import Records

FOLDER = Path("outputs/models")
VARIABLE = "ENET_REGISTRY"


@dataclass(frozen=True)
class Registry:
    """The models in a folder.

    Args:
        root: the folder, which is made when something is pushed.
    """

    root: Path

    @classmethod
    def chosen(cls, folder: Path | None = None) -> Registry:
        """That of a folder, else of the environment's ENET_REGISTRY, else of outputs/models."""
        return cls(folder or Path(os.environ.get(VARIABLE) or FOLDER))

    @property
    def records(self) -> Records:
        """What is known now."""
        return read_records(self.root)

    def push(self, run: Path, name: str, sha256: str) -> tuple[Version, bool]:
        """Have a run's files as the next version of a name, and whether that is new.

        A run that was pushed before keeps its version; files that came later, as a signature, are
        added to it.

        Args:
            run: its directory, the model of which was checked.
            name: of the model.
            sha256: of the model file.

        Raises:
            ConfigError: the name may not be one.
            RunDirectoryError: the run is not finished, or the registry cannot be written.
        """
        checked_name(name)
        record = read_record(run) or {}
        if record and record.get("status") not in DONE:
            raise RunDirectoryError(f"the run in {run} is {record.get('status')}, and not finished")
        with changing(self.root) as records:
            model = records.models.setdefault(name, Model())
            own = (sha256, record.get("fingerprint"))
            for known in model.versions:
                if (known.sha256, known.fingerprint) == own:
                    _take(run, self.folder(name, known.version))
                    return known, False
            made = self._described(run, record, sha256, 1 + len(model.versions))
            self._store(run, name, made.version)
            model.versions.append(made)
            model.history.append(
                Event(when=made.pushed, by=made.by, what="pushed", version=made.version)
            )
        return made, True

    def promote(self, name: str, which: str, alias: str) -> tuple[Version, int | None]:
        """Have an alias name a version; gives it, and the version that the alias named before.

        Raises:
            ConfigError: the alias may not be one.
            UnknownModelError: there is no such version.
        """
        checked_alias(alias)
        with changing(self.root) as records:
            version = self._find(records, Reference(checked_name(name), which))
            model = records.models[name]
            before = model.aliases.get(alias)
            if before != version.version:
                model.aliases[alias] = version.version
                at = version.version
                one = Event(when=_now(), by=_user(), what="promoted", version=at)
                model.history.append(one.model_copy(update={"alias": alias, "before": before}))
        return version, before

    def model(self, name: str) -> Model:
        """What is known under a name.

        Raises:
            UnknownModelError: nothing.
        """
        return _known(self.records, self.root, checked_name(name))

    def resolve(self, reference: Reference) -> Path:
        """The folder of the version that a reference names.

        Raises:
            UnknownModelError: there is no such name, version or alias.
        """
        version = self._find(self.records, reference)
        return self.folder(reference.name, version.version)

    def folder(self, name: str, version: int) -> Path:
        """Where the files of a version are."""
        return self.root / name / str(version)

    def _find(self, records: Records, reference: Reference) -> Version:
        model, which = _known(records, self.root, reference.name), reference.which
        number = int(which) if which.isdecimal() else model.aliases.get(which)
        if which == LATEST:
            return model.versions[-1]
        found = next((v for v in model.versions if v.version == number), None)
        if found is not None:
            return found
        aliases = ", ".join(f"{alias} ({at})" for alias, at in sorted(model.aliases.items()))
        there = f"versions 1 to {len(model.versions)}, aliases {aliases or 'none'}"
        raise UnknownModelError(
            f"the model {reference.name} has no version or alias {which!r}: it has {there}",
            expected=there,
            found=which,
            remedy=f"enet models history {reference.name} shows what was pushed and promoted",
        )

    def _described(self, run: Path, record: dict[str, object], sha256: str, number: int) -> Version:
        stored = StoredRun(run, record)
        fingerprint = record.get("fingerprint")
        return Version(
            version=number,
            run=str(run.resolve()),
            pushed=_now(),
            by=_user(),
            metric=stored.metric,
            score=stored.score,
            fingerprint=None if fingerprint is None else str(fingerprint),
            sha256=sha256,
        )

    def _store(self, run: Path, name: str, number: int) -> None:
        """Have a run's files in the folder of a version, all of them or no folder at all."""
        folder = self.folder(name, number)
        partial = folder.with_name(f".{number}.partial")
        try:
            for left in (partial, folder):  # by a push that was killed
                shutil.rmtree(left, ignore_errors=True)
            _take(run, partial)
            partial.rename(folder)
        except OSError as error:
            raise RunDirectoryError(f"cannot write {folder}: {error}") from error


def _known(records: Records, root: Path, name: str) -> Model:
    model = records.models.get(name)
    if model is not None and model.versions:
        return model
    names = ", ".join(sorted(records.models)) or "none"
    raise UnknownModelError(
        f"the registry {root} has no model {name!r}: it has {names}",
        expected=f"one of: {names}",
        found=name,
        remedy=f"push one: enet models push RUN --name {name}; the folder is that of --registry, "
        f"or {VARIABLE} of the environment",
    )


def _take(run: Path, folder: Path) -> None:
    """Have those of a run's files that a folder has not, as links where the system has them."""
    files = (path for path in sorted(run.rglob("*")) if path.is_file() and not path.is_symlink())
    for path in files:
        name = path.relative_to(run)
        if not is_partial(path) and not (folder / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            link_or_copy(path, folder / name)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _user() -> str:
    """Who is at work; a container may know no name for it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
