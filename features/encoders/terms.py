"""Texts → tf-idf of words and word pairs, as scikit-learn's ``TfidfVectorizer`` computes it, at a quarter of its time.

scikit-learn puts every bigram of the corpus through a Python dictionary; here words get numbers once and a bigram
is the number ``left · n_words + right``, counted by sorting. Vocabulary, counts and weights are the same (a test
compares them on random corpora).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags

from features.encoders.words import (
    Candidates,
    Ints,
    KnownTerms,
    blocks_of,
    counts_of,
    lookup,
    neighbours,
    rows_of,
    stacked,
    word_numbers,
)
from features.errors import NothingToLearn

Int32s = NDArray[np.int32]
Read = tuple[Int32s, Ints]
"""The numbers of the words of some texts, and where each text starts."""

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
        every_word = len(texts) < self.every_word_below
        read = [_read(texts[part], numbers, every_word=every_word) for part in blocks_of(len(texts))]
        names, least = list(numbers), self._bounds(len(texts))[0]
        columns = _Columns.of(read, len(names), least, pairs=self.ngrams > 1)
        counts = [columns.counts(*block) for block in read]
        frequencies = _totals((block.indices for block in counts), columns.n_columns)
        allowed = np.flatnonzero(frequencies >= least)
        for place, block in enumerate(counts):
            counts[place] = sparse.csr_array(block[:, allowed])
        return Candidates(stacked(counts), columns.named(allowed, names))

    def _bounds(self, n_texts: int) -> tuple[int, float]:
        """Fewest and most texts a term may stand in."""
        bounded = n_texts >= max(TINY_CORPUS, self.every_word_below)
        return (self.min_df, self.max_df * n_texts) if bounded else (1, float(n_texts))

    def _chosen(self, candidates: Candidates) -> sparse.csr_array:
        """Counts of the terms of the vocabulary, which is chosen."""
        terms, n_texts = candidates.terms, len(candidates)
        self.every_word_ = n_texts < self.every_word_below
        least, most = self._bounds(n_texts)
        frequencies, totals = _frequencies(candidates)
        allowed = np.flatnonzero((frequencies >= least) & (frequencies <= most)).tolist()
        if not allowed:
            raise NothingToLearn(f"the titles and abstracts of {n_texts} papers hold no usable words")
        kept = sorted(allowed, key=lambda column: (-totals[column], terms[column]))[: self.max_features]
        kept.sort(key=terms.__getitem__)
        idf = 1.0 + np.log((1.0 + n_texts) / (1.0 + frequencies[kept]))
        self.terms_, self.idf_ = tuple(terms[column] for column in kept), idf
        self._known = KnownTerms(self.terms_, idf, every_word=self.every_word_, dtype=self.dtype)
        chosen = stacked([sparse.csr_array(block[:, kept]) for block in candidates.blocks()])
        chosen.sort_indices()
        return chosen


def _read(texts: Sequence[str], numbers: Mapping[str, int], *, every_word: bool) -> Read:
    words, starts = word_numbers(texts, numbers, every_word=every_word)
    return words.astype(np.int32), starts


def _totals(blocks: Iterable[Int32s], size: int) -> Ints:
    """How often each number under ``size`` stands in all of the blocks."""
    totals = np.zeros(size, dtype=np.int64)
    for block in blocks:
        totals += np.bincount(block, minlength=size)
    return totals


def _frequencies(candidates: Candidates) -> tuple[Ints, NDArray[np.float64]]:
    """Per candidate the texts that hold it, and how often it stands in all of them."""
    n_terms = len(candidates.terms)
    frequencies, totals = np.zeros(n_terms, dtype=np.int64), np.zeros(n_terms)
    for block in candidates.blocks():
        frequencies += np.bincount(block.indices, minlength=n_terms)
        totals += np.bincount(block.indices, weights=block.data, minlength=n_terms)
    return frequencies, totals


@dataclass(frozen=True, slots=True)
class _Columns:
    """What is counted: words and pairs that occur as often as a term must in a whole corpus.

    ``of_word`` (n_words,) are the columns of words, −1 for none, ``words`` the words of the columns; ``pairs`` ascend
    and their columns follow.
    """

    words: Ints
    of_word: Ints
    pairs: Ints

    @classmethod
    def of(cls, read: Sequence[Read], n_words: int, least: int, *, pairs: bool) -> Self:
        words = np.flatnonzero(_totals((words for words, _ in read), n_words) >= least)
        of_word = np.full(n_words, -1, dtype=np.int64)
        of_word[words] = np.arange(len(words))
        return cls(words, of_word, _frequent_pairs(read, n_words, least) if pairs else np.zeros(0, dtype=np.int64))

    @property
    def n_columns(self) -> int:
        return len(self.words) + len(self.pairs)

    def counts(self, words: Int32s, starts: Ints) -> sparse.csr_array:
        """CSR float32 (n_texts, n_columns): whole numbers, exact in 32 bits."""
        entries = [(self.of_word[words], rows_of(starts))]
        if len(self.pairs):
            pairs, rows = _pairs(words, starts, len(self.of_word))
            entries.append((lookup(pairs, self.pairs, len(self.words) + np.arange(len(self.pairs))), rows))
        return counts_of(entries, (len(starts) - 1, self.n_columns)).astype(np.float32)

    def named(self, columns: Ints, names: Sequence[str]) -> tuple[str, ...]:
        """The terms of these columns; those of pairs come after those of words."""
        n_words = len(self.words)
        left, right = np.divmod(self.pairs[columns[columns >= n_words] - n_words], max(len(names), 1))
        words = [names[word] for word in self.words[columns[columns < n_words]].tolist()]
        return (*words, *(f"{names[a]} {names[b]}" for a, b in zip(left.tolist(), right.tolist(), strict=True)))


def _frequent_pairs(read: Sequence[Read], n_words: int, least: int) -> Ints:
    """The pairs that occur ``least`` times or more, ascending."""
    occurrences = np.concatenate([_pairs(words, starts, n_words)[0] for words, starts in read])
    occurrences.sort()
    firsts = np.flatnonzero(np.diff(occurrences, prepend=-1))
    return np.asarray(occurrences[firsts[np.diff(firsts, append=len(occurrences)) >= least]])


def _pairs(words: Int32s, starts: Ints, n_words: int) -> tuple[Ints, Ints]:
    """Every pair as a number, and its text."""
    left, right, rows = neighbours(words.astype(np.int64), starts)
    return left * n_words + right, rows
