"""What the papers around a paper say of it, to a user who also says no.

The papers of a day are joined in a graph: each with the :data:`NEIGHBOURS` whose terms are most like its own,
whichever of the two has the other among its nearest, by the cosine s_ij. With m̂ a user's margins of all papers less
their mean in units of their standard deviation σ, f is m̂, but the largest m̂ where the user chose the paper and the
smallest where she refused it. Then

    h ← a P h + (1 − a) f,      P_ij = s_ij / Σ_k s_ik,  a = 0.7,

eight times from h = f, gives each paper a margin that its surroundings agree on (local and global consistency, Zhou et
al. 2004, with rows that add up to one). The feature is

    σ min(ĥ, 0) r / (k + r),

ĥ being h standardised as m̂ is, r and k those of :mod:`models.evidence`. Surroundings that speak against a paper count;
those that speak for it do not, because a paper is not wanted for being near a wanted one, while a field of which
nothing is wanted is left out as a whole. Nothing is said of a paper without neighbours. It is
at the end of a list read to its last wanted paper that this is gained.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.neighbours import KnownRows

NEIGHBOURS = 8
_AGREEING, _STEPS = 0.7, 8
_LEAST_SPREAD = 1e-9

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """``steps`` CSR float64 (n, n) is the P of the module's formula; a paper without neighbours has an empty row."""

    steps: sparse.csr_array

    @classmethod
    def of(cls, terms: sparse.csr_array) -> Self:
        """Of papers with these rows of terms, CSR float32 (n, n_terms); a term of one paper joins it to none."""
        shared = _unit_rows_of_shared(terms)
        n = shared.shape[0]
        rows, columns, likeness = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0)]
        nothing = np.zeros((n, 0), dtype=np.float32)
        for start, nearest, cosines in KnownRows.of(nothing, shared).nearest(nothing, shared, NEIGHBOURS + 1):
            own = np.repeat(np.arange(start, start + len(nearest)), nearest.shape[1])
            kept = (nearest.ravel() != own) & (cosines.ravel() > 0)
            rows.append(own[kept])
            columns.append(nearest.ravel()[kept])
            likeness.append(cosines.ravel()[kept])
        places = (np.concatenate(rows), np.concatenate(columns))
        one_way = sparse.csr_array((np.concatenate(likeness), places), shape=(n, n))
        joined = sparse.csr_array(one_way.maximum(one_way.T))
        joined.data /= np.repeat(np.asarray(joined.sum(axis=1)).ravel(), np.diff(joined.indptr))
        return cls(joined)

    def against(self, margins: Floats, chosen: Sequence[int], refused: Sequence[int]) -> Floats:
        """σ min(ĥ, 0) of all papers, float64 (n,), from their margins and the rows of those chosen and refused."""
        spread = float(margins.std()) if len(margins) else 0.0
        if spread <= _LEAST_SPREAD:
            return np.zeros(len(margins))
        said = (margins - margins.mean()) / spread
        least, largest = said.min(), said.max()
        said[chosen] = largest
        said[refused] = least
        agreed = said
        for _ in range(_STEPS):
            agreed = _AGREEING * (self.steps @ agreed) + (1.0 - _AGREEING) * said
        apart = float(agreed.std())
        if apart <= _LEAST_SPREAD:
            return np.zeros(len(margins))
        against = spread * np.minimum((agreed - agreed.mean()) / apart, 0.0)
        return np.where(np.diff(self.steps.indptr) > 0, against, 0.0)


def _unit_rows_of_shared(terms: sparse.csr_array) -> sparse.csr_array:
    """The rows without terms that no other of them has, of length one again."""
    common = np.bincount(terms.indices, minlength=terms.shape[1]) > 1
    kept = sparse.csr_array(terms, copy=True)
    kept.data[~common[kept.indices]] = 0.0
    kept.eliminate_zeros()
    lengths = np.sqrt(np.asarray(kept.multiply(kept).sum(axis=1), dtype=np.float64)).ravel()
    kept.data /= np.repeat(lengths, np.diff(kept.indptr)).astype(np.float32)
    return kept
