"""What a paper's authors wrote about before: evidence for topics that no word of the paper gives.

With ``c_ak`` the papers of author a that carry topic k, ``n_a`` all papers of a, ``π_k`` the topic's share, a paper by
the authors A gets, for ``C = Σ_{a∈A} c_ak`` and ``N = Σ_{a∈A} n_a``, the log-ratio of a shrunken share to the usual one

    h_k = ln( (C + s π_k) / (N + s) / π_k ),   s = 5

which is 0 for authors of whom nothing is known. What such papers carry beyond what their words say is an *effect* of
each author who stands on two of them or more: with K those among A,

    e_k = β/√|K| Σ_{a∈K} w_ak,   β = 0.7,

whose w are fitted beside the weights of terms and under their penalty (:mod:`models.topic_fit`).

Names are kept as hashes; two people of one name count as one.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float64]
Authors = Sequence[tuple[str, ...]]

SHRINKAGE = 5.0
EFFECT, LEAST_PAPERS = 0.7, 2
_LEAST_SHARE = 1e-9
_PARTS = ("data", "indices", "indptr")


@dataclass(frozen=True, slots=True)
class AuthorTopics:
    """``keys`` uint64 (m,) ascend; ``counts`` CSR float32 (m, k), ``n_papers`` (m,), ``shares`` (k,) as above.

    ``known`` uint64 (m',) are those with ``effects`` float32 (m', k), also ascending.
    """

    keys: NDArray[np.uint64]
    counts: sparse.csr_array
    n_papers: Floats
    shares: Floats
    known: NDArray[np.uint64]
    effects: NDArray[np.float32]

    @classmethod
    def fit(cls, authors: Authors, wanted: NDArray[np.int8]) -> Self:
        """Count the topics of papers (n, k) by their ``authors`` (n tuples of names); effects are none as yet."""
        written = _Written.of(authors)
        keys = np.unique(written.keys)
        wrote = written.by(keys).T.tocsr()
        counts = sparse.csr_array(wrote @ sparse.csr_array(wanted.astype(np.float32)))
        counts.sort_indices()
        n_papers = np.asarray(wrote.sum(axis=1), dtype=np.float64).ravel()
        shares = wanted.mean(axis=0) if len(wanted) else np.zeros(wanted.shape[1])
        known = keys[n_papers >= LEAST_PAPERS]
        none = np.zeros((len(known), wanted.shape[1]), dtype=np.float32)
        return cls(keys, counts, n_papers, np.maximum(shares, _LEAST_SHARE), known, none)

    @classmethod
    def nobody(cls, n_topics: int) -> Self:
        """Of whom nothing is known."""
        return cls.fit((), np.zeros((0, n_topics), dtype=np.int8))

    def log_odds(self, authors: Authors, weight: Floats | float) -> Floats:
        """What authors say of topics, ``weight`` h + e of the module's formulas, float64 (n, k)."""
        written = _Written.of(authors)
        return np.asarray(weight * self._ratios(written) + self._columns(written) @ self.effects, dtype=np.float64)

    def columns(self, authors: Authors) -> sparse.csr_array:
        """What the effects are multiplied by: CSR float32 (n, m'), rows of length β, or zero where nobody is known."""
        return self._columns(_Written.of(authors))

    def _ratios(self, written: "_Written") -> Floats:
        wrote = written.by(self.keys)
        carried = np.asarray((wrote @ self.counts).toarray(), dtype=np.float64)
        known = np.asarray(wrote @ self.n_papers)[:, None]
        return np.asarray(np.log((carried / self.shares + SHRINKAGE) / (known + SHRINKAGE)))

    def _columns(self, written: "_Written") -> sparse.csr_array:
        wrote = written.by(self.known)
        n_known = np.diff(wrote.indptr)
        wrote.data[:] = np.repeat(EFFECT / np.sqrt(np.maximum(n_known, 1)), n_known)
        return wrote

    def effects_for(self, known: NDArray[np.uint64]) -> NDArray[np.float32]:
        """The effects of authors with these keys, (len(known), k); zero for who has none."""
        found = np.zeros((len(known), self.effects.shape[1]), dtype=np.float32)
        _, here, there = np.intersect1d(self.known, known, assume_unique=True, return_indices=True)
        found[there] = self.effects[here]
        return found

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it as named arrays without objects."""
        counts = {f"author_counts_{part}": getattr(self.counts, part) for part in _PARTS}
        named = {"author_keys": self.keys, "author_n_papers": self.n_papers, "author_shares": self.shares}
        return named | counts | {"author_known": self.known, "author_effects": self.effects}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The value whose :meth:`arrays` these are."""
        keys, shares = np.array(arrays["author_keys"]), np.array(arrays["author_shares"])
        parts = tuple(np.array(arrays[f"author_counts_{part}"]) for part in _PARTS)
        counts = sparse.csr_array(parts, shape=(len(keys), len(shares)))
        effects = np.array(arrays["author_known"]), np.array(arrays["author_effects"])
        return cls(keys, counts, np.array(arrays["author_n_papers"]), shares, *effects)


def author_key(name: str) -> int:
    """64 bits that stand for a name; case and white space do not count."""
    plain = " ".join(name.casefold().split()).encode(errors="surrogatepass")
    return int.from_bytes(hashlib.blake2b(plain, digest_size=8).digest(), "little")


@dataclass(frozen=True, slots=True)
class _Written:
    """``keys`` uint64 of all names on ``n`` papers, each once a paper, and the ``rows`` of the papers they stand on."""

    keys: NDArray[np.uint64]
    rows: NDArray[np.int64]
    n: int

    @classmethod
    def of(cls, authors: Authors) -> Self:
        """Names are hashed once, whatever is asked of them."""
        known: dict[str, int] = {name: author_key(name) for names in authors for name in names}
        pairs = [(known[name], row) for row, names in enumerate(authors) for name in sorted(set(names))]
        keys = np.fromiter((key for key, _ in pairs), np.uint64, len(pairs))
        return cls(keys, np.fromiter((row for _, row in pairs), np.int64, len(pairs)), len(authors))

    def by(self, known: NDArray[np.uint64]) -> sparse.csr_array:
        """1 where a paper (row) is by a known author (column)."""
        found = np.zeros(0, dtype=np.intp)
        places = np.searchsorted(known, self.keys)
        if len(known):
            found = np.flatnonzero(known[np.minimum(places, len(known) - 1)] == self.keys)
        ones = np.ones(len(found), dtype=np.float32)
        return sparse.csr_array(
            sparse.coo_array((ones, (self.rows[found], places[found])), shape=(self.n, len(known))).tocsr()
        )
