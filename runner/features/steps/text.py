"""Free text as the words in it, each with its weight: TF-IDF, sparse to the solver."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin, clone

from runner.core.folds import fit_to_counts, transform_counts
from runner.core.folds.model_columns import INDICATED
from runner.errors import FitError
from runner.features.steps.base import FeatureStep, Sort
from runner.spec import Count, Share

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.feature_extraction.text import TfidfVectorizer

    from runner.core.folds import WordCounts
    from runner.features.steps.base import SortedColumns


class Text(FeatureStep):
    """Words of each column of text, or `ngrams` of words or characters, by term frequency.

    The weight of a term is its count in the text, times ln((1 + n) / (1 + d)) + 1 of d texts out of
    n that have it, over the length of the text's vector (Salton & Buckley 1988, as scikit-learn has
    it). Terms in fewer than `min_df` of the training texts, or in more than `max_df`, are left out
    (a whole number counts texts, a fraction is a share of them), and of the rest the
    `max_features` commonest are kept. A missing text is an empty one, and says so in a column of
    its own.
    """

    takes: ClassVar[tuple[Sort, ...]] = ("text",)
    kind: Literal["text"]
    analyzer: Literal["word", "char", "char_wb"]
    ngrams: Annotated[list[Count], Field(min_length=2, max_length=2)]
    min_df: Count | Share
    max_df: Count | Annotated[float, Field(gt=0, le=1)]
    max_features: Count | None
    stop_words: Literal["english"] | list[str] | None
    lowercase: bool
    binary: bool
    idf: bool
    sublinear: bool
    norm: Literal["l1", "l2"] | None

    def transformer(self) -> WordFeatures:
        """See WordFeatures."""
        return self._words(None)

    def transformer_for(self, columns: SortedColumns) -> WordFeatures:
        """The same for rows whose words are counted."""
        return self._words(columns.counts)

    def _words(self, counts: WordCounts | None) -> WordFeatures:
        from sklearn.feature_extraction.text import TfidfVectorizer

        return WordFeatures(
            TfidfVectorizer(
                analyzer=self.analyzer,
                ngram_range=(self.ngrams[0], self.ngrams[1]),
                min_df=self.min_df,
                max_df=self.max_df,
                max_features=self.max_features,
                stop_words=self.stop_words,
                lowercase=self.lowercase,
                binary=self.binary,
                use_idf=self.idf,
                sublinear_tf=self.sublinear,
                norm=self.norm,
            ),
            counts,
        )


class WordFeatures(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Columns of text as the terms that a scikit-learn vectoriser finds in each.

    Args:
        vectorizer: unfitted; each column gets a fitted one of its own.
        counts: of the rows that it will be given, which are then known by their index; None of
            any other rows, whose texts are read.
    """

    def __init__(self, vectorizer: TfidfVectorizer, counts: WordCounts | None = None) -> None:
        self.vectorizer = vectorizer
        self.counts = counts

    def fit(self, X: pd.DataFrame, y: object = None) -> Self:
        """Learn the terms of rows (n, columns) of text, NaN where missing."""
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: pd.DataFrame, y: object = None, **_: object) -> sparse.csr_array:
        """Learn the terms, and return their weights, (n, q)."""
        del y
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        self.gappy_ = [str(name) for name in X if X[name].isna().any()]
        self.vectorizers_: dict[str, TfidfVectorizer] = {}
        parts = []
        for name in map(str, X):
            try:
                self.vectorizers_[name], part = self._fit(name, X[name])
            except ValueError as error:
                raise FitError(f"the text column {name!r}: {error}") from error
            parts.append(part)
        return _side_by_side([*parts, *self._gaps(X)])

    def transform(self, X: pd.DataFrame) -> sparse.csr_array:
        """The weights of rows' terms, (n, q)."""
        parts = [self._transform(name, X[name]) for name in self.vectorizers_]
        return _side_by_side([*parts, *self._gaps(X)])

    def get_feature_names_out(self, input_features: object = None) -> Any:  # noqa: ANN401
        """COLUMN_TERM, (q,), and what says that a text is missing."""
        del input_features
        names = [
            f"{name}_{term}"
            for name, vectorizer in self.vectorizers_.items()
            for term in vectorizer.get_feature_names_out()
        ]
        return np.array([*names, *(f"{INDICATED}{name}" for name in self.gappy_)], dtype=object)

    def plain(self) -> WordFeatures:
        """The same for rows of any table."""
        plain: WordFeatures = clone(self).set_params(counts=None)
        plain.feature_names_in_, plain.gappy_ = self.feature_names_in_, self.gappy_
        plain.vectorizers_ = self.vectorizers_
        return plain

    def _fit(self, name: str, texts: pd.Series) -> tuple[TfidfVectorizer, Any]:
        if self.counts is not None:
            counted = self.counts.of(name, self.vectorizer)
            return fit_to_counts(self.vectorizer, counted, texts.index.to_numpy())
        fitted = clone(self.vectorizer)
        return fitted, fitted.fit_transform(texts.fillna(""))

    def _transform(self, name: str, texts: pd.Series) -> Any:  # noqa: ANN401 - a sparse matrix
        fitted = self.vectorizers_[name]
        if self.counts is not None:
            counted = self.counts.of(name, self.vectorizer)
            return transform_counts(fitted, counted, texts.index.to_numpy())
        return fitted.transform(texts.fillna(""))

    def _gaps(self, X: pd.DataFrame) -> list[Any]:
        return [sparse.csr_array(X[[name]].isna().to_numpy(np.float64)) for name in self.gappy_]


def _side_by_side(parts: list[Any]) -> sparse.csr_array:
    return sparse.csr_array(sparse.hstack(parts, format="csr", dtype=np.float64))
