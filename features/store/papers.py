"""Papers as of a cut: one by one, a day's candidates, and all of them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from features.domain import Clock, Cut, Feed, Listing, Paper
from features.errors import UnknownPaper
from features.store.asof import (
    Community,
    Sightings,
    as_paper,
    candidate_days,
    community,
    current_versions,
    sightings,
)
from features.store.histories import read_histories
from features.store.moved import CatalogueMark
from features.store.own_papers import papers_titled
from features.store.pages import PageListing, community_pages
from features.store.paper_rows import (
    LISTED_OF,
    SAID_OF,
    SIGHTING_COLUMNS,
    VERSIONS_OF,
    listings_about,
    said_about,
    versions_about,
)
from features.store.prepared import About
from features.store.queries import AnyRow, chunks
from features.store.recording import Prepared, prepare_listings, record_prepared
from features.store.records import PaperHistory, PaperVersion, RecordCounts
from features.store.tables import community_records, listings, paper_versions, papers

_OBSERVATIONS = (listings, paper_versions, community_records)


class _Rows(NamedTuple):
    """All that is recorded of some papers."""

    listed: Sequence[AnyRow]
    versions: Sequence[AnyRow]
    said: Sequence[AnyRow]


@dataclass(frozen=True, slots=True)
class _Known:
    """What a cut knows of some papers."""

    seen: dict[str, Sightings]
    versions: dict[str, AnyRow]
    said: dict[str, Community]

    def paper(self, paper_id: str) -> Paper:
        return as_paper(self.versions[paper_id], self.said.get(paper_id))

    def votes(self, paper_id: str) -> int:
        said = self.said.get(paper_id)
        return 0 if said is None or said.votes is None else said.votes


class Papers:
    """The catalogue. Every read names its cut."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def record(self, batch: Sequence[Listing], *, recorded_at: datetime) -> RecordCounts:
        """Append what ``batch`` says that is not known yet; the same batch again changes nothing.

        A paper is new once. Other title, abstract, authors or categories, or a higher version, make it revised.
        Interactions that waited for a paper are attached to it.
        """
        if not batch:
            return RecordCounts()
        (prepared,) = self.prepare(batch, recorded_at=recorded_at)
        return self.record_prepared(prepared)[0]

    def prepare(
        self, batch: Sequence[Listing], *, recorded_at: datetime, n_papers: int | None = None
    ) -> list[Prepared]:
        """What :meth:`record` decides before it writes, so that a transaction that only reads can do it.

        Whoever writes holds up everybody else's clicks on SQLite. With ``n_papers`` in parts of so many papers, each
        for a transaction of its own.
        """
        return prepare_listings(self._connection, batch, recorded_at, n_papers)

    def record_prepared(
        self, prepared: Prepared, after: CatalogueMark | None = None
    ) -> tuple[RecordCounts, CatalogueMark]:
        """Append what was prepared, in this transaction or an earlier one; as :meth:`record` whatever came between.

        Gives the catalogue's mark, too, ``after`` which the next part of the same batch follows.
        """
        return record_prepared(self._connection, prepared, after)

    def get(self, paper_id: str, cut: Cut) -> Paper:
        """The paper in the version that stood at the cut, or :class:`~features.errors.UnknownPaper`."""
        found = self.get_many([paper_id], cut)
        if paper_id not in found:
            raise UnknownPaper(paper_id)
        return found[paper_id]

    def get_many(self, ids: Iterable[str], cut: Cut) -> dict[str, Paper]:
        """Those of ``ids`` known at the cut, ascending by id."""
        found: dict[str, Paper] = {}
        for chunk in chunks(ids):
            known = _known(self._rows_of(chunk, cut), cut)
            found |= {paper_id: known.paper(paper_id) for paper_id in sorted(known.versions)}
        return found

    def count(self) -> int:
        """How many papers the store has ever heard of, readers' own among them."""
        found: int = self._connection.execute(select(func.count()).select_from(papers)).scalar_one()
        return found

    def exists(self, ids: Iterable[str]) -> set[str]:
        """Those of ``ids`` the store has ever heard of."""
        return existing_papers(self._connection, ids)

    def titled(self, keys: Collection[str]) -> dict[str, tuple[str, ...]]:
        """Ids of papers by title, ascending; ``keys`` are :func:`features.text.title_key` of the titles looked for.

        Readers' own papers are not among them. Reads every title in the store.
        """
        return papers_titled(self._connection, keys)

    def on_day(self, day: date, cut: Cut) -> list[Paper]:
        """The candidates of ``day`` as known at the cut, ascending by id."""
        known = self._known(_listed_on(day), cut)
        days = candidate_days(known.seen, cut)
        ids = sorted(paper_id for paper_id, first_day in days.items() if first_day == day)
        return [known.paper(paper_id) for paper_id in ids if paper_id in known.versions]

    def first_day(self, paper_id: str, cut: Cut) -> date | None:
        """The day whose list the paper stands in, or None for one that stands in none."""
        days = candidate_days(self._sightings(_among((paper_id,)), cut), cut)
        return days.get(paper_id)

    def versions(self, paper_id: str, cut: Cut) -> list[PaperVersion]:
        """What was recorded of the paper's text up to the cut, in the order in which it was."""
        clock = paper_versions.c.recorded_at if cut.clock is Clock.RECORDED else paper_versions.c.occurred_at
        query = select(paper_versions).where(paper_versions.c.paper_id == paper_id, clock <= cut.at)
        rows = self._connection.execute(query.order_by(paper_versions.c.recorded_at, paper_versions.c.id))
        return [PaperVersion(row.version, Feed(row.feed), row.title, row.occurred_at, row.recorded_at) for row in rows]

    def votes(self, ids: Iterable[str], cut: Cut) -> dict[str, int]:
        """Votes as known at the cut of those of ``ids`` that have a count."""
        found: dict[str, int] = {}
        for chunk in chunks(ids):
            seen = self._sightings(_among(chunk), cut)
            said = self._community(_among(chunk), seen, cut)
            found |= {paper_id: record.votes for paper_id, record in said.items() if record.votes is not None}
        return found

    def history(self, cut: Cut) -> PaperHistory:
        """All papers known at the cut, as columns ascending by id: what training reads."""
        return self.histories([cut])[0]

    def histories(self, cuts: Sequence[Cut]) -> list[PaperHistory]:
        """The same at several cuts of one clock, in their order; what was read once and known at two is one object."""
        return read_histories(self._connection, cuts)

    def pages(self, cut: Cut) -> list[PageListing]:
        """What stood on the community's pages as known at the cut, by day and paper."""
        return community_pages(self._connection, cut)

    def last_observed_at(self, day: date, cut: Cut) -> datetime | None:
        """When something about a paper listed on ``day`` was last recorded, up to the cut; None if nothing was.

        Only ``recorded_at`` counts here, whatever the cut's clock.
        """
        about = _listed_on(day)
        latest: list[datetime] = []
        for table in _OBSERVATIONS:
            query = select(func.max(table.c.recorded_at)).where(about(table.c.paper_id), table.c.recorded_at <= cut.at)
            found: datetime | None = self._connection.execute(query).scalar()
            if found is not None:
                latest.append(found)
        return max(latest, default=None)

    def observed(self, ids: Iterable[str], cut: Cut) -> dict[str, tuple[Paper, datetime]]:
        """Those of ``ids`` known at the cut, each with when something about it was last recorded by then.

        Only ``recorded_at`` counts for the latter, whatever the cut's clock.
        """
        found: dict[str, tuple[Paper, datetime]] = {}
        for chunk in chunks(ids):
            rows = self._rows_of(chunk, cut)
            known, latest = _known(rows, cut), _last_recorded(rows, cut)
            found |= {paper_id: (known.paper(paper_id), latest[paper_id]) for paper_id in sorted(known.versions)}
        return found

    def _known(self, about: About, cut: Cut) -> _Known:
        return _known(self._rows(about, cut), cut)

    def _rows(self, about: About, cut: Cut) -> _Rows:
        queries = listings_about(about), versions_about(about, cut.clock), said_about(about)
        listed, versions, said = (self._connection.execute(query, {"at": cut.at}).all() for query in queries)
        return _Rows(listed, versions, said)

    def _rows_of(self, ids: Sequence[str], cut: Cut) -> _Rows:
        """All that is recorded of these papers."""
        listed, versions, said = (
            question.all(self._connection, ids, {"at": cut.at})
            for question in (LISTED_OF, VERSIONS_OF[cut.clock], SAID_OF)
        )
        return _Rows(listed, versions, said)

    def _sightings(self, about: About, cut: Cut) -> dict[str, Sightings]:
        return sightings(self._connection.execute(select(*SIGHTING_COLUMNS).where(about(listings.c.paper_id))), cut)

    def _community(self, about: About, seen: dict[str, Sightings], cut: Cut) -> dict[str, Community]:
        query = select(community_records).where(about(community_records.c.paper_id))
        return community(self._connection.execute(query).all(), seen, cut)


def _known(rows: _Rows, cut: Cut) -> _Known:
    seen = sightings(rows.listed, cut)
    return _Known(seen, current_versions(rows.versions, seen, cut), community(rows.said, seen, cut))


def _last_recorded(rows: _Rows, cut: Cut) -> dict[str, datetime]:
    latest: dict[str, datetime] = {}
    for row in chain(rows.listed, rows.versions, rows.said):
        if row.recorded_at <= cut.at:
            latest[row.paper_id] = max(row.recorded_at, latest.get(row.paper_id, row.recorded_at))
    return latest


def _among(ids: Sequence[str]) -> About:
    return lambda column: column.in_(ids)


def _listed_on(day: date) -> About:
    ids = select(listings.c.paper_id).where(listings.c.day == day)
    return lambda column: column.in_(ids)


def existing_papers(connection: Connection, ids: Iterable[str]) -> set[str]:
    """Those of ``ids`` that have a row in ``papers``."""
    found: set[str] = set()
    for chunk in chunks(ids):
        found.update(connection.execute(select(papers.c.id).where(papers.c.id.in_(chunk))).scalars())
    return found
