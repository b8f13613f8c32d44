"""What has been made of users since a model was loaded: memory that saves work and changes no result."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class SolvedUsers(Generic[T]):
    """The last value, such as a profile, of each of the ``size`` users ranked last, found by what it was solved from.

    Safe to share between threads; a copy sent to another process starts empty.
    """

    def __init__(self, size: int = 10_000) -> None:
        self._size = size
        self._users: OrderedDict[str, tuple[str, T]] = OrderedDict()
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
        with self._lock:
            self._users[user_key] = (digest, made)
            self._users.move_to_end(user_key)
            while len(self._users) > self._size:
                self._users.popitem(last=False)
        return made

    def forget(self, user_key: str) -> None:
        """Drop what is kept of a user who is being deleted."""
        with self._lock:
            self._users.pop(user_key, None)

    def __reduce__(self) -> tuple[Any, ...]:
        return SolvedUsers, (self._size,)
