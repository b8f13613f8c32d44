"""What has been made of users since a model was loaded: memory that saves work and changes no result."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, Generic, Protocol, TypeVar

MOST_BYTES = 128 * 2**20


class Weighed(Protocol):
    """A value that says what it takes in memory."""

    @property
    def n_bytes(self) -> int:
        """Bytes, about."""


T = TypeVar("T", bound=Weighed)


class SolvedUsers(Generic[T]):
    """The last value, such as a profile, of each of the users ranked last, found by what it was solved from.

    Of more than ``max_bytes`` those ranked longest ago are forgotten: a reader of five thousand papers takes a hundred
    times what one of ten does, so that a number of users would bound nothing. Safe to share between threads; a copy
    sent to another process starts empty.
    """

    def __init__(self, max_bytes: int = MOST_BYTES) -> None:
        self._max_bytes = max_bytes
        self._n_bytes = 0
        self._users: OrderedDict[str, tuple[str, T, int]] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._users)

    def of(self, user_key: str, digest: str, make: Callable[[], T]) -> T:
        """The user's value from the examples ``digest`` names, made unless it was the user's last one."""
        with self._lock:
            kept = self._users.get(user_key)
            if kept is not None and kept[0] == digest:
                self._users.move_to_end(user_key)
                return kept[1]
        made = make()
        n_bytes = made.n_bytes
        with self._lock:
            self._drop(user_key)
            self._users[user_key] = (digest, made, n_bytes)
            self._n_bytes += n_bytes
            while self._n_bytes > self._max_bytes:
                self._drop(next(iter(self._users)))
        return made

    def forget(self, user_key: str) -> None:
        """Drop what is kept of a user who is being deleted."""
        with self._lock:
            self._drop(user_key)

    def _drop(self, user_key: str) -> None:
        kept = self._users.pop(user_key, None)
        self._n_bytes -= 0 if kept is None else kept[2]

    def __reduce__(self) -> tuple[Any, ...]:
        return SolvedUsers, (self._max_bytes,)
