"""The nearest of many known papers, the same bits for a paper alone and among others.

Papers are alike by the cosine of their terms; where a sentence encoder is joined, by that and what it says of them,

    cos(t_x, t_i) + ½ max(0, z_x·z_i),

z being the unit rows of :mod:`models.sense`; and by the cosine of their vectors where there are no terms.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from features.errors import InvalidValue
from models.threads import one_blas_thread

_BLOCK = 128
_SPARE = 14
_STEPS = float(2**30)
_PLACES = 2**24
_SAID = 0.5
Ints = NDArray[np.int64]
Found = tuple[int, Ints, NDArray[np.float64]]
"""First row of a block, then known rows and cosines of its nearest, (block, j)."""


@dataclass(frozen=True, slots=True)
class KnownRows:
    """Known papers by their sparse ``terms`` CSR (m, n_terms), or where there are none by dense ``vectors`` (m, d).

    Rows have length one or zero, as the encoders give them; so have those of ``sense`` float32 (m, d'), which are
    compared beside terms.
    """

    vectors: NDArray[np.float32]
    terms: sparse.csr_array | None
    sense: NDArray[np.float32] | None = None
    _by_term: sparse.csr_array | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_term = None if self.terms is None else sparse.csr_array(self.terms.T.tocsr())
        object.__setattr__(self, "_by_term", by_term)

    @classmethod
    def of(
        cls, vectors: NDArray[np.float32], terms: sparse.csr_array | None, sense: NDArray[np.float32] | None = None
    ) -> Self:
        """By ``terms`` if given, and ``sense`` if that is too; then no vectors are kept."""
        if terms is None:
            return cls(np.ascontiguousarray(vectors), None)
        return cls(np.zeros((0, 0), dtype=np.float32), terms, sense)

    def __len__(self) -> int:
        return len(self.vectors) if self.terms is None else self.terms.shape[0]

    def nearest(
        self,
        vectors: NDArray[np.float32],
        terms: sparse.csr_array | None,
        n: int,
        sense: NDArray[np.float32] | None = None,
    ) -> Iterator[Found]:
        """The ``n`` nearest (all, where fewer are known) of each row, block by block; negative cosines count as 0.

        Ties go to the earlier known row. InvalidValue where the known papers have ``terms`` or ``sense`` and these
        have none.
        """
        for name, known, own in (("terms", self.terms, terms), ("sense", self.sense, sense)):
            if known is not None and own is None:
                raise InvalidValue(name, None, f"the known papers are compared by {name}, so a paper's are needed too")
        n = min(n, len(self))
        for start in range(0, len(vectors), _BLOCK):
            stop = min(start + _BLOCK, len(vectors))
            if self._by_term is not None and terms is not None:
                cosines = np.asarray((terms[start:stop] @ self._by_term).toarray())
                said = None if sense is None or self.sense is None else (sense[start:stop], self.sense)
                yield start, *(_best(cosines, n) if said is None else _nearest_by_both(cosines, *said, n))
            else:
                yield start, *self._nearest_vectors(vectors[start:stop], n)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Named arrays without objects."""
        if self.terms is None:
            return {"vectors": self.vectors}
        return {
            "terms_shape": np.array(self.terms.shape, dtype=np.int64),
            "terms_weights": self.terms.data,
            "terms_columns": self.terms.indices,
            "terms_starts": self.terms.indptr,
            **({} if self.sense is None else {"sense": self.sense}),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The value whose :meth:`arrays` these are."""
        if "vectors" in arrays:
            return cls(arrays["vectors"], None)
        parts = (arrays["terms_weights"], arrays["terms_columns"], arrays["terms_starts"])
        shape = arrays["terms_shape"].tolist()
        terms = sparse.csr_array(parts, shape=(shape[0], shape[1]))
        return cls.of(np.zeros((0, 0), dtype=np.float32), terms, arrays.get("sense"))

    def _nearest_vectors(self, vectors: NDArray[np.float32], n: int) -> tuple[Ints, NDArray[np.float64]]:
        """By matrix product first, with some to spare; those are compared again one by one, whose bits are firm."""
        with one_blas_thread():
            rough = vectors @ self.vectors.T
        rows, _ = _best(rough, min(n + _SPARE, len(self)))
        firm = np.einsum("nd,njd->nj", vectors, self.vectors[rows], dtype=np.float64)
        places, similarity = _best(firm, n)
        return np.take_along_axis(rows, places, axis=1), similarity


def _nearest_by_both(
    cosines: NDArray[np.float32], sense: NDArray[np.float32], known: NDArray[np.float32], n: int
) -> tuple[Ints, NDArray[np.float64]]:
    """As by vectors: ``cosines`` (block, m) of terms are firm, those of ``sense`` are found again for the first."""
    with one_blas_thread():
        rough = cosines + np.float32(_SAID) * np.maximum(sense @ known.T, 0.0)
    rows, _ = _best(rough, min(n + _SPARE, len(known)))
    said = np.einsum("nd,njd->nj", sense, known[rows], dtype=np.float64)
    places, similarity = _best(np.take_along_axis(cosines, rows, axis=1) + _SAID * np.maximum(said, 0.0), n)
    return np.take_along_axis(rows, places, axis=1), similarity


def _best(similarity: NDArray[np.floating[Any]], n: int) -> tuple[Ints, NDArray[np.float64]]:
    """Columns and values of each row's ``n`` largest, columns ascending; ties to the earlier column."""
    known = np.maximum(similarity, 0.0).astype(np.float64)
    columns = np.arange(known.shape[1], dtype=np.int64)
    keys = np.rint(known * _STEPS).astype(np.int64) * _PLACES - columns
    found = np.argpartition(keys, keys.shape[1] - n, axis=1)[:, keys.shape[1] - n :]
    found = np.sort(found, axis=1).astype(np.int64)
    return found, np.take_along_axis(known, found, axis=1)
