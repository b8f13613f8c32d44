"""What asks the store in one change of thread: a transaction that is a dependency takes three.

Who waits for a turn holds no thread meanwhile, so that readers go on while those who write wait for the file's lock.
"""

from collections.abc import Callable
from enum import Enum
from typing import TypeVar
from weakref import WeakKeyDictionary

from anyio import CapacityLimiter, to_thread

from features.store import Transaction
from models.pauses import pausing
from serving.dependencies import MARKS_CONNECTIONS, MOST_AHEAD, MOST_READERS, MOST_WRITERS, Services

T = TypeVar("T")


class _Turn(Enum):
    """What a thread is wanted for."""

    MARKS = "marks"
    AHEAD = "reading ahead of others"
    READING = "reading"
    WRITING = "writing"


_AT_ONCE = {
    _Turn.MARKS: MARKS_CONNECTIONS,
    _Turn.AHEAD: MOST_AHEAD,
    _Turn.READING: MOST_READERS - MOST_AHEAD,
    _Turn.WRITING: MOST_WRITERS,
}
"""As many of each at once as there are connections for them, so that no thread waits for one."""

_LIMITERS: WeakKeyDictionary[Services, dict[_Turn, CapacityLimiter]] = WeakKeyDictionary()
"""For each running service: a limiter belongs to the event loop that first uses it."""


async def read_small(services: Services, read: Callable[[], T]) -> T:
    """What ``read`` gives from the connections of ``services.marks``: at once on SQLite, elsewhere on a thread."""
    if not services.marks.is_shared:
        return read()  # SQLite answers sooner than a thread would be found
    # a server on the network must not hold everybody up
    return await to_thread.run_sync(read, limiter=_limiter(services, _Turn.MARKS))


async def reading(services: Services, ask: Callable[[Transaction], T]) -> T:
    """What ``ask`` makes of one snapshot of the store, in which nothing can be written.

    Whoever does not go ahead stands back at every pause for those who do.
    """
    is_ahead = services.precedence.is_ahead

    def asked() -> T:
        with services.store.transaction(readonly=True) as tx:
            if is_ahead:
                return ask(tx)
            with pausing(services.precedence.stand_back):
                return ask(tx)

    return await to_thread.run_sync(asked, limiter=_limiter(services, _Turn.AHEAD if is_ahead else _Turn.READING))


async def writing(services: Services, write: Callable[[Transaction], T]) -> T:
    """What ``write`` gives, committed once this returns, or nothing of it if it raises."""

    def written() -> T:
        with services.store.transaction() as tx:
            return write(tx)

    return await to_thread.run_sync(written, limiter=_limiter(services, _Turn.WRITING))


def _limiter(services: Services, turn: _Turn) -> CapacityLimiter:
    limiters = _LIMITERS.setdefault(services, {})
    if turn not in limiters:
        limiters[turn] = CapacityLimiter(_AT_ONCE[turn])
    return limiters[turn]
