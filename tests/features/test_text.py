"""Words of texts: scikit-learn's numbers, learnt in the fold, sparse up to the saved model."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import ElasticNet
from sklearn.model_selection import cross_validate
from sklearn.pipeline import Pipeline
from sklearn_reference import candidate, folds_of, make_scorer, make_specs

from runner.core.folds import WordCounts, fit_to_counts, transform_counts
from runner.core.folds.sides import as_dense, prepare_sides
from runner.dataset.table import table_of
from runner.features.pipeline import prepare

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Program

    from runner.records import Table

N = 80
WORDS = [
    "free",
    "money",
    "now",
    "meeting",
    "report",
    "friend",
    "lunch",
    "price",
    "offer",
    "the",
    "a",
    "of",
    "you",
    "we",
]


def make_texts(seed: int = 0, n: int = N) -> tuple[list[str], Any]:
    """Texts of random words, and what two of them add up to."""
    rng = np.random.default_rng(seed)
    texts = [" ".join(rng.choice(WORDS, rng.integers(3, 15))) for _ in range(n)]
    y = np.array([text.count("free") - text.count("lunch") for text in texts], dtype=float)
    return texts, y + 0.3 * rng.standard_normal(n)


def make_table(*, gaps: bool = False) -> Table:
    """A column of texts, and one of numbers."""
    texts, y = make_texts()
    frame = pd.DataFrame({"words": texts}, dtype=object)
    if gaps:
        frame.loc[::7, "words"] = np.nan
    frame["age"] = np.random.default_rng(1).standard_normal(N)
    return table_of(frame, y, text=("words",))


SETTINGS: list[dict[str, Any]] = [
    {},
    {"ngram_range": (1, 2), "min_df": 2},
    {"min_df": 0.1, "max_df": 0.6},
    {"max_features": 9},
    {"ngram_range": (1, 2), "max_features": 40, "sublinear_tf": True},
    {"binary": True, "norm": None, "use_idf": False},
    {"analyzer": "char_wb", "ngram_range": (2, 3), "min_df": 3, "lowercase": False},
    {"stop_words": "english", "norm": "l1"},
]


@pytest.mark.parametrize("settings", SETTINGS)
def test_counts_teach_what_the_texts_teach(settings: dict[str, Any]) -> None:
    """Vocabulary, weights and new rows are those of a vectoriser fitted to the rows' texts."""
    texts, _ = make_texts()
    column, rows, others = pd.Series(texts), np.arange(0, N, 2), np.arange(1, N, 2)
    expected = TfidfVectorizer(**settings)
    X = expected.fit_transform(column[rows])
    counted = WordCounts(pd.DataFrame({"words": texts})).of("words", TfidfVectorizer(**settings))
    fitted, found = fit_to_counts(TfidfVectorizer(**settings), counted, rows)
    assert fitted.vocabulary_ == expected.vocabulary_
    np.testing.assert_allclose(found.toarray(), X.toarray(), rtol=1e-13)
    unseen = expected.transform(column[others]).toarray()
    np.testing.assert_allclose(
        transform_counts(fitted, counted, others).toarray(), unseen, rtol=1e-13
    )
    np.testing.assert_allclose(fitted.transform(column[others]).toarray(), unseen, rtol=1e-13)


def test_a_word_that_no_text_keeps_is_an_error() -> None:
    """Where min_df leaves nothing, the message says what to change."""
    counted = WordCounts(pd.DataFrame({"words": ["one two", "three four"]})).of(
        "words", TfidfVectorizer()
    )
    with pytest.raises(ValueError, match="lower min_df"):
        fit_to_counts(TfidfVectorizer(min_df=2), counted, np.arange(2))


def test_scores_are_those_of_cross_validate() -> None:
    """Each fold scores what a Pipeline of TfidfVectorizer and ElasticNet scores in it."""
    texts, y = make_texts()
    table = table_of(pd.DataFrame({"words": texts}, dtype=object), y, text=("words",))
    folds = folds_of(table, folds=4, test=None)
    step = {"words": {"kind": "text", "ngrams": [1, 2], "min_df": 2}}
    specs = make_specs("mean", "elastic_net", {"features.steps": step, "features.scale": False})
    (trial,) = make_scorer(folds, specs)([candidate(0.01, 0.5)])
    pipeline = Pipeline(
        [
            ("words", TfidfVectorizer(ngram_range=(1, 2), min_df=2)),
            ("model", ElasticNet(alpha=0.01, l1_ratio=0.5, tol=1e-13, max_iter=1_000_000)),
        ]
    )
    cv = [folds.split.sides(fold) for fold in folds.split.folds]
    expected = cross_validate(pipeline, texts, y, cv=cv, scoring="neg_mean_squared_error")
    np.testing.assert_allclose(trial.scores["mse"], -expected["test_score"], rtol=1e-8)


def test_validation_texts_teach_nothing() -> None:
    """Other texts in the validation rows leave the training side as it is."""
    table = make_table(gaps=True)
    specs = make_specs("mean", "elastic_net", {"features.steps": {"words": {"kind": "text"}}})
    train, validate = np.arange(0, 60), np.arange(60, N)
    changed = table.features.copy()
    changed.loc[60:, "words"] = "novel words altogether free"
    other = table_of(changed, table.target, text=("words",))
    sides = [prepare_sides(own, train, validate, prepare(specs, own, 0)) for own in (table, other)]
    assert sides[0][2].names == sides[1][2].names
    assert "missingindicator_words" in sides[0][2].names
    np.testing.assert_array_equal(as_dense(sides[0][0]), as_dense(sides[1][0]))


def test_many_words_stay_sparse_in_the_fold() -> None:
    """Both sides are sparse, and their rows are those of scikit-learn's vectoriser."""
    rng = np.random.default_rng(0)
    texts = [" ".join(f"word{k}" for k in rng.integers(0, 300, 6)) for _ in range(N)]
    table = table_of(pd.DataFrame({"t": texts}, dtype=object), rng.standard_normal(N), text=("t",))
    step = {"one": {"kind": "text", "min_df": 1}}
    options = {"features.steps": step, "features.scale": False}
    own = prepare(make_specs("mean", "elastic_net", options), table, 0)
    X, X_validation, _ = prepare_sides(table, np.arange(60), np.arange(60, N), own)
    assert sparse.issparse(X)
    assert sparse.issparse(X_validation)
    reference = TfidfVectorizer().fit(texts[:60])
    np.testing.assert_allclose(as_dense(X_validation), reference.transform(texts[60:]).toarray())


def write_mails(folder: Path) -> Path:
    """A CSV with texts, of which some are missing, a number with gaps and two classes."""
    texts, y = make_texts(3, 120)
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"words": texts, "age": rng.standard_normal(120)})
    frame.loc[::9, "words"] = None
    frame.loc[::5, "age"] = np.nan
    frame["good"] = np.where(y > 0, "yes", "no")
    frame["kind"] = np.select([y > 0.5, y < -0.5], ["yes", "no"], "maybe")
    frame.to_csv(folder / "mails.csv", index=False)
    return folder / "mails.csv"


@pytest.mark.parametrize(("family", "target"), [("binomial", "good"), ("multinomial", "kind")])
def test_the_saved_model_reads_texts(family: str, target: str, program: Program) -> None:
    """model.pkl gives predictions.csv's probabilities for the rows as they are in the file."""
    file = write_mails(program.folder)
    made = program.run(
        "dataset=csv", "dataset.path=mails.csv", "dataset.text=words", "features=text",
        f"dataset.target={target}", f"dataset.drop={'kind' if target == 'good' else 'good'}",
        f"family={family}", "model.l1_ratio=0.5", "model.alpha.count=5",
        *(["family.positive=yes"] if family == "binomial" else []),
    )  # fmt: skip
    table = pd.read_csv(made / "predictions.csv")
    tested = table[table["part"] == "test"]
    rows = pd.read_csv(file).iloc[tested["row"]]
    with (made / "model.pkl").open("rb") as opened:
        model = pickle.load(opened)  # noqa: S301 - the run's own
    name = "probability" if family == "binomial" else "probability_yes"
    expected = tested[name].to_numpy()
    actual = model.predict_proba(rows)[:, list(model.classes_).index("yes")]
    np.testing.assert_allclose(actual, expected, rtol=1e-12)
    record = json.loads((made / "run.json").read_text())
    assert record["dataset"]["text"] == 1
    described = json.loads((made / "model.json").read_text())["features"]
    assert {"name": "words", "kind": "text"}.items() <= described[0].items()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("dataset.text=[wrods]", "features=text"), "did you mean 'words'"),
        (("dataset.text=[words]",), "choose features=text"),
        ((), "put it into dataset.categorical"),
        (("dataset.text=[words]", "features=text", "features.steps.text.min_df=0.0"), "min_df"),
        (("dataset.text=[words]", "features=text", "dataset.stream=true"), "dataset.stream"),
        (("features=text", "dataset.drop=[words]"), "dataset.text"),
    ],
)
def test_what_is_wrong_is_said(arguments: tuple[str, ...], message: str, program: Program) -> None:
    """The message names the column or the key, and what to choose instead."""
    write_mails(program.folder)
    ended = program(
        "dataset=csv", "dataset.path=mails.csv", "dataset.target=good", "family=binomial",
        *arguments,
    )  # fmt: skip
    assert ended.status != 0
    assert message in ended.err
