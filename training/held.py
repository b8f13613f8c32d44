"""Vectors and terms of given papers, read once and held in memory."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from features.blocks import identity_of
from features.domain import Paper
from features.encoders import gathered
from features.moment import PaperVectors


class HeldVectors:
    """Vectors of given papers, in memory, found by all that an encoder could read of them.

    Implements ``features.moment.PaperVectors``.
    """

    def __init__(self, papers: Sequence[Paper], vectors: PaperVectors) -> None:
        distinct = list({identity_of(paper): paper for paper in papers}.values())
        self._rows = {identity_of(paper): row for row, paper in enumerate(distinct)}
        self._matrix = vectors.of(distinct)
        self._terms = vectors.terms(distinct)

    def of(self, papers: Sequence[Paper]) -> NDArray[np.float32]:
        """float32 (n, d); KeyError for a paper that was not given."""
        return self._matrix[self._places(papers)]

    def terms(self, papers: Sequence[Paper]) -> sparse.csr_array | None:
        """CSR float32 (n, n_words), or None where the encoder knows no words; KeyError as above."""
        return None if self._terms is None else gathered(self._terms, self._places(papers))

    def _places(self, papers: Sequence[Paper]) -> NDArray[np.int64]:
        return np.array([self._rows[identity_of(paper)] for paper in papers], dtype=np.int64)
