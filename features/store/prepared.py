"""Questions that every request asks, without what SQLAlchemy does anew for each.

SQLAlchemy says what a statement, its parameters and its columns mean, once; on SQLite the statement then goes to the
driver, which keeps it prepared. Other drivers are on a network, where this is no part of what a question takes.
"""

import json
import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import Lock
from typing import Any

from sqlalchemy import ColumnElement, Connection, Dialect, Engine, Select, bindparam, func, select
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.pool import PoolProxiedConnection

from features.errors import StoreFailed
from features.store.engine import one_line

_Processor = Callable[[Any], Any] | None
_NAMES = "names"

About = Callable[[ColumnElement[str]], ColumnElement[bool]]
"""A condition on whichever column holds a name."""


class _Compiled:
    """A SELECT as the SQLite driver takes it: what its parameters become, and what its rows are read as."""

    def __init__(self, statement: Select[*tuple[Any, ...]], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        names = list(getattr(compiled, "positiontup", None) or ())
        binds = compiled.binds
        self._sql = str(compiled)
        self._fixed = [compiled.params[name] for name in names]
        self._writers: list[_Processor] = [
            binds[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names
        ]
        self._names = names
        readers: list[_Processor] = [
            column.type.dialect_impl(dialect).result_processor(dialect, None) for column in statement.selected_columns
        ]
        self._readers = [(place, read) for place, read in enumerate(readers) if read is not None]
        named: Callable[..., Any] = namedtuple  # made at run time: the columns have names, no types
        names_of_columns = [str(name) for name in statement.selected_columns.keys()]  # noqa: SIM118 (it iterates over columns)
        self._row: Callable[[Iterable[Any]], Any] = named("_row", names_of_columns, rename=True)._make

    def rows(self, raw: Any, parameters: Mapping[str, Any]) -> list[Any]:
        """All rows, each a tuple with names, of this statement on the driver's connection; read to their end."""
        values = [
            value if write is None else write(value)
            for value, write in zip(
                [parameters.get(name, fixed) for name, fixed in zip(self._names, self._fixed, strict=True)],
                self._writers,
                strict=True,
            )
        ]
        return [self._read(row) for row in raw.execute(self._sql, values).fetchall()]

    def _read(self, row: tuple[Any, ...]) -> Any:
        values = list(row)
        for place, read in self._readers:
            values[place] = read(values[place])
        return self._row(values)


class Question:
    """One SELECT asked within transactions."""

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        self._statement = statement
        self._compiled: _Compiled | None = None

    def all(self, connection: Connection, parameters: Mapping[str, Any]) -> Sequence[Any]:
        """Its rows, as SQLAlchemy would give them."""
        if connection.dialect.name != "sqlite":
            return connection.execute(self._statement, dict(parameters)).all()
        if self._compiled is None:
            self._compiled = _Compiled(self._statement, connection.dialect)
        try:
            return self._compiled.rows(connection.connection.dbapi_connection, parameters)
        except sqlite3.Error as error:
            raise OperationalError(str(self._statement), None, error) from error

    def first(self, connection: Connection, parameters: Mapping[str, Any]) -> Any:
        """Its first row, or None."""
        rows = self.all(connection, parameters)
        return rows[0] if rows else None


class QuestionAmong:
    """One SELECT about rows whose column is among some names, however many.

    ``make`` gives the statement, and is told how it says so of a column.
    """

    def __init__(self, make: Callable[[About], Select[*tuple[Any, ...]]]) -> None:
        self._make = make
        listed = func.json_each(bindparam(_NAMES)).table_valued("value")
        self._prepared = Question(make(lambda column: column.in_(select(listed.c.value))))

    def all(self, connection: Connection, names: Sequence[str], parameters: Mapping[str, Any]) -> Sequence[Any]:
        """Its rows, as SQLAlchemy would give them."""
        if connection.dialect.name == "sqlite":
            return self._prepared.all(connection, {**parameters, _NAMES: json.dumps(names)})
        return connection.execute(self._make(lambda column: column.in_(names)), dict(parameters)).all()


class PreparedSelect:
    """One SELECT of few rows on an SQLite engine, on a connection of its own.

    One SELECT is a snapshot by itself, so SQLite needs no transaction for it. Safe to share between threads, which take
    turns.
    """

    def __init__(self, engine: Engine, statement: Select[*tuple[Any, ...]]) -> None:
        self._engine = engine
        self._compiled = _Compiled(statement, engine.dialect)
        self._connection: PoolProxiedConnection | None = None
        self._lock = Lock()

    def rows(self, parameters: Mapping[str, str]) -> list[Any]:
        """The rows, as SQLAlchemy would give them; :class:`~features.errors.StoreFailed` when the database fails."""
        try:
            with self._lock:
                return self._compiled.rows(self._raw(), parameters)
        except (sqlite3.Error, SQLAlchemyError) as error:
            raise StoreFailed(f"the database failed: {one_line(error)}") from error

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
