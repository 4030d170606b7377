"""docs/serving.md: a server is started, and each of its curl lines is asked."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from serving_client import client_of

from runner.cli.serve_model import PORT, make_parser
from runner.saved_model import load_model

if TYPE_CHECKING:
    import pytest
    from conftest import Program

PAGE = Path(__file__).parents[3] / "docs" / "serving.md"


def test_the_curl_lines_are_answered(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with status 200, and what the page says is in the answer."""
    rows = range(40)
    frame = pd.DataFrame({"area": [80.0 + 3 * (at % 13) for at in rows],
                          "rooms": [1 + at % 5 for at in rows],
                          "town": [("Ulm", "Bonn", "Jena")[at % 3] for at in rows]})  # fmt: skip
    frame["price"] = frame["area"] * 2 + frame["rooms"]
    frame.to_csv(program.folder / "my.csv", index=False)
    run = program.run("dataset=csv", "dataset.path=my.csv", "dataset.target=price",
                      "model.alpha={eps:0.1,count:3}", "split.folds=2",
                      "evaluation.nested=false", "bootstrap.resamples=1")  # fmt: skip
    section = PAGE.read_text(encoding="utf-8").partition("## Serving")[2].partition("\n## ")[0]
    serve, asked = re.findall(r"```sh\n(.*?)```", section, flags=re.DOTALL)
    options = make_parser().parse_args(shlex.split(serve)[2:])
    assert (f"{PORT}", str(PORT)) == (re.findall(r":(\d{4})/", asked)[0], str(options.port))
    monkeypatch.setenv("no_proxy", "*")
    with client_of(load_model(run, linear=True)) as client:
        told = {}
        for line in asked.splitlines():
            line = line.replace(str(PORT), str(client.base_url.port))  # noqa: PLW2901
            done = subprocess.run([*shlex.split(line), "--silent", "--fail"], check=True,
                                  capture_output=True, text=True, timeout=60)  # fmt: skip
            told[line.split()[1].rpartition("/")[2]] = done.stdout
    assert 2 == len(json.loads(told["predict"])["predictions"])
    (one,) = json.loads(told["explain"])["explanations"]
    assert ({"area", "rooms", "town"}, "identity") == (set(one["contributions"]), one["scale"])
    assert "price" == json.loads(told["model"])["target"]
    assert {"ready": True} == json.loads(told["ready"])
    assert 'enet_rows_total{path="/predict"} 2.0' in told["metrics"]
