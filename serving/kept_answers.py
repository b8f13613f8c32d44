"""Answers kept in memory, each with all that it depends on."""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

State = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON body with its strong ETag, and the ``state`` under which it is right."""

    body: bytes
    etag: str
    state: State = ()


class Answers:
    """Answers by user and question, the longest unused forgotten first where there are more than ``max_bytes``."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._n_bytes = 0
        self._kept: OrderedDict[tuple[str, bytes], Answer] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, user_id: str, question: bytes, state: State) -> Answer | None:
        """The answer that is right under ``state``."""
        with self._lock:
            kept = self._kept.get((user_id, question))
            if kept is None or kept.state != state:
                return None
            self._kept.move_to_end((user_id, question))
            return kept

    def state_of(self, user_id: str, question: bytes) -> State | None:
        """The state under which the answer kept under this question was right."""
        with self._lock:
            kept = self._kept.get((user_id, question))
            return None if kept is None else kept.state

    def keep(self, user_id: str, question: bytes, answer: Answer) -> None:
        """Remember it instead of what was known under this question."""
        key = (user_id, question)
        with self._lock:
            self._drop(key)
            self._kept[key] = answer
            self._n_bytes += len(answer.body)
            while self._n_bytes > self._max_bytes:
                self._drop(next(iter(self._kept)))

    def forget(self, user_id: str) -> None:
        """Drop all answers to a user who is being deleted."""
        with self._lock:
            for key in [key for key in self._kept if key[0] == user_id]:
                self._drop(key)

    def _drop(self, key: tuple[str, bytes]) -> None:
        dropped = self._kept.pop(key, None)
        self._n_bytes -= 0 if dropped is None else len(dropped.body)
