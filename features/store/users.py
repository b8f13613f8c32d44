"""Users: made once, exported whole, deleted for good."""

import secrets
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from features.domain import User, aware_utc, valid_user_id
from features.errors import UnknownUser
from features.store.export import export_user
from features.store.own_papers import delete_own_papers
from features.store.prepared import Question
from features.store.queries import CATALOGUE_LOCK, AnyRow, insert_new, lock
from features.store.reader_tables import OWNED, accounts, follows, mailed_links, mailed_papers, mailings, subscriptions
from features.store.tables import (
    impressions,
    interactions,
    pending_interactions,
    retractions,
    slates,
    tokens,
    users,
)

_OWNED = (*OWNED, impressions, slates, tokens, retractions, interactions, pending_interactions)
_BY_ADDRESS = (subscriptions, mailings, mailed_papers, mailed_links)
_COLUMNS = (users.c.id, users.c.key, users.c.created_at)
_BY_ID = Question(select(*_COLUMNS).where(users.c.id == bindparam("asked")))
_PRESENT = (
    select(users.c.id)
    .where(users.c.id.in_(bindparam("asked", expanding=True)))
    .order_by(users.c.id)
    .with_for_update(read=True, key_share=True)
)


class Users:
    """The readers."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, user_id: str, *, created_at: datetime) -> User:
        """The user, made with a random key unless there already."""
        add_users(self._connection, [user_id], created_at)
        return self.get(user_id)

    def get(self, user_id: str) -> User:
        """The user, or :class:`~features.errors.UnknownUser`."""
        row = _BY_ID.first(self._connection, {"asked": user_id})
        if row is None:
            raise UnknownUser(user_id)
        return _as_user(row)

    def all(self) -> list[User]:
        """Everybody, ascending by id."""
        return [_as_user(row) for row in self._connection.execute(select(*_COLUMNS).order_by(users.c.id))]

    def keys(self) -> dict[str, str]:
        """The random key of every user id; artifacts carry only the keys."""
        return {user.id: user.key for user in self.all()}

    def delete(self, user_id: str) -> None:
        """Delete the user and everything of theirs; the key goes too, so that no artifact can name them again.

        Raises :class:`~features.errors.UnknownUser`.
        """
        lock(self._connection, CATALOGUE_LOCK)  # an ingest must not attach what is being deleted
        locked = select(users.c.key).where(users.c.id == user_id).with_for_update()
        key = self._connection.execute(locked).scalar()
        if key is None:
            raise UnknownUser(user_id)
        self._delete_mail(user_id)
        either = (follows.c.user_id == user_id) | (follows.c.curator_id == user_id)
        self._connection.execute(delete(follows).where(either))
        for table in _OWNED:
            self._connection.execute(delete(table).where(table.c.user_id == user_id))
        delete_own_papers(self._connection, key)
        self._connection.execute(delete(users).where(users.c.id == user_id))

    def _delete_mail(self, user_id: str) -> None:
        """What is kept under the user's addresses: that of the account, and those that get the user's digest."""
        kept = select(accounts.c.address).where(accounts.c.user_id == user_id)
        read_at = select(subscriptions.c.address).where(subscriptions.c.user_id == user_id)
        addresses = self._connection.execute(kept.union(read_at)).scalars().all()
        for table in _BY_ADDRESS:
            self._connection.execute(delete(table).where(table.c.address.in_(addresses)))

    def export(self, user_id: str) -> dict[str, object]:
        """Everything the store holds of the user, ready for JSON; or :class:`~features.errors.UnknownUser`."""
        self.get(user_id)
        return export_user(self._connection, user_id)


def add_users(connection: Connection, user_ids: Iterable[str], created_at: datetime) -> None:
    """Make those of ``user_ids`` that are not there yet."""
    at = aware_utc(created_at, "created_at")
    rows = [
        {"id": valid_user_id(user_id), "key": secrets.token_hex(16), "created_at": at, "label_counter": 0}
        for user_id in sorted(set(user_ids))
    ]
    insert_new(connection, users, rows)


def present_users(connection: Connection, user_ids: Iterable[str]) -> set[str]:
    """Those of ``user_ids`` that exist, kept from being deleted until the transaction ends."""
    names = sorted(set(user_ids))
    return set(connection.execute(_PRESENT, {"asked": names}).scalars())


def _as_user(row: AnyRow) -> User:
    return User(row.id, row.key, row.created_at)
