"""Interactions as rows, and rows as interactions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, String, Table, bindparam, func, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY

from features.domain import Interaction, InteractionKind
from features.errors import InvalidValue
from features.store.queries import CHUNK, AnyRow
from features.store.tables import interactions, pending_interactions

Key = tuple[str, str]
"""(user id, client id)."""


@dataclass(frozen=True, slots=True)
class Content:
    """What must be the same for a client id to name the same interaction."""

    paper_id: str
    kind: str
    topic: str | None
    slate_id: str | None
    position: int | None
    occurred_at: datetime | None


def content_of(interaction: Interaction) -> Content:
    """The content of an interaction that came in."""
    return Content(
        interaction.paper_id,
        interaction.kind.value,
        interaction.topic,
        interaction.slate_id,
        interaction.position,
        interaction.occurred_at,
    )


def key_of(interaction: Interaction) -> Key:
    """(user id, client id): what makes it idempotent."""
    return interaction.user_id, interaction.client_id


def says_the_same(incoming: Interaction, held: Content) -> bool:
    """Whether ``incoming`` is ``held`` again; where it names no instant, any will do."""
    content = content_of(incoming)
    if content.occurred_at is not None and content.occurred_at != held.occurred_at:
        return False
    return (content.paper_id, content.kind, content.topic, content.slate_id, content.position) == (
        held.paper_id,
        held.kind,
        held.topic,
        held.slate_id,
        held.position,
    )


def as_row(interaction: Interaction, recorded_at: datetime) -> dict[str, Any]:
    """The columns that ``interactions`` and ``pending_interactions`` share."""
    return {
        "user_id": interaction.user_id,
        "client_id": interaction.client_id,
        "paper_id": interaction.paper_id,
        "kind": interaction.kind.value,
        "topic": interaction.topic,
        "slate_id": storable(interaction.slate_id, "slate id"),
        "position": interaction.position,
        "occurred_at": interaction.occurred_at,
        "recorded_at": recorded_at,
    }


def as_interaction(row: AnyRow) -> Interaction:
    """The interaction of a row."""
    return Interaction(
        client_id=row.client_id,
        user_id=row.user_id,
        paper_id=row.paper_id,
        kind=InteractionKind(row.kind),
        occurred_at=row.occurred_at,
        topic=row.topic,
        slate_id=row.slate_id,
        position=row.position,
    )


def held_contents(connection: Connection, batch: Iterable[Interaction]) -> dict[Key, Content]:
    """What the store holds, attached or pending, under the keys of ``batch``."""
    keys = sorted({key_of(interaction) for interaction in batch})
    held: dict[Key, Content] = {}
    for start in range(0, len(keys), CHUNK):
        held |= _held_chunk(connection, keys[start : start + CHUNK])
    return held


def _held_chunk(connection: Connection, keys: Sequence[Key]) -> dict[Key, Content]:
    held: dict[Key, Content] = {}
    if connection.dialect.name == "postgresql":
        users, clients = (list(column) for column in zip(*keys, strict=True))
        found = [connection.execute(query, {"users": users, "clients": clients}) for query in _HELD_OF_ARRAYS]
    else:
        found = [connection.execute(query, {"keys": keys}) for query in _HELD_OF_LIST]
    for rows in found:
        held |= {(row[0], row[1]): Content(*row[2:]) for row in rows}
    return held


def _held(table: Table, wanted: Any) -> Select[*tuple[Any, ...]]:
    column = table.c
    return select(
        column.user_id,
        column.client_id,
        column.paper_id,
        column.kind,
        column.topic,
        column.slate_id,
        column.position,
        column.occurred_at,
    ).where(tuple_(column.user_id, column.client_id).in_(wanted))


def _unnested(name: str) -> ColumnElement[Any]:
    return func.unnest(bindparam(name, type_=ARRAY(String)))


_TABLES = (interactions, pending_interactions)
_HELD_OF_LIST = [_held(table, bindparam("keys", expanding=True)) for table in _TABLES]
_HELD_OF_ARRAYS = [_held(table, select(_unnested("users"), _unnested("clients"))) for table in _TABLES]
"""For PostgreSQL, which would try a list pair by pair."""


def storable(text: str | None, field: str) -> str | None:
    """``text`` if every database takes it: free of control characters and lone surrogates."""
    if text is not None and not text.isprintable():
        raise InvalidValue(field, text, "printable characters only")
    return text
