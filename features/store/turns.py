"""Whose turn it is to write to an SQLite file, between threads and processes.

SQLite's own wait looks for the lock at growing intervals, up to a tenth of a second, while a writer of many batches
takes it again microseconds after it let it go: a click could wait behind a whole ingest. Here whoever waits looks every
millisecond, and whoever writes batch after batch stands back for a moment after each.
"""

import sqlite3
import time

STAND_BACK = 0.004
"""Seconds in which whoever waits looks several times."""

_LOOK = 0.001


def take_turn(connection: sqlite3.Connection, wait_seconds: float) -> None:
    """Begin a transaction that writes; sqlite3.OperationalError where the lock was not to be had in time."""
    deadline = time.monotonic() + wait_seconds
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
                return
    finally:
        connection.execute(f"PRAGMA busy_timeout={int(wait_seconds * 1000)}")
