"""What users do now: interactions posted over HTTP, and taking them back."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, select

from features.domain import Interaction, aware_utc
from features.errors import UnknownUser
from features.store.pending import mark_changed
from features.store.queries import insert_all
from features.store.records import RowStatus
from features.store.rows import Content, as_row, content_of, held_contents, key_of, says_the_same
from features.store.tables import interactions, papers, pending_interactions, retractions, users

_NEXT_INSTANT = timedelta(microseconds=1)


def record_posted(connection: Connection, batch: Sequence[Interaction], recorded_at: datetime) -> list[RowStatus]:
    """Append the good rows of ``batch``; a status for each, in order."""
    changed_at = next_instants(connection, {row.user_id for row in batch}, recorded_at)
    known = _existing(connection, {row.paper_id for row in batch})
    held = held_contents(connection, batch)
    good: list[Interaction] = []
    statuses: list[RowStatus] = []
    for interaction in batch:
        dated = replace(interaction, occurred_at=interaction.occurred_at or changed_at[interaction.user_id])
        status = _status(interaction, held.get(key_of(interaction)), interaction.paper_id in known)
        if status is RowStatus.RECORDED:
            held[key_of(interaction)] = content_of(dated)
            good.append(dated)
        statuses.append(status)
    rows = [
        {**as_row(row, changed_at[row.user_id]), "imported": False, "attached_at": changed_at[row.user_id]}
        for row in good
    ]
    insert_all(connection, interactions, rows)
    mark_changed(connection, Counter(row.user_id for row in good), changed_at)
    return statuses


def retract_one(connection: Connection, user_id: str, client_id: str, recorded_at: datetime) -> RowStatus:
    """Append the retraction of one interaction."""
    changed_at = next_instants(connection, {user_id}, recorded_at)
    if not any(
        connection.execute(
            select(table.c.client_id).where(table.c.user_id == user_id, table.c.client_id == client_id)
        ).first()
        for table in (interactions, pending_interactions)
    ):
        return RowStatus.UNKNOWN
    retracted = select(retractions.c.client_id).where(
        retractions.c.user_id == user_id, retractions.c.client_id == client_id
    )
    if connection.execute(retracted).first() is not None:
        return RowStatus.DUPLICATE
    row = {"user_id": user_id, "client_id": client_id, "recorded_at": changed_at[user_id]}
    insert_all(connection, retractions, [row])
    mark_changed(connection, {user_id: 1}, changed_at)
    return RowStatus.RETRACTED


def next_instants(connection: Connection, user_ids: Iterable[str], recorded_at: datetime) -> dict[str, datetime]:
    """For each user ``recorded_at``, or the first instant after their last change where that is later.

    Clocks of several servers differ, and one clock may be set back. What a user does is still strictly later than what
    they did before, so that the default ``as_of`` (the last change) moves with every click. Locks the users' rows
    until the transaction ends; raises :class:`~features.errors.UnknownUser`.
    """
    at = aware_utc(recorded_at, "recorded_at")
    names = sorted(set(user_ids))
    last = dict(connection.execute(_LAST_CHANGED, {"asked": names}).all())
    for name in names:
        if name not in last:
            raise UnknownUser(name)
    return {name: at if (before := last[name]) is None or at > before else before + _NEXT_INSTANT for name in names}


def _status(interaction: Interaction, held: Content | None, paper_is_known: bool) -> RowStatus:
    if held is not None:
        return RowStatus.DUPLICATE if says_the_same(interaction, held) else RowStatus.CONFLICT
    return RowStatus.RECORDED if paper_is_known else RowStatus.UNKNOWN_PAPER


def _existing(connection: Connection, paper_ids: set[str]) -> set[str]:
    return set(connection.execute(_EXISTING, {"asked": sorted(paper_ids)}).scalars())


_ASKED: BindParameter[Any] = bindparam("asked", expanding=True)
_EXISTING = select(papers.c.id).where(papers.c.id.in_(_ASKED))
_LAST_CHANGED = (
    select(users.c.id, users.c.changed_at)
    .where(users.c.id.in_(_ASKED))
    .order_by(users.c.id)
    .with_for_update(key_share=True)
)
