"""What a run ran on: versions, platform and the state of the working directory's repository."""

from __future__ import annotations

import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

PACKAGES = (
    "enet-runner",
    "hydra-core",
    "numpy",
    "omegaconf",
    "optuna",
    "pandas",
    "pyarrow",
    "pydantic",
    "scikit-learn",
    "scipy",
)


@cache
def versions() -> dict[str, str | None]:
    """The version of Python and of each package that a result depends on."""
    return {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}}


def describe_environment() -> dict[str, Any]:
    """Versions, platform and what solves paths, and the commit of the repository around."""
    from runner.core.path.native.library import core_in_use  # whose room is heavy

    return {
        "versions": versions(),
        "platform": {
            "system": platform.system(),
            "release": platform.release(),
            "machine": platform.machine(),
            "core": core_in_use(),  # on which the last digits depend
        },
        "git": _git_state(),
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


@cache
def _git_state() -> dict[str, Any] | None:
    """Commit, and whether files differ from it; None outside a repository."""
    commit = _git("rev-parse", "HEAD")
    if commit is None:
        return None
    return {"commit": commit, "dirty": bool(_git("status", "--porcelain", "--untracked-files=no"))}


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments
            ["git", *arguments],  # noqa: S607 - whichever git the user has
            capture_output=True,
            text=True,
            check=False,
            timeout=5,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
