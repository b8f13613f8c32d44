"""The sparse rows of known papers, read once per encoder and memory-mapped."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from features.encoders.kept_terms import csr_of, gathered
from features.encoders.segments import Arrays, Index, Segments
from features.errors import InvalidValue

_WEIGHTS, _COLUMNS, _STARTS = "weights", "columns", "starts"
_PARTS = (_WEIGHTS, _COLUMNS, _STARTS)
Ints = NDArray[np.int64]


class TermStore:
    """Rows of one encoder's terms under content hashes (:mod:`features.encoders.segments`).

    Parameters
    ----------
    folder : Path
        ``<data_dir>/vectors/<encoder id>/terms``; made at the first append.
    n_terms : int
        Columns of a row.
    """

    def __init__(self, folder: Path, n_terms: int) -> None:
        self._n_terms = n_terms
        self._segments = Segments(folder, _PARTS, _is_whole)

    def __len__(self) -> int:
        return len(self._segments)

    def get(self, hashes: Sequence[str]) -> tuple[sparse.csr_array, NDArray[np.bool_]]:
        """CSR float32 (n, n_terms) with empty rows where unknown, and bool (n,): which were found."""
        index, places, found = self._segments.find(hashes)
        rows = self._gathered(index, np.where(found, places, -1))
        if rows is not None:
            return rows, found
        # rotten on the disk: a column out of range would crash compiled code
        return csr_of(*_nothing(len(hashes)), self._n_terms), np.zeros_like(found)

    def append(self, hashes: Sequence[str], terms: sparse.csr_array) -> int:
        """Add those not there yet as one new segment; how many were new. All or none survive a crash."""
        if terms.shape != (len(hashes), self._n_terms):
            raise InvalidValue("terms", terms.shape, f"expected ({len(hashes)}, {self._n_terms})")
        return self._segments.append(hashes, lambda rows: _arrays_of(gathered(terms, rows.astype(np.int64))))

    def _gathered(self, index: Index, places: Ints) -> sparse.csr_array | None:
        """The rows at these places of the index, −1 for an empty one; None where they cannot be what was written."""
        starts, lengths = np.zeros(len(places), dtype=np.int64), np.zeros(len(places), dtype=np.int64)
        known = np.flatnonzero(places >= 0)
        segments, rows = index.segments[places[known]], index.rows[places[known]]
        used = np.unique(segments).tolist()
        for number in used:
            here = segments == number
            ends = index.arrays[number][_STARTS]
            starts[known[here]] = ends[rows[here]]
            lengths[known[here]] = ends[rows[here] + 1] - ends[rows[here]]
        if (lengths < 0).any():
            return None
        bounds = np.zeros(len(places) + 1, dtype=np.int64)
        np.cumsum(lengths, out=bounds[1:])
        weights, columns = np.empty(bounds[-1], dtype=np.float32), np.empty(bounds[-1], dtype=np.int32)
        for number in used:
            own = known[segments == number]
            sizes = lengths[own]
            within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
            source, target = (np.repeat(first[own], sizes) + within for first in (starts, bounds))
            arrays = index.arrays[number]
            if len(source) and (source.min() < 0 or source.max() >= len(arrays[_COLUMNS])):
                return None
            weights[target], columns[target] = arrays[_WEIGHTS][source], arrays[_COLUMNS][source]
        if len(columns) and (columns.min() < 0 or columns.max() >= self._n_terms):
            return None
        return csr_of(weights, columns, bounds.astype(np.int32), self._n_terms)


def _nothing(n: int) -> tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.int32]]:
    return np.zeros(0, np.float32), np.zeros(0, np.int32), np.zeros(n + 1, np.int32)


def _arrays_of(terms: sparse.csr_array) -> Arrays:
    return {
        _WEIGHTS: np.asarray(terms.data, dtype=np.float32),
        _COLUMNS: np.asarray(terms.indices, dtype=np.int32),
        _STARTS: np.asarray(terms.indptr, dtype=np.int64),
    }


def _is_whole(arrays: Arrays, n: int) -> bool:
    weights, columns, starts = (arrays[part] for part in _PARTS)
    kinds = weights.dtype == np.float32 and columns.dtype == np.int32 and starts.dtype == np.int64
    return bool(kinds and starts.shape == (n + 1,) and len(weights) == len(columns) == int(starts[-1]))
