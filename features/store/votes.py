"""Votes and submissions, each reader's once, as of a cut."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, or_, select, update

from features.community import Submission, Vote, valid_why
from features.domain import Cut
from features.errors import UnknownPaper
from features.store.papers import existing_papers
from features.store.pending import mark_changed
from features.store.posting import next_instants
from features.store.queries import chunks, insert_all
from features.store.reader_tables import public_lists, votes


class Votes:
    """A vote stands from when it was cast until it was withdrawn; no ranking for a reader looks at it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def cast(self, user_id: str, paper_id: str, *, recorded_at: datetime, why: str = "") -> Vote:
        """The reader's vote as it stands from now on; with ``why`` it is a submission.

        Voting again changes nothing; submitting what was only voted for, or with another word why, replaces the vote.
        Raises UnknownUser, UnknownPaper for a paper the store has never heard of, and InvalidValue.
        """
        wanted = valid_why(why) if why else ""
        at = next_instants(self._connection, {user_id}, recorded_at)[user_id]
        if not existing_papers(self._connection, [paper_id]):
            raise UnknownPaper(paper_id)
        standing = self.of_user(user_id, Cut(at)).get(paper_id)
        if standing is not None and wanted in ("", standing.why):
            return standing
        self._end(user_id, paper_id, at)
        row = {"user_id": user_id, "paper_id": paper_id, "submitted": bool(wanted), "why": wanted, "recorded_at": at}
        insert_all(self._connection, votes, [row])
        mark_changed(self._connection, {user_id: 0}, {user_id: at})
        return Vote(paper_id, at, bool(wanted), wanted)

    def withdraw(self, user_id: str, paper_id: str, *, recorded_at: datetime) -> None:
        """End the reader's vote on a paper, if one stands. Raises UnknownUser."""
        at = next_instants(self._connection, {user_id}, recorded_at)[user_id]
        if self._end(user_id, paper_id, at):
            mark_changed(self._connection, {user_id: 0}, {user_id: at})

    def of_user(self, user_id: str, cut: Cut) -> dict[str, Vote]:
        """The reader's votes that stand at the cut, by paper, the first cast first."""
        query = select(votes).where(votes.c.user_id == user_id, *_standing(cut))
        return {
            row.paper_id: Vote(row.paper_id, row.recorded_at, row.submitted, row.why)
            for row in self._connection.execute(query.order_by(votes.c.recorded_at, votes.c.id))
        }

    def cast_at(self, paper_ids: Iterable[str], cut: Cut) -> dict[str, tuple[datetime, ...]]:
        """When each vote that stands at the cut was cast, ascending, for those of ``paper_ids`` that have any."""
        found: dict[str, list[datetime]] = {}
        for chunk in chunks(paper_ids):
            query = select(votes.c.paper_id, votes.c.recorded_at).where(votes.c.paper_id.in_(chunk), *_standing(cut))
            for paper_id, at in self._connection.execute(query.order_by(votes.c.recorded_at)):
                found.setdefault(paper_id, []).append(at)
        return {paper_id: tuple(found[paper_id]) for paper_id in sorted(found)}

    def submissions(self, cut: Cut, *, limit: int, paper_id: str | None = None) -> list[Submission]:
        """The newest submissions that stand at the cut, of one paper or of all."""
        joined = votes.outerjoin(public_lists, public_lists.c.user_id == votes.c.user_id)
        query = select(votes.c.paper_id, votes.c.why, votes.c.recorded_at, public_lists.c.name)
        query = query.select_from(joined).where(votes.c.submitted, *_standing(cut))
        if paper_id is not None:
            query = query.where(votes.c.paper_id == paper_id)
        rows = self._connection.execute(query.order_by(votes.c.recorded_at.desc(), votes.c.id.desc()).limit(limit))
        return [Submission(*row) for row in rows]

    def _end(self, user_id: str, paper_id: str, at: datetime) -> int:
        own = (votes.c.user_id == user_id) & (votes.c.paper_id == paper_id) & votes.c.withdrawn_at.is_(None)
        return self._connection.execute(update(votes).where(own).values(withdrawn_at=at)).rowcount


def _standing(cut: Cut) -> tuple[ColumnElement[bool], ...]:
    return votes.c.recorded_at <= cut.at, or_(votes.c.withdrawn_at.is_(None), votes.c.withdrawn_at > cut.at)
