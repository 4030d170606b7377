"""A study in PostgreSQL, which several machines can work on."""

from __future__ import annotations

import random
import time
import warnings
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

from runner.core.threads import meanwhile
from runner.errors import StudyError
from runner.search.studies.address import NEEDS, driven_by_psycopg, shown
from runner.search.studies.trials import RECORD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import optuna

HEARTBEAT = 60  # seconds between two signs of life of a trial
GRACE = 120  # seconds without one, after which a trial is given to another worker
MOST_RETRIES = 3  # of a candidate whose workers die
TRIES = 5  # of several processes that make the tables of an empty database at once


def database_storage(url: str) -> tuple[optuna.storages.BaseStorage, Callable[[], None]]:
    """The database, its tables made if there are none, and what closes the connections to it.

    Raises:
        StudyError: it cannot be reached, or not be used.
    """
    from optuna.exceptions import StorageInternalError
    from sqlalchemy.exc import IntegrityError, ProgrammingError

    with said_plainly(url):
        for left in reversed(range(TRIES)):
            try:
                return _connect(url)
            except (IntegrityError, ProgrammingError, StorageInternalError):
                if not left:
                    raise
                time.sleep(random.random())  # noqa: S311 - so that they do not meet again
    raise AssertionError


def _connect(url: str) -> tuple[optuna.storages.BaseStorage, Callable[[], None]]:
    import optuna
    from optuna.exceptions import ExperimentalWarning
    from optuna.storages import RDBStorage

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        database = RDBStorage(
            driven_by_psycopg(url),
            engine_kwargs={
                "pool_size": 1,
                "pool_pre_ping": True,
                # heartbeats are without a zone: those of all sessions must be of one
                "connect_args": {"options": "-c timezone=UTC"},
            },
            heartbeat_interval=HEARTBEAT,
            grace_period=GRACE,
            heartbeat_stale_trial_callback=partial(retry, most=MOST_RETRIES),
        )
    return optuna.storages.get_storage(database), database.engine.dispose


def retry(study: optuna.Study, trial: optuna.trial.FrozenTrial, *, most: int | None = None) -> None:
    """Have a candidate made again, with the same parameters, whose worker has died.

    One that has been recorded is not: its worker died between the record and the trial's end.
    """
    from optuna.exceptions import ExperimentalWarning
    from optuna.storages import RetryHeartbeatStaleTrialCallback

    if RECORD not in trial.user_attrs:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            RetryHeartbeatStaleTrialCallback(max_retry=most)(study, trial)


def fail_stale_trials(study: optuna.Study) -> None:
    """Give the trials without a heartbeat to whoever asks next."""
    import optuna
    from optuna.exceptions import ExperimentalWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        optuna.storages.fail_stale_trials(study)


def beat_of(storage: optuna.storages.BaseStorage) -> Callable[[int], None] | None:
    """What records a trial's heartbeat; None of a journal, which has none."""
    beat: Callable[[int], None] | None = getattr(storage, "record_heartbeat", None)
    return beat


@contextmanager
def beating(storage: optuna.storages.BaseStorage, trial_id: int) -> Iterator[None]:
    """Record a trial's heartbeats while a block runs; a server that is away is tried again."""
    beat = beat_of(storage)
    if beat is None:
        yield
        return
    from optuna.exceptions import StorageInternalError

    def go_on() -> None:
        with suppress(StorageInternalError):
            beat(trial_id)

    beat(trial_id)
    with meanwhile(go_on, HEARTBEAT):
        yield


@contextmanager
def said_plainly(url: str) -> Iterator[None]:
    """Turn what the database refuses within a block into one line.

    Raises:
        StudyError: with the host, the database and the reason.
    """
    from optuna.exceptions import StorageInternalError
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except ImportError as error:  # psycopg without libpq
        raise StudyError(f"{NEEDS} ({_first_line(error)})") from error
    except (StorageInternalError, SQLAlchemyError) as error:
        cause = error.__cause__ if isinstance(error, StorageInternalError) else error
        reason = _first_line(getattr(cause, "orig", None) or cause or error)
        raise StudyError(f"search.storage at {shown(url)}: {reason}") from error


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]
