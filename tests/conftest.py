"""What the tests share: a small table with gaps, and the program in this process and in another."""

from __future__ import annotations

import contextlib
import gc
import io
import itertools
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

# tests run side by side: a thread of BLAS each, in the programs that they start too
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# a process of tests makes many objects and lives long: most looks for cycles find nothing
gc.set_threshold(20_000, 20, 20)

import numpy as np
import pandas as pd
import pytest
from composing import composed_once, read_once
from hypothesis import settings
from postgres import Server, running_server
from slurm_cluster import Slurm, slurm_of

from runner.cli.program import main
from runner.core.path.native import library

if TYPE_CHECKING:
    from collections.abc import Iterator

# a busy machine is no failure; what is checked for everybody is the same every time
settings.register_profile("untimed", deadline=None, max_examples=50)
settings.register_profile("repeatable", settings.get_profile("untimed"), derandomize=True,
                          database=None)  # fmt: skip
settings.load_profile("repeatable" if os.environ.get("CI") else "untimed")

NUMBERS = itertools.count()
QUICK = (
    "split.folds=3",
    "model.alpha={eps:0.01,count:8}",
    "model.l1_ratio=[0.5,1.0]",
    "bootstrap.resamples=20",
)


@pytest.fixture(autouse=True)
def own_cache(shared_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test finds, or leaves, anything in the user's cache: its own is a folder not yet made."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(shared_cache.with_name(f"{next(NUMBERS)}")))


@pytest.fixture(scope="session", autouse=True)
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Nor does a run that tests share; gives its folder."""
    folder = tmp_path_factory.mktemp("caches") / "shared"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_CACHE_HOME", str(folder))
        yield folder


def pytest_collection_finish() -> None:
    """Look for garbage among nothing that was imported or collected: it takes long."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def packaged() -> Iterator[None]:
    """Read what is packaged once."""
    with read_once():
        yield


@pytest.fixture
def composed() -> Iterator[None]:
    """Compose what is packaged once, for tests of what comes after that."""
    with composed_once():
        yield


@dataclass(frozen=True)
class Finished:
    """How the program ended, and what it said."""

    status: int
    out: str
    err: str


@contextlib.contextmanager
def no_pages() -> Iterator[None]:
    """Write no page within the block."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("runner.experiment.pages.PageStyle.of", lambda _: None)
        yield


@dataclass(frozen=True)
class Program:
    """`enet` in this process, in a working directory of its own.

    A run leaves a page only if `pages` says so: those of most tests are not looked at.
    """

    folder: Path
    pages: bool = False

    def __call__(self, *arguments: str) -> Finished:
        """Give the program these arguments."""
        out, err = io.StringIO(), io.StringIO()
        with (
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            composed_once(),
            contextlib.nullcontext() if self.pages else no_pages(),
            pytest.raises(SystemExit) as ended,
        ):
            main(arguments)
        assert isinstance(ended.value.code, int)
        return Finished(ended.value.code, out.getvalue(), err.getvalue())

    def run(self, *arguments: str, name: str = "made") -> Path:
        """Run an experiment that must succeed, in the directory `name`."""
        finished = self(*arguments, f"hydra.run.dir={name}")
        assert finished.status == 0, finished.err
        return self.folder / name

    def sweep(self, *arguments: str, name: str = "swept") -> Path:
        """Run a sweep that must succeed, in the directory `name`."""
        finished = self(*arguments, f"hydra.sweep.dir={name}")
        assert finished.status == 0, finished.err
        return self.folder / name


@dataclass(frozen=True)
class OtherProcess:
    """`python -m runner` in a process of its own."""

    folder: Path

    def __call__(self, *arguments: str) -> Finished:
        """Give the program these arguments."""
        return self.python("-m", "runner", *arguments)

    def python(self, *arguments: str) -> Finished:
        """Give Python these arguments."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,  # a busy machine is no failure
            env={**os.environ, "PYTHONWARNINGS": "default"},
        )
        return Finished(done.returncode, done.stdout, done.stderr)


def mixed_frame(rows: int = 90, seed: int = 0) -> pd.DataFrame:
    """Two numeric columns and two categories, all with gaps, and a target that lacks two rows."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": rng.normal(40, 10, rows).round(2),
            "income": rng.lognormal(8, 1, rows).round(2),
            "town": rng.choice(["York", "Bath", "Ely"], rows),
            "smoker": rng.choice(["yes", "no"], rows),
        }
    )
    y = 0.3 * frame["age"] + 2.0 * (frame["town"] == "Bath") + rng.normal(0, 1, rows)
    frame = frame.mask(rng.random(frame.shape) < 0.15)
    frame["outcome"] = y.round(4)
    frame.loc[[3, 11], "outcome"] = np.nan
    return frame


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON file that must hold an object, without NaN or infinities."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{path} holds {constant}, which is not JSON")

    content = json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)
    assert isinstance(content, dict)
    return content


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Give the program in this process, in an empty folder."""
    return Program(tmp_path)


@pytest.fixture
def other_process(tmp_path: Path) -> OtherProcess:
    """Give the program in a process of its own, in an empty folder."""
    return OtherProcess(tmp_path)


@pytest.fixture
def mixed(tmp_path: Path) -> tuple[str, ...]:
    """Write mixed.csv to the empty folder, and give the arguments of a quick run on it."""
    mixed_frame().to_csv(tmp_path / "mixed.csv", index=False)
    return ("dataset=csv", "dataset.path=mixed.csv", "dataset.target=outcome", *QUICK)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """Start PostgreSQL once for the tests of a process."""
    with running_server() as server:
        yield server


@pytest.fixture
def postgres(postgres_server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """Give a server that whoever is started here may use: the environment has its password."""
    for name, value in postgres_server.environment.items():
        monkeypatch.setenv(name, value)
    return postgres_server


@pytest.fixture(scope="session")
def slurm() -> Iterator[Slurm]:
    """Two nodes of Slurm on this machine; its user passes through no folder closed to others."""
    with (
        tempfile.TemporaryDirectory(prefix="slurm-", ignore_cleanup_errors=True) as folder,
        slurm_of(Path(folder) / "cluster") as slurm,
    ):
        yield slurm


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run an experiment on mixed.csv once, for tests that only look; gives its directory."""
    folder = tmp_path_factory.mktemp("finished")
    mixed_frame().to_csv(folder / "mixed.csv", index=False)
    data = ("dataset=csv", "dataset.path=mixed.csv", "dataset.target=outcome")
    return Program(folder).run(*data, *QUICK)


@pytest.fixture(scope="session")
def finished_sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sweep two imputers, one of which cannot be used, and two models; gives its directory."""
    folder = tmp_path_factory.mktemp("swept")
    mixed_frame().to_csv(folder / "mixed.csv", index=False)
    data = ("dataset=csv", "dataset.path=mixed.csv", "dataset.target=outcome")
    varied = ("imputer=mean,none", "model.l1_ratio=0.5,1.0")
    ended = Program(folder)("-m", *data, *QUICK[:2], *QUICK[3:], *varied, "hydra.sweep.dir=swept")
    assert ended.status == 1
    return folder / "swept"


@pytest.fixture(params=["compiled", "numpy"])
def core(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """What solves paths: tests that ask for it are run with the library, and without."""
    library.library.cache_clear()
    if request.param == "numpy":
        monkeypatch.setenv(library.CHOICE, "numpy")
    else:
        monkeypatch.delenv(library.CHOICE, raising=False)
        assert library.library() is not None, "the library has not been built: pip install -e ."
    yield str(request.param)
    library.library.cache_clear()
