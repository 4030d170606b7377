"""`enet why RUN [OVERRIDES]`: what keeps a finished run from being reused."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.cli.printing import print_text
from runner.errors import RunDirectoryError, RunnerError

if TYPE_CHECKING:
    from runner.config import Composed, ExperimentConfig

HASH_DIGITS = 64


def make_parser() -> argparse.ArgumentParser:
    """The parser of `enet why RUN [OVERRIDES]`."""
    parser = argparse.ArgumentParser(
        prog="enet why",
        description="Say what differs between a run and what a command would run now, by key; "
        "without overrides, between the run and the same command.",
    )
    parser.add_argument("folder", type=Path, metavar="RUN", help="the run's directory")
    parser.add_argument("overrides", nargs="*", metavar="GROUP=OPTION or KEY=VALUE")
    parser.add_argument("--config-dir", type=Path, metavar="DIR", help="as for enet run")
    return parser


def main(options: argparse.Namespace) -> int:
    """Print each part of the fingerprint that differs; 0 if none does, 1 if some do.

    Raises:
        RunDirectoryError: the folder holds no run.
    """
    from runner.store.directory import read_composed, read_overrides, read_record

    record, before = read_record(options.folder), read_composed(options.folder)
    if record is None or before is None:
        raise RunDirectoryError(f"{options.folder} holds no run: it has no run.json or no config")
    overrides = options.overrides or read_overrides(options.folder)
    lines = _differences(options.folder, before, _compose(overrides, options.config_dir))
    status = record.get("status")
    if status not in {"finished", "reused"}:
        lines.insert(0, f"status: the run is {status}, and only finished ones are reused")
    print_text("\n".join(lines) or "nothing differs: the run would be reused")
    return 1 if lines else 0


def _compose(overrides: list[str], config_dir: Path | None) -> Composed:
    from runner.config import composer

    with composer(config_dir, "config") as composing:
        jobs, _ = composing.jobs(overrides, multirun=False)
        return composing.compose(jobs[0])


def _differences(folder: Path, before: dict[str, Any], now: Composed) -> list[str]:
    from runner.config import GROUPS, plugins_of, validate
    from runner.store.differences import differences
    from runner.store.directory import read_json
    from runner.store.environment import versions
    from runner.store.fingerprint import code_hash, core, settled

    then = read_json(folder / "environment.json")
    config = validate(now.sections)
    plugins = plugins_of({group: getattr(config, group).name for group in GROUPS})
    parts: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "config": (settled(before), settled(now.sections)),
        "version": (then.get("versions", {}), versions()),
        "plugin": (_by_kind(then.get("plugins", [])), _by_kind(plugins)),
        "core": ({"paths": _core(then)}, {"paths": core()}),
        "code": ({"source": then.get("code_hash")}, {"source": code_hash()}),
        "data": ({"content": then.get("data_hash")}, {"content": _data_hash(config)}),
    }
    return [
        f"{part} {key}: {_shown(old)} then, {_shown(new)} now"
        for part, (was, is_now) in parts.items()
        for key, (old, new) in differences(was, is_now).items()
    ]


def _core(environment: dict[str, Any]) -> str | None:
    """What solved paths, `c` of any instructions or `numpy`; None in an older record."""
    known = environment.get("platform", {}).get("core")
    return None if known is None else str(known).partition("-")[0]


def _by_kind(plugins: list[dict[str, str]]) -> dict[str, str]:
    return {plugin["kind"]: f"{plugin['package']} {plugin['version']}" for plugin in plugins}


def _data_hash(config: ExperimentConfig) -> str:
    """The hash of the config's data, or why it cannot be read."""
    from runner.experiment.workspace import Workspace
    from runner.report.terminal.screen import Screen

    try:
        return Workspace().data(config, Screen(None).progress).data_hash
    except (RunnerError, OSError) as error:
        return f"unreadable ({error})"


def _shown(value: object) -> str:
    """A value in short; hashes by their first digits."""
    text = str(value)
    return f"{text[:12]}..." if len(text) == HASH_DIGITS and text.isalnum() else text
