"""The sparse rows of papers already read, kept in memory and gathered without a step of Python for each."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Rows = Callable[[Sequence[int]], sparse.csr_array]
"""Places in the list asked for → their rows, read now."""


class KeptTerms:
    """Rows of one encoder's terms under content hashes; safe to share between threads.

    All rows lie in one matrix that only grows, so that a reader's copy of it stays true while others add. When it
    would hold more than ``kept`` rows, everything but what is asked for at that moment is forgotten.

    Parameters
    ----------
    n_terms : int
        Columns of a row.
    kept : int
        Rows remembered between two calls.
    """

    def __init__(self, n_terms: int, kept: int) -> None:
        self._kept = kept
        self._lock = threading.Lock()
        self._rows: dict[str, int] = {}
        self._pool = _Pool(n_terms)

    def __len__(self) -> int:
        return len(self._rows)

    def of(self, hashes: Sequence[str], read: Rows) -> sparse.csr_array:
        """CSR float32 (n, n_terms) in the order of ``hashes``; ``read`` is asked once for those not kept."""
        with self._lock:
            missing = self._missing(hashes)
            if missing and len(self._rows) + len(missing) > self._kept:
                self._rows.clear()
                self._pool = _Pool(self._pool.n_terms)
                missing = self._missing(hashes)
            if missing:
                self._pool.extend(read(list(missing.values())))
                for name in missing:
                    self._rows[name] = len(self._rows)
            matrix = self._pool.matrix()
            rows = np.fromiter((self._rows[name] for name in hashes), np.int64, len(hashes))
        return gathered(matrix, rows)

    def _missing(self, hashes: Sequence[str]) -> dict[str, int]:
        return {name: place for place, name in enumerate(hashes) if name not in self._rows}


class _Pool:
    """A CSR matrix that grows at its end, its arrays twice as long each time they are too short."""

    def __init__(self, n_terms: int) -> None:
        self.n_terms = n_terms
        self._starts = np.zeros(1, dtype=np.int64)
        self._columns = np.zeros(0, dtype=np.int32)
        self._weights = np.zeros(0, dtype=np.float32)
        self._n_rows = 0

    def extend(self, block: sparse.csr_array) -> None:
        used = int(self._starts[self._n_rows])
        self._columns = _longer(self._columns, used, block.indices)
        self._weights = _longer(self._weights, used, block.data)
        self._starts = _longer(self._starts, self._n_rows + 1, block.indptr[1:] + used)
        self._n_rows += block.shape[0]

    def matrix(self) -> sparse.csr_array:
        starts = self._starts[: self._n_rows + 1]
        used = int(starts[-1])
        return csr_of(self._weights[:used], self._columns[:used], starts, self.n_terms)


def gathered(matrix: sparse.csr_array, rows: NDArray[np.int64]) -> sparse.csr_array:
    """``matrix[rows]`` in fresh arrays, without the checks that take most of the time of a few rows."""
    starts = matrix.indptr[rows].astype(np.int64)
    lengths = matrix.indptr[rows + 1] - starts
    ends = np.zeros(len(rows) + 1, dtype=np.int64)
    np.cumsum(lengths, out=ends[1:])
    places = np.repeat(starts - ends[:-1], lengths) + np.arange(ends[-1])
    return csr_of(matrix.data[places], matrix.indices[places], ends.astype(np.int32), matrix.shape[1])


def stacked(upper: sparse.csr_array, lower: sparse.csr_array) -> sparse.csr_array:
    """The rows of two matrices of as many columns under each other, as SciPy would stack them, for a tenth of it."""
    return csr_of(
        np.concatenate([upper.data, lower.data]),
        np.concatenate([upper.indices, lower.indices]),
        np.concatenate([upper.indptr, lower.indptr[1:] + upper.indptr[-1]]),
        upper.shape[1],
    )


def _longer(values: NDArray[Any], used: int, more: NDArray[Any]) -> NDArray[Any]:
    """``values[:used]`` with ``more`` behind; the same array where there is room, whose used part never changes."""
    end = used + len(more)
    if end > len(values):
        grown = np.zeros(max(end, 2 * used), dtype=values.dtype)
        grown[:used] = values[:used]
        values = grown
    values[used:end] = more
    return values


def csr_of(data: NDArray[Any], indices: NDArray[Any], indptr: NDArray[Any], n_columns: int) -> sparse.csr_array:
    """The matrix of these arrays, without SciPy's checks of them."""
    made = sparse.csr_array((len(indptr) - 1, n_columns), dtype=data.dtype)
    made.data, made.indices, made.indptr = data, indices, indptr
    return made
