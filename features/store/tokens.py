"""Bearer tokens, kept as their hash, and the service's own secrets."""

import secrets as random_secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, select, update

from features.domain import aware_utc
from features.errors import UnknownUser
from features.store.bearer import digest_of, new_secret
from features.store.queries import insert_all, insert_new
from features.store.records import Principal
from features.store.tables import secrets, tokens, users
from features.store.users import present_users

PREFIX = "bs_"
"""What a token begins with, so that one left in a file can be found."""


class Tokens:
    """Who may do what. A token is 256 random bits; the store holds its SHA-256 only."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def issue(self, user_id: str | None, *, admin: bool, created_at: datetime) -> str:
        """A new token, for a user or (None) for nobody in particular; it cannot be read again."""
        if user_id is not None and not present_users(self._connection, [user_id]):
            raise UnknownUser(user_id)
        plain = new_secret(PREFIX)
        row = {
            "digest": digest_of(plain),
            "user_id": user_id,
            "admin": admin,
            "created_at": aware_utc(created_at, "created_at"),
        }
        insert_all(self._connection, tokens, [row])
        return plain

    def principal(self, plain: str) -> Principal | None:
        """Whom the token speaks for, with their label counter: one query. None for a token nobody issued."""
        row = self._connection.execute(OF_BEARER, bearing(plain)).first()
        return None if row is None else principal_of_row(row)

    def revoke(self, plain: str, *, revoked_at: datetime) -> bool:
        """Close a token for good; False where nobody issued it or it is closed already."""
        return self._close(tokens.c.digest == digest_of(plain), revoked_at) > 0

    def revoke_all(self, user_id: str, *, revoked_at: datetime) -> int:
        """Close all of a user's tokens; how many were open."""
        return self._close(tokens.c.user_id == user_id, revoked_at)

    def _close(self, which: ColumnElement[bool], revoked_at: datetime) -> int:
        change = update(tokens).where(which, tokens.c.revoked_at.is_(None))
        return self._connection.execute(change.values(revoked_at=aware_utc(revoked_at, "revoked_at"))).rowcount


OF_BEARER = (
    select(tokens.c.user_id, tokens.c.admin, users.c.label_counter)
    .select_from(tokens.outerjoin(users, users.c.id == tokens.c.user_id))
    .where(tokens.c.digest == bindparam("digest"), tokens.c.revoked_at.is_(None))
)
"""Whom a token speaks for; no row for one that nobody issued."""


def bearing(plain: str) -> dict[str, str]:
    """The parameters of :data:`OF_BEARER`."""
    return {"digest": digest_of(plain)}


def principal_of_row(row: Sequence[Any]) -> Principal:
    """What a row of :data:`OF_BEARER` says."""
    user_id, admin, label_counter = row
    return Principal(user_id, admin, label_counter or 0)


class Secrets:
    """Random keys of the service itself, the same for all its replicas."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get_or_create(self, name: str) -> bytes:
        """32 random bytes, made when first asked for."""
        query = select(secrets.c.value).where(secrets.c.name == name)
        value = self._connection.execute(query).scalar()
        if value is None:
            insert_new(self._connection, secrets, [{"name": name, "value": random_secrets.token_bytes(32)}])
            value = self._connection.execute(query).scalar_one()
        return bytes(value)
