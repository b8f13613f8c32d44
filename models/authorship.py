"""Who wrote what with whom: the author evidence of a paper for a user.

Names are compared as they are spelt. What counts is how often an author stands on papers the user chose, and whether
an author has written, in any known paper, with somebody who does.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from features.domain import Paper

Floats = NDArray[np.float64]
_TIMES_COUNTED = 4  # a number of 32 bits, once more beside a count of 64


@dataclass(frozen=True, slots=True)
class AuthorRows:
    """The authors of some papers: CSR of ones (n, names) over the distinct ``names`` of these papers."""

    names: Mapping[str, int]
    rows: sparse.csr_array
    _known: list[Any] = field(default_factory=list, repr=False, compare=False)

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

    def strongest(self, weights: Mapping[str, float], rows: Sequence[int]) -> list[int]:
        """Per row the place among its distinct authors of the one of the largest weight, ties to the first.

        −1 where none has a weight.
        """
        column, starts, found = self._column(weights), self.rows.indptr, []
        for row in rows:
            values = column[self.rows.indices[starts[row] : starts[row + 1]]]
            place = int(values.argmax()) if len(values) else 0
            found.append(place if len(values) and values[place] > 0 else -1)
        return found

    def _column(self, weights: Mapping[str, float]) -> Floats:
        if isinstance(weights, Coauthors):
            return weights.spread(self._places_in(weights.authorship), len(self.names))
        column = np.zeros(len(self.names))
        both = list(self.names.keys() & weights.keys())  # every name has a place of its own: the order is all the same
        column[[self.names[name] for name in both]] = [weights[name] for name in both]
        return column

    def _places_in(self, authorship: "Authorship") -> NDArray[np.int32]:
        """Where each author known there stands among the names, after the last for one who does not; looked up once."""
        if not self._known or self._known[0] is not authorship:
            places = np.full(len(authorship.names), len(self.names), dtype=np.int32)
            numbers = authorship.numbers_of(self.names)
            known = np.flatnonzero(numbers >= 0)
            places[numbers[known]] = known
            self._known[:] = [authorship, places]
        found: NDArray[np.int32] = self._known[1]
        return found


class Coauthors(Mapping[str, float]):
    """Authors who wrote with somebody, and in how many papers: thousands, of whom a day's papers name a few.

    ``known`` int64 are the numbers of those somebodies in ``authorship``, who are none themselves; ``beside`` int32
    those of all authors of their papers, one after the other. All of them are counted when somebody looks at one.
    """

    def __init__(self, authorship: "Authorship", known: NDArray[np.int64], beside: NDArray[np.int32]) -> None:
        self.authorship = authorship
        self._known = known
        self._beside = beside

    @property
    def n_bytes(self) -> int:
        """What it takes in memory once somebody has looked at one, at most."""
        return self._known.nbytes + _TIMES_COUNTED * self._beside.nbytes

    def __getitem__(self, name: str) -> float:
        count = self.get(name)
        if count is None:
            raise KeyError(name)
        return float(count)

    def get(self, name: str, default: Any = None) -> Any:
        """The count of a name; without an exception for the many that have none."""
        numbers, counts = self._counted
        number = self.authorship.number_of(name)
        place = int(np.searchsorted(numbers, number))
        return float(counts[place]) if place < len(numbers) and numbers[place] == number else default

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __iter__(self) -> Iterator[str]:
        return (self.authorship.names[number] for number in self._counted[0].tolist())

    def __len__(self) -> int:
        return len(self._counted[0])

    @cached_property
    def _counted(self) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Numbers, ascending, and counts."""
        numbers, counts = np.unique(self._beside, return_counts=True)
        others = ~np.isin(numbers, self._known)
        return numbers[others], counts[others]

    def spread(self, places: NDArray[np.int32], n: int) -> Floats:
        """The counts (n,) where each author stands by ``places`` (authors,), which are ``n`` for one who does not."""
        column = np.bincount(places[self._beside], minlength=n + 1).astype(np.float64)
        column[places[self._known]] = 0.0
        return column[:n]


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

    def equals(self, other: "Authorship") -> bool:
        """Whether both know the same authors of the same papers."""
        arrays = (self.starts, other.starts), (self.columns, other.columns)
        return self.names == other.names and all(np.array_equal(*pair) for pair in arrays)

    @classmethod
    def fit(cls, papers: Sequence[Paper]) -> Self:
        """Of these papers, in any order of names."""
        found = AuthorRows.of(papers)
        names = sorted(found.names)
        new = np.zeros(len(names), dtype=np.int32)
        new[[found.names[name] for name in names]] = np.arange(len(names))
        return cls(tuple(names), found.rows.indptr.astype(np.int64), new[found.rows.indices])

    def numbers_of(self, names: Iterable[str]) -> NDArray[np.int64]:
        """The numbers of these names, −1 for one that is not known."""
        return np.array([self.number_of(name) for name in names], dtype=np.int64)

    def number_of(self, name: str) -> int:
        """The place among :attr:`names`, −1 for one that is not known."""
        return self._numbers.get(name, -1)

    def coauthors(self, weights: Mapping[str, float]) -> Coauthors:
        """Authors who wrote with somebody who has a weight, and how many of such papers there are.

        Those who have a weight themselves are left out.
        """
        numbers = [number for number in map(self._numbers.get, weights) if number is not None]
        known = np.array(sorted(numbers), dtype=np.int64)
        papers = np.unique(_joined(self._papers.indptr, self._papers.indices, known))
        return Coauthors(self, known, _joined(self.starts, self.columns, papers))

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
