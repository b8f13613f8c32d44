"""What users did elsewhere: imported history, with or without dates and papers."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from features.domain import Interaction, aware_utc
from features.store.papers import existing_papers
from features.store.pending import mark_changed
from features.store.queries import CATALOGUE_LOCK, chunks, insert_all, lock
from features.store.records import ImportCounts
from features.store.rows import as_row, content_of, held_contents, key_of, says_the_same
from features.store.tables import interactions, pending_interactions, users
from features.store.users import add_users


def record_imports(connection: Connection, batch: Sequence[Interaction], recorded_at: datetime) -> ImportCounts:
    """Append the rows of ``batch`` that are not there yet; unknown users are made, unknown papers waited for."""
    lock(connection, CATALOGUE_LOCK)  # or a paper could come between the question for it and the wait
    add_users(connection, [row.user_id for row in batch], recorded_at)
    known = existing_papers(connection, (row.paper_id for row in batch))
    held = held_contents(connection, batch)
    instants = _instants(connection, {row.user_id for row in batch}, aware_utc(recorded_at, "recorded_at"))
    counts: Counter[str] = Counter()
    attached: list[dict[str, Any]] = []
    waiting: list[dict[str, Any]] = []
    for interaction in batch:
        if (before := held.get(key_of(interaction))) is not None:
            counts["duplicate" if says_the_same(interaction, before) else "conflict"] += 1
            continue
        held[key_of(interaction)] = content_of(interaction)
        row = as_row(interaction, instants[interaction.user_id])
        if interaction.paper_id in known:
            attached.append({**row, "imported": True, "attached_at": row["recorded_at"]})
        else:
            waiting.append(row)
    insert_all(connection, interactions, attached)
    insert_all(connection, pending_interactions, waiting)
    mark_changed(connection, Counter(row["user_id"] for row in attached), instants)
    return ImportCounts(len(attached), len(waiting), counts["duplicate"], counts["conflict"])


def _instants(connection: Connection, user_ids: set[str], recorded_at: datetime) -> dict[str, datetime]:
    """``recorded_at``, or the user's last change where that is later; the batches of one import share an instant."""
    instants: dict[str, datetime] = {}
    for chunk in chunks(user_ids):
        query = select(users.c.id, users.c.changed_at).where(users.c.id.in_(chunk)).order_by(users.c.id)
        for user_id, changed_at in connection.execute(query.with_for_update(key_share=True)):
            instants[user_id] = recorded_at if changed_at is None else max(recorded_at, changed_at)
    return instants
