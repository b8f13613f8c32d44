"""Who wrote what with whom: the author evidence of a paper for a user.

Names are compared as they are spelt. What counts is how often an author stands on papers the user chose, and whether
an author has written, in any known paper, with somebody who does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from features.domain import Paper

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class AuthorRows:
    """The authors of some papers: CSR of ones (n, names) over the distinct ``names`` of these papers."""

    names: Mapping[str, int]
    rows: sparse.csr_array

    @classmethod
    def of(cls, papers: Sequence[Paper]) -> Self:
        """Names are numbered in the order in which they come; one that stands twice on a paper counts once."""
        names: dict[str, int] = {}
        columns, starts = [], [0]
        for paper in papers:
            columns += [names.setdefault(author, len(names)) for author in dict.fromkeys(paper.authors)]
            starts.append(len(columns))
        shape = (len(papers), len(names))
        ones = np.ones(len(columns))
        return cls(names, sparse.csr_array((ones, np.array(columns, dtype=np.int32), starts), shape=shape))

    def sums(self, weights: Mapping[str, float]) -> Floats:
        """Per paper the sum of its authors' weights, float64 (n,); a name without one weighs nothing."""
        return np.asarray(self.rows @ self._column(weights), dtype=np.float64)

    def largest(self, weights: Mapping[str, float]) -> Floats:
        """Per paper the largest of its authors' weights, float64 (n,); 0 without authors."""
        values = np.append(self._column(weights)[self.rows.indices], 0.0)
        starts = self.rows.indptr[:-1]
        found = np.maximum.reduceat(values, np.minimum(starts, len(values) - 1)) if len(starts) else np.zeros(0)
        return np.where(np.diff(self.rows.indptr) > 0, found, 0.0)

    def _column(self, weights: Mapping[str, float]) -> Floats:
        column = np.zeros(len(self.names))
        both = list(self.names.keys() & weights.keys())  # every name has a place of its own: the order is all the same
        column[[self.names[name] for name in both]] = [weights[name] for name in both]
        return column


@dataclass(frozen=True, slots=True)
class Authorship:
    """The authors of all papers known at a fit: CSR ``starts`` (papers + 1), ``columns`` over ``names``, ascending."""

    names: tuple[str, ...]
    starts: NDArray[np.int64]
    columns: NDArray[np.int32]
    _numbers: dict[str, int] = field(init=False, repr=False, compare=False)
    _papers: sparse.csr_array = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_numbers", {name: number for number, name in enumerate(self.names)})
        shape = (len(self.starts) - 1, len(self.names))
        papers = sparse.csr_array((np.ones(len(self.columns), dtype=np.int8), self.columns, self.starts), shape=shape)
        object.__setattr__(self, "_papers", papers.T.tocsr())

    @classmethod
    def fit(cls, papers: Sequence[Paper]) -> Self:
        """Of these papers, in any order of names."""
        found = AuthorRows.of(papers)
        names = sorted(found.names)
        new = np.zeros(len(names), dtype=np.int32)
        new[[found.names[name] for name in names]] = np.arange(len(names))
        return cls(tuple(names), found.rows.indptr.astype(np.int64), new[found.rows.indices])

    def coauthors(self, weights: Mapping[str, float]) -> dict[str, float]:
        """Authors who wrote with somebody who has a weight, and how many of such papers there are.

        Those who have a weight themselves are left out.
        """
        known = np.array(sorted(self._numbers[name] for name in weights if name in self._numbers), dtype=np.int64)
        if not len(known):
            return {}
        joint = np.unique(_joined(self._papers.indptr, self._papers.indices, known))
        beside = _joined(self.starts, self.columns, joint)
        others, counts = np.unique(beside[~np.isin(beside, known)], return_counts=True)
        return {self.names[other]: float(count) for other, count in zip(others.tolist(), counts.tolist(), strict=True)}

    def arrays(self) -> dict[str, NDArray[Any]]:
        """As named arrays without objects; names are UTF-8 under each other with where each ends."""
        encoded = [name.encode() for name in self.names]
        return {
            "names": np.frombuffer(b"".join(encoded), dtype=np.uint8),
            "name_ends": np.cumsum([len(name) for name in encoded], dtype=np.int64),
            "starts": self.starts,
            "columns": self.columns,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The value whose :meth:`arrays` these are."""
        text, ends = arrays["names"].tobytes(), arrays["name_ends"].tolist()
        names = tuple(text[start:end].decode() for start, end in zip([0, *ends][:-1], ends, strict=True))
        return cls(names, np.array(arrays["starts"]), np.array(arrays["columns"]))


def _joined(starts: NDArray[Any], values: NDArray[Any], rows: NDArray[Any]) -> NDArray[Any]:
    """The values of these rows of a CSR, one after the other."""
    sizes = starts[rows + 1] - starts[rows]
    within = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    found: NDArray[Any] = values[np.repeat(starts[rows], sizes) + within]
    return found


def author_counts(papers: Sequence[Paper], weights: Floats) -> tuple[dict[str, float], dict[str, float]]:
    """Per author the weight of the papers they stand on, and its share of all weight."""
    counts: dict[str, float] = {}
    for paper, weight in zip(papers, weights.tolist(), strict=True):
        for author in dict.fromkeys(paper.authors):
            counts[author] = counts.get(author, 0.0) + weight
    total = float(weights.sum()) or 1.0
    return counts, {author: count / total for author, count in counts.items()}
