"""Engines for SQLite and PostgreSQL, each set up so that what is committed is on the disk.

SQLite: every pooled connection is in WAL mode with ``synchronous=FULL``, enforces foreign keys, waits for a lock and
overwrites what is deleted. A writer takes the write lock when it begins (``BEGIN IMMEDIATE``), so that two processes
queue instead of failing half-way with "database is locked". PostgreSQL: ``synchronous_commit=on``; a reader sees one
snapshot.
"""

import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from features.errors import StoreFailed

LOCK_WAIT_SECONDS = 30
_POOL = {"pool_size": 5, "max_overflow": 15}  # four servers stay under PostgreSQL's default of 100
_PRAGMAS = (
    f"PRAGMA busy_timeout={LOCK_WAIT_SECONDS * 1000}",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-65536",
)
_READONLY = "broadsheet_readonly"


def make_engine(url: str) -> Engine:
    """An engine for ``url``; nothing is opened yet except, for SQLite, the folder of the file."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise StoreFailed(f"the database URL cannot be read: {one_line(error)}") from error
    if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        return _sqlite(parsed)
    if parsed.drivername in ("postgresql", "postgresql+psycopg"):
        return _postgresql(parsed.set(drivername="postgresql+psycopg"))
    raise StoreFailed(f"a {parsed.drivername!r} database is not supported; use sqlite:///FILE or postgresql://…")


def reading(engine: Engine) -> Connection:
    """A connection whose transactions read one snapshot and may not write."""
    options: dict[str, Any] = {_READONLY: True}
    if engine.dialect.name == "postgresql":
        options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    return engine.connect().execution_options(**options)


def one_line(error: BaseException) -> str:
    """The first line of what the driver said, without SQL, parameters or links."""
    if not isinstance(error, SQLAlchemyError):
        return str(error).splitlines()[0] if str(error) else type(error).__name__
    cause = getattr(error, "orig", None)
    text = str(cause if cause is not None else error.args[0] if error.args else error).strip()
    return text.splitlines()[0] if text else type(error).__name__


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise StoreFailed("an SQLite store needs a file: sqlite:///data/broadsheet.db")
    folder = Path(url.database).expanduser().parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreFailed(f"the folder {folder} of the database cannot be made: {error.strerror}") from error
    engine = create_engine(url, connect_args={"timeout": LOCK_WAIT_SECONDS}, **_POOL)
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)
    return engine


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


def _begin(connection: Connection) -> None:
    readonly = connection.get_execution_options().get(_READONLY, False)
    connection.exec_driver_sql(f"PRAGMA query_only={'ON' if readonly else 'OFF'}")
    connection.exec_driver_sql("BEGIN" if readonly else "BEGIN IMMEDIATE")


def _postgresql(url: URL) -> Engine:
    try:
        return create_engine(
            url,
            pool_pre_ping=True,
            connect_args={"connect_timeout": 10, "options": "-c synchronous_commit=on -c timezone=UTC"},
            **_POOL,
        )
    except ModuleNotFoundError as error:
        raise StoreFailed("PostgreSQL needs its driver: install broadsheet[postgres]") from error
