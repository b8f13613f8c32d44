"""Texts → tf-idf of words and word pairs, as scikit-learn's ``TfidfVectorizer`` computes it, at a quarter of its time.

scikit-learn puts every bigram of the corpus through a Python dictionary; here words get numbers once and a bigram
is the number ``left · n_words + right``, counted by sorting. Vocabulary, counts and weights are the same (a test
compares them on random corpora).
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags

from features.encoders.words import (
    Candidates,
    Ints,
    KnownTerms,
    counts_of,
    lookup,
    neighbours,
    rows_of,
    word_numbers,
)
from features.errors import NothingToLearn

TINY_CORPUS = 200
"""Below this many texts no bound on document frequency is applied."""

SMALL_CORPUS = 5_000
"""Below this many texts the encoder reads every word, numbers and stop words too, and applies neither bound on document
frequency: such a corpus is of one subject, and what stands in a tenth of it, or in two or three texts, tells its papers
apart. How a study was made is said in small words ("were", "versus", "12 weeks"). None of them names anything: see
:func:`features.encoders.words.is_telling`."""


class TfidfTerms(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Sublinear tf-idf with English stop words left out, rows of Euclidean length one (or zero).

    For a term that stands ``c`` times in a text and in ``df`` of the ``n`` texts of the fit, the weight before
    normalisation is ``(1 + ln c) · (1 + ln((1 + n) / (1 + df)))``.

    Parameters
    ----------
    max_features : int
        Terms kept: those with the highest counts over the corpus, ties by the alphabet.
    min_df : int
        Fewest texts a term must stand in.
    max_df : float
        Largest share of the texts a term may stand in. Neither bound holds where every word is read, nor below
        ``TINY_CORPUS`` texts.
    dtype : type
        Of the matrices that :meth:`transform` returns.
    ngrams : int
        1 for words alone, 2 for word pairs as well.
    every_word_below : int
        Below this many texts stop words and words that begin with a digit are read as well. The encoder's is
        ``SMALL_CORPUS``; the baselines follow the recipe of others.

    Attributes
    ----------
    terms_ : tuple of str
        The vocabulary, sorted; a bigram is two words with a space between them.
    idf_ : ndarray of shape (n_terms,), float64
    every_word_ : bool
        Whether stop words and numbers are read.
    """

    def __init__(
        self,
        max_features: int = 20_000,
        min_df: int = 5,
        max_df: float = 0.1,
        dtype: type[np.floating] = np.float32,
        ngrams: int = 2,
        every_word_below: int = 0,
    ) -> None:
        self.max_features = max_features
        self.min_df = min_df
        self.max_df = max_df
        self.dtype = dtype
        self.ngrams = ngrams
        self.every_word_below = every_word_below

    def __sklearn_tags__(self) -> Tags:
        tags: Tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.two_d_array = True, False
        return tags

    def fit(self, texts: Sequence[str], y: object = None) -> Self:  # noqa: ARG002  # scikit-learn's signature
        """Choose the vocabulary and its weights; raises NothingToLearn where no term is left."""
        self._chosen(self.candidates(texts))
        return self

    def fit_transform(self, texts: Sequence[str], y: object = None, **_: Any) -> sparse.csr_array:  # noqa: ARG002  # scikit-learn's
        """The same matrix as ``fit(texts).transform(texts)``, reading the texts once."""
        return self.fit_candidates(self.candidates(texts))

    def fit_candidates(self, candidates: Candidates) -> sparse.csr_array:
        """The same as :meth:`fit_transform` of the texts that were counted."""
        counts = self._chosen(candidates)
        return self._known.weighted(counts)

    def transform(self, texts: Sequence[str]) -> sparse.csr_array:
        """CSR (n_texts, n_terms) of ``dtype`` with sorted indices; each row depends on its own text only."""
        return self._known.transform(texts)

    def candidates(self, texts: Sequence[str]) -> Candidates:
        """What these texts could give a vocabulary: the terms that stand in as many of them as a term must."""
        numbers: defaultdict[str, int] = defaultdict(lambda: len(numbers))
        words, starts = word_numbers(texts, numbers, every_word=len(texts) < self.every_word_below)
        names, least = list(numbers), self._bounds(len(texts))[0]
        pairs, entries = np.zeros(0, dtype=np.int64), [(words, rows_of(starts))]
        if self.ngrams > 1:
            pairs, occurrences = _corpus_pairs(words, starts, len(names), least)
            entries.append(occurrences)
        counts = counts_of(entries, (len(texts), len(names) + len(pairs)))
        frequencies = np.bincount(counts.indices, minlength=counts.shape[1])
        allowed = np.flatnonzero(frequencies >= least)
        kept = sparse.csr_array(counts[:, allowed].astype(np.float32))  # whole numbers, exact in 32 bits
        return Candidates(kept, _named(allowed, names, pairs))

    def _bounds(self, n_texts: int) -> tuple[int, float]:
        """Fewest and most texts a term may stand in."""
        bounded = n_texts >= max(TINY_CORPUS, self.every_word_below)
        return (self.min_df, self.max_df * n_texts) if bounded else (1, float(n_texts))

    def _chosen(self, candidates: Candidates) -> sparse.csr_array:
        """Counts of the terms of the vocabulary, which is chosen."""
        counts, terms = candidates.counts, candidates.terms
        n_texts = counts.shape[0]
        self.every_word_ = n_texts < self.every_word_below
        least, most = self._bounds(n_texts)
        frequencies = np.bincount(counts.indices, minlength=counts.shape[1])
        allowed = np.flatnonzero((frequencies >= least) & (frequencies <= most)).tolist()
        if not allowed:
            raise NothingToLearn(f"the titles and abstracts of {n_texts} papers hold no usable words")
        totals = np.bincount(counts.indices, weights=counts.data, minlength=counts.shape[1])
        kept = sorted(allowed, key=lambda column: (-totals[column], terms[column]))[: self.max_features]
        kept.sort(key=terms.__getitem__)
        idf = 1.0 + np.log((1.0 + n_texts) / (1.0 + frequencies[kept]))
        self.terms_, self.idf_ = tuple(terms[column] for column in kept), idf
        self._known = KnownTerms(self.terms_, idf, every_word=self.every_word_, dtype=self.dtype)
        chosen = sparse.csr_array(counts[:, kept].astype(np.float64))
        chosen.sort_indices()
        return chosen


def _corpus_pairs(words: Ints, starts: Ints, n_words: int, least: int) -> tuple[Ints, tuple[Ints, Ints]]:
    """The pairs that occur ``least`` times or more, and the columns and rows of their occurrences."""
    left, right, rows = neighbours(words, starts)
    occurrences = left * n_words + right
    pairs, totals = np.unique(occurrences, return_counts=True)
    pairs = pairs[totals >= least]
    columns = lookup(occurrences, pairs, n_words + np.arange(len(pairs)))
    return pairs, (columns, rows)


def _named(columns: Ints, names: Sequence[str], pairs: Ints) -> tuple[str, ...]:
    """The terms of these columns; those of pairs come after those of words."""
    n_words = len(names)
    left, right = np.divmod(pairs[columns[columns >= n_words] - n_words], n_words) if len(pairs) else (pairs, pairs)
    words = [names[column] for column in columns[columns < n_words].tolist()]
    return (*words, *(f"{names[a]} {names[b]}" for a, b in zip(left.tolist(), right.tolist(), strict=True)))
