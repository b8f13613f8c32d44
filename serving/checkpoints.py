"""SQLite's log moved into its file every so often, on a thread of its own: no reader's click waits for that."""

import logging
from threading import Event, Thread

from features.errors import StoreFailed
from features.store import Store

_log = logging.getLogger(__name__)


class Checkpoints:
    """Calls :meth:`features.store.Store.checkpoint` every ``seconds`` between :meth:`start` and :meth:`stop`."""

    def __init__(self, store: Store, seconds: float) -> None:
        self._store = store
        self._seconds = seconds
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="checkpoints", daemon=True)

    def start(self) -> None:
        """Begin; a store that other machines use, too, sees to its own log."""
        if not self._store.is_shared:
            self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(self._seconds):
            try:
                self._store.checkpoint()
            except StoreFailed as error:
                _log.warning("the log is not moved into the database: %s", error)
