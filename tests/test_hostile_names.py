"""Names of columns, levels, targets, files and folders do no harm, wherever they are shown."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import QUICK, OtherProcess, Program, read_json
from rich.cells import cell_len

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONG = "long_" + 300 * "x"
NAMES = [
    "<script>alert(1)</script>", 'quote"d', "com,ma", "new\nline", "car\rriage", "tab\tbed",
    "\x1b[31mred\x1b[0m", "\x9b2J", LONG, "שלום", "\u202egnp.exe", "\u2066iso\u2069", "👩\u200d🔬",
    "e\u0301te\u0301", "名前", "[bold]b[/bold]", ":x:", "=1+1", "+plus", "-minus", "@at",
    "a|b`c`", "{curly}", "50%_$&#~^\\",
]  # fmt: skip
LEVELS = ["=cmd|' /C calc'!A0", "\x1b[2J\x1b[H", "[red]x[/red]", "a\nb", '"q"', "\u202eabc"]
KIND = "=ki,nd\x07"
TARGET = 't\x1b[1m"a,rget\n'
FILES = ("na\u202esty [b].csv", "=other\x1b[1m.csv")
FOLDER = "\x1b[31m\u2067run [b] |&_"
TURNS = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def hostile_frame(seed: int) -> pd.DataFrame:
    """A column for each name, of which all matter, a category, and the target."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(150, len(NAMES))), columns=NAMES)
    target = frame.sum(axis=1) + rng.normal(0, 0.1, 150)
    frame[KIND] = rng.choice(LEVELS, 150)
    return frame.assign(**{TARGET: target + frame[KIND].map(LEVELS.index)})


@dataclass(frozen=True)
class Made:
    """A run and a sweep of such data, and what was said of them at 80 columns."""

    program: Program
    run_said: str
    sweep_said: str

    @property
    def run(self) -> Path:
        """The run's folder."""
        return self.program.folder / "outputs" / FOLDER

    def said(self, *arguments: str) -> str:
        """What a command that goes well prints."""
        ended = self.program(*arguments)
        assert (0, "") == (ended.status, ended.err)
        return ended.out


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """Run, with every selected feature shown, and sweep over two files."""
    folder = tmp_path_factory.mktemp("hostile")
    for seed, name in enumerate(FILES):
        hostile_frame(seed).to_csv(folder / name, index=False, quoting=1)
    options = folder / "own" / "dataset"
    options.mkdir(parents=True)
    own = {"defaults": ["csv", "_self_"], "path": FILES[0], "target": TARGET}
    (options / "hostile.yaml").write_text(yaml.safe_dump(own), encoding="utf-8")
    program = Program(folder)
    data = ("-cd", "own", "dataset=hostile", *QUICK, "report.top=40")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "80")
        run = program(*data, "hydra.run.dir=outputs/run")
        files = ",".join(f"'{name}'" for name in FILES)
        sweep = program("-m", *data, f"dataset.path={files}", "hydra.sweep.dir=outputs/swept")
        assert [(0, ""), (0, "")] == [(ended.status, ended.err) for ended in (run, sweep)]
        (folder / "outputs" / "run").rename(folder / "outputs" / FOLDER)
        yield Made(program, run.out, sweep.out)


def harmless(text: str) -> str:
    """Check that a text holds nothing but what is read, and lines."""
    acting = [c for c in text if unicodedata.category(c) in {"Cc", "Cs"} and c != "\n"]
    assert [] == acting
    assert not TURNS & set(text)
    return text


def features(made: Made) -> list[str]:
    """The names in coefficients.csv."""
    table = pd.read_csv(made.run / "coefficients.csv", keep_default_na=False)
    return [str(name) for name in table["feature"]]


def test_a_run_is_shown(made: Made) -> None:
    """Each feature has its line, no wider than the screen; names stay as they are if they can."""
    lines = harmless(made.run_said).splitlines()
    at = next(at for at, line in enumerate(lines) if line.startswith("strongest features "))
    selected = int(next(re.findall(r"^(\d+) of \d+ features", x)[0] for x in lines if "of 3" in x))
    table = lines[at : at + 1 + selected]
    assert max(map(cell_len, table)) <= 80
    assert all(re.search(r" -?[\d.e-]+ +-?[\d.e-]+$", line) for line in table[1:])
    shown = {re.sub(r" +-?[\d.e-]+ +-?[\d.e-]+$", "", line) for line in table[1:]}
    for name in ("<script>alert(1)</script>", "[bold]b[/bold]", ":x:", "=1+1", "שלום", "名前"):
        assert name in shown
    assert {r"new\nline", r"\x1b[31mred\x1b[0m", r"\u202egnp.exe", r"car\rriage"} < shown
    (cut,) = [name for name in shown if "…" in name]
    assert cut.startswith("long_xx")


def test_commands_show_it(made: Made) -> None:
    """`show`, `list`, `why` and `compare` say nothing that acts, and tables fit."""
    swept = made.program.folder / "outputs" / "swept"
    harmless(made.sweep_said)
    for folder in (made.run, swept, swept / "0"):
        harmless(made.said("show", str(folder)))
    for command in (("list", "outputs"), ("list", str(swept)), ("compare", "outputs")):
        lines = harmless(made.said(*command)).splitlines()
        assert max(map(cell_len, lines)) <= 80
    assert r"\x1b[31m\u2067run [b] |&_" in made.said("list", "outputs")
    assert r"na\u202esty [b].csv" in made.sweep_said
    harmless(made.program("why", str(made.run), "-cd", "own").err)


@pytest.mark.parametrize("form", ["latex", "markdown"])
def test_tables_can_be_pasted(made: Made, form: str) -> None:
    """Each row of a pasted table has as many cells as its header."""
    text = harmless(made.said("compare", "outputs", "--format", form))
    if form == "latex":
        rows = [line for line in text.splitlines() if line.endswith(r" \\")]
        cells = [len(re.findall(r"(?<!\\) & ", row)) for row in rows]
        assert r"\textbackslash{}u2067run {[}b{]} \textbar{}\&\_" in text
    else:
        rows = [line for line in text.splitlines() if line.startswith("| ")]
        cells = [len(re.findall(r"(?<!\\)\|", row)) for row in rows]
        assert r"\\u2067run \[b\] \|&\_" in text
    assert 4 < len(rows)
    assert len(set(cells)) <= 2  # that of each group


def test_errors_and_logs(made: Made) -> None:
    """A message that names a column is harmless, and a line of run.log stays one."""
    ended = made.program("-cd", "own", "dataset=hostile", *QUICK, "dataset.target=\x1b[2Jno")
    assert 2 == ended.status
    assert r"\x1b[2Jno" in harmless(ended.err)
    for log in made.program.folder.rglob("run.log"):
        lines = harmless(log.read_text(encoding="utf-8")).splitlines()
        assert all(re.match(r"\d{4}-\d\d-\d\d .* (INFO|WARNING) ", line) for line in lines)


def test_checking_the_data(made: Made) -> None:
    """`enet check` lists the columns as they can be read."""
    checked = made.program("check", "dataset=hostile", "--config-dir", "own")
    assert 0 == checked.status
    lines = harmless(checked.out).splitlines()
    assert max(map(cell_len, lines[1 : 2 + len(NAMES)])) <= 80
    assert LONG == "".join(re.findall(r"^(?:long_)?x+(?= |$)", checked.out, re.MULTILINE))
    assert any(line.startswith(":x: ") for line in lines)


def test_an_output_of_few_letters(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where output is ASCII, what it lacks is written out too, and no command ends for that."""
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    ended = OtherProcess(made.program.folder)("show", str(made.run))
    assert 0 == ended.status
    assert r"\u540d\u524d" in ended.out


def test_tables_round_trip(made: Made) -> None:
    """The library pandas reads every name as it was, those of formulas too."""
    levels = [f"{KIND}_{level}" for level in LEVELS]
    assert sorted([*NAMES, *levels]) == sorted(set(features(made)) - {"(intercept)"})
    path = pd.read_csv(made.run / "path.csv")
    assert [name for name in features(made) if name != "(intercept)"] == [
        name for name in path.columns if name in {*NAMES, *levels}
    ]
    results = pd.read_csv(made.program.folder / "outputs" / "swept" / "results.csv")
    assert sorted(FILES) == sorted(results["dataset.path"].str.strip("'"))
    assert TARGET == read_json(made.run / "run.json")["target"]["name"]
