"""A token bucket per caller, in bounded memory.

A bucket holds at most ``requests_per_minute`` requests and refills at that pace; each request takes one out. The
limit is each server process's own.
"""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from features.errors import RateLimited


class RateLimiter:
    """Buckets by key; only the ``max_keys`` used last are kept, a forgotten one starts full again.

    Parameters
    ----------
    requests_per_minute : size and refill of a bucket.
    monotonic : a clock in seconds that never goes back.
    """

    def __init__(self, requests_per_minute: int, monotonic: Callable[[], float], max_keys: int = 10_000) -> None:
        self._size = float(requests_per_minute)
        self._per_second = requests_per_minute / 60.0
        self._monotonic = monotonic
        self._max_keys = max_keys
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: str) -> None:
        """Take one request out of the bucket of ``key``; RateLimited with the wait in seconds when it is empty."""
        with self._lock:
            now = self._monotonic()
            level, at = self._buckets.pop(key, (self._size, now))
            level = min(self._size, level + (now - at) * self._per_second)
            allowed = level >= 1.0
            self._buckets[key] = (level - 1.0 if allowed else level, now)
            while len(self._buckets) > self._max_keys:
                self._buckets.popitem(last=False)
        if not allowed:
            raise RateLimited((1.0 - level) / self._per_second)
