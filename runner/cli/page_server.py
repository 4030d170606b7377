"""A folder of runs comes in; a server of their pages goes out, which only this machine can ask."""

from __future__ import annotations

from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from runner.cli.list_runs import list_entries
from runner.report.numbers import number
from runner.report.page.document import library
from runner.report.page.index_page import Listed, index_page
from runner.report.page.material import Material
from runner.report.page.run_page import run_page
from runner.report.page.sweep_page import sweep_page
from runner.store.directory import DONE, SWEEP, read_record
from runner.store.report_files import LIBRARY, PAGE

if TYPE_CHECKING:
    from pathlib import Path

    from runner.cli.list_runs import Entry

HOST = "127.0.0.1"
HTML, SCRIPT = "text/html; charset=utf-8", "text/javascript; charset=utf-8"


class PageServer(ThreadingHTTPServer):
    """Serves the list of a folder's runs at `/`, and their pages as they are now.

    Args:
        folder: where the runs are.
        port: 0 for any that is free.

    Raises:
        OSError: the port is taken.
    """

    daemon_threads = True

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__((HOST, port), _Asked)
        self.folder = folder.resolve()
        self.hosts = {f"{name}:{self.server_port}" for name in (HOST, "localhost")}

    @property
    def address(self) -> str:
        """Where the list is."""
        return f"http://{HOST}:{self.server_port}/"

    def answer(self, path: str) -> tuple[str, str] | None:
        """The kind of what a path names, and its text; None if there is nothing."""
        *folders, name = path.strip("/").split("/")
        if path == "/":
            return HTML, index_page(self.folder.name, [_listed(e) for e in self._entries()])
        if path == f"/{LIBRARY}":
            return SCRIPT, library()
        text = self._page("/".join(folders)) if name == PAGE else None
        return None if text is None else (HTML, text)

    def _entries(self) -> list[Entry]:
        return list_entries(self.folder)

    def _page(self, name: str) -> str | None:
        folder = (self.folder / name).resolve()
        if not folder.is_relative_to(self.folder):
            return None
        if (folder / SWEEP).exists():
            return sweep_page(folder, f"/{LIBRARY}")
        record = read_record(folder)
        if record is None or record.get("status") not in DONE:
            return None
        return run_page(Material.of(folder, record), f"/{LIBRARY}")


class _Asked(BaseHTTPRequestHandler):
    """One request."""

    server: PageServer

    def do_GET(self) -> None:
        """Answer a request for a page; one that comes by another host's name is refused.

        Else a page of any other site could have its own name lead here, and read along.
        """
        if self.headers.get("Host") not in self.server.hosts:
            self.send_error(HTTPStatus.FORBIDDEN)
            return
        found = self.server.answer(unquote(urlsplit(self.path).path))
        if found is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        kind, text = found
        content = text.encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - the library's own
        """Say nothing of each request."""


def _listed(entry: Entry) -> Listed:
    has_page = entry.kind == "sweep" or entry.status in DONE
    about = " ".join(f"{key}={value}" for key, value in entry.overrides.items())
    score = "" if entry.score is None else f"{entry.metric} {number(entry.score)}"
    return Listed(
        name=entry.name,
        link=f"/{quote(entry.name)}/{PAGE}" if has_page else None,
        about=about or "the defaults",
        score=score,
        status=entry.status,
        when=(entry.started or "")[:16].replace("T", " "),
    )
