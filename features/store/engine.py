"""Engines for SQLite and PostgreSQL, each set up so that what is committed is on the disk.

SQLite: every pooled connection is in WAL mode with ``synchronous=FULL``, enforces foreign keys, waits for a lock and
overwrites what is deleted. A writer takes the write lock when it begins (``BEGIN IMMEDIATE``), so that two processes
queue (:mod:`features.store.turns`) instead of failing half-way with "database is locked". A commit moves the log into
the file only where nobody else has for long (:meth:`features.store.Store.checkpoint`), as that takes up to a tenth of a
second. PostgreSQL: ``synchronous_commit=on``; a reader sees one snapshot.
"""

import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError

from features.errors import StoreFailed
from features.store.turns import take_turn

LOCK_WAIT_SECONDS = 30
CONNECTIONS = 20
"""Most connections of one engine: four servers stay under PostgreSQL's default of 100."""

_KEPT = 5
_LONGEST_LOG_PAGES = 65_536
"""256 MB: who commits beyond that moves the log itself.

It begins anew when all of it is moved and nobody reads an older state, for which a busy server finds no moment for some
seconds, in which it may write 160 MB.
"""

_PRAGMAS = (
    f"PRAGMA busy_timeout={LOCK_WAIT_SECONDS * 1000}",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-65536",
    f"PRAGMA wal_autocheckpoint={_LONGEST_LOG_PAGES}",
)
# A plan kept from when a table was empty reads all of it, once it is large, at every question.
_OPTIONS = "-c synchronous_commit=on -c timezone=UTC -c plan_cache_mode=force_custom_plan"
_sync = getattr(os, "fdatasync", os.fsync)  # as SQLite does itself: not every system has the former
_READONLY = "broadsheet_readonly"
_DERIVED = "broadsheet_derived"


def make_engine(url: str, connections: int = CONNECTIONS) -> Engine:
    """An engine for ``url`` with so many connections at most; for SQLite the folder of the file is made."""
    kept = min(_KEPT, connections)
    pool = {"pool_size": kept, "max_overflow": connections - kept}
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise StoreFailed(f"the database URL cannot be read: {one_line(error)}") from error
    if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        return _sqlite(parsed, pool)
    if parsed.drivername in ("postgresql", "postgresql+psycopg"):
        return _postgresql(parsed.set(drivername="postgresql+psycopg"), pool)
    raise StoreFailed(f"a {parsed.drivername!r} database is not supported; use sqlite:///FILE or postgresql://…")


def reading(engine: Engine) -> Connection:
    """A connection whose transactions read one snapshot and may not write."""
    options: dict[str, Any] = {_READONLY: True}
    if engine.dialect.name == "postgresql":
        options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    return engine.connect().execution_options(**options)


def writing(engine: Engine, *, derived: bool) -> Connection:
    """A connection whose transactions are on the disk once they are committed.

    ``derived`` ones survive the end of this process, but not a power cut: they wait for no disk.
    """
    connection = engine.connect()
    if not derived:
        return connection
    if engine.dialect.name == "postgresql":
        event.listen(connection, "begin", lambda begun: begun.exec_driver_sql("SET LOCAL synchronous_commit=off"))
    return connection.execution_options(**{_DERIVED: True})


def sync_log(engine: Engine) -> None:
    """On SQLite, wait until what was committed is on the disk, whoever committed it; nothing elsewhere. StoreFailed.

    What of it is no longer in the log was on the disk before it was moved into the file.
    """
    name = engine.url.database
    if engine.dialect.name != "sqlite" or name is None:
        return
    try:
        log = os.open(f"{Path(name).expanduser()}-wal", os.O_RDWR)  # no lock of SQLite's is on it that a close undoes
        try:
            _sync(log)
        finally:
            os.close(log)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreFailed(f"the database's log does not reach the disk: {error.strerror}") from error


def one_line(error: BaseException) -> str:
    """The first line of what the driver said, without SQL, parameters or links."""
    if not isinstance(error, SQLAlchemyError):
        return str(error).splitlines()[0] if str(error) else type(error).__name__
    cause = getattr(error, "orig", None)
    text = str(cause if cause is not None else error.args[0] if error.args else error).strip()
    return text.splitlines()[0] if text else type(error).__name__


def _sqlite(url: URL, pool: dict[str, int]) -> Engine:
    if not url.database or url.database == ":memory:":
        raise StoreFailed("an SQLite store needs a file: sqlite:///data/broadsheet.db")
    folder = Path(url.database).expanduser().parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreFailed(f"the folder {folder} of the database cannot be made: {error.strerror}") from error
    engine = create_engine(url, connect_args={"timeout": LOCK_WAIT_SECONDS}, **pool)
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    """Transactions that write wait for each other (:func:`take_turn`); readers for nobody."""
    options = connection.get_execution_options()
    raw: Any = connection.connection.dbapi_connection
    try:
        if options.get(_READONLY, False):
            raw.execute("PRAGMA query_only=ON")
            raw.execute("BEGIN")
        else:
            raw.execute("PRAGMA query_only=OFF")
            raw.execute(f"PRAGMA synchronous={'NORMAL' if options.get(_DERIVED, False) else 'FULL'}")
            take_turn(raw, LOCK_WAIT_SECONDS)
    except sqlite3.Error as error:
        raise OperationalError("BEGIN", None, error) from error


def _set_pragmas(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions of its own; _begin does
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    _use_wal(connection)


def _use_wal(connection: sqlite3.Connection) -> None:
    # Leaving rollback-journal mode needs the file alone, and SQLite does not wait for that by itself.
    deadline = time.monotonic() + LOCK_WAIT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _postgresql(url: URL, pool: dict[str, int]) -> Engine:
    try:
        return create_engine(
            url,
            pool_pre_ping=True,
            connect_args={"connect_timeout": 10, "options": _OPTIONS},
            **pool,
        )
    except ModuleNotFoundError as error:
        raise StoreFailed("PostgreSQL needs its driver: install broadsheet[postgres]") from error
