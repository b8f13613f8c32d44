"""Small pieces of SQL that several repositories need."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, func, select
from sqlalchemy.dialects import postgresql, sqlite

from features.domain import AnnounceType
from features.store.tables import listings

AnyRow = Row[*tuple[Any, ...]]
"""A row of a query, its columns by name or in order."""

CATALOGUE_LOCK = 0x42726F62
"""Held by what adds papers, and by what must know whether a paper is there."""

_REVISIONS = [kind.value for kind in AnnounceType if kind.is_revision]

CHUNK = 1000
"""Names in one IN list: well under the limits of both databases."""


def chunks(names: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Distinct ``names``, ascending, in runs of at most :data:`CHUNK`."""
    ordered = sorted(set(names))
    for start in range(0, len(ordered), CHUNK):
        yield tuple(ordered[start : start + CHUNK])


def insert_all(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append ``rows``."""
    if rows:
        connection.execute(table.insert(), list(rows))


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append those of ``rows`` whose key is not there yet; the others change nothing."""
    if rows:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        connection.execute(dialect.insert(table).on_conflict_do_nothing(), list(rows))


def lock(connection: Connection, key: int) -> None:
    """Let one transaction at a time past this point, until it ends.

    SQLite's writers already hold the file's write lock (``BEGIN IMMEDIATE``).
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(key)))


def announced() -> ColumnElement[bool]:
    """The listings that are no revisions."""
    return and_(*(listings.c.announce_type != kind for kind in _REVISIONS))
