"""Runs whose search several make: workers of their own, other runs, and what dies of them."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from conftest import read_json

from runner.errors import ConfigError
from runner.launcher import Site, WorkerDied
from runner.search.studies import address
from runner.search.studies.address import holds_password
from runner.search.studies.database import GRACE
from runner.search.studies.journal import JOURNAL, journal_storage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from conftest import Program
    from postgres import Server

N_TRIALS = 30
SEARCH = ("search=optuna", f"search.n_trials={N_TRIALS}", "reuse=false")
WORKERS = ("launcher=processes", "search.workers=4")
LATEST = 300.0  # seconds that a busy machine may need


def study_of(made: Path) -> dict[str, Any]:
    """What a finished run's record says of its study."""
    record = read_json(made / "run.json")
    assert "finished" == record["status"], record.get("error")
    found: dict[str, Any] = record["search"]["study"]
    return found


def trials(made: Path) -> pd.DataFrame:
    """The table of a run's trials, without their times."""
    return pd.read_csv(made / "trials.csv").drop(columns="seconds")


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start the program in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "runner", *arguments], cwd=folder, stdout=subprocess.PIPE, text=True
    )


def ended(process: subprocess.Popen[str]) -> str:
    """What a process that must end well has said."""
    said, _ = process.communicate(timeout=LATEST)
    assert 0 == process.returncode, said
    return said


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    """The worker processes that a program has started."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    try:
        found = [int(child) for child in children.read_text().split()]
        return [n for n in found if "popen_loky" in Path(f"/proc/{n}/cmdline").read_text()]
    except OSError:
        return []


def wait_for(met: Callable[[], bool]) -> None:
    """Wait for something that must come soon."""
    latest = time.monotonic() + LATEST
    while not met():
        assert time.monotonic() < latest
        time.sleep(0.02)


def recorded(server: Server) -> int:
    """How many candidates of all studies of a server have a record."""
    there = server.ask_studies("select to_regclass('trial_user_attributes') is not null")
    if there != "t":
        return 0
    return int(server.ask_studies("select count(*) from trial_user_attributes where key = 'trial'"))


def test_four_workers_of_which_two_are_killed(
    postgres: Server, program: Program, mixed: tuple[str, ...]
) -> None:
    """The run has each candidate once, and says how they came about."""
    before = recorded(postgres)
    storage = (f"search.storage={postgres.url}", "search.study=killed")
    running = start(program.folder, *mixed, *SEARCH, *WORKERS, *storage, "hydra.run.dir=made")
    wait_for(lambda: recorded(postgres) > before + 3)
    for worker in workers_of(running)[:2]:
        os.kill(worker, signal.SIGKILL)
    ended(running)
    study = study_of(program.folder / "made")
    assert (N_TRIALS, 0, 4) == (study["made"], study["made_elsewhere"], study["workers"])
    assert (postgres.url, "killed", False) == (
        study["storage"],
        study["name"],
        study["reproducible"],
    )
    assert 2 >= len(study["retried"])
    table = trials(program.folder / "made")
    assert list(range(1, N_TRIALS + 1)) == table["trial"].tolist()
    assert (table["status"] == "ok").all()
    assert N_TRIALS == recorded(postgres) - before
    codes = [found["code"] for found in read_json(program.folder / "made" / "run.json")["checks"]]
    assert "EN305" in codes


def test_one_run_on_a_database_is_one_on_a_journal(
    postgres: Server, program: Program, mixed: tuple[str, ...]
) -> None:
    """A study that one run has made alone has the trials of a run by itself, nested ones too."""
    few = (*mixed, *SEARCH, "search.n_trials=6", "evaluation.nested=true")
    alone = program.run(*few, name="alone")
    shared = program.run(*few, f"search.storage={postgres.url}", name="shared")
    pd.testing.assert_frame_equal(trials(alone), trials(shared))
    for made, storage in ((alone, JOURNAL), (shared, postgres.url)):
        study = study_of(made)
        assert (True, 6, storage) == (study["reproducible"], study["made"], study["storage"])
    records = [read_json(made / "run.json") for made in (alone, shared)]
    assert records[0]["nested"] == records[1]["nested"]
    assert records[0]["fingerprint"] != records[1]["fingerprint"]
    name = study_of(shared)["name"]
    names = postgres.ask_studies("select study_name from studies").split()
    assert {name, *(f"{name}-without-{fold}" for fold in (1, 2, 3))} <= set(names)


def test_two_runs_make_one_study(
    postgres: Server, program: Program, mixed: tuple[str, ...]
) -> None:
    """Two runs of one config share its candidates, and end with the same winner."""
    shared = (*mixed, *SEARCH, f"search.storage={postgres.url}", "seed=3")
    running = [start(program.folder, *shared, f"hydra.run.dir={name}") for name in ("a", "b")]
    for process in running:
        ended(process)
    studies = [study_of(program.folder / name) for name in ("a", "b")]
    assert N_TRIALS == sum(study["made"] for study in studies)
    assert [N_TRIALS] * 2 == [study["made"] + study["made_elsewhere"] for study in studies]
    pd.testing.assert_frame_equal(trials(program.folder / "a"), trials(program.folder / "b"))
    best = [read_json(program.folder / name / "run.json")["best"] for name in ("a", "b")]
    assert best[0] == best[1]
    later = program.run(*shared, name="later")
    assert (0, N_TRIALS) == (study_of(later)["made"], study_of(later)["made_elsewhere"])


def test_workers_of_a_journal_go_on_after_a_kill(program: Program, mixed: tuple[str, ...]) -> None:
    """A run whose program was killed goes on, and ends with each candidate once."""
    asked = (*mixed, *SEARCH, *WORKERS, "hydra.run.dir=made")
    running = start(program.folder, *asked)
    journal = program.folder / "made" / JOURNAL
    wait_for(lambda: journal.exists() and journal.read_text().count('"op_code":6') > 3)
    os.kill(running.pid, signal.SIGKILL)
    running.communicate()
    made = program.run(*asked[:-1])
    study = study_of(made)
    assert (N_TRIALS, 0, JOURNAL) == (study["made"], study["made_elsewhere"], study["storage"])
    assert list(range(1, N_TRIALS + 1)) == trials(made)["trial"].tolist()
    (kept,) = journal_storage(journal).get_all_studies()
    assert "search" == kept.study_name


def test_a_killed_run_takes_up_its_own_trial(
    postgres: Server, program: Program, mixed: tuple[str, ...]
) -> None:
    """It goes on at once: nobody waits for what it had begun to be thought dead."""
    storage = (f"search.storage={postgres.url}", "search.study=own")
    asked = (*mixed, *SEARCH, *storage, "seed=6")
    before = recorded(postgres)
    running = start(program.folder, *asked, "hydra.run.dir=made")
    wait_for(lambda: recorded(postgres) > before + 5)
    os.kill(running.pid, signal.SIGKILL)
    running.communicate()
    statement = "select count(*) from trials where state = 'RUNNING'"
    left, began = int(postgres.ask_studies(statement)), time.monotonic()
    study = study_of(program.run(*asked))
    assert GRACE > time.monotonic() - began
    assert (N_TRIALS, left) == (study["made"], len(study["retried"]))
    assert (left == 0) == study["reproducible"]
    assert "0" == postgres.ask_studies(statement)


class AllDie:
    """A launcher whose workers die, or say why they could not go on."""

    def __init__(self, ends: list[str | WorkerDied]) -> None:
        self.ends = ends

    def launch(
        self, work: object, items: Sequence[object], site: Site
    ) -> Iterator[tuple[int, str | WorkerDied]]:
        """What has come of each."""
        assert callable(work)
        assert (4, ".shared") == (len(items), site.shared and site.shared.name)
        yield from enumerate(self.ends)


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (WorkerDied(3), "a worker died 3 times: out of memory, or killed"),
        ("no room", "no room"),
    ],
)
def test_a_run_whose_workers_have_died_fails_with_the_reason(
    end: str | WorkerDied,
    reason: str,
    program: Program,
    mixed: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is left unmade is counted; the same command makes it."""
    asked = (*mixed, *SEARCH, "search.n_trials=5", *WORKERS)
    with monkeypatch.context() as patched:
        patched.setattr("runner.experiment.shared_search._launcher", lambda _: AllDie([end] * 4))
        failed = program(*asked, "hydra.run.dir=made")
    record = read_json(program.folder / "made" / "run.json")
    assert (1, "failed") == (failed.status, record["status"])
    assert f"{reason}; 5 of 5 candidates are left: run it again" == record["error"]
    if isinstance(end, WorkerDied):
        assert 5 == study_of(program.run(*asked))["made"]


def test_a_server_that_is_away_fails_the_run_with_one_line(
    program: Program, mixed: tuple[str, ...]
) -> None:
    """Host, database and reason are said; there is no traceback."""
    refused = program(*mixed, *SEARCH, "search.storage=postgresql://127.0.0.1:1/studies")
    assert 1 == refused.status
    assert "search.storage at 127.0.0.1, database studies: " in refused.err
    assert (1, 0) == (len(refused.err.splitlines()), refused.err.count("Traceback"))


def test_the_password_comes_from_a_file_and_is_in_no_record(
    postgres: Server, program: Program, mixed: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is found in .pgpass; nothing that the run leaves has it."""
    secret = postgres.environment["PGPASSWORD"]
    monkeypatch.delenv("PGPASSWORD")
    passwords = program.folder.parent / "pgpass"
    passwords.write_text(f"127.0.0.1:{postgres.port}:*:enet:{secret}\n")
    passwords.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(passwords))
    storage = f"search.storage={postgres.url}"
    made = program.run(*mixed, *SEARCH, "search.n_trials=3", "seed=4", storage)
    assert 3 == study_of(made)["made"]
    files = [path for path in program.folder.rglob("*") if path.is_file()]
    assert len(files) > 8
    assert [] == [path for path in files if secret.encode() in path.read_bytes()]


def test_a_sweep_that_is_refused_for_a_password_records_nothing(
    program: Program, mixed: tuple[str, ...]
) -> None:
    """Not even the command, which has the password in it."""
    secret = "postgresql://me:geheim@host/db"  # noqa: S105 - what must not be written
    refused = program("-m", *mixed, "search=optuna", f"search.storage={secret}", "seed=1,2")
    assert 2 == refused.status
    assert "geheim" not in refused.err + refused.out
    assert ["mixed.csv"] == [path.name for path in program.folder.iterdir()]


@pytest.mark.parametrize(
    ("url", "holds"),
    [
        ("postgresql://host/db", False),
        ("postgresql://me@host:5432/db", False),
        ("postgresql://me:secret@host/db", True),
        ("postgresql://me:@host/db", True),
        ("postgresql://me:se@cret@host/db", True),
        ("me:secret@host/db", True),
        ("postgresql://u:12/x?w@host/db", True),
        ("postgresql://u:/x?sec@host/db", True),
        ("postgresql://[::1/db", False),
        ("postgresql://host/db?sslmode=require", False),
        ("postgresql://host/db?password=secret", True),
        ("postgresql://host/db?PassWord=secret", True),
        ("postgresql://host/db?a=b&sslpassword=secret", True),
    ],
)
def test_where_a_url_may_hold_a_password(url: str, holds: bool) -> None:
    """Before the host and among the options, as libpq reads them."""
    assert holds == holds_password(url)


def test_what_several_have_made_is_not_reproduced(program: Program, mixed: tuple[str, ...]) -> None:
    """`enet reproduce` says why, and does not make other trials first."""
    made = program.run(*mixed, *SEARCH, "search.n_trials=3")
    record = read_json(made / "run.json")
    record["search"]["study"] |= {"workers": 4, "reproducible": False, "why": "workers differ"}
    (made / "run.json").write_text(json.dumps(record))
    refused = program("reproduce", str(made))
    assert 0 != refused.status
    assert "cannot be made again: workers differ" in refused.err
    assert not (made / "reproduced-1").exists()


def test_a_study_that_one_run_made_is_reproduced_outside_of_it(
    postgres: Server, program: Program, mixed: tuple[str, ...]
) -> None:
    """The trials are made anew, and not read from the storage that has them."""
    shared = (*mixed, *SEARCH, "search.n_trials=5", "seed=5", f"search.storage={postgres.url}")
    made = program.run(*shared)
    same = program("reproduce", str(made))
    assert 0 == same.status, same.out
    again = study_of(made / "reproduced-1")
    assert (5, JOURNAL) == (again["made"], again["storage"])


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line says how to install it."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r'pip install "enet-runner\[database\]"'):
        address.check_address("postgresql://host/db")
