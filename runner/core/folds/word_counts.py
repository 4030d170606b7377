"""Texts of a table come in; their words, counted once for all folds and candidates, go out.

What a fold may learn of the words, which of them to keep and what each weighs, it learns of the
counts of its training rows, exactly as scikit-learn's TfidfVectorizer does of the texts.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.feature_extraction.text import TfidfVectorizer

    from runner.records import Booleans, Integers

# parameters of a vectoriser that decide what is counted
OF_COUNTING = (
    "analyzer",
    "lowercase",
    "ngram_range",
    "stop_words",
    "strip_accents",
    "token_pattern",
)


@dataclass(frozen=True, eq=False)
class Counted:
    """How often each text has each word, in the order of the alphabet."""

    counts: sparse.csr_array  # (n, v)
    words: Any  # (v,) array of str


@dataclass(frozen=True, eq=False)
class WordCounts:
    """The counts of a table's columns of text, made when they are first asked for."""

    frame: pd.DataFrame  # (n,) with an index of positions
    made: dict[tuple[object, ...], Counted] = field(default_factory=dict)

    def __deepcopy__(self, memo: object) -> Self:
        """Itself: scikit-learn copies what a transformer is made with."""
        return self

    def of(self, column: str, vectorizer: TfidfVectorizer) -> Counted:
        """How often each row has each word, as a vectoriser takes texts apart."""
        parameters = vectorizer.get_params()
        key = (column, *(repr(parameters[name]) for name in OF_COUNTING))
        if key not in self.made:
            self.made[key] = _count(self.frame[column], {n: parameters[n] for n in OF_COUNTING})
        return self.made[key]


def _count(texts: pd.Series, parameters: dict[str, Any]) -> Counted:
    from sklearn.feature_extraction.text import CountVectorizer

    counter = CountVectorizer(**parameters, dtype=np.float64)
    counts = counter.fit_transform(texts.fillna(""))
    return Counted(sparse.csr_array(counts), counter.get_feature_names_out())


def fit_to_counts(
    vectorizer: TfidfVectorizer, counted: Counted, rows: Integers
) -> tuple[TfidfVectorizer, sparse.csr_array]:
    """What a vectoriser learns of some rows' texts, and these rows transformed, (n, q).

    Args:
        vectorizer: unfitted; it stays so.
        counted: how often each row of a table has each word.
        rows: positions of the rows, (n,).

    Raises:
        ValueError: no word is left.
    """
    from sklearn.base import clone
    from sklearn.feature_extraction.text import TfidfTransformer

    counts = _of_rows(vectorizer, counted, rows)
    kept = _kept(vectorizer, counts)
    fitted = clone(vectorizer)
    fitted.vocabulary_ = {str(word): at for at, word in enumerate(counted.words[kept])}
    fitted.fixed_vocabulary_ = False
    fitted._tfidf = TfidfTransformer(  # noqa: SLF001 - what its own fit sets
        norm=vectorizer.norm,
        use_idf=vectorizer.use_idf,
        smooth_idf=vectorizer.smooth_idf,
        sublinear_tf=vectorizer.sublinear_tf,
    )
    return fitted, sparse.csr_array(fitted._tfidf.fit_transform(counts[:, kept]))  # noqa: SLF001


def transform_counts(fitted: TfidfVectorizer, counted: Counted, rows: Integers) -> sparse.csr_array:
    """Some rows as a fitted vectoriser transforms their texts, (n, q).

    Args:
        fitted: the vectoriser.
        counted: how often each row of a table has each word.
        rows: positions of the rows, (n,).
    """
    kept = np.searchsorted(counted.words, np.array(list(fitted.vocabulary_), dtype=object))
    counts = _of_rows(fitted, counted, rows)[:, kept]
    return sparse.csr_array(fitted._tfidf.transform(counts))  # noqa: SLF001


def _of_rows(vectorizer: TfidfVectorizer, counted: Counted, rows: Integers) -> sparse.csr_array:
    counts = counted.counts[rows]
    if vectorizer.binary:
        counts = copy.copy(counts)
        counts.data = np.ones_like(counts.data)
    return counts


def _kept(vectorizer: TfidfVectorizer, counts: sparse.csr_array) -> Integers:
    """The words that a vectoriser keeps, in order: not too rare, not too common, the commonest."""
    n, v = counts.shape
    documents = np.bincount(counts.indices, minlength=v)
    least, most = (
        limit if isinstance(limit, int) else limit * n
        for limit in (vectorizer.min_df, vectorizer.max_df)
    )
    often: Booleans = (documents > 0) & (documents >= least) & (documents <= most)
    kept = np.flatnonzero(often)
    if vectorizer.max_features is not None and len(kept) > vectorizer.max_features:
        total = np.asarray(counts.sum(axis=0)).ravel()[kept]
        # the same sort as scikit-learn's, of the same numbers: it decides between equals
        kept = np.sort(kept[(-total).argsort()[: vectorizer.max_features]])
    if not len(kept):
        raise ValueError("no word is left of the texts: lower min_df, or raise max_df")
    return kept
