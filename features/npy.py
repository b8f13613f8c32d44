"""Arrays without objects from ``.npy`` files, one at a time in a process.

NumPy reads a header with :mod:`ast`, which Python before 3.11.5 breaks where two threads do so at once ("AST
constructor recursion depth mismatch", gh-106905).
"""

from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

_ONE = Lock()


def read_array(file: Path | BinaryIO, mmap_mode: Literal["r"] | None = None) -> NDArray[Any]:
    """The array, or with ``r`` a map of it; ValueError and OSError as of :func:`numpy.load`."""
    with _ONE:
        found: NDArray[Any] = np.load(file, mmap_mode=mmap_mode, allow_pickle=False)
    return found
