"""Where a ranking can stand back for what is more urgent: between its parts, wherever that is wanted.

Threads of one process share its interpreter, so that two rankings at once take each as long as both. Who asks for a
ranking may say what is to be done at each pause; nothing is, by default, and a slate is the same whatever it is.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_PAUSED: ContextVar[Callable[[], None] | None] = ContextVar("paused", default=None)


def pause() -> None:
    """Do what is to be done between two parts of a ranking; no lock is held."""
    paused = _PAUSED.get()
    if paused is not None:
        paused()


@contextmanager
def pausing(do: Callable[[], None]) -> Iterator[None]:
    """Within the block, in this thread, do this at every pause."""
    token = _PAUSED.set(do)
    try:
        yield
    finally:
        _PAUSED.reset(token)
