"""README and docs say what the program does: their commands run, and the output is the real one."""

from __future__ import annotations

import itertools
import os
import re
import shlex
import signal
import subprocess
import sys
import tomllib
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from conftest import Program

from runner.config.compose import Composer
from runner.dataset.table import make_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.config.composed import Composed
    from runner.records import Table

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXT = {page.name: page.read_text(encoding="utf-8") for page in PAGES}


def blocks(language: str, page: str) -> list[str]:
    """The fenced blocks of one language on a page, in order."""
    return re.findall(rf"```{language}\n(.*?)```", TEXT[page], flags=re.DOTALL)


def files_shown(page: str) -> dict[str, str]:
    """The files that a page shows whole: blocks with a comment above, which is the path."""
    found = [block for kind in ("toml", "yaml", "python") for block in blocks(kind, page)]
    parted = [block.partition("\n") for block in found]
    return {head.removeprefix("# "): rest for head, _, rest in parted if head[:2] == "# "}


MOST = {
    "count": 10,
    "folds": 4,
    "multiple": 2,
    "n_trials": 10,
    "pairs": 2,
    "repeats": 2,
    "resamples": 10,
}
BLOCKS = [(page, number) for page in TEXT for number in range(len(blocks("bash", page)))]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reader's folder: my.csv, and the config that the README shows."""
    folder = tmp_path_factory.mktemp("reader")
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "id": range(120),
            "area": rng.normal(100, 20, 120),
            "rooms": rng.integers(1, 6, 120).astype(float),
            "town": rng.choice(["Ulm", "Bonn", "Jena"], 120),
        }
    )
    frame["price"] = frame["area"] * 2 + frame["rooms"] * 10 + rng.normal(0, 10, 120)
    frame.loc[::7, "area"] = np.nan
    frame.loc[::11, "town"] = np.nan
    frame.to_csv(folder / "my.csv", index=False)
    frame.drop(columns="id").rename(columns={"price": "y"}).to_parquet(folder / "big.parquet")
    write_sparse(folder, frame["price"].to_numpy())
    key = folder / "signing-key"
    make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)]
    subprocess.run(make, check=True)
    (folder / "allowed").write_text(f"me {key.with_suffix('.pub').read_text()}", encoding="utf-8")
    shown = files_shown("data.md") | files_shown("choices.md") | files_shown("scale.md")
    for name, content in shown.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    return folder


def write_sparse(folder: Path, y: np.ndarray) -> None:
    """Write the files of docs/sparse.md: 120 rows of 6 columns, most of them 0."""
    rng = np.random.default_rng(2)
    X = rng.normal(size=(len(y), 6)) * (rng.random((len(y), 6)) < 0.4)
    row, column = np.nonzero(X)
    pairs = [" ".join(f"{at + 1}:{one[at]}" for at in np.flatnonzero(one)) for one in X]
    lines = [f"{label} {text}\n" for label, text in zip(y, pairs, strict=True)]
    (folder / "my.svm").write_text("".join(lines), encoding="ascii")
    triples = [f"{i + 1} {j + 1} {X[i, j]}\n" for i, j in zip(row, column, strict=True)]
    head = f"%%MatrixMarket matrix coordinate real general\n{len(y)} 6 {len(row)}\n"
    (folder / "my.mtx").write_text(head + "".join(triples), encoding="ascii")
    np.savetxt(folder / "my-target.txt", y)
    cells = {"row": row, "column": [f"x{at}" for at in column], "value": X[row, column]}
    target = {"row": range(len(y)), "column": "price", "value": y}
    pd.concat([pd.DataFrame(cells), pd.DataFrame(target)]).to_csv(
        folder / "my-entries.csv", index=False
    )


def enet(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the program as a reader would."""
    command = [sys.executable, "-m", "runner", *arguments]
    return subprocess.run(command, cwd=home, capture_output=True, text=True, check=False)


@pytest.fixture
def smaller(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have runs take some 200 rows of large tables, and no more of anything than is in `MOST`.

    Not on a cluster, whose workers would refuse a config that is another than theirs.
    """
    if page == "scale.md":
        return
    whole = Composer.compose

    def make_few(frame: pd.DataFrame, *rest: Any, **keys: Any) -> Table:  # noqa: ANN401
        return make_table(frame[:: len(frame) // 200 or 1].reset_index(drop=True), *rest, **keys)

    def compose_small(self: Composer, job: list[str], number: int | None = None) -> Composed:
        composed = whole(self, job, number)
        limit(composed.sections)
        return composed

    monkeypatch.setattr("runner.dataset.table.make_table", make_few)
    monkeypatch.setattr(Composer, "compose", compose_small)


def limit(section: dict[str, Any]) -> None:
    """Bring each number that is larger than in `MOST` down to that."""
    for key, value in section.items():
        if isinstance(value, dict):
            limit(value)
        elif isinstance(value, int) and key in MOST:
            section[key] = min(value, MOST[key])


@pytest.fixture
def servers(page: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start what a page's commands ask for; the environment says where it is."""
    commands = "".join(blocks("bash", page))
    if "postgresql+psycopg://localhost/" in commands:
        monkeypatch.setenv("PGPORT", str(request.getfixturevalue("postgres").port))
    if "launcher=slurm" in commands:
        for name, value in request.getfixturevalue("slurm").environment.items():
            monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("smaller", "servers")
@pytest.mark.parametrize(("page", "number"), BLOCKS)
def test_every_command_runs(home: Path, page: str, number: int) -> None:
    """The commands of each block of a page do what it says, one after the other, without error.

    Those that end with & go on until the block's last has ended.
    """
    with ExitStack() as stack:
        for command in blocks("bash", page)[number].splitlines():
            if command.endswith("&"):
                stack.enter_context(started(home, command))
            else:
                run_command(home, command)


def run_command(home: Path, command: str) -> None:
    """Run a line of enet's in this process; it must say nothing of an error."""
    name, *arguments = shlex.split(command)
    ended = Program(home)(*arguments)
    said = "" if arguments[:1] == ["predict"] else ended.err  # which tells there of its rows
    assert ("enet", 0, "") == (name, ended.status, said), command


@contextmanager
def started(home: Path, command: str) -> Iterator[None]:
    """A line of Dask's as a process that ends with the block, with all that it has started."""
    name, *arguments = shlex.split(command.removesuffix("&"))
    assert name == "dask"
    process = subprocess.Popen([sys.executable, "-m", name, *arguments], cwd=home,
                               start_new_session=True, stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        yield
        assert process.poll() is None, command
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_the_model_loads_as_shown(home: Path) -> None:
    """The Python lines of docs/runs.md predict from the model of the README's own command."""
    folder = home / "outputs" / "my-run"
    if not folder.exists():  # when this test is run alone
        lines = [line for block in blocks("bash", "README.md") for line in block.splitlines()]
        (command,) = [line for line in lines if "hydra.run.dir=outputs/my-run" in line]
        enet(home, *shlex.split(command)[1:])
    (snippet,) = blocks("python", "runs.md")
    code = snippet + "\nprint(len(predictions))\n"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=home, capture_output=True, text=True, check=True
    )
    assert "120\n" == done.stdout


def test_the_default_output_is_real(tmp_path: Path) -> None:
    """The first screen is what `enet` prints, but for the progress bar and the folder's name."""
    shown = blocks("text", "README.md")[0].splitlines()
    printed = [line.rstrip() for line in enet(tmp_path).stdout.splitlines()]
    printed = [line for line in printed if line and not line.startswith(("search ", "nested "))]
    assert shown[:-2] == printed[:-2]
    assert shown[-2].split(": ")[1] == printed[-2].split(": ")[1]
    for lines in (shown, printed):
        folder = lines[-2].split()[1].rstrip("/:")
        assert f"page: {folder}/report.html" == lines[-1]


@pytest.mark.parametrize("page", TEXT)
def test_links_lead_somewhere(page: str) -> None:
    """Each relative link of a page is to a file that is there."""
    folder = next(path for path in PAGES if path.name == page).parent
    links = re.findall(r"\]\(([^)#:]+)\)", TEXT[page])
    assert [] == [link for link in links if not (folder / link).is_file()]


def test_every_page_is_linked_from_the_readme() -> None:
    """A reader finds each page from the README."""
    linked = re.findall(r"\]\(docs/([^)]+\.md)\)", TEXT["README.md"])
    assert {page.name for page in PAGES[1:]} == set(linked)


def test_the_diagram_shows_the_floors() -> None:
    """The picture in docs/architecture.md has import-linter's layers, floor by floor."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = next(c["layers"] for c in contracts["contracts"] if c["type"] == "layers")
    floors = [" & ".join(r.removeprefix("runner.") for r in f.split(" | ")) for f in layers]
    (diagram,) = blocks("mermaid", "architecture.md")
    expected = [f"{upper} --> {lower}" for upper, lower in itertools.pairwise(floors)]
    assert ["flowchart TD", *expected] == [line.strip() for line in diagram.splitlines()]


def test_the_rooms_are_told() -> None:
    """The table of rooms in docs/architecture.md names every folder and file of runner/."""
    table = TEXT["architecture.md"].partition("| room | holds |")[2].partition("\n\n")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    told = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    paths = [p for p in (ROOT / "runner").iterdir() if p.suffix == ".py" or p.is_dir()]
    assert {p.stem for p in paths} - {"__init__", "__main__", "__pycache__"} == told
    assert len({p.name for p in (ROOT / "runner").iterdir()} - {"__pycache__"}) <= 31
