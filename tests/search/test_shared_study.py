"""Several workers on one study: each candidate counts once, whoever makes it and whoever dies."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState, create_trial
from study_worker import RESOLVER, SEED, Slow, study_at, worker

from runner.config import validate_section
from runner.errors import InUseError, StudyError
from runner.search import Search
from runner.search.studies import database, journal
from runner.search.studies.places import RUN, TAKEN_UP, WORKER, Places
from runner.search.studies.trials import RECORD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from optuna.distributions import BaseDistribution
    from postgres import Server

    from runner.records import Candidate, Trial
    from runner.search.studies.study import SharedStudy, StudyAt
    from runner.search.studies.worker import Worker

    Join = Callable[..., Worker]
    Open = Callable[[StudyAt], SharedStudy]

N_TRIALS = 24
LATEST = 120.0  # seconds that a busy machine may need
KEYS = ("model.alpha", "model.l1_ratio")


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Think a worker dead that has shown no sign of life for two seconds."""
    monkeypatch.setattr(database, "HEARTBEAT", 1)
    monkeypatch.setattr(database, "GRACE", 2)


@pytest.fixture
def at(postgres: Server, tmp_path: Path) -> StudyAt:
    """Give a study of the test's own in PostgreSQL."""
    return study_at(postgres.url, tmp_path.name, tmp_path)


@pytest.fixture
def joined() -> Iterator[Callable[..., Worker]]:
    """Give workers of this process, which leave the study when the test ends."""
    with ExitStack() as stack:

        def join(at: StudyAt, score: Slow, name: str, **keys: Any) -> Worker:  # noqa: ANN401
            one = worker(at, score, name, **keys)
            stack.enter_context(one.shared)
            return one

        yield join


@pytest.fixture
def opened() -> Iterator[Callable[[StudyAt], SharedStudy]]:
    """Give studies that are closed when the test ends."""
    with ExitStack() as stack:
        yield lambda at: stack.enter_context(at.open())


def start(at: StudyAt, name: str, size: int, seconds: float) -> subprocess.Popen[bytes]:
    """Start a worker in a process of its own."""
    script = str(Path(__file__).with_name("study_worker.py"))
    given = [at.storage or "-", at.name, str(at.folder), name, str(size), str(seconds)]
    return subprocess.Popen([sys.executable, script, *given])


def trials_of(shared: SharedStudy) -> list[FrozenTrial]:
    """Every trial of a study."""
    found: list[FrozenTrial] = shared.study.get_trials(deepcopy=False)
    return found


def until(what: str, found: Iterator[object]) -> object:
    """The first that is found, of something that must come soon."""
    latest = time.monotonic() + LATEST
    for one in found:
        if one:
            return one
        assert time.monotonic() < latest, what
        time.sleep(0.01)
    raise AssertionError(what)


def running_of(shared: SharedStudy, name: str) -> Iterator[FrozenTrial | None]:
    """The trial that a worker is in the middle of, again and again."""
    while True:
        ours = [t for t in trials_of(shared) if t.user_attrs.get(WORKER) == name]
        middle = [t for t in ours if t.state == TrialState.RUNNING and t.params.keys() == set(KEYS)]
        yield next(iter(middle), None)


@pytest.mark.usefixtures("hasty")
def test_two_of_four_workers_are_killed(at: StudyAt, opened: Open) -> None:
    """Nothing is lost and nothing is counted twice; the two candidates are made by others."""
    shared = opened(at)
    names = ["a", "b", "c", "d"]
    started = {name: start(at, name, N_TRIALS, 0.4) for name in names}
    killed = {}
    for name in names[:2]:
        trial = until(f"a trial of {name}", running_of(shared, name))
        started[name].send_signal(signal.SIGKILL)
        assert isinstance(trial, FrozenTrial)
        killed[trial.number] = trial.params
    assert [-signal.SIGKILL] * 2 + [0] * 2 == [started[n].wait(LATEST) for n in names]

    trials = trials_of(shared)
    places = shared.places(N_TRIALS, RESOLVER)
    results = places.results(RESOLVER)
    assert list(range(1, N_TRIALS + 1)) == [trial.number for trial in results]
    assert N_TRIALS == sum(RECORD in trial.user_attrs for trial in trials)  # and none beyond
    assert N_TRIALS == len({trial.candidate.alpha for trial in results})
    for number, params in killed.items():
        again = [trial for trial in trials if trial.system_attrs.get("failed_trial") == number]
        assert [params] == [trial.params for trial in again if RECORD in trial.user_attrs]
        assert places.all[places.by_trial[number]].retried
        assert TrialState.FAIL == trials[number].state
    retried = [at for at, place in enumerate(places.wanted) if place.retried]
    assert sorted(places.by_trial[number] for number in killed) == retried
    logged = [len((at.folder / f"{name}.log").read_text().splitlines()) for name in names[2:]]
    made = [sum(t.user_attrs[WORKER] == n for t in trials if RECORD in t.user_attrs) for n in names]
    assert (logged, N_TRIALS) == (made[2:], sum(made))


@pytest.mark.usefixtures("hasty")
def test_a_worker_that_died_before_its_first_heartbeat_is_not_waited_for(
    at: StudyAt, joined: Join, opened: Open
) -> None:
    """Its trial, of which the storage knows no sign of life, is made by another all the same."""
    shared = opened(at)
    number = shared.begin({RUN: "dead", WORKER: "dead"}).number
    score = Slow(0.0)
    joined(at, score, "alive", size=3).take_part(None)
    places = shared.places(3, RESOLVER)
    assert (3, 3) == (len(places.results(RESOLVER)), len(score.scored))
    assert places.all[places.by_trial[number]].retried


def test_one_worker_on_a_database_proposes_what_it_does_on_a_journal(
    at: StudyAt, joined: Join, opened: Open
) -> None:
    """The trials of a study that nobody else works on are those of a run by itself."""
    joined(at, Slow(0.0), "only", size=N_TRIALS).take_part(None)
    shared = opened(at).places(N_TRIALS, RESOLVER).results(RESOLVER)
    spec = validate_section("search", {"name": "optuna", "n_trials": N_TRIALS})
    assert isinstance(spec, Search)
    alone = spec.run(RESOLVER, Slow(0.0), seed=SEED, folder=at.folder)
    assert [t.candidate for t in alone] == [t.candidate for t in shared]
    assert [t.loss for t in alone] == [t.loss for t in shared]


def test_random_candidates_do_not_depend_on_who_makes_them(at: StudyAt, joined: Join) -> None:
    """With the random sampler, four workers at once make those that one makes."""
    spec = validate_section("search", {"name": "optuna", "sampler": "random", "n_trials": 12})
    assert isinstance(spec, Search)
    alone = spec.run(RESOLVER, Slow(0.0), seed=SEED, folder=at.folder)
    four = [joined(at, Slow(0.0), name, size=12, sampler="random") for name in "abcd"]
    claims = [one._claim(one.places()) for one in four]
    assert [0, 1, 2, 3] == [claim[1] for claim in claims if claim is not None]
    for one, claim in reversed(list(zip(four, claims, strict=True))):
        assert claim is not None
        one._make(*claim)
    four[0].take_part(None)
    shared = four[0].places().results(RESOLVER)
    assert [t.candidate for t in alone] == [t.candidate for t in shared]


def test_the_last_candidate_is_begun_once(at: StudyAt, joined: Join) -> None:
    """Two workers that see one candidate left make one, and the other trial is not counted."""
    first, second = (joined(at, Slow(0.0), name, size=1) for name in "ab")
    seen = first.places(), second.places()
    claims = [one._claim(places) for one, places in zip((first, second), seen, strict=True)]
    assert [True, False] == [claim is not None for claim in claims]
    assert [TrialState.RUNNING, TrialState.FAIL] == [t.state for t in trials_of(first.shared)]
    more = joined(at, Slow(0.0), "c", size=3)
    assert claims[0] is not None
    first._make(*claims[0])
    more.take_part(None)  # of a larger search, which takes up what the smaller one has left
    assert 3 == len(more.places().results(RESOLVER))


@pytest.mark.usefixtures("hasty")
def test_a_worker_that_was_thought_dead_changes_nothing(at: StudyAt, joined: Join) -> None:
    """One that comes to life after its candidate was given away is not counted beside the other."""
    slow, quick = joined(at, Slow(0.0), "slow", size=2), joined(at, Slow(0.0), "quick", size=2)
    claim = slow._claim(slow.places())
    assert claim is not None
    slow.shared.end(claim[0].number)  # as the others do when there is no heartbeat
    database.retry(slow.shared.study, trials_of(slow.shared)[0])
    quick.take_part(None)
    slow._make(*claim)
    slow.take_part(None)
    trials = trials_of(slow.shared)
    assert (2, 2) == (
        len(slow.places().results(RESOLVER)),
        sum(RECORD in t.user_attrs for t in trials),
    )


def test_who_is_started_again_takes_up_its_own_trial(at: StudyAt, joined: Join) -> None:
    """A worker with the name of a dead one goes on with its trial, without waiting for it."""
    dead = joined(at, Slow(0.0), "one", size=2)
    claim = dead._claim(dead.places())
    assert claim is not None
    started = time.monotonic()
    joined(at, Slow(0.0), "one", size=2).take_part(None)
    assert database.GRACE > time.monotonic() - started
    places = dead.places()
    assert [True, False] == [place.retried for place in places.wanted]
    assert {1} == {len(place.attempts) for place in places.wanted}
    assert TAKEN_UP in trials_of(dead.shared)[0].user_attrs


def test_an_error_leaves_the_candidate_to_others(at: StudyAt, joined: Join) -> None:
    """What interrupts a worker in the middle of a candidate does not lose it."""

    class Interrupted(Slow):
        def __call__(self, candidates: Sequence[Candidate]) -> list[Trial]:
            raise KeyboardInterrupt(candidates)

    stopped = joined(at, Interrupted(0.0), "stopped", size=2)
    with pytest.raises(KeyboardInterrupt):
        stopped.take_part(None)
    (begun,) = trials_of(stopped.shared)
    other = joined(at, Slow(0.0), "other", size=2)
    other.take_part(None)
    results = other.places().results(RESOLVER)
    assert 2 == len(results)
    assert RESOLVER.candidate(dict(begun.params)) == results[0].candidate


def test_what_others_have_made_is_shown(at: StudyAt, joined: Join) -> None:
    """Progress counts each candidate of others once, and not one's own."""
    joined(at, Slow(0.0), "a", size=4).take_part(None)
    score = Slow(0.0)
    joined(at, score, "b", size=7).take_part(None)
    assert (4, 3) == (score.resumed, len(score.scored))


def test_no_candidate_is_begun_after_the_time(at: StudyAt, joined: Join) -> None:
    """With a timeout a worker ends, whether or not all are made."""
    score = Slow(0.05)
    one = joined(at, score, "a", size=1000)
    one.take_part(0.5)
    assert 0 < len(one.places().results(RESOLVER)) == len(score.scored) < 1000


def test_a_study_of_another_search_is_refused(at: StudyAt, opened: Open) -> None:
    """A name that is taken says what differs; what another program made is not mixed in."""
    opened(at)
    other = type(at)(at.storage, at.name, at.folder, "another", {"of": "another", "seed": 1})
    with pytest.raises(StudyError, match="of is 'another' and not 'these tests'"):
        opened(other)
    foreign = study_at(at.storage, f"{at.name}-foreign", at.folder)
    storage, close = database.database_storage(str(at.storage))
    study = optuna.create_study(storage=storage, study_name=foreign.name)
    study.add_trial(create_trial(value=1.0))
    close()
    with pytest.raises(StudyError, match="made by another program"):
        opened(foreign)


def test_an_empty_database_can_be_opened_by_several_at_once(
    postgres: Server, tmp_path: Path, opened: Open
) -> None:
    """Four processes that find no tables make them once, and share the study."""
    postgres.ask("create database empty owner enet")
    at = study_at(postgres.url.replace("/studies", "/empty"), "first", tmp_path)
    started = [start(at, f"{number}", 8, 0.01) for number in range(4)]
    assert [0] * 4 == [process.wait(LATEST) for process in started]
    assert 8 == len(opened(at).places(8, RESOLVER).results(RESOLVER))


def test_a_server_that_is_away_is_named_without_the_password(
    postgres: Server, tmp_path: Path, opened: Open
) -> None:
    """One line has the host, the database and the reason."""
    port = postgres.port
    nobody = study_at(postgres.url.replace(str(port), "1"), "any", tmp_path)
    with pytest.raises(StudyError, match=r"127\.0\.0\.1, database studies: .*refused") as refused:
        opened(nobody)
    assert postgres.password not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_restarted_server_is_found_again(at: StudyAt, postgres: Server, joined: Join) -> None:
    """A study goes on where the server was restarted between two candidates."""
    one = joined(at, Slow(0.0), "a", size=4)
    claim = one._claim(one.places())
    assert claim is not None
    one._make(*claim)
    postgres.control("-m", "fast", "stop")
    postgres.start()
    one.take_part(None)
    assert 4 == len(one.places().results(RESOLVER))


def test_workers_share_a_journal(tmp_path: Path, opened: Open) -> None:
    """Three processes on one file; one that is killed in the middle is started again."""
    at = study_at(None, "any", tmp_path)
    shared = opened(at)
    started = {name: start(at, name, N_TRIALS, 0.3) for name in "abc"}
    trial = until("a trial of a", running_of(shared, "a"))
    started["a"].send_signal(signal.SIGKILL)
    started["a"].wait(LATEST)
    started["a"] = start(at, "a", N_TRIALS, 0.3)
    assert [0] * 3 == [process.wait(LATEST) for process in started.values()]
    places = shared.places(N_TRIALS, RESOLVER)
    assert N_TRIALS == len(places.results(RESOLVER)) == len(trials_of(shared))
    assert isinstance(trial, FrozenTrial)
    assert [trial.number] == [n for n, place in enumerate(places.wanted) if place.retried]


def test_a_journal_in_use_is_not_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: Open
) -> None:
    """A start waits for the workers of an earlier one, and says so where they do not end."""
    at = study_at(None, "any", tmp_path)
    opened(at)
    monkeypatch.setattr(journal, "PATIENCE", 0.2)
    with journal.in_use(at.journal), pytest.raises(InUseError, match="workers of an earlier start"):
        opened(at)
    opened(at)


def test_what_an_earlier_start_left_goes_to_the_workers_of_this_one(
    tmp_path: Path, joined: Join, opened: Open
) -> None:
    """Trials that were half made are shared out; a line that was cut short is mended before."""
    at = study_at(None, "any", tmp_path)
    shared = opened(at)
    dead = [joined(at, Slow(0.0), name, size=6) for name in "abc"]
    claims = [one._claim(one.places()) for one in dead]
    assert claims[2] is not None
    dead[2]._make(*claims[2])
    with at.journal.open("ab") as file:
        file.write(b'{"op_code": 5, "half')
    shared = opened(at)
    shared.hand_over(["x", "y"], "run")
    marks = [t.user_attrs[WORKER] for t in trials_of(shared) if t.state == TrialState.RUNNING]
    assert ["x", "y"] == marks
    workers = [joined(at, Slow(0.0), name, size=6) for name in "xy"]
    for one in workers:
        made = one._claim(one.places())
        assert made is not None
        one._make(*made)
    workers[0].take_part(None)
    results = shared.places(6, RESOLVER).results(RESOLVER)
    assert (6, 6) == (len(results), len(trials_of(shared)))


def finished(number: int, *, origin: int | None = None, record: bool = False) -> FrozenTrial:
    """A trial that has failed, with a record of its scores or without."""
    attributes = {} if origin is None else {"failed_trial": origin}
    distributions: dict[str, BaseDistribution] = {
        key: optuna.distributions.FloatDistribution(0.0, 1.0) for key in KEYS
    }
    trial = create_trial(
        state=TrialState.FAIL,
        params=dict.fromkeys(KEYS, 0.5),
        distributions=distributions,
        system_attrs=attributes,
        user_attrs={RECORD: "{}"} if record else {},
    )
    trial.number = number
    return trial


def test_a_candidate_that_kills_its_workers_is_given_up() -> None:
    """After as many deaths as are borne it counts as failed, and before that as lost."""
    deaths = [finished(0), *(finished(number, origin=0) for number in (1, 2))]
    (place,) = Places.of(deaths, 1, KEYS).all
    assert (True, False, False) == (place.lost, place.given_up, place.done)
    (place,) = Places.of([*deaths, finished(3, origin=0)], 1, KEYS).all
    assert (False, True, True) == (place.lost, place.given_up, place.done)


def test_two_results_of_one_place_count_once() -> None:
    """The first attempt that came to an end is the place's result."""
    again = [finished(number, origin=0, record=True) for number in (2, 3)]
    trials = [finished(0), finished(1, record=True), *again]
    places = Places.of(trials, 2, KEYS)
    assert [2, 1] == [p.result.number for p in places.all if p.result is not None]
    assert [True, False] == [place.retried for place in places.all]
    assert {0: 0, 1: 1, 2: 0, 3: 0} == places.by_trial
