"""Slates as they were answered, once per id."""

from sqlalchemy import Connection, select

from features.domain import aware_utc
from features.errors import UnknownUser
from features.store.queries import insert_new
from features.store.records import StoredSlate
from features.store.tables import slates
from features.store.users import present_users


class Slates:
    """One row per slate; the first one stored under an id stays."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, slate_id: str) -> StoredSlate | None:
        """The slate stored under the id, or None."""
        row = self._connection.execute(select(slates).where(slates.c.slate_id == slate_id)).first()
        if row is None:
            return None
        return StoredSlate(row.slate_id, row.user_id, row.day, row.created_at, bytes(row.body))

    def put(self, slate: StoredSlate) -> None:
        """Store it unless one is there under this id. Raises :class:`~features.errors.UnknownUser`."""
        if not present_users(self._connection, [slate.user_id]):
            raise UnknownUser(slate.user_id)
        row = {
            "slate_id": slate.slate_id,
            "user_id": slate.user_id,
            "day": slate.day,
            "created_at": aware_utc(slate.created_at, "created_at"),
            "body": slate.body,
        }
        insert_new(self._connection, slates, [row])
