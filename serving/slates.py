"""Slates by their ids: stored before they are answered, or, by a server alone with its store, beside the answer.

To write a slate of a thousand papers takes longer than to send the twenty that were asked for. Where only this process
answers (one server process on SQLite), a thread writes it, and until it has, the slate is given from memory, so that a
page continues and what was seen is logged as ever. A killed server may lose what it answered in its last moments: asked
again by its request, the same slate is ranked anew.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from threading import Event, Lock, Thread

from features.errors import BroadsheetError
from features.store import Store, StoredSlate, Transaction
from models.slate import Slate, SlatePage, decode_page, decode_slate, encode_slate

_log = logging.getLogger(__name__)
_MOST_WAITING = 256
_AT_ONCE = 16
"""Slates of a transaction, which holds the lock for a few milliseconds."""

_EVERY = 0.05
"""Seconds between two looks at what waits; to be told of it would hold up the answer, which is to leave first."""


class SlateShelf:
    """In front of ``tx.slates``; safe to share between threads. ``stand_back`` waits for those who are in a hurry."""

    def __init__(
        self, store: Store, clock: Callable[[], datetime], stand_back: Callable[[], None], *, beside: bool
    ) -> None:
        self._store = store
        self._clock = clock
        self._stand_back = stand_back
        self._beside = beside and not store.is_shared
        self._waiting: dict[str, Slate] = {}
        self._lock = Lock()
        self._open = False
        self._closing = Event()
        self._thread = Thread(target=self._run, name="slates", daemon=True)

    def __len__(self) -> int:
        return len(self._waiting)

    def start(self) -> None:
        """From now on slates are written beside the answer, where they may be."""
        if self._beside:
            self._open = True
            self._thread.start()

    def stop(self) -> None:
        """Write what waits and end the thread."""
        with self._lock:
            self._open = False
            self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    def keep(self, slate: Slate) -> None:
        """Store it now, or soon; UnknownUser where its reader is gone already."""
        with self._lock:
            if self._open and len(self._waiting) < _MOST_WAITING:
                self._waiting[slate.slate_id] = slate
                return
        with self._store.transaction(derived=True) as tx:
            tx.slates.put(self._row(slate))

    @property
    def is_alone(self) -> bool:
        """Whether no other server makes slates of this store."""
        return self._open

    def get(self, tx: Transaction, slate_id: str, *, answered: bool = False) -> Slate | None:
        """The slate of this id, or None; ``answered`` where somebody was given it, so that it must be somewhere."""
        waiting = self._waiting.get(slate_id)
        if waiting is not None:
            return waiting
        stored = self._stored(tx, slate_id, answered)
        return None if stored is None else decode_slate(stored.body)

    def page(
        self, tx: Transaction, slate_id: str, offset: int, limit: int, *, answered: bool = False
    ) -> SlatePage | None:
        """``limit`` items of the slate from ``offset`` on, which is all that is read of a stored one; or None."""
        waiting = self._waiting.get(slate_id)
        if waiting is not None:
            return waiting.page(offset, limit)
        stored = self._stored(tx, slate_id, answered)
        return None if stored is None else decode_page(stored.body, offset, limit)

    def flush(self) -> None:
        """Write all that waits, before somebody looks into the store itself."""
        while batch := self._oldest():
            try:
                self._write(batch)
            finally:
                with self._lock:
                    for slate in batch:
                        self._waiting.pop(slate.slate_id, None)

    def forget(self, user_id: str) -> None:
        """Drop what waits of a user who is being deleted; the store itself drops what is being written."""
        with self._lock:
            for slate_id in [each for each, slate in self._waiting.items() if slate.request.user_id == user_id]:
                del self._waiting[slate_id]

    def _stored(self, tx: Transaction, slate_id: str, answered: bool) -> StoredSlate | None:
        stored = tx.slates.get(slate_id)
        if stored is not None or not answered or not self._open:
            return stored
        with self._store.transaction(readonly=True) as later:  # it may have been written since ``tx`` began
            return later.slates.get(slate_id)

    def _row(self, slate: Slate) -> StoredSlate:
        request = slate.request
        return StoredSlate(slate.slate_id, request.user_id, request.day, self._clock(), encode_slate(slate))

    def _run(self) -> None:
        while not self._closing.wait(_EVERY):
            try:
                self.flush()
            except Exception:  # noqa: BLE001 (a slate that cannot be written must not end the thread that writes all)
                _log.exception("slates are not stored, and will be ranked anew")
        self.flush()

    def _oldest(self) -> list[Slate]:
        with self._lock:
            return list(self._waiting.values())[:_AT_ONCE]

    def _write(self, batch: list[Slate]) -> None:
        rows = []
        for slate in batch:
            self._stand_back()  # to encode one takes milliseconds of the interpreter
            rows.append(self._row(slate))
        try:
            with self._store.transaction(derived=True) as tx:
                tx.slates.put_many(rows)
        except BroadsheetError as error:
            _log.warning("%d slates are not stored, and will be ranked anew: %s", len(rows), error)
