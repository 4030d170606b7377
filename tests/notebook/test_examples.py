"""The examples of docs/python.md, and its notebook, do what they show."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from conftest import mixed_frame

DOCS = Path(__file__).parents[2] / "docs"
EXECUTE = """
import sys
import nbformat, nbclient

notebook = nbformat.read(sys.argv[1], as_version=4)
nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
nbformat.write(notebook, "done.ipynb")
"""


def python(folder: Path, *arguments: str) -> str:
    """What another Python prints, which must not fail."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert 0 == done.returncode, done.stderr
    return done.stdout


def test_the_lines_of_the_page_run(tmp_path: Path) -> None:
    """One after the other, on a table of the reader's."""
    mixed_frame().rename(columns={"outcome": "price"}).to_csv(tmp_path / "my.csv", index=False)
    (lines,) = re.findall(r"```python\n(.*?)```", (DOCS / "python.md").read_text(), re.DOTALL)
    said = python(tmp_path, "-c", lines)
    assert "mse" in said
    assert 4 == len(list((tmp_path / "outputs").glob("*/*/*/run.json")))


def test_the_notebook_runs(tmp_path: Path) -> None:
    """Each cell, and records are shown as tables."""
    python(tmp_path, "-c", EXECUTE, str(DOCS / "first_steps.ipynb"))
    cells: list[Any] = json.loads((tmp_path / "done.ipynb").read_text())["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    html = ["".join(o["data"]["text/html"]) for o in outputs if "text/html" in o.get("data", {})]
    assert len(html) >= 4
    assert [] == [one for one in html if "<table" not in one]
