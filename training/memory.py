"""How much memory a run took."""

import resource
import sys
from pathlib import Path

_STATUS = Path("/proc/self/status")


def own_peak_mb() -> float:
    """The largest resident memory of this process so far.

    Linux counts what the process held before it became this program, a copy of its parent, to ``ru_maxrss``, but not
    to ``VmHWM``.
    """
    if _STATUS.exists():
        lines = dict(line.split(":", 1) for line in _STATUS.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) / 1024.0
    unit = 1024.0 ** (2 if sys.platform == "darwin" else 1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def peak_memory_mb(jobs: int, worker_mb: float) -> float:
    """An upper bound: this process's peak, and ``jobs`` times that of its largest worker, where there are any."""
    return own_peak_mb() + (jobs if jobs > 1 else 0) * worker_mb
