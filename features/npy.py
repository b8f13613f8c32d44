"""Arrays without objects from ``.npy`` files, one at a time in a process.

NumPy reads a header with :mod:`ast`, which Python before 3.11.5 breaks where two threads do so at once ("AST
constructor recursion depth mismatch", gh-106905).
"""

import mmap
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO, Literal
from weakref import WeakSet

import numpy as np
from numpy.typing import NDArray

_ONE = Lock()
_MAPS: WeakSet[mmap.mmap] = WeakSet()


def read_array(file: Path | BinaryIO, mmap_mode: Literal["r"] | None = None) -> NDArray[Any]:
    """The array, or with ``r`` a map of it; ValueError and OSError as of :func:`numpy.load`."""
    with _ONE:
        found: NDArray[Any] = np.load(file, mmap_mode=mmap_mode, allow_pickle=False)
        base: object = found.base
        if isinstance(base, mmap.mmap):
            _MAPS.add(base)
    return found


def let_go_of_maps() -> None:
    """Take the pages of all maps out of this process's memory, where the system can; who reads one gets it back.

    A map of rows that are read here and there is soon resident as a whole, as the system maps sixteen pages for one.
    They stay in the system's cache of files, so that to get them back takes no reading.
    """
    with _ONE:
        maps = list(_MAPS)
    for each in maps:
        if hasattr(mmap, "MADV_DONTNEED"):
            each.madvise(mmap.MADV_DONTNEED)
