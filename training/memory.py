"""How much memory a run took, and giving back what it takes no longer."""

import ctypes
import resource
import sys
from dataclasses import dataclass
from pathlib import Path

from features.npy import let_go_of_maps

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")
_PEAK = "5"


@dataclass(slots=True)
class _Highest:
    """The largest of this process's peaks that are counted no longer."""

    mb: float = 0.0


_HIGHEST = _Highest()


def own_peak_mb() -> float:
    """The largest resident memory of this process so far, or since :func:`restarted_peak_mb`.

    Linux counts what the process held before it became this program, a copy of its parent, to ``ru_maxrss``, but not
    to ``VmHWM``.
    """
    if _STATUS.exists():
        lines = dict(line.split(":", 1) for line in _STATUS.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) / 1024.0
    unit = 1024.0 ** (2 if sys.platform == "darwin" else 1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def whole_peak_mb() -> float:
    """The largest resident memory of this process so far, however often it was counted anew."""
    return max(_HIGHEST.mb, own_peak_mb())


def restarted_peak_mb() -> float:
    """:func:`own_peak_mb`, which counts anew from now on; where the system does not let it, it goes on as before."""
    peak = own_peak_mb()
    _HIGHEST.mb = max(_HIGHEST.mb, peak)
    try:
        _CLEAR.write_text(_PEAK, encoding="ascii")
    except OSError:
        return peak  # what comes next is measured with what was, and a bound stays a bound
    return peak


def give_back() -> None:
    """Hand the free pages of this process's heap to the system, where its C library can (glibc), and those of files.

    It keeps freed blocks of up to 32 MB for itself, which is what most arrays are, and they do not fit the next
    stage's: a fifth of a retrain's memory held nothing. Mapped vectors and terms are there again when they are read.
    """
    let_go_of_maps()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


@dataclass(frozen=True, slots=True)
class Peaks:
    """Megabytes: of this process ``before`` it had workers and ``beside`` them, and of the largest ``worker``."""

    before: float = 0.0
    beside: float = 0.0
    worker: float = 0.0

    def bound_mb(self, jobs: int) -> float:
        """An upper bound of what all had at any moment: this process alone, or beside ``jobs`` times the worker.

        What is called after the workers have ended counts with this process's peak since. Pages that several map are
        counted for each; joblib's two trackers, 54 MB, are not.
        """
        workers = jobs if jobs > 1 else 0
        return max(self.before, self.beside + workers * self.worker, own_peak_mb())
