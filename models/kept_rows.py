"""Rows of numbers that papers have under a model, kept so that each is computed once: memory that changes no result."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Rows = NDArray[Any]


class KeptRows:
    """The rows of the ``size`` papers asked for last; safe to share between threads, and empty in another process.

    A row must not depend, not in its last bit either, on the rows that are computed beside it.
    """

    def __init__(self, size: int, dtype: DTypeLike = np.float64) -> None:
        self._size = size
        self._dtype = np.dtype(dtype)
        self._rows: OrderedDict[Hashable, Rows] = OrderedDict()
        self._lock = Lock()

    def of(self, keys: Sequence[Hashable], width: int, make: Callable[[NDArray[np.intp]], Rows]) -> Rows:
        """Rows (n, width) in the order of ``keys``; ``make`` gives those of the places that are not kept."""
        if not self._size:
            return make(np.arange(len(keys)))
        found = np.empty((len(keys), width), dtype=self._dtype)
        with self._lock:
            kept = [self._rows.get(key) for key in keys]
            for key, row in zip(keys, kept, strict=True):
                if row is not None:
                    self._rows.move_to_end(key)
        for place, row in enumerate(kept):
            if row is not None:
                found[place] = row
        missing = np.array([place for place, row in enumerate(kept) if row is None], dtype=np.intp)
        if len(missing):
            found[missing] = make(missing)
            self.keep([keys[place] for place in missing.tolist()], found[missing])
        return found

    def keep(self, keys: Sequence[Hashable], rows: Rows) -> None:
        """Remember ``rows`` (n, width), and no more of them than fit."""
        if not self._size:
            return
        rows = rows[-self._size :]
        with self._lock:
            for key, row in zip(keys[len(keys) - len(rows) :], rows, strict=True):
                self._rows[key] = row.copy()  # a view would keep all of them
                self._rows.move_to_end(key)
            while len(self._rows) > self._size:
                self._rows.popitem(last=False)

    def __reduce__(self) -> tuple[Any, ...]:
        return KeptRows, (self._size, self._dtype)
