"""Vectors of known papers, computed once per encoder and memory-mapped."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from features.encoders.base import Vectors
from features.encoders.segments import Arrays, Segments
from features.errors import InvalidValue

_VECTORS = "vectors"


class VectorStore:
    """Vectors of one encoder under content hashes (:mod:`features.encoders.segments`).

    Parameters
    ----------
    folder : Path
        ``<data_dir>/vectors/<encoder id>``; made at the first append.
    dimensions : int
        Length of a vector; segments of another length are ignored.
    """

    def __init__(self, folder: Path, dimensions: int) -> None:
        self.folder = folder
        self.dimensions = dimensions
        self._segments = Segments(folder, (_VECTORS,), self._is_whole)

    def __len__(self) -> int:
        return len(self._segments)

    def get(self, hashes: Sequence[str]) -> tuple[Vectors, NDArray[np.bool_]]:
        """The vectors, float32 (n, dimensions) with zeros where unknown, and bool (n,): which were found."""
        index, places, found = self._segments.find(hashes)
        vectors = np.zeros((len(hashes), self.dimensions), dtype=np.float32)
        targets, places = np.flatnonzero(found), places[found]
        for number in np.unique(index.segments[places]):
            here = index.segments[places] == number
            vectors[targets[here]] = index.arrays[number][_VECTORS][index.rows[places[here]]]
        return vectors, found

    def append(self, hashes: Sequence[str], vectors: Vectors) -> int:
        """Add those not there yet as one new segment; how many were new. All or none survive a crash."""
        if vectors.shape != (len(hashes), self.dimensions):
            raise InvalidValue("vectors", vectors.shape, f"expected ({len(hashes)}, {self.dimensions})")
        return self._segments.append(
            hashes, lambda rows: {_VECTORS: np.ascontiguousarray(vectors[rows], dtype=np.float32)}
        )

    def _is_whole(self, arrays: Arrays, n: int) -> bool:
        vectors = arrays[_VECTORS]
        return vectors.dtype == np.float32 and vectors.shape == (n, self.dimensions)
