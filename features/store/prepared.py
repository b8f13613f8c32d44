"""A question that every request asks, without what a transaction costs around it.

One SELECT is a snapshot by itself, so SQLite needs no transaction for it; the statement stays prepared on a connection
of its own. SQLAlchemy says what the statement and its columns mean, once.
"""

import sqlite3
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

from sqlalchemy import Engine, Select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import PoolProxiedConnection

from features.errors import StoreFailed
from features.store.engine import one_line

_Reader = Callable[[Any], Any] | None


class PreparedSelect:
    """One SELECT of one row on an SQLite engine; safe to share between threads, which take turns."""

    def __init__(self, engine: Engine, statement: Select[*tuple[Any, ...]]) -> None:
        dialect = engine.dialect
        compiled = statement.compile(dialect=dialect)
        names = list(getattr(compiled, "positiontup", None) or ())
        self._engine = engine
        self._sql = str(compiled)
        self._fixed = [compiled.params[name] for name in names]
        self._places = {name: [place for place, own in enumerate(names) if own == name] for name in names}
        self._readers: list[_Reader] = [
            column.type.dialect_impl(dialect).result_processor(dialect, None) for column in statement.selected_columns
        ]
        self._connection: PoolProxiedConnection | None = None
        self._lock = Lock()

    def one(self, parameters: Mapping[str, str]) -> tuple[Any, ...]:
        """The row, as SQLAlchemy would give it; :class:`~features.errors.StoreFailed` when the database fails."""
        values = list(self._fixed)
        for name, value in parameters.items():
            for place in self._places[name]:
                values[place] = value
        try:
            with self._lock:
                (row,) = self._raw().execute(self._sql, values).fetchall()  # to its end, or the snapshot would stay
        except (sqlite3.Error, SQLAlchemyError) as error:
            raise StoreFailed(f"the database failed: {one_line(error)}") from error
        return tuple(value if read is None else read(value) for read, value in zip(self._readers, row, strict=True))

    def dispose(self) -> None:
        """Give the connection back; the next question takes another."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _raw(self) -> Any:
        if self._connection is None:
            taken = self._engine.raw_connection()
            raw: Any = taken.dbapi_connection
            raw.execute("PRAGMA query_only=ON")
            self._connection = taken
        return self._connection.dbapi_connection
