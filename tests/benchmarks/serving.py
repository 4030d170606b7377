"""`enet serve` under load, beside `mlflow models serve` of the same model.

On loopback, by Debian's `ab` (apache2-utils), 8 connections that are kept, a row to a request:
requests per second of the compiled form, of the Pipeline and of mlflow, which gets a virtual
environment of its own in a temporary folder; the processor's time for a request, which other work
on the machine does not change much; 100,000 requests with the memory before and after; SIGTERM
while 8 clients ask without pause; and malformed bodies.

    python tests/benchmarks/serving.py [--requests N] [--malformed N] [--no-mlflow]
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENTS = 8
FEW = 2_000  # requests that a rate is measured on
NUMBERS = [f"x{at}" for at in range(10)]
TOWNS = ["Bath", "Ely", "York", "Hull"]
JSON = {"Content-Type": "application/json"}
TICKS = os.sysconf("SC_CLK_TCK")
PACKING = """
import pickle, sys
import mlflow.sklearn
import pandas as pd
from mlflow.models import infer_signature
pipeline = pickle.load(open(sys.argv[1], "rb"))
rows = pd.read_csv(sys.argv[2]).drop(columns="y")
mlflow.sklearn.save_model(pipeline, sys.argv[3], serialization_format="cloudpickle",
                          signature=infer_signature(rows, pipeline.predict(rows)))
"""


@dataclass(frozen=True)
class Server:
    """A process that serves."""

    process: subprocess.Popen[str]
    port: int
    path: str

    @property
    def pids(self) -> list[int]:
        """Its own, and those of its children."""
        found = [self.process.pid]
        for pid in found:
            with suppress(OSError):
                text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
                found += [int(child) for child in text.split()]
        return found

    @property
    def cpu(self) -> float:
        """Seconds of the processor so far."""
        fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                  for pid in self.pids]  # fmt: skip
        return sum(int(own[11]) + int(own[12]) for own in fields) / TICKS

    @property
    def megabytes(self) -> float:
        """Resident memory."""
        texts = [Path(f"/proc/{pid}/status").read_text() for pid in self.pids]
        return sum(int(re.findall(r"VmRSS:\s+(\d+)", text)[0]) for text in texts) / 1024


def make_run(folder: Path) -> Path:
    """A run of 10 numbers and 2 categories with gaps, whose model has both forms."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(2000, len(NUMBERS))), columns=NUMBERS)
    frame["town"], frame["smoker"] = rng.choice(TOWNS, 2000), rng.choice(["yes", "no"], 2000)
    y = frame[NUMBERS[:4]].sum(axis=1) + (frame["town"] == "Ely") + rng.normal(size=2000)
    frame = frame.mask(rng.random(frame.shape) < 0.1)
    frame.assign(y=y).to_csv(folder / "data.csv", index=False)
    overrides = ["dataset=csv", "dataset.path=data.csv", "dataset.target=y", "report=none",
                 "evaluation.nested=false", "hydra.run.dir=run", "--quiet"]  # fmt: skip
    subprocess.run([sys.executable, "-m", "runner", *overrides], cwd=folder, check=True)
    row = {**dict.fromkeys(NUMBERS, 0.5), "x3": None, "town": "Ely", "smoker": "yes"}
    (folder / "enet.json").write_text(json.dumps({"rows": [row]}))
    (folder / "mlflow.json").write_text(json.dumps({"dataframe_records": [row]}))
    return folder / "run"


@contextmanager
def enet(run: Path, *more: str) -> Iterator[Server]:
    """`enet serve` of a run."""
    command = [sys.executable, "-m", "runner", "serve", str(run), "--port", "0", *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        server = Server(process, int(re.findall(r"127.0.0.1:(\d+)", said)[0]), "/predict")
        try:
            wait_for(server, "/ready")
            yield server
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


@contextmanager
def mlflow(folder: Path, run: Path, port: int) -> Iterator[Server]:
    """`mlflow models serve` of the same Pipeline, one worker, in an environment of its own."""
    place = folder / "environment"
    python = str(place / "bin" / "python")
    version = json.loads((run / "model.json").read_text())["versions"]["scikit-learn"]
    if not place.exists():
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        needed = ["mlflow", f"scikit-learn=={version}"]
        subprocess.run([python, "-m", "pip", "install", "--quiet", *needed], check=True)
    model = folder / "mlflow-model"
    files = [str(run / "model.pkl"), str(folder / "data.csv"), str(model)]
    subprocess.run([python, "-c", PACKING, *files], check=True)
    environment = {**os.environ, "PATH": f"{place / 'bin'}:{os.environ['PATH']}"}
    command = [str(place / "bin" / "mlflow"), "models", "serve", "-m", str(model), "-p", str(port),
               "--env-manager", "local", "--workers", "1"]  # fmt: skip
    with subprocess.Popen(
        command, env=environment, start_new_session=True, text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        server = Server(process, port, "/invocations")
        try:
            wait_for(server, "/ping")
            yield server
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(60)


def wait_for(server: Server, path: str) -> None:
    """Return when a server is ready."""
    for _ in range(1200):
        with suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=10).close()
            return
        time.sleep(0.1)
    raise TimeoutError(path)


def load(server: Server, body: Path, requests: int) -> dict[str, float]:
    """What `ab` says of so many requests, and what they took of the processor."""
    before = server.cpu
    url = f"http://127.0.0.1:{server.port}{server.path}"
    command = ["ab", "-q", "-k", "-n", str(requests), "-c", str(CLIENTS), "-p", str(body),
               "-T", "application/json", url]  # fmt: skip
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    bad = re.findall(r"Non-2xx responses:\s+(\d+)", said)
    return {
        "rate": float(re.findall(r"Requests per second:\s+([\d.]+)", said)[0]),
        "p50": float(re.findall(r"50%\s+(\d+)", said)[0]),
        "p99": float(re.findall(r"99%\s+(\d+)", said)[0]),
        "failed": int(re.findall(r"Failed requests:\s+(\d+)", said)[0]) + sum(map(int, bad)),
        "ms": 1000 * (server.cpu - before) / requests,
    }


def show(name: str, found: dict[str, float], besides: dict[str, float] | None) -> None:
    """Print a line of the table."""
    times = ""
    if besides is not None:
        times = f"{found['rate'] / besides['rate']:.1f} | {besides['ms'] / found['ms']:.1f}"
    print(f"| {name} | {found['rate']:,.0f} | {found['p50']:.0f} | {found['p99']:.0f} | "
          f"{found['ms']:.2f} | {found['failed']:.0f} | {times} |", flush=True)  # fmt: skip


def ask_until_refused(server: Server, body: bytes, told: Counter[str]) -> None:
    """Ask again and again; notes what was answered, and what was sent and never answered."""
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        try:
            connection.connect()
        except OSError:
            told["refused"] += 1  # by then nobody listens
            return
        try:
            while True:
                connection.request("POST", server.path, body, JSON)
                answer = connection.getresponse()
                answer.read()
                told[str(answer.status)] += 1
                if answer.getheader("connection") == "close":
                    break
        except (OSError, http.client.HTTPException) as error:
            told[f"lost: {type(error).__name__}"] += 1
        finally:
            connection.close()


def end_under_load(run: Path, body: bytes, *more: str) -> tuple[Counter[str], int]:
    """What became of requests while the server was told to end, and its exit status."""
    told: Counter[str] = Counter()
    with enet(run, *more) as server:
        threads = [threading.Thread(target=ask_until_refused, args=(server, body, told))
                   for _ in range(CLIENTS)]  # fmt: skip
        for thread in threads:
            thread.start()
        time.sleep(3)
        server.process.send_signal(signal.SIGTERM)
        for thread in threads:
            thread.join()
        return told, server.process.wait(60)


def malformed(rng: random.Random) -> bytes:
    """A body that no server should take."""
    row = {name: rng.choice([rng.random(), None, rng.randrange(99)]) for name in NUMBERS}
    text = json.dumps({"rows": [row]})
    at = rng.randrange(1, len(text) - 1)
    wrong = [
        text[:at],
        text[:at] + rng.choice("{[}]\\\x00\x1f") * 3 + text[at:],
        text.replace("0.", rng.choice(["NaN", "-Infinity", "1e999", "0x1", "'", "9" * 5000]), 1)
        if "0." in text
        else "{",
        json.dumps({"rows": [{**row, rng.choice(NUMBERS): rng.choice([[], {}, "x", True])}]}),
        json.dumps({"rows": [{**row, f"column {rng.random()}": 1}]}),
        rng.choice("[{") * rng.randrange(1, 100_000),
        '{"rows": ' * rng.randrange(1, 20_000),
        text[:-3] + ', "x0": 1}]}',
        json.dumps(rng.choice([[], 3, None, "rows", {"rows": 1}, {"rows": [row], "more": 1}])),
        json.dumps({"rows": [{}] * 10_001}),
    ]
    chosen = rng.choice(wrong).encode()
    if rng.random() < 0.1:
        return rng.choice([b"\xff", b"\xc0\x80", b"\xed\xa0\x80"]).join([chosen, b" "])
    return chosen


def refuse(server: Server, count: int) -> Counter[str]:
    """The statuses of so many malformed bodies; those that were answered after all by body."""
    rng, told = random.Random(3), Counter[str]()  # noqa: S311 - no secret
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    for _ in range(count):
        connection.request("POST", rng.choice(["/predict", "/explain"]), malformed(rng), JSON)
        answer = connection.getresponse()
        answer.read()
        told[str(answer.status)] += 1
    return told


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--requests", type=int, default=100_000, help="of the long load")
    parser.add_argument("--malformed", type=int, default=10_000)
    parser.add_argument("--no-mlflow", action="store_true")
    parser.add_argument("--folder", type=Path, help="to keep mlflow's environment in")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        run, body = make_run(folder), folder / "enet.json"
        print("| server | requests/s | median ms | 99 % ms | processor's ms a request | failed | "
              "times as many as mlflow | by the processor's time |")  # fmt: skip
        print("|---|--:|--:|--:|--:|--:|--:|--:|")
        besides = None
        if not options.no_mlflow:
            with mlflow(folder, run, 8423) as server:
                load(server, folder / "mlflow.json", 50)
                besides = load(server, folder / "mlflow.json", FEW)
            show("mlflow models serve, 1 worker", besides, None)
        for name, more in (
            ("enet serve, Pipeline", ["--no-compiled"]),
            ("enet serve, compiled", []),
        ):
            with enet(run, *more) as server:
                load(server, body, 50)
                show(name, load(server, body, FEW), besides)
        with enet(run) as server:
            load(server, body, FEW)
            before = server.megabytes
            found = load(server, body, options.requests)
            print(f"{options.requests:,} requests: {found['failed']:.0f} failed, {before:.1f} MB "
                  f"before and {server.megabytes:.1f} MB after", flush=True)  # fmt: skip
            print(f"{options.malformed:,} malformed bodies: "
                  f"{dict(sorted(refuse(server, options.malformed).items()))}, "
                  f"{server.megabytes:.1f} MB after", flush=True)  # fmt: skip
        for name, more in (("Pipeline", ["--no-compiled"]), ("compiled", [])):
            told, status = end_under_load(run, body.read_bytes(), *more)
            print(
                f"SIGTERM, {name}: {dict(sorted(told.items()))}, exit status {status}", flush=True
            )


if __name__ == "__main__":
    main()
