"""Cosines of papers with those a user chose, from which nearness and likeness are made."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.candidates import Candidates


@dataclass(frozen=True, slots=True)
class Chosen:
    """The p papers a user chose, by ``keys`` that tell a paper from its revision.

    ``vectors`` float32 (p, d); ``terms`` CSR (p, n_terms) times the weights of :mod:`models.term_weights`, None without
    words; ``sense`` (p, d') what a sentence encoder says of them, None without; ``metric`` (p, k) rows of
    :mod:`models.metric`, None without.
    """

    keys: Sequence[Hashable]
    vectors: NDArray[np.float32]
    terms: sparse.csr_array | None
    sense: NDArray[np.float32] | None
    metric: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def n_bytes(self) -> int:
        """What their rows take in memory."""
        arrays: list[NDArray[Any] | None] = [self.vectors, self.sense, self.metric]
        if self.terms is not None:
            arrays += [self.terms.data, self.terms.indices, self.terms.indptr]
        return sum(each.nbytes for each in arrays if each is not None)


@dataclass(frozen=True, slots=True)
class Cosines:
    """Of papers and those the user chose: ``vectors`` float32 (n, p), ``terms`` float32 (p, n), ``sense`` (n, p).

    The last two are empty without words and without a sentence encoder.
    """

    vectors: NDArray[np.float32]
    terms: NDArray[np.float32]
    sense: NDArray[np.floating[Any]]

    @classmethod
    def of(cls, chosen: Chosen, candidates: Candidates) -> Self:
        """Those of terms are kept with the candidates: a sparse product costs more than all else here."""
        n, p = len(candidates.vectors), len(chosen)
        terms, sense = np.zeros((p, 0), dtype=np.float32), np.zeros((0, p))
        own, by_term = chosen.terms, candidates.by_term
        if own is not None and by_term is not None:
            # the few chosen papers look their terms up among the candidates, not the many candidates theirs
            terms = candidates.kept_cosines.of(chosen.keys, n, lambda places: (own[places] @ by_term).toarray())
        if chosen.sense is not None and candidates.sense is not None:
            sense = candidates.sense @ chosen.sense.T
        return cls(candidates.rough @ chosen.vectors.T, terms, sense)
