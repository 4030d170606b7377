"""A sweep's page says what its table says, whatever has become of the runs."""

from __future__ import annotations

import csv
import re
import shutil
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from conftest import QUICK, Program, mixed_frame
from swept import Made, grid, make_sweep

from runner.report.page.sweep_page import figures, sweep_page

if TYPE_CHECKING:
    from pathlib import Path


SCRIPT = "report.js"


class Reader(HTMLParser):
    """The cells of the leaderboard: text and sorted value by row; and where links lead."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[tuple[str, str | None]]] = []
        self.links: list[str] = []

        self.feed(page[page.index('<table id="board"') : page.index("</section>")])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A row or a cell begins."""
        own = dict(attrs)
        if tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"} and self.rows:
            self.rows[-1].append(("", own.get("data-value")))
        elif tag == "a":
            self.links.append(own["href"] or "")

    def handle_data(self, data: str) -> None:
        """Text of the last cell."""
        if self.rows and self.rows[-1]:
            text, value = self.rows[-1].pop()
            self.rows[-1].append((text + data.strip(), value))

    def table(self) -> list[dict[str, tuple[str, str | None]]]:
        """The rows by header."""
        head, *rows = self.rows
        return [dict(zip([text for text, _ in head], row, strict=True)) for row in rows]


def read(page: str) -> list[dict[str, tuple[str, str | None]]]:
    """The leaderboard."""
    return Reader(page).table()


def results(folder: Path) -> dict[str, dict[str, str]]:
    """The rows of results.csv by run."""
    with (folder / "results.csv").open(newline="") as file:
        return {row["run"]: row for row in csv.DictReader(file)}


def header(page: str) -> str:
    """The text at the top."""
    return re.sub(r"<[^>]+>|\s+", " ", page[page.index("<header>") : page.index("</header>")])


def test_numbers_are_those_of_the_table(tmp_path: Path) -> None:
    """Each run's row has the scores and the seconds of results.csv, in full where it is sorted."""
    folder = make_sweep(tmp_path / "s", grid(seconds=2.5))
    rows, stored = read(sweep_page(folder, SCRIPT)), results(folder)
    assert set(stored) == {row["run"][0] for row in rows}
    columns = {"expected": "expected_mse", "CV": "cv_mse", "SE": "cv_mse_se", "test": "test_mse"}
    for row in rows:
        own = stored[row["run"][0]]
        for header, column in (columns | {"seconds": "seconds", "p_best": "p_best"}).items():
            value = row[header][1]
            assert (own[column] == "") == (value == "")
            assert value == "" or float(value or "nan") == float(own[column])
        assert own["imputer"] == row["imputer"][0]
    assert "2.5" == rows[0]["seconds"][0]


def test_the_best_is_first_and_ties_are_words(tmp_path: Path) -> None:
    """By the expected score; the best, what ties with it and what is worse are told in words."""
    folder = make_sweep(tmp_path / "s", grid())
    page = sweep_page(folder, SCRIPT)
    rows, stored = read(page), results(folder)
    expected = [float(stored[row["run"][0]]["expected_mse"]) for row in rows]
    assert sorted(expected) == expected
    said = {row["run"][0]: row["standing"][0] for row in rows}
    for run, own in stored.items():
        if own["p_best"]:
            assert {"True": "ties", "False": "worse"}[own["ties"]] == said[run]
    assert "best" == rows[0]["standing"][0]
    assert {"ties", "worse", "best"} == set(said.values())
    assert f"<strong>{rows[0]['standing'][0]}</strong>" in page
    assert f"Run {rows[0]['run'][0]} " in header(page)


def test_links_lead_to_the_runs_pages(tmp_path: Path) -> None:
    """A run that was taken over has its own page too; one without a page has no link."""
    taken = Made({"imputer": "none"}, status="reused", more={"reused_from": "/elsewhere/7"})
    runs = [Made({"imputer": "mean"}), taken, Made({"imputer": "knn"}, error="no such file")]
    page = sweep_page(make_sweep(tmp_path / "s", runs), SCRIPT)
    assert ["0/report.html", "1/report.html"] == sorted(Reader(page).links)
    assert "elsewhere" not in page


def test_failed_runs_are_last(tmp_path: Path) -> None:
    """With the beginning of the reason in the row, and all of it once for the runs it holds for."""
    reason = "the target 'y' is not numeric: it holds 'x' in all of its rows, so take another"
    bad = [Made({"imputer": name}, error=reason) for name in ("mean", "knn")]
    page = sweep_page(make_sweep(tmp_path / "s", [*bad, Made({"imputer": "none"})]), SCRIPT)
    rows = read(page[: page.index("Why there is no score")] + "</section>")
    assert ["2", "0", "1"] == [row["run"][0] for row in rows]
    assert rows[1]["standing"][0].startswith("refused: the target")
    assert "" == rows[1]["CV"][1]
    assert 1 == page.count("so take another")
    assert "<strong>runs 0 and 1</strong> refused: the target" in page
    assert "2 refused and 1 finished" in header(page)


def test_all_failed(tmp_path: Path) -> None:
    """Where nothing has a score the reasons are left, and no figure."""
    runs = [Made({"imputer": name}, error="no such file") for name in ("mean", "knn")]
    folder = make_sweep(tmp_path / "s", runs)
    page = sweep_page(folder, SCRIPT)
    assert [] == figures(folder)
    assert "2 refused" in header(page)
    assert "Best first" not in page


def test_one_run(tmp_path: Path) -> None:
    """It is compared with nothing, and so is best of nothing."""
    folder = make_sweep(tmp_path / "s", [Made({"imputer": "mean"})])
    page = sweep_page(folder, SCRIPT)
    assert [] == figures(folder)
    assert ["alone"] == [row["standing"][0] for row in read(page)]
    assert "only one with a score" in header(page)


def test_an_interrupted_sweep(tmp_path: Path) -> None:
    """The runs that have not ended are counted, and none of them is shown."""
    folder = make_sweep(tmp_path / "s", grid(), status="interrupted", runs=9)
    said = header(sweep_page(folder, SCRIPT))
    assert "9 runs over imputer and model.l1_ratio" in said
    assert "6 finished and 3 not ended. The sweep was interrupted." in said


def test_a_sweep_that_has_just_begun(tmp_path: Path) -> None:
    """Without a table there is a page that says how many runs are to come."""
    folder = make_sweep(tmp_path / "s", grid(), status="running", runs=6)
    (folder / "results.csv").unlink()
    assert "6 not ended" in header(sweep_page(folder, SCRIPT))


def test_groups_are_not_compared(tmp_path: Path) -> None:
    """Each dataset has a best run, by its own metric, and what is better is said of each."""
    first = [Made({"dataset": "a", "imputer": i}, seconds=s) for i, s in (("mean", 1), ("knn", 2))]
    folds = [0.8, 0.81, 0.82, 0.8, 0.79]
    second = [
        Made({"dataset": "b", "imputer": i}, folds, metric="r2", data="b") for i in ("mean", "knn")
    ]
    page = sweep_page(make_sweep(tmp_path / "s", [*first, *second]), SCRIPT)
    said = header(page)
    assert "has the best expected mse for a" in said
    assert "has the best expected r2 for b" in said
    assert "of mse the less the better and of r2 the more the better" in page
    assert ["mse", "mse", "r2", "r2"] == [row["metric"][0] for row in read(page)]


def test_runs_without_expected_scores(tmp_path: Path) -> None:
    """They go by CV, and the page does not tell them apart by it."""
    page = sweep_page(make_sweep(tmp_path / "s", grid(nested=False)), SCRIPT)
    assert {"best CV", "not tested"} == {row["standing"][0] for row in read(page)}
    assert "runs are not told apart by it" in header(page)
    assert "p_best" not in page


def test_the_command_can_be_copied(tmp_path: Path) -> None:
    """It is what was typed, quoted where a shell wants that."""
    page = sweep_page(make_sweep(tmp_path / "s", grid()), SCRIPT)
    assert "enet -m imputer=mean,knn &#39;note=a b&#39;</pre>" in page


def test_names_are_text(tmp_path: Path) -> None:
    """A value with markup in it is shown, not obeyed."""
    runs = [Made({"imputer": name}) for name in ("<script>alert(1)</script>", "knn")]
    page = sweep_page(make_sweep(tmp_path / "s", runs), SCRIPT)
    assert "<script>alert" not in page
    assert "&lt;script&gt;al" in page


@pytest.mark.parametrize("count", [100, 101])
def test_long_tables_are_shown_in_part(tmp_path: Path, count: int) -> None:
    """More than a hundred rows are all on the page, and a button shows them."""
    runs = [Made({"model.alpha": f"{at}"}, [float(at)] * 5) for at in range(count)]
    page = sweep_page(make_sweep(tmp_path / "s", runs), SCRIPT)
    assert count == len(read(page))
    assert (count > 100) == ('data-shows="board"' in page)


def data(folder: Path) -> tuple[str, ...]:
    """A quick run's data."""
    mixed_frame(80).to_csv(folder / "mixed.csv", index=False)
    quick = (QUICK[0], "model.alpha={eps:0.1,count:3}", *QUICK[3:])
    return ("dataset=csv", "dataset.path=mixed.csv", "dataset.target=outcome", *quick)


def test_runs_in_folders_within_folders_are_linked(tmp_path: Path) -> None:
    """A run is called by its path below the sweep, which leads to its page whatever is in it."""
    subdir = "hydra.sweep.subdir=a #b/${hydra.job.num}/50% x"
    varied = (subdir, "model.l1_ratio=0.5,1.0")
    folder = Program(tmp_path, pages=True).sweep("-m", *data(tmp_path), *varied)
    links = Reader((folder / "report.html").read_text(encoding="utf-8")).links
    assert {f"a #b/{at}/50% x" for at in (0, 1)} == set(results(folder))
    assert len(links) == 2
    assert all("#" not in link and (folder / unquote(link)).is_file() for link in links)


def test_a_run_whose_folder_is_gone_is_a_row(tmp_path: Path) -> None:
    """The other runs are compared; the row stays, without a link."""
    folder = make_sweep(tmp_path / "swept", grid())
    shutil.rmtree(folder / "0")
    page = sweep_page(folder, SCRIPT)
    assert len(Reader(page).links) == 5
    assert "its folder is gone" in page


def test_a_page_that_cannot_be_made_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sweep has no log of its own: the reason is on the screen, and the sweep is finished."""
    monkeypatch.setattr("runner.report.page.sweep_page.sweep_page", lambda *_: 1 / 0)
    varied = ("model.l1_ratio=0.5", "hydra.sweep.dir=swept")
    ended = Program(tmp_path, pages=True)("-m", *data(tmp_path), *varied)
    said = " ".join(f"{ended.out} {ended.err}".split())
    assert ended.status == 0
    assert "no report.html was written (ZeroDivisionError: division by zero)" in said


def test_a_long_name_is_shortened_where_it_is_read(tmp_path: Path) -> None:
    """A folder's name of hundreds of letters leaves room for the numbers; its link is whole."""
    folder = make_sweep(tmp_path / "swept", grid())
    long = "x" * 200
    (folder / "0").rename(folder / long)
    table = (folder / "results.csv").read_text(encoding="utf-8")
    (folder / "results.csv").write_text(table.replace("\n0,", f"\n{long},"), encoding="utf-8")
    page = sweep_page(folder, SCRIPT)
    assert f'href="{long}/report.html"' in page
    assert f">{long}<" not in page
    assert f"Run {long}" not in page


def test_metrics_of_one_direction_are_said_once(tmp_path: Path) -> None:
    """A swept metric has a column, and needs no other one; all are the better the less they are."""
    runs = [Made({"metric": metric}, metric=metric) for metric in ("mse", "mae")]
    page = sweep_page(make_sweep(tmp_path / "swept", runs), SCRIPT)
    assert page.count("the less the better") == 1
    assert page.count('<button type="button">metric</button>') == 1


def test_a_run_that_was_stopped_has_no_exception_for_a_reason(tmp_path: Path) -> None:
    """A reader knows what stopping is, and not what KeyboardInterrupt() is."""
    folder = make_sweep(tmp_path / "swept", grid(), status="interrupted")
    table = (folder / "results.csv").read_text(encoding="utf-8")
    stopped = table.replace("finished", "interrupted", 1)
    (folder / "results.csv").write_text(stopped, encoding="utf-8")
    page = sweep_page(folder, SCRIPT)
    assert "interrupted: it was stopped before its end" in page
    assert "1 interrupted and 5 finished" in page


def test_what_was_taken_over_took_no_time(tmp_path: Path) -> None:
    """The seconds of reused runs were spent elsewhere."""
    page = sweep_page(make_sweep(tmp_path / "swept", grid(status="reused")), SCRIPT)
    assert "6 reused." in page
    assert "Together they took" not in page
