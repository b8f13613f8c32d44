"""Whose turn it is to write to an SQLite file, between threads and processes.

SQLite's own wait looks for the lock at growing intervals, up to a tenth of a second, while a writer of many batches
takes it again microseconds after it let it go: a click could wait behind a whole ingest. Here whoever waits looks every
millisecond, and whoever has held the lock for long stands back for a moment before the next turn.
"""

import sqlite3
import time
from threading import Lock

LONG = 0.005
"""Seconds of holding the lock after which one stands back."""

_STAND_BACK = 0.004
_LOOK = 0.001


class Turns:
    """The write lock of one database file as this process takes it; safe to share between threads."""

    def __init__(self, wait_seconds: float) -> None:
        self._wait_seconds = wait_seconds
        self._lock = Lock()
        self._held_long_until = 0.0

    def begin(self, connection: sqlite3.Connection) -> float:
        """Begin a transaction that writes; the instant on the monotonic clock since which it holds the lock.

        Raises sqlite3.OperationalError where the lock was not to be had in time.
        """
        with self._lock:
            back = self._held_long_until + _STAND_BACK - time.monotonic()
        if back > 0:
            time.sleep(back)
        deadline = time.monotonic() + self._wait_seconds
        connection.execute("PRAGMA busy_timeout=0")
        try:
            while True:
                try:
                    connection.execute("BEGIN IMMEDIATE")
                except sqlite3.OperationalError as error:
                    if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                        raise
                    time.sleep(_LOOK)
                else:
                    return time.monotonic()
        finally:
            connection.execute(f"PRAGMA busy_timeout={int(self._wait_seconds * 1000)}")

    def ended(self, since: float) -> None:
        """Note that a transaction that held the lock ``since`` an instant is about to let it go."""
        now = time.monotonic()
        if now - since > LONG:
            with self._lock:
                self._held_long_until = now
