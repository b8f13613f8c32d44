"""The words of a day's papers, and what each adds to the two linear scores of a user.

**Dense vectors.** The encoder's row of a paper is x = f·(t·P)/‖t·P‖, with t the paper's row of terms, P (terms × d) the
projection of latent semantic analysis and f the length of that part of x (1, unless it is joined with another
encoder). A linear score w·x is therefore a sum over the paper's words: word k adds t_k (P_k·w) f/‖t·P‖.

**Terms.** The head on sparse terms scores t·v + c (t·μ), with μ the background's mean terms: word k adds
t_k (v_k + c μ_k).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from features.blocks import documents_of
from features.encoders import Encoder, WordEncoder
from features.encoders.words import is_telling
from features.moment import DayMoment
from models.texthead import TextHead

LEADING = 24
"""Words of highest weight in a paper among which those named in a slate are looked for."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class WordIndex:
    """CSR over the distinct ``words`` of the day: ``terms`` t_k and ``shares`` t_k f/‖t·P‖, float32, by ``columns``.

    ``numbers`` (words,) are the words' columns in the vocabulary of the ``encoder``, whose part of a vector begins at
    ``start``; rows of P are asked of it as they are needed, for those of all words of a day are 50 MB. ``leading``
    (n, :data:`LEADING`) are the entries of each paper's weightiest words that say something by themselves, −1 where it
    has no more.
    """

    words: NDArray[np.object_]
    numbers: Ints
    encoder: WordEncoder
    terms: NDArray[np.float32]
    shares: NDArray[np.float32]
    columns: Ints
    row_starts: Ints
    leading: Ints
    start: int

    def entries(self, row: int) -> Ints:
        """The entries of one paper."""
        return np.arange(self.row_starts[row], self.row_starts[row + 1])

    def in_score(self, coef: Floats, entries: Ints) -> Floats:
        """What these entries add to the score of a classifier ``coef`` (d,) on dense vectors."""
        part = coef[self.start : self.start + self.encoder.dimensions].astype(np.float32)
        numbers = self.numbers[self.columns[entries]]
        of_word = np.einsum("kd,d->k", self.encoder.projection_of(numbers.ravel()), part).reshape(numbers.shape)
        return np.asarray(self.shares[entries] * of_word, dtype=np.float64)

    def in_text(self, head: TextHead, mean: Floats, entries: Ints) -> Floats:
        """What these entries add to the score of ``head``; ``mean`` (n_terms,) is the problem's ``weighed_mean``."""
        numbers = self.numbers[self.columns[entries]]
        weights = head.weights(len(mean))[numbers] + head.of_mean * mean[numbers]
        return np.asarray(self.terms[entries] * weights, dtype=np.float64)

    def named(self, entries: Ints) -> list[str]:
        """The words of these entries."""
        names: list[str] = self.words[self.columns[entries]].tolist()
        return names


def word_index(day: DayMoment, encoder: Encoder) -> WordIndex | None:
    """Of the papers of a day with vectors of ``encoder``; None where it knows no words."""
    start = 0
    if day.vectors is None:
        return None
    for part in getattr(encoder, "parts", (encoder,)):
        if isinstance(part, WordEncoder):
            terms = part.terms(documents_of(day.papers, encoder.blocks)) if day.terms is None else day.terms
            return _indexed(terms, day.vectors[:, start : start + part.dimensions], part, start)
        start += part.dimensions
    return None


def _indexed(terms: sparse.csr_array, vectors: NDArray[np.float32], encoder: WordEncoder, start: int) -> WordIndex:
    used, columns = np.unique(terms.indices, return_inverse=True)
    compact = sparse.csr_array((terms.data, columns, terms.indptr), shape=(len(vectors), len(used)))
    lengths = np.linalg.norm(compact @ encoder.projection_of(used), axis=1)
    factors = np.linalg.norm(vectors, axis=1) / np.where(lengths > 0, lengths, 1.0)
    shares = terms.data * np.repeat(factors, np.diff(terms.indptr))
    row_starts = terms.indptr.astype(np.int64)
    words = [encoder.vocabulary[column] for column in used]
    telling = np.array([is_telling(word) for word in words], dtype=bool)
    return WordIndex(
        np.array(words, dtype=object),
        used.astype(np.int64),
        encoder,
        terms.data.astype(np.float32),
        shares.astype(np.float32),
        columns.astype(np.int64),
        row_starts,
        _leading(np.where(telling[columns], terms.data, 0.0), row_starts),
        start,
    )


def _leading(values: Floats, row_starts: Ints) -> Ints:
    """Per row the places of its largest positive values, ties to the earlier one; −1 where there are no more."""
    n_rows = len(row_starts) - 1
    rows = np.repeat(np.arange(n_rows), np.diff(row_starts))
    order = np.lexsort((-values, rows))
    found = np.full((n_rows, LEADING), -1, dtype=np.int64)
    within = np.arange(len(values)) - row_starts[rows]
    kept = (within < LEADING) & (values[order] > 0)
    found[rows[kept], within[kept]] = order[kept]
    return found
