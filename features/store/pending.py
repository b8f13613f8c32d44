"""Interactions that wait for their paper, and the marks each interaction leaves on its user."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Update, bindparam, case, delete, func, select, update

from features.store.queries import chunks, insert_all
from features.store.tables import interactions, pending_interactions, users


def attach_pending(connection: Connection, paper_ids: Sequence[str], recorded_at: datetime) -> int:
    """Move the interactions that waited for ``paper_ids`` to the others; how many there were.

    ``recorded_at`` of each stays that of its import; ``attached_at`` says from when it can be known.
    """
    if connection.execute(select(pending_interactions.c.client_id).limit(1)).first() is None:
        return 0
    moved: list[dict[str, Any]] = []
    for chunk in chunks(paper_ids):
        waiting = pending_interactions.c.paper_id.in_(chunk)
        rows = connection.execute(select(pending_interactions).where(waiting)).mappings()
        moved += [{**row, "imported": True, "attached_at": max(recorded_at, row["recorded_at"])} for row in rows]
        connection.execute(delete(pending_interactions).where(waiting))
    insert_all(connection, interactions, moved)
    mark_changed(
        connection,
        Counter(row["user_id"] for row in moved),
        {row["user_id"]: row["attached_at"] for row in sorted(moved, key=lambda row: row["attached_at"])},
    )
    return len(moved)


def mark_changed(connection: Connection, n_rows: Mapping[str, int], changed_at: Mapping[str, datetime]) -> None:
    """Move the label counters of users by ``n_rows``, and the instant of their last change forward."""
    rows = [{"user": user_id, "n_rows": n_rows[user_id], "at": changed_at[user_id]} for user_id in sorted(n_rows)]
    if not rows:
        return
    connection.execute(_CHANGED, rows)


def _changed() -> Update:
    before, at = users.c.changed_at, bindparam("at", type_=users.c.changed_at.type)
    return (
        update(users)
        .where(users.c.id == bindparam("user"))
        .values(
            label_counter=users.c.label_counter + bindparam("n_rows"),
            changed_at=case((func.coalesce(before, at) <= at, at), else_=before),
        )
    )


_CHANGED = _changed()
