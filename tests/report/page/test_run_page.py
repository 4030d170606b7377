"""A run's page beside the tables that it is made from."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from conftest import Program, mixed_frame, read_json
from page_cases import HOSTILE, make_run

from runner.report.numbers import number
from runner.report.page.figure import POINTS, Figure
from runner.report.page.labels import counted
from runner.report.page.material import Material
from runner.report.page.run_page import figures, run_page

if TYPE_CHECKING:
    from pathlib import Path


class Reader(HTMLParser):
    """The text of each table's cells, by the caption, and the scripts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.scripts: list[str] = []
        self._rows: list[list[str]] = []
        self._inside: list[str] = []
        self._caption = ""
        self._is_json = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a table, a row, a cell or a script."""
        self._inside.append(tag)
        if tag == "table":
            self._rows, self._caption = [], ""
        elif tag == "tr":
            self._rows.append([])
        elif tag in {"td", "th"}:
            self._rows[-1].append("")
        elif tag == "script":
            self._is_json = dict(attrs).get("type") == "application/json"
            self.scripts += [""] if self._is_json else []

    def handle_endtag(self, tag: str) -> None:
        """End one; a table is kept."""
        while self._inside and self._inside.pop() != tag:
            pass
        if tag == "table":
            self.tables[self._caption] = self._rows

    def handle_data(self, data: str) -> None:
        """Add text to what it is in."""
        if "caption" in self._inside:
            self._caption += data
        elif {"td", "th"} & set(self._inside):
            self._rows[-1][-1] += data
        elif self._inside[-1:] == ["script"] and self._is_json:
            self.scripts[-1] += data


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gaussian run with its page."""
    return make_run(tmp_path_factory.mktemp("page"), "gaussian")


@pytest.fixture(scope="module")
def page(made: Path) -> Reader:
    """Its page, read."""
    return Reader((made / "report.html").read_text(encoding="utf-8"))


def drawn(folder: Path, name: str) -> Figure:
    """A figure of a run's page."""
    (found,) = [figure for figure in figures(Material.of(folder)) if figure.name == name]
    return found


def test_scores_are_those_of_the_record(made: Path, page: Reader) -> None:
    """Every metric has its row, with the numbers that the screen has too."""
    record = read_json(made / "run.json")
    rows = {row[0]: row for row in page.tables["Scores"][1:]}
    assert set(record["cv"]) == set(rows)
    for metric, scores in record["cv"].items():
        shown = [float(rows[metric][at].replace(",", "")) for at in (1, 3, 5)]
        wanted = [scores["mean"], record["expected"][metric]["score"]]
        wanted.append(record["test"][metric]["score"])
        assert wanted == pytest.approx(shown, rel=0.05)


def test_the_curve_is_path_csv(made: Path) -> None:
    """Its line and band are the means and standard errors, its counts the features."""
    path = pd.read_csv(made / "path.csv").sort_values("alpha")
    rows = drawn(made, "curve").payload()["data"]["rows"]
    for name, wanted in {
        "alpha": path["alpha"],
        "mean": path["mean"],
        "low": path["mean"] - path["se"],
        "high": path["mean"] + path["se"],
        "features": path["n_nonzero"],
    }.items():
        np.testing.assert_allclose(rows[name], wanted, rtol=1e-5)


def test_paths_are_in_standard_deviations(made: Path) -> None:
    """Each line is path.csv's column times the feature's standard deviation; none for zeros."""
    path = pd.read_csv(made / "path.csv")
    sd = pd.read_csv(made / "coefficients.csv").set_index("feature")["sd"]
    data = drawn(made, "path").payload()["data"]
    lines = pd.DataFrame(data["rows"])
    labels = data["features"]["label"]
    used = [name for name in path.columns[6:] if path[name].any()]
    assert set(used) == {labels[at] for at in lines["feature"].unique()}
    for at, line in lines.groupby("feature"):
        name = labels[int(str(at))]
        np.testing.assert_allclose(line["value"], path[name] * sd[name], rtol=1e-5, atol=1e-9)


def test_coefficients_are_those_of_the_table(made: Path) -> None:
    """Bars are the standardised ones, strongest first, between quantiles of the resamples."""
    table = pd.read_csv(made / "coefficients.csv")
    chosen = table[table["selected"]].sort_values("standardised", key=lambda x: -x.abs())
    described = pd.read_csv(made / "features.csv").set_index("feature").loc[chosen["feature"]]
    rows = drawn(made, "coefficients").payload()["data"]["rows"]
    assert chosen["feature"].tolist() == rows["label"]
    np.testing.assert_allclose(rows["value"], chosen["standardised"], rtol=1e-5)
    per_unit = (chosen["standardised"] / chosen["coefficient"]).to_numpy()
    np.testing.assert_allclose(rows["low"], described["resample_q05"] * per_unit, rtol=1e-5)
    assert [f"{share:.0%}" for share in described["resample_frequency"]] == rows["frequency"]


def test_residuals_are_of_out_of_fold_predictions(made: Path, page: Reader) -> None:
    """Points and the table of the worst rows are predictions.csv's training rows."""
    table = pd.read_csv(made / "predictions.csv").query("part == 'oof'")
    residual = (table["y_true"] - table["y_pred"]).to_numpy()
    rows = drawn(made, "residuals").payload()["data"]["rows"]
    np.testing.assert_allclose(rows["residual"], residual, rtol=1e-4, atol=1e-6)
    worst = table.iloc[np.argsort(-np.abs(residual), kind="stable")[:10]]
    shown = page.tables["The rows predicted the worst"][1:]
    assert [str(row) for row in worst["row"]] == [row[0] for row in shown]
    assert [number(value) for value in worst["y_pred"]] == [row[2] for row in shown]


def test_influence_is_that_of_the_record(made: Path, page: Reader) -> None:
    """The rows that sway the refit, with leverage and Cook's distance."""
    wanted = read_json(made / "run.json")["influence"]["worst"]
    caption = "The rows that sway the unpenalised fit of the selected features the most"
    shown = page.tables[caption][1:]
    assert [str(row["row"]) for row in wanted] == [row[0] for row in shown]
    assert [number(row["cooks_distance"], 3) for row in wanted] == [row[2] for row in shown]


def test_missing_patterns_are_those_of_the_table(made: Path) -> None:
    """A cell is marked where the pattern names the column, with the rows beside it."""
    patterns = pd.read_csv(made / "missing_patterns.csv", keep_default_na=False)
    data = drawn(made, "missingness").payload()["data"]
    cells = pd.DataFrame(data["rows"])
    for at, pattern in patterns.head(15).iterrows():
        own = cells[(cells["pattern"] == at) & (cells["state"] == "missing")]
        assert set(filter(None, pattern["missing"].split(", "))) == set(own["column"])
    wanted = [counted(rows, "row") for rows in patterns["rows"][:15].tolist()]
    assert wanted == data["counts"]["rows"]


def test_a_class_is_counted_as_predicted(tmp_path: Path) -> None:
    """The confusion table counts out-of-fold labels; the ROC's area is scikit-learn's."""
    from sklearn.metrics import confusion_matrix, roc_auc_score

    folder = make_run(tmp_path, "binomial")
    found = pd.read_csv(folder / "predictions.csv").query("part == 'oof'")
    shown = Reader((folder / "report.html").read_text(encoding="utf-8"))
    counts = [list(map(int, row[1:])) for row in shown.tables["What was called what"][1:]]
    labels = read_json(folder / "run.json")["target"]["labels"]
    wanted = confusion_matrix(found["y_true"], found["y_pred"], labels=labels)
    assert wanted.tolist() == counts
    area = roc_auc_score(found["y_true"] == labels[1], found["probability"])
    assert f"is {area:.3f}; 0.5 is chance" in drawn(folder, "roc").sentence


def test_hostile_names_end_nothing(tmp_path: Path) -> None:
    """No name ends a script or is an element; each is in the tables as it is."""
    folder = make_run(tmp_path, "hostile")
    text = (folder / "report.html").read_text(encoding="utf-8")
    read = Reader(text)
    assert "<script>alert" not in text
    assert "<img" not in text
    assert all(json.loads(script) for script in read.scripts)
    shown = {row[0] for rows in read.tables.values() for row in rows}
    selected = pd.read_csv(folder / "coefficients.csv").query("selected")["feature"]
    assert set(selected) <= shown
    assert set(selected) & set(HOSTILE)


def test_many_rows_are_thinned_and_that_is_said(tmp_path: Path) -> None:
    """A figure draws 2,000 points at the most, all of them rows of the table."""
    mixed_frame(4000).to_csv(tmp_path / "mixed.csv", index=False)
    folder = Program(tmp_path).run(
        "dataset=csv", "dataset.path=mixed.csv", "dataset.target=outcome", "split.folds=3",
        "model.alpha={eps:0.01,count:5}", "bootstrap.resamples=5", "evaluation.nested=false",
    )  # fmt: skip
    size = len(pd.read_csv(folder / "predictions.csv").query("part == 'oof'"))
    figure = drawn(folder, "predicted")
    assert POINTS == len(figure.payload()["data"]["rows"]["row"])
    assert f"Of {size:,} points 2,000, drawn at random, are shown." in figure.sentence


def test_a_run_of_the_first_version_has_a_page(made: Path) -> None:
    """What an old record does not know is left out."""
    record = read_json(made / "run.json")
    for key in ("expected", "expected_reason", "rules", "words", "influence", "missingness"):
        record.pop(key, None)
    record["best"].pop("rule")
    text = run_page(replace(Material.of(made), record=record), "report.js")
    assert "selected on" in text


def test_the_policy_names_each_script_by_its_hash(made: Path) -> None:
    """Nothing else may run: no inline script without a hash, no eval, no other host."""
    text = (made / "report.html").read_text(encoding="utf-8")
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    assert "default-src &#39;none&#39;" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_inline_pages_need_no_other_file(made: Path) -> None:
    """The drawing library is in the page, which then asks for none."""
    text = run_page(Material.of(made), None)
    assert "window.vegaEmbed=" in text
    assert "<script src=" not in text


def test_the_paper_has_the_coefficients(made: Path) -> None:
    """The Markdown and the LaTeX table have the selected features' numbers."""
    text = (made / "report.html").read_text(encoding="utf-8")
    table: Any = pd.read_csv(made / "coefficients.csv").query("selected")
    for row in table.head(5).itertuples():
        assert re.search(
            rf"\| {re.escape(row.feature)} +\| +{re.escape(number(row.coefficient))}", text
        )
    assert r"\toprule" in text
