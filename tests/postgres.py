"""A PostgreSQL server of the tests' own, started without systemd and without a system's cluster."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

DEBIAN = Path("/usr/lib/postgresql")
SETTINGS = "-c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=60"


@dataclass(frozen=True)
class Server:
    """A server with the role `enet` and the database `studies`, which that role owns."""

    folder: Path
    port: int
    password: str

    @property
    def url(self) -> str:
        """Of the database, without user and password."""
        return f"postgresql+psycopg://127.0.0.1:{self.port}/studies"

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which libpq knows who asks."""
        return {"PGUSER": "enet", "PGPASSWORD": self.password}

    def ask_studies(self, statement: str) -> str:
        """Have a statement done in the database of studies."""
        return self.ask(statement, "studies")

    def ask(self, statement: str, database: str = "postgres") -> str:
        """Have a statement done by the superuser; gives its rows."""
        where = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "-d", database]
        command = ["psql", "-qtA", *where]
        done = subprocess.run(
            [*command, "-c", statement],
            env={**os.environ, "PGPASSWORD": self.password},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def control(self, *arguments: str) -> None:
        """Start or stop it, as PostgreSQL's own user where this is root's process."""
        _as_postgres("pg_ctl", "-D", str(self.folder / "data"), "-w", *arguments)

    def start(self) -> None:
        """Listen on its port."""
        options = f"-p {self.port} -k {self.folder} {SETTINGS}"
        self.control("-l", str(self.folder / "log"), "-o", options, "start")


@contextmanager
def running_server() -> Iterator[Server]:
    """Start a server in an empty folder, which is gone with it."""
    folder = Path(tempfile.mkdtemp(prefix="enet-postgres-"))  # which its user may enter
    server = Server(folder, _free_port(), secrets.token_hex(8))
    try:
        (folder / "password").write_text(server.password)
        if os.getuid() == 0:
            for path in (folder, folder / "password"):
                shutil.chown(path, "postgres", "postgres")
        password = f"--pwfile={folder / 'password'}"
        by_password = ("--auth=scram-sha-256", password, "-U", "postgres", "--no-instructions")
        _as_postgres("initdb", "-D", str(folder / "data"), "--locale=C.UTF-8", *by_password)
        server.start()
        server.ask(f"create role enet login password '{server.password}'")
        server.ask("create database studies owner enet")
        yield server
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            server.control("-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _as_postgres(program: str, *arguments: str) -> None:
    found = sorted(DEBIAN.glob(f"*/bin/{program}"))
    command = [str(found[-1]) if found else program, *arguments]
    if os.getuid() == 0:  # which PostgreSQL refuses to run as
        user = ("--reuid=postgres", "--regid=postgres", "--init-groups")
        command = ["setpriv", *user, *command]
    subprocess.run(command, cwd="/", stdout=subprocess.DEVNULL, check=True)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port
