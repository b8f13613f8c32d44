"""All that is held of one user, ready for JSON."""

import base64
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Table, select

from features.store.own_papers import own_versions
from features.store.reader_tables import (
    accounts,
    feed_secrets,
    follows,
    mailings,
    public_lists,
    rules,
    sessions,
    subscriptions,
    votes,
)
from features.store.tables import (
    impressions,
    interactions,
    pending_interactions,
    retractions,
    slates,
    tokens,
    users,
)

_PARTS: Mapping[str, tuple[Table, tuple[str, ...]]] = {
    "interactions": (interactions, ("recorded_at", "client_id")),
    "pending_interactions": (pending_interactions, ("recorded_at", "client_id")),
    "retractions": (retractions, ("recorded_at", "client_id")),
    "impressions": (impressions, ("recorded_at", "slate_id", "position", "exposure")),
    "slates": (slates, ("created_at", "slate_id")),
    "tokens": (tokens, ("created_at",)),
    "accounts": (accounts, ("address",)),
    "sessions": (sessions, ("created_at",)),
    "feed_secrets": (feed_secrets, ("created_at",)),
    "subscriptions": (subscriptions, ("address",)),
    "mailings": (mailings, ("day", "address")),
    "votes": (votes, ("recorded_at", "id")),
    "public_lists": (public_lists, ("name",)),
    "follows": (follows, ("curator_id",)),
    "rules": (rules, ("recorded_at", "id")),
}
_SECRET = frozenset({"user_id", "digest"})


def export_user(connection: Connection, user_id: str) -> dict[str, object]:
    """``{"user": {…}, "interactions": […], …}``: instants as ISO 8601 in UTC, stored slates as text.

    A token's digest is left out: it opens nothing for its owner and helps whoever guesses tokens.
    """
    user = connection.execute(select(users).where(users.c.id == user_id)).mappings().one()
    exported: dict[str, object] = {"user": {name: _plain(value) for name, value in user.items()}}
    for name, (table, order) in _PARTS.items():
        query = select(table).where(table.c.user_id == user_id).order_by(*(table.c[column] for column in order))
        exported[name] = [
            {column: _plain(value) for column, value in row.items() if column not in _SECRET}
            for row in connection.execute(query).mappings()
        ]
    exported["own_papers"] = [
        {column: _plain(value) for column, value in row.items()}
        for row in connection.execute(own_versions(str(user["key"]))).mappings()
    ]
    return exported


def _plain(value: Any) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return _text(value)
    return value


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return "base64:" + base64.b64encode(body).decode()
