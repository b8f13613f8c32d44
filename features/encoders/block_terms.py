"""Documents → one sparse row each: the words of the text, the tags and the citations, each block with its weight.

Each block's part of a row is its tf-idf row of length one, times the block's weight; the whole row is brought to
length one again, so that a paper without text, or without tags, is as long as any other. A token counts once:
its weight is its idf ``1 + ln((1 + n) / (1 + df))`` over the ``n`` documents of the fit. Tags are read as
:mod:`features.encoders.tags` says.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from features.blocks import PREFIXES, TEXT, text_of, tokens_of
from features.encoders.tags import key_of, read
from features.encoders.words import KnownTerms
from features.errors import NothingToLearn

if TYPE_CHECKING:
    from features.encoders.terms import TfidfTerms

TINY_CORPUS = 200
"""Below this many documents a token may stand in one only."""

TOKEN_MIN_DF = 2
"""Fewest papers a token must stand in: unlike a rare word, one that two papers share is seldom a mistake."""

Floats = NDArray[np.float64]
_ALL_PREFIXES = tuple(PREFIXES.values())


class BlockTerms:
    """A fitted vocabulary over blocks: :meth:`fit`, or the constructor with what :attr:`terms_` and :attr:`idf_` were.

    Parameters
    ----------
    terms : sequence of str
        Words and pairs of words first, then tokens by block; sorted within each.
    idf : ndarray of shape (n_terms,), float64
    weights : mapping of str to float
        Block → its weight, > 0; no other block is read.
    every_word : bool
        Whether texts are read with their stop words and numbers (:mod:`features.encoders.terms`).
    """

    def __init__(
        self, terms: Sequence[str], idf: Floats, weights: Mapping[str, float], *, every_word: bool = False
    ) -> None:
        self.terms_ = tuple(terms)
        self.idf_ = np.asarray(idf, dtype=np.float64)
        self.weights = dict(weights)
        self.every_word = every_word
        self.n_words = n_words = sum(not _is_token(term) for term in self.terms_)
        self._words = KnownTerms(self.terms_[:n_words], self.idf_[:n_words], every_word=every_word)
        self._columns = {key_of(term): column for column, term in enumerate(self.terms_[n_words:])}
        self._token_idf = self.idf_[n_words:]

    @classmethod
    def fit(
        cls, documents: Sequence[str], words: "TfidfTerms", weights: Mapping[str, float]
    ) -> tuple[Self, sparse.csr_array]:
        """Choose the vocabulary; it and the rows of ``documents``. Raises NothingToLearn where no term is left.

        ``words`` says how the text is read; its ``max_features`` holds for each block of tokens too, its ``max_df``
        does not: what everybody carries has a small weight and a place.
        """
        matrix = sparse.csr_array(np.zeros((len(documents), 0), dtype=np.float32))
        terms: list[str] = []
        idf: list[Floats] = []
        if TEXT in weights:
            try:
                matrix = words.fit_transform([text_of(document) for document in documents])
            except NothingToLearn:
                if len(weights) == 1:
                    raise
            else:
                terms.extend(words.terms_)
                idf.append(words.idf_)
        if set(weights) - {TEXT}:
            found = _frequent(documents, words, weights)
            terms.extend(found)
            idf.append(1.0 + np.log((1.0 + len(documents)) / (1.0 + np.array([*found.values()], dtype=np.float64))))
        if not terms:
            raise NothingToLearn(f"{len(documents)} papers hold no usable words, tags or citations")
        made = cls(terms, np.concatenate(idf), weights, every_word=getattr(words, "every_word_", False))
        return made, made._joined(matrix, documents)

    def transform(self, documents: Sequence[str]) -> sparse.csr_array:
        """CSR float32 (n_documents, n_terms) with sorted indices, rows of length one or zero."""
        return self._joined(self._words.transform([text_of(document) for document in documents]), documents)

    def _joined(self, words: sparse.csr_array, documents: Sequence[str]) -> sparse.csr_array:
        if not self._columns:
            return words
        parts = [words]
        tokens = self._token_rows(documents)
        first = 0
        for block, prefix in PREFIXES.items():
            last = first + sum(term.startswith(prefix) for term in self.terms_[self.n_words :])
            parts.append(_of_unit_rows(tokens[:, first:last]) * self.weights.get(block, 1.0))
            first = last
        rows = _of_unit_rows(sparse.hstack(parts, format="csr"))
        rows.sort_indices()
        return rows.astype(np.float32)

    def _token_rows(self, documents: Sequence[str]) -> sparse.csr_array:
        known = self._columns
        columns = [[known[key] for key in read(tokens_of(document), known) if key in known] for document in documents]
        starts = np.concatenate([[0], np.cumsum([len(row) for row in columns], dtype=np.int64)])
        flat = np.fromiter(chain.from_iterable(columns), np.int32, int(starts[-1]))
        rows = sparse.csr_array(
            (self._token_idf[flat], flat, starts.astype(np.int32)), shape=(len(documents), len(self._token_idf))
        )
        rows.sort_indices()
        return rows


def _frequent(documents: Sequence[str], words: "TfidfTerms", weights: Mapping[str, float]) -> dict[str, int]:
    """The tokens kept, by block and then sorted, each with the number of documents that hold it.

    A tag goes by its commonest spelling.
    """
    tokens = [tokens_of(document) for document in documents]
    spellings = Counter(chain.from_iterable(tokens))
    least = min(words.min_df, TOKEN_MIN_DF) if len(documents) >= TINY_CORPUS else 1
    counts = Counter(key for each in tokens for key in set(map(key_of, each)))
    spelt: dict[str, str] = {}
    for token, _ in sorted(spellings.items(), key=lambda counted: (-counted[1], counted[0])):
        spelt.setdefault(key_of(token), token)
    found: dict[str, int] = {}
    for block, prefix in PREFIXES.items():
        if block in weights:
            allowed = [(-n, key) for key, n in counts.items() if n >= least and key.startswith(prefix)]
            found.update(sorted((spelt[key], -n) for n, key in sorted(allowed)[: words.max_features]))
    return found


def _is_token(term: str) -> bool:
    return term.startswith(_ALL_PREFIXES)


def _of_unit_rows(matrix: sparse.csr_array) -> sparse.csr_array:
    """``matrix`` with rows of length one in float64; rows of zeros stay zeros."""
    data = matrix.data.astype(np.float64)
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    lengths = np.sqrt(np.bincount(rows, weights=data * data, minlength=matrix.shape[0]))
    return sparse.csr_array((data / lengths[rows], matrix.indices, matrix.indptr), shape=matrix.shape)
