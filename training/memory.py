"""How much memory a run took."""

import resource
import sys


def peak_memory_mb(jobs: int) -> float:
    """An upper bound: the largest resident memory of this process so far, and ``jobs`` times its largest worker's."""
    unit = 1024.0 ** (2 if sys.platform == "darwin" else 1)
    own, worker = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return (own + (jobs if jobs > 1 else 0) * worker) / unit
