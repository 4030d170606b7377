"""Where a shared study is kept, as a config says it: checked before anything is recorded."""

from __future__ import annotations

import importlib.util
import os
from urllib.parse import parse_qsl, urlsplit

from runner.errors import ConfigError

SCHEMES = ("postgresql+psycopg", "postgresql")
SECRETS = {"password", "sslpassword", "oauth_client_secret"}
NEEDS = 'search.storage needs psycopg: pip install "enet-runner[database]"'
FORM = "postgresql+psycopg://HOST/DATABASE"


def check_address(url: str) -> None:
    """Whether a URL names a database that studies can be kept in, without a password.

    Raises:
        ConfigError: it does not; the message has nothing of a URL that may hold a password.
    """
    scheme = url.partition("://")[0] if "://" in url else ""
    if holds_password(url):
        raise ConfigError(
            "search.storage has a password in it, and a config is recorded: leave it out, and put "
            "it into ~/.pgpass or the environment variable PGPASSWORD"
        )
    if scheme.partition("+")[0] == "sqlite":
        raise ConfigError(
            "search.storage is of SQLite, whose file several workers cannot write at once: on one "
            "machine leave it out, search.storage=null, which keeps a journal in the run's folder; "
            f"for several machines, search.storage={FORM}"
        )
    if scheme not in SCHEMES:
        raise ConfigError(
            f"search.storage must be the URL of a PostgreSQL database, {FORM}, "
            f"but begins with {scheme or url.partition('/')[0]!r}"
        )
    try:
        urlsplit(url).port  # noqa: B018 - which is read here
    except ValueError as error:
        raise ConfigError(f"search.storage has no host and port as in {FORM}: {error}") from error
    if not database_of(url):
        raise ConfigError(f"search.storage names no database: {FORM}")
    if importlib.util.find_spec("psycopg") is None:
        raise ConfigError(NEEDS)


def holds_password(url: str) -> bool:
    """Whether a URL has a password, before the host or among its options."""
    rest = url.partition("://")[2] or url
    before_host = rest.partition("?")[0].rpartition("@")[0]
    options = {key.lower() for key, _ in parse_qsl(url.partition("?")[2], keep_blank_values=True)}
    return ":" in before_host or bool(options & SECRETS) or _read_password(url)


def _read_password(url: str) -> bool:
    """Whether that which connects reads a password in it, wherever; or cannot read it at all."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(url).password is not None
    except (ArgumentError, ValueError):
        return "@" in url


def database_of(url: str) -> str:
    """The name of the database."""
    return urlsplit(url).path.strip("/")


def shown(url: str) -> str:
    """Host and database, for a message."""
    host = urlsplit(url).hostname or os.environ.get("PGHOST") or "the local socket"
    return f"{host}, database {database_of(url)}"


def driven_by_psycopg(url: str) -> str:
    """The URL with the driver that the extra brings, as Optuna wants it: it fills in braces."""
    return f"{SCHEMES[0]}://{url.partition('://')[2]}".replace("{", "{{").replace("}", "}}")
