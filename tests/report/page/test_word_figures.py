"""The strongest words on a run's page, beside coefficients.csv."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from conftest import Program
from page_cases import make_run

from runner.report.page.material import Material
from runner.report.page.word_figures import RESPONSES, SIDE, SIDE_OF_SEVERAL, draw_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def text_run(
    folder: Path,
    coefficients: Sequence[tuple[str, str, float]],
    *,
    family: str = "binomial",
    labels: Sequence[str] = ("no", "yes"),
    columns: Mapping[str, str] = {"words": "text"},
) -> Material:
    """A run of response, feature and standardised coefficient; a column of some kind each."""
    rows = pd.DataFrame(coefficients, columns=["response", "feature", "standardised"])
    rows = rows.assign(
        coefficient=10 * rows["standardised"], selected=rows["standardised"] != 0, rank=1
    )
    rows = rows if any(rows["response"]) else rows.drop(columns="response")
    rows.to_csv(folder / "coefficients.csv", index=False)
    kinds = [{"name": name, "kind": kind} for name, kind in columns.items()]
    pd.Series({"features": kinds}).to_json(folder / "model.json")
    text = [name for name, kind in columns.items() if kind == "text"]
    run = Material(folder, {"family": family, "target": {"name": "y", "labels": [*labels]}})
    steps = {"text": {"kind": "text"}, "none": None}
    run.__dict__["config"] = {"dataset": {"text": text}, "features": {"steps": steps}}
    return run


def signed(count: int, sign: int, response: str = "") -> list[tuple[str, str, float]]:
    """So many words, the first the strongest."""
    letter = "u" if sign > 0 else "d"
    return [(response, f"words_{letter}{at}", sign / (at + 1)) for at in range(count)]


def label(said: str, figure: Any) -> float:  # noqa: ANN401 - a Figure
    """The value of a bar."""
    rows = figure.data["rows"]
    return float(rows["value"][rows["label"].index(said)])


def test_shipped_mails_have_words_for_and_against(tmp_path: Path) -> None:
    """The strongest words of either sign are those of coefficients.csv, the column's name off."""
    folder = Program(tmp_path).run(
        "dataset=spam", "features=text", "family=binomial", "split.folds=3",
        "model.alpha=[0.001,0.003]", "model.l1_ratio=1", "features.steps.text.max_features=800",
        "evaluation.nested=false", "bootstrap.resamples=5",
    )  # fmt: skip
    (figure,) = draw_words(Material.of(folder))
    table = pd.read_csv(folder / "coefficients.csv").query("selected").sort_values("standardised")
    sizes = table["standardised"].tolist()
    wanted = sizes[::-1][:SIDE] + sizes[:SIDE][::-1]
    assert pytest.approx(wanted) == figure.data["rows"]["value"]
    assert table["feature"].iloc[-1] == f"words_{figure.data['rows']['label'][0]}"
    assert "Which words speak for yes, and which against?" == figure.question
    ups = int((table["standardised"] > 0).sum())
    assert f"{ups} words speak for yes, " in figure.sentence
    assert f"At most {SIDE} of each are drawn" in figure.sentence


def test_each_class_has_its_words(tmp_path: Path) -> None:
    """Of a multinomial run a figure for each class, by name, with what tells it from the others."""
    folder = make_run(tmp_path, "words")
    found = draw_words(Material.of(folder))
    table = pd.read_csv(folder / "coefficients.csv").query("selected")
    table = table[table["feature"].str.startswith("notes_")]
    classes = [name for name in ("high", "low", "middle") if (table["response"] == name).any()]
    assert len(classes) > 1
    assert classes == [figure.question.partition(":")[0] for figure in found]
    for name, figure in zip(classes, found, strict=True):
        own = table[table["response"] == name]
        assert len(own) == len(figure.table.rows)
        assert max(figure.data["rows"]["value"]) == pytest.approx(own["standardised"].max())
        assert len(figure.data["rows"]["label"]) <= 2 * SIDE_OF_SEVERAL
    assert 'id="words-1"' in (folder / "report.html").read_text(encoding="utf-8")


def test_of_many_classes_the_first_are_drawn(tmp_path: Path) -> None:
    """At most eight figures, and the sentence says of how many classes."""
    names = [f"class {at}" for at in range(11)]
    rows = [row for name in names for row in signed(3, 1, name)]
    found = draw_words(text_run(tmp_path, rows, family="multinomial", labels=names))
    assert RESPONSES == len(found)
    assert all("The first 8 of 11 classes have such a figure." in one.sentence for one in found)
    few = [row for row in rows if row[0] in names[:RESPONSES]]
    found = draw_words(text_run(tmp_path, few, family="multinomial", labels=names))
    assert not any("such a figure" in one.sentence for one in found)


@pytest.mark.parametrize(
    ("ups", "downs", "said"),
    [
        (2, 0, '2 words speak for yes, "u0" the most. Bars'),
        (1, 2, '1 word speaks for yes, "u0"; 2 words speak against yes, "d0" the most. Bars'),
        (0, 1, '1 word speaks against yes, "d0". Bars'),
    ],
)
def test_either_side_may_lack_words(tmp_path: Path, ups: int, downs: int, said: str) -> None:
    """The sentence counts what there is."""
    (figure,) = draw_words(text_run(tmp_path, [*signed(ups, 1), *signed(downs, -1)]))
    assert figure.sentence.startswith(said)
    assert ups + downs == len(figure.table.rows)


def test_without_words_there_is_no_figure(tmp_path: Path) -> None:
    """Neither if none is selected, nor if no step counts words."""
    assert [] == draw_words(text_run(tmp_path, [("", "words_a", 0.0), ("", "age", 1.0)]))
    run = text_run(tmp_path, signed(2, 1))
    run.__dict__["config"]["features"] = {"steps": None}
    assert [] == draw_words(run)


def test_other_columns_are_no_words(tmp_path: Path) -> None:
    """Not those whose own names begin like a column of text, nor its indicator of gaps."""
    columns = {"a": "text", "a_b": "numeric", "a_kind": "categorical", "ab": "numeric"}
    names = ["a_b", "a_kind_x", "ab", "missingindicator_a", "a_word"]
    run = text_run(tmp_path, [("", name, 1.0) for name in names], columns=columns)
    (figure,) = draw_words(run)
    assert ["word"] == figure.data["rows"]["label"]


def test_two_columns_of_text_are_told_apart(tmp_path: Path) -> None:
    """The same word of each is a bar of its own, and says of which it is."""
    columns = {"title": "text", "body": "text"}
    rows = [("", "title_free", 2.0), ("", "body_free", -1.0)]
    (figure,) = draw_words(text_run(tmp_path, rows, columns=columns, family="gaussian"))
    assert (2.0, -1.0) == (label("title: free", figure), label("body: free", figure))
    assert "Which words raise the predicted y, and which lower it?" == figure.question


def test_blanks_at_an_end_are_seen(tmp_path: Path) -> None:
    """Terms of characters that differ in a blank are told apart."""
    rows = [("", "words_ th", 2.0), ("", "words_th", 1.0), ("", "words_of a", 0.5)]
    (figure,) = draw_words(text_run(tmp_path, rows))
    assert ["\N{OPEN BOX}th", "th", "of a"] == figure.data["rows"]["label"]
