"""Who goes first: a reader who has clicked waits for the answer, and what can wait stands back meanwhile.

Threads of one process share its interpreter; without an order a click's ranking takes as long as all that is ranked and
written beside it. What stands back does so for a moment at each of its pauses, so that it comes to its end whatever the
number of clicks.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Event, Lock

LONGEST = 0.05
"""Seconds that one pause lasts at most."""

_AHEAD: ContextVar[bool] = ContextVar("ahead", default=False)


class Precedence:
    """Counts those who go first; safe to share between threads."""

    def __init__(self) -> None:
        self._n_ahead = 0
        self._lock = Lock()
        self._none_ahead = Event()
        self._none_ahead.set()

    @contextmanager
    def ahead(self) -> Iterator[None]:
        """Within the block others stand back."""
        with self._lock:
            self._n_ahead += 1
            self._none_ahead.clear()
        token = _AHEAD.set(True)
        try:
            yield
        finally:
            _AHEAD.reset(token)
            with self._lock:
                self._n_ahead -= 1
                if not self._n_ahead:
                    self._none_ahead.set()

    @property
    def is_ahead(self) -> bool:
        """Whether the caller is within such a block."""
        return _AHEAD.get()

    def stand_back(self) -> None:
        """Wait until nobody goes first, but for a moment only."""
        if self._n_ahead:
            self._none_ahead.wait(LONGEST)
