"""Slates as they were answered, once per id."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select

from features.domain import aware_utc
from features.errors import UnknownUser
from features.store.prepared import Question
from features.store.queries import insert_new
from features.store.records import StoredSlate
from features.store.tables import slates
from features.store.users import present_users

_BY_ID = Question(select(slates).where(slates.c.slate_id == bindparam("asked")))


class Slates:
    """One row per slate; the first one stored under an id stays."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, slate_id: str) -> StoredSlate | None:
        """The slate stored under the id, or None."""
        row = _BY_ID.first(self._connection, {"asked": slate_id})
        if row is None:
            return None
        return StoredSlate(row.slate_id, row.user_id, row.day, row.created_at, bytes(row.body))

    def put(self, slate: StoredSlate) -> None:
        """Store it unless one is there under this id. Raises :class:`~features.errors.UnknownUser`."""
        if not present_users(self._connection, [slate.user_id]):
            raise UnknownUser(slate.user_id)
        insert_new(self._connection, slates, [_as_row(slate)])

    def put_many(self, batch: Sequence[StoredSlate]) -> int:
        """Store those that are not there yet, but for users who are gone; how many those were."""
        present = present_users(self._connection, (slate.user_id for slate in batch))
        ids = [slate.slate_id for slate in batch]
        there = set(self._connection.execute(select(slates.c.slate_id).where(slates.c.slate_id.in_(ids))).scalars())
        new = [slate for slate in batch if slate.user_id in present and slate.slate_id not in there]
        insert_new(self._connection, slates, [_as_row(slate) for slate in new])
        return len(new)


def _as_row(slate: StoredSlate) -> dict[str, Any]:
    return {
        "slate_id": slate.slate_id,
        "user_id": slate.user_id,
        "day": slate.day,
        "created_at": aware_utc(slate.created_at, "created_at"),
        "body": slate.body,
    }
