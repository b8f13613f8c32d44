"""What is read of the store before a request is given a thread: on SQLite at once, elsewhere on a thread of its own."""

from collections.abc import Callable
from typing import TypeVar
from weakref import WeakKeyDictionary

from anyio import CapacityLimiter, to_thread

from serving.dependencies import MARKS_CONNECTIONS, Services

T = TypeVar("T")

_LIMITERS: WeakKeyDictionary[Services, CapacityLimiter] = WeakKeyDictionary()
"""One for each running service: a limiter belongs to the event loop that first uses it."""


async def read_small(services: Services, read: Callable[[], T]) -> T:
    """What ``read`` gives from the connections of ``services.marks``."""
    if not services.marks.is_shared:
        return read()  # SQLite answers sooner than a thread would be found
    # a server on the network must not hold everybody up
    return await to_thread.run_sync(read, limiter=_limiter(services))


def _limiter(services: Services) -> CapacityLimiter:
    """As many reads at once as there are connections for them, so that no thread waits for one."""
    if services not in _LIMITERS:
        _LIMITERS[services] = CapacityLimiter(MARKS_CONNECTIONS)
    return _LIMITERS[services]
