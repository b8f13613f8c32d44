"""Papers that nobody but one reader's library knows: labels to that reader, and to nobody else anything.

They have a version and no listing, so they stand in no day, no list and no fit of what is common to all. Their ids
begin with a hash of the reader's random key: nobody can guess one, and they can be deleted with the reader.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, select

from features.domain import OWN_PAPER, Feed, Paper, User, aware_utc
from features.store.queries import CATALOGUE_LOCK, chunks, insert_all, lock
from features.store.recording import storable_paper, version_columns
from features.store.tables import metadata, paper_versions, papers
from features.text import title_key


def own_prefix(user_key: str) -> str:
    """What the ids of a reader's own papers begin with."""
    return f"{OWN_PAPER}{hashlib.blake2b(user_key.encode(), digest_size=8).hexdigest()}:"


class OwnPapers:
    """The papers of readers' libraries that the catalogue does not have."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep(self, user: User, kept: Sequence[Paper], *, recorded_at: datetime) -> list[str]:
        """The ids, in order, under which the user's ``kept`` papers are stored; the same text is the same paper."""
        at = aware_utc(recorded_at, "recorded_at")
        lock(self._connection, CATALOGUE_LOCK)  # two uploads of one library at once must not both find a paper new
        named = [_named(user, storable_paper(paper)) for paper in kept]
        fresh = {paper.id: paper for paper in named}
        for paper_id in self._known(fresh):
            del fresh[paper_id]
        stamp = {"feed": Feed.LIBRARY.value, "occurred_at": at, "recorded_at": at, "keywords": []}
        insert_all(self._connection, papers, [{"id": paper_id, "recorded_at": at} for paper_id in fresh])
        rows = [{"paper_id": paper.id, **stamp, **version_columns(paper)} for paper in fresh.values()]
        insert_all(self._connection, paper_versions, rows)
        return [paper.id for paper in named]

    def _known(self, ids: Iterable[str]) -> list[str]:
        known: list[str] = []
        for chunk in chunks(ids):
            known += self._connection.execute(select(papers.c.id).where(papers.c.id.in_(chunk))).scalars()
        return known


def own_versions(user_key: str) -> Select[*tuple[Any, ...]]:
    """The rows of a reader's own papers, by id."""
    kept = paper_versions.c
    return (
        select(kept.paper_id, kept.title, kept.abstract, kept.authors, kept.recorded_at)
        .where(kept.paper_id.startswith(own_prefix(user_key), autoescape=True))
        .order_by(kept.paper_id)
    )


def delete_own_papers(connection: Connection, user_key: str) -> None:
    """Delete a reader's own papers, and whatever else speaks of them."""
    prefix = own_prefix(user_key)
    for table in reversed(metadata.sorted_tables):
        if "paper_id" in table.c and table.c.paper_id.foreign_keys:
            connection.execute(delete(table).where(table.c.paper_id.startswith(prefix, autoescape=True)))
    connection.execute(delete(papers).where(papers.c.id.startswith(prefix, autoescape=True)))


def papers_titled(connection: Connection, keys: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Ids by title key, ascending; see :meth:`features.store.papers.Papers.titled`."""
    if not keys:
        return {}
    wanted, found = set(keys), dict[str, set[str]]()
    kept = paper_versions.c
    query = select(kept.paper_id, kept.title).where(kept.feed != Feed.LIBRARY.value).distinct()
    for paper_id, title in connection.execute(query):
        if (key := title_key(title)) in wanted:
            found.setdefault(key, set()).add(paper_id)
    return {key: tuple(sorted(ids)) for key, ids in found.items()}


def _named(user: User, paper: Paper) -> Paper:
    return replace(paper, id=own_prefix(user.key) + paper.content_hash)
