"""Rows on their way into a table, made ready before the lock is taken.

SQLAlchemy makes each row's parameters anew, in Python, and SQLite's driver lets other threads have the interpreter at
each row and then waits for it: with the lock, in a server that ranks, up to five milliseconds a row. Here parameters
are made before the transaction that writes, and a statement appends many rows.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

ROWS_OF_A_STATEMENT = 64
"""Of the same number the driver keeps the statement prepared."""

_Processor = Callable[[Any], Any] | None


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows for ``table``, each with the same columns; where ``only_new``, those whose key is there change nothing."""

    table: Table
    rows: Sequence[Mapping[str, Any]]
    only_new: bool
    _parts: Sequence[tuple[str, Sequence[Any]]]

    def append(self, connection: Connection) -> int:
        """Append them in the transaction of ``connection``; how many were."""
        if not self.rows:
            return 0
        if connection.dialect.name != "sqlite":
            options = {"preserve_rowcount": True}
            return int(connection.execute(self._statement(), list(self.rows), execution_options=options).rowcount)
        raw: Any = connection.connection.dbapi_connection
        try:
            return sum(raw.execute(sql, values).rowcount for sql, values in self._parts)
        except sqlite3.Error as error:
            raise DBAPIError(f"INSERT INTO {self.table.name}", None, error) from error

    def _statement(self) -> Insert:
        if not self.only_new:
            return self.table.insert()
        return postgresql.insert(self.table).on_conflict_do_nothing()


def made_ready(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, only_new: bool = False
) -> Rows:
    """``rows`` for a transaction of ``connection`` or of another one of the same database."""
    if connection.dialect.name != "sqlite" or not rows:
        return Rows(table, rows, only_new, ())
    columns = tuple(rows[0])
    values = _values(table, columns, rows)
    parts = [values[start : start + ROWS_OF_A_STATEMENT] for start in range(0, len(values), ROWS_OF_A_STATEMENT)]
    return Rows(
        table,
        rows,
        only_new,
        [(_sql(table, columns, len(part), only_new), list(chain.from_iterable(part))) for part in parts],
    )


def _values(table: Table, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    """As the driver takes them."""
    dialect = sqlite.dialect()
    writers: list[_Processor] = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in columns]
    named = tuple(zip(columns, writers, strict=True))
    return [[row[name] if write is None else write(row[name]) for name, write in named] for row in rows]


@lru_cache(256)
def _sql(table: Table, columns: Sequence[str], n_rows: int, only_new: bool) -> str:
    one = f"({', '.join('?' * len(columns))})"
    names = ", ".join(f'"{name}"' for name in columns)
    ignored = " ON CONFLICT DO NOTHING" if only_new else ""
    return f'INSERT INTO "{table.name}" ({names}) VALUES {", ".join([one] * n_rows)}{ignored}'  # noqa: S608 (names of our own tables)
