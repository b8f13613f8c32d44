"""Search over all papers: by words (BM25) and by meaning (vectors of the model), fused by ranks.

BM25: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009, with k₁ = 1.2, b = 0.75.
Fusion: Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion", 2009, with k = 60.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from features.domain import Paper
from models.search_words import KnownWords, count_words

_K1, _B, _RRF = 1.2, 0.75, 60.0
_CANDIDATES = 500
_LONGEST_QUERY = 1000
_DECIMALS = 9


@dataclass(frozen=True, slots=True)
class Hit:
    """A paper found; ``score`` compares within one answer only."""

    paper_id: str
    score: float


@dataclass(frozen=True)
class SearchIndex:
    """Papers ascending by id, their weighted words, and their vectors where a model has made any.

    ``weights`` float32 sparse (words, n): what a word of a query adds to a paper. ``vectors`` float32 (n, d), rows of
    unit length or zero; None without a model.
    """

    ids: tuple[str, ...]
    words: KnownWords
    weights: sparse.csr_array
    vectors: NDArray[np.float32] | None

    @classmethod
    def of(cls, papers: Sequence[Paper], vectors: NDArray[np.float32] | None) -> "SearchIndex":
        """The index of ``papers``; ``vectors`` are theirs, row by row."""
        words, counts = count_words(papers)
        return cls(tuple(paper.id for paper in papers), words, _bm25(counts), unit(vectors))

    def search(self, query: str, vector: NDArray[np.float32] | None, limit: int) -> list[Hit]:
        """The best ``limit`` papers for ``query``, best first, ties by id; ``vector`` (d,) is the query's own.

        Papers with none of the query's words are found by meaning only where the query has words the index knows.
        """
        if not self.ids:
            return []
        numbers = self.words.numbers(query[:_LONGEST_QUERY])
        if not numbers:
            return []
        ones, starts = np.ones(len(numbers), dtype=np.float32), np.array([0, len(numbers)], dtype=np.int32)
        # 32 bits, as the weights have: else all of theirs would be made 64 bits wide
        asked = sparse.csr_array((ones, np.array(numbers, dtype=np.int32), starts), shape=(1, len(self.words)))
        by_words = np.asarray((asked @ self.weights).todense(), dtype=np.float64).ravel()
        fused = _ranks(by_words)
        if self.vectors is not None and vector is not None and np.linalg.norm(vector) > 0:
            fused = fused + _ranks((self.vectors @ (vector / np.linalg.norm(vector))).astype(np.float64))
        best = np.lexsort((np.arange(len(fused)), -np.round(fused, _DECIMALS)))[:limit]
        return [Hit(self.ids[row], float(np.round(fused[row], _DECIMALS))) for row in best.tolist() if fused[row] > 0]

    def similar(self, paper_id: str, limit: int) -> list[Hit]:
        """The papers nearest to one of the index by the cosine of their vectors; none without vectors."""
        place = int(np.searchsorted(np.array(self.ids), paper_id)) if self.ids else 0
        if self.vectors is None or place >= len(self.ids) or self.ids[place] != paper_id:
            return []
        cosines = (self.vectors @ self.vectors[place]).astype(np.float64)
        cosines[place] = -1.0
        order = np.lexsort((np.arange(len(cosines)), -np.round(cosines, 6)))[:limit]
        return [Hit(self.ids[row], float(np.round(cosines[row], 6))) for row in order.tolist() if cosines[row] > 0]


def _bm25(counts: sparse.csr_array) -> sparse.csr_array:
    """Weights (words, n) of counts (n, words)."""
    n = counts.shape[0]
    lengths = np.asarray(counts.sum(axis=1)).ravel()
    mean = float(lengths.mean()) if n else 1.0
    document_frequency = np.bincount(counts.indices, minlength=counts.shape[1])
    idf = np.log1p((n - document_frequency + 0.5) / (document_frequency + 0.5))
    rows = np.repeat(np.arange(n), np.diff(counts.indptr))
    damped = counts.data + _K1 * (1 - _B + _B * lengths[rows] / max(mean, 1.0))
    data = (idf[counts.indices] * counts.data * (_K1 + 1) / damped).astype(np.float32)
    return sparse.csr_array((data, counts.indices, counts.indptr), shape=counts.shape).T.tocsr()


def unit(vectors: NDArray[np.float32] | None) -> NDArray[np.float32] | None:
    """The rows of an index, made of vectors (n, d): of unit length, or zero."""
    if vectors is None:
        return None
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(norms > 0, norms, 1)).astype(np.float32)


def _ranks(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 / (k + rank) of the best papers with a positive score, 0 of all others; ties by place."""
    rounded = np.round(scores, 6)
    n = min(_CANDIDATES, len(rounded))
    near = np.flatnonzero(rounded >= np.partition(rounded, -n)[-n])
    best = near[np.lexsort((near, -rounded[near]))][:n]
    best = best[rounded[best] > 0]
    found = np.zeros(len(scores))
    found[best] = 1.0 / (_RRF + 1.0 + np.arange(len(best)))
    return found
