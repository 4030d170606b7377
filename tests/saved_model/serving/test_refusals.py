"""What is no request for a prediction is refused, says why, and never is an error of the server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from serving_client import client_of

from runner.saved_model import load_model
from runner.saved_model.manifest_file import Column, read_manifest
from runner.saved_model.serving.body_model import BodyModel
from runner.saved_model.serving.limits import Limits
from runner.saved_model.serving.refusals import RefusedError
from runner.saved_model.serving.server import make_application
from runner.saved_model.serving.strict_json import read_json

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping
    from pathlib import Path

    import httpx

LIMITS = Limits(size=3_000, rows=5, seconds=20)
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def client(finished_run: Path) -> Iterator[httpx.Client]:
    """A client of a small model of age, income, town and smoker, with narrow limits."""
    with client_of(load_model(finished_run, linear=True), limits=LIMITS) as client:
        yield client


BODIES = {
    b"": (400, "no JSON"),
    b"[]": (422, "valid dictionary"),
    b"3": (422, "valid dictionary"),
    b"{}": (422, "Field required"),
    b'{"rows": {}}': (422, "valid list"),
    b'{"rows": [[]]}': (422, "valid dictionary"),
    b'{"rows": [null]}': (422, "valid dictionary"),
    b'{"rows": [], "more": 1}': (422, "not permitted"),
    b'{"rows": [{"age": "old"}]}': (422, "'age' must be a number"),
    b'{"rows": [{"age": "3"}]}': (422, "'age' must be a number"),
    b'{"rows": [{"age": true}]}': (422, "'age' must be a number"),
    b'{"rows": [{"age": [1]}]}': (422, "'age' must be a number"),
    b'{"rows": [{"town": 3}]}': (422, "'town' must be a text"),
    b'{"rows": [{"Age": 3}]}': (422, "no column 'Age'"),
    b'{"rows": [{"f0": 3}]}': (422, "no column 'f0'"),
    b'{"rows": [{"\\ud800": 3}]}': (422, "valid string"),
    b'{"rows": [{"town": "\\ud800"}]}': (200, ""),
    b'{"rows": [{"age": NaN}]}': (400, "NaN is no JSON"),
    b'{"rows": [{"age": -Infinity}]}': (400, "-Infinity is no JSON"),
    b'{"rows": [{"age": 1e999}]}': (422, "'age' must be a number"),
    b'{"rows": [{"age": 1e308}, {"age": 1}]}': (200, ""),
    b'{"rows": [{"age": ' + b"9" * 400 + b"}]}": (422, "'age' must be a number"),
    b'{"rows": [{"age": 1, "age": 2}]}': (400, "'age' stands twice"),
    b'{"rows": [{"age": 1}], "rows": []}': (400, "'rows' stands twice"),
    b'{"rows": [{"town": "\xff"}]}': (400, "not UTF-8: byte 20"),
    '{"rows": []}'.encode("utf-16"): (400, "not UTF-8"),
    b"\xef\xbb\xbf" + b'{"rows": []}': (400, "no JSON"),
    b"[" * 2_900: (400, "deeply"),
    b'{"rows": [' + b",".join([b"{}"] * 6) + b"]}": (413, "at most 5"),
    b'{"rows": ["' + b"x" * 3_000 + b'"]}': (413, "more than 3,000 bytes"),
    b'{"rows": []}': (200, ""),
}


@pytest.mark.parametrize("body", BODIES)
def test_each_wrong_body_is_refused(body: bytes, client: httpx.Client) -> None:
    """By a status of the 400s and a sentence that names what is wrong, at both paths."""
    status, said = BODIES[body]
    for path in ("/predict", "/explain"):
        answer = client.post(path, content=body, headers=JSON)
        assert status == answer.status_code, answer.text
        assert said in answer.text


def test_names_of_columns_are_anything(tmp_path: Path, finished_run: Path) -> None:
    """A name may be that of a method of pydantic's, have quotes in it, or letters of any kind."""
    names = {"age": 'model_validate "; é', "income": "_private", "town": "__class__", "smoker": ""}
    manifest = json.loads((finished_run / "model.json").read_text())
    for column in [*manifest["features"], *manifest["linear"]["columns"]]:
        column["name"] = names[column["name"]]
    example = manifest["example"]
    example["rows"] = [{names[key]: value for key, value in row.items()} for row in example["rows"]]
    (tmp_path / "model.json").write_text(json.dumps(manifest))
    (tmp_path / manifest["file"]).write_bytes((finished_run / manifest["file"]).read_bytes())
    with client_of(load_model(tmp_path, linear=True)) as client:
        row = {names["age"]: 31.5, "_private": 3000, "__class__": "Bath", "": None}
        answer = client.post("/predict", json={"rows": [row]})
        assert 200 == answer.status_code
        refused = client.post("/predict", json={"rows": [{**row, "_private": "x"}]})
        assert "'_private' must be a number" in refused.text
    with client_of(load_model(finished_run, linear=True)) as client:
        same = {"age": 31.5, "income": 3000, "town": "Bath", "smoker": None}
        assert client.post("/predict", json={"rows": [same]}).json() == answer.json()


def test_very_many_columns_are_one_description(finished_run: Path) -> None:
    """Those that the manifest only names are numbers, each by its name, beside the others."""
    manifest = read_manifest(finished_run / "model.json")
    manifest.features = [
        Column(name="numbers", kind="numeric", columns=3, names=["x", "y", "z"]),
        Column(name="town", kind="categorical", levels=["Bath"]),
    ]
    body = BodyModel.of(manifest, 5)
    taken = body.rows({"rows": [{"x": 1, "z": "", "town": "Ely"}]})
    assert [{"town": "Ely", "x": 1.0, "z": None}] == taken
    for wrong, said in (({"w": 1}, "no column 'w'"), ({"x": "1"}, "'x' must be a number")):
        with pytest.raises(RefusedError, match=said):
            body.rows({"rows": [wrong]})


def test_headers_and_methods_are_held_to(client: httpx.Client) -> None:
    """A body must be said to be JSON, plain, and be posted; by another host's name nobody asks."""
    body = {"content": b'{"rows": []}'}
    plain = {"Content-Type": "text/plain"}
    zipped = {**JSON, "Content-Encoding": "gzip"}
    evil = {**JSON, "Host": "evil.example:80"}
    assert [415, 415, 403] == [
        client.post("/predict", **body, headers=headers).status_code  # type: ignore[arg-type]
        for headers in (plain, zipped, evil)
    ]
    got = client.get("/predict")
    assert (405, "POST") == (got.status_code, got.headers["allow"])
    assert 404 == client.get("/nothing").status_code
    assert 405 == client.post("/model", content=b"x").status_code
    charset = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert 200 == client.post("/predict", **body, headers=charset).status_code  # type: ignore[arg-type]


def test_a_long_body_is_not_read_to_its_end(client: httpx.Client) -> None:
    """Neither one that says how long it is, nor one that comes in parts without end."""
    host = ("127.0.0.1", client.base_url.port or 0)
    head = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    for kind in (b"Content-Length: 100000000000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n"):
        with socket.create_connection(host, timeout=30) as connection:
            connection.sendall(head + kind)
            sent = 0
            with contextlib.suppress(ConnectionError):
                while sent < 50_000_000:
                    connection.sendall(b"1000\r\n" + b" " * 4096 + b"\r\n")
                    sent += 4096
            assert sent < 50_000_000, "it reads on"
    with socket.create_connection(host, timeout=30) as connection:
        connection.sendall(head + b"Content-Length: 4000\r\n\r\n")
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in answer


@pytest.mark.parametrize("path", ["/model", "/nothing"])
def test_no_body_is_left_unread(path: str, finished_run: Path) -> None:
    """A connection that is closed on bytes which nobody has read is reset: its answer is lost."""
    gate = make_application(load_model(finished_run, linear=True), LIMITS, None)
    parts: list[MutableMapping[str, object]] = [
        {"type": "http.request", "body": b"x", "more_body": more} for more in (True, False)
    ]
    told: list[tuple[str, int]] = []

    async def receive() -> MutableMapping[str, object]:
        return parts.pop(0)

    async def send(message: MutableMapping[str, object]) -> None:
        told.append((str(message["type"]), len(parts)))

    headers = [(b"host", b"localhost"), (b"content-length", b"2")]
    scope = {"type": "http", "method": "PUT", "path": path, "headers": headers}
    asyncio.run(gate(scope, receive, send))
    assert [("http.response.start", 0), ("http.response.body", 0)] == told


def test_a_slow_body_and_a_slow_answer_end(finished_run: Path) -> None:
    """Both take no longer than a request may, and the server answers others meanwhile."""
    limits = Limits(seconds=0.3)
    with client_of(load_model(finished_run), limits=limits, slow=1.0) as client:
        slow = client.post("/predict", json={"rows": [{"age": 1}]})
        assert (503, True) == (slow.status_code, "too long" in slow.text)
        host = ("127.0.0.1", client.base_url.port or 0)
        with socket.create_connection(host, timeout=30) as connection:
            connection.sendall(b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n"
                               b"Content-Type: application/json\r\n\r\n{")  # fmt: skip
            assert 200 == client.get("/health").status_code
            assert connection.recv(100).startswith(b"HTTP/1.1 408")


def test_a_key_is_asked_for(finished_run: Path) -> None:
    """By either header; health and the empty page are for anyone; any host's name will do then."""
    with client_of(load_model(finished_run, linear=True), key="geheim é") as client:

        def status(path: str, **headers: str) -> int:
            encoded = {name.encode(): value.encode() for name, value in headers.items()}
            return client.get(path, headers=encoded).status_code

        for path in ("/model", "/metrics", "/openapi.json", "/predict", "/nothing"):
            assert 401 == status(path), path
            assert 401 == status(path, Authorization="Basic geheim é"), path
        assert 401 == status("/model", **{"X-API-Key": "geheim"})
        assert 200 == status("/model", **{"X-API-Key": "geheim é", "Host": "models.example"})
        assert 200 == status("/model", Authorization="bearer geheim é")
        assert [200, 200] == [status("/health"), status("/docs")]


def test_requests_are_counted(finished_run: Path) -> None:
    """By path and status; whatever is asked of no page has one name."""
    with client_of(load_model(finished_run, linear=True)) as client:
        client.post("/predict", json={"rows": [{}, {}]})
        client.post("/predict", json={"rows": 3})
        client.get("/what/ever")
        text = client.get("/metrics").text
    assert 'enet_requests_total{path="/predict",status="200"} 1.0' in text
    assert 'enet_requests_total{path="/predict",status="422"} 1.0' in text
    assert 'enet_requests_total{path="other",status="404"} 1.0' in text
    assert 'enet_rows_total{path="/predict"} 2.0' in text
    assert 'enet_request_seconds_count{path="/predict"} 2.0' in text


@given(st.binary(max_size=200) | st.text(alphabet='[]{}",:0123eE.-\\nulltrueNaN ', max_size=60))
def test_any_bytes_are_a_value_or_refused(content: bytes | str) -> None:
    """Nothing else comes of them, and what is refused can be said in ASCII."""
    raw = content if isinstance(content, bytes) else content.encode()
    refused = None
    try:
        read_json(raw)
    except RefusedError as error:
        refused = error
    assert refused is None or (refused.status == 400 and refused.body().isascii())
