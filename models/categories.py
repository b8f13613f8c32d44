"""The field a paper was sent to: the evidence of its categories, as its authors and moderators gave them.

A paper's categories are a vector of ones brought to length one. Beside it stands the *primary* one, which is the first
of those listed: where two fields share most of their words, it tells them apart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from features.domain import Paper

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CategoryRows:
    """Categories: CSR (n, names) with rows of length one; the column of each paper's ``primary`` one, or −1 (n,)."""

    names: Mapping[str, int]
    rows: sparse.csr_array
    primary: NDArray[np.int32]

    @classmethod
    def of(cls, papers: Sequence[Paper]) -> Self:
        """Names are numbered in the order in which they come; papers may have no category."""
        names: dict[str, int] = {}
        columns, starts, primary = [], [0], []
        for paper in papers:
            listed = dict.fromkeys(paper.categories)
            columns += [names.setdefault(category, len(names)) for category in listed]
            primary.append(columns[starts[-1]] if listed else -1)
            starts.append(len(columns))
        lengths = np.diff(starts)
        values = np.repeat(1.0 / np.sqrt(np.maximum(lengths, 1)), lengths)
        rows = sparse.csr_array((values, np.array(columns, dtype=np.int32), starts), shape=(len(papers), len(names)))
        return cls(names, rows, np.array(primary, dtype=np.int32))

    def cosines(self, mean: Mapping[str, float]) -> Floats:
        """The mean cosine to papers whose vectors have this mean, float64 (n,)."""
        return np.asarray(self.rows @ self._column(mean)[:-1], dtype=np.float64)

    def shares(self, primaries: Mapping[str, float]) -> Floats:
        """The share that each paper's primary category has, float64 (n,)."""
        return self._column(primaries)[self.primary]

    def _column(self, weights: Mapping[str, float]) -> Floats:
        column = np.zeros(len(self.names) + 1)  # the last is that of papers without a category
        for name, weight in weights.items():
            place = self.names.get(name)
            if place is not None:
                column[place] = weight
        return column


def category_means(papers: Sequence[Paper], weights: Floats) -> tuple[dict[str, float], dict[str, float]]:
    """The weighted mean of the papers' category vectors, and how large a share of the weight each primary one has."""
    means: dict[str, float] = {}
    primaries: dict[str, float] = {}
    total = float(weights.sum()) or 1.0
    for paper, weight in zip(papers, (weights / total).tolist(), strict=True):
        listed = tuple(dict.fromkeys(paper.categories))
        for category in listed:
            means[category] = means.get(category, 0.0) + weight / np.sqrt(len(listed))
        for category in listed[:1]:
            primaries[category] = primaries.get(category, 0.0) + weight
    return means, primaries
