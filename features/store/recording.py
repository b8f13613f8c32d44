"""Recording listings: which rows a batch adds, decided in memory against what the store holds of its papers."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain, islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from features.domain import AnnounceType, Feed, Listing, Paper, midnight
from features.store.appending import Rows, made_ready
from features.store.asof import merged
from features.store.marks import MarkReader
from features.store.moved import CatalogueMark
from features.store.pending import attach_pending
from features.store.queries import CATALOGUE_LOCK, chunks, lock
from features.store.records import RecordCounts
from features.store.tables import community_records, listings, paper_versions, papers


class _Version(NamedTuple):
    """What is kept in mind of one version row."""

    is_catalogue: bool
    version: int
    occurred_at: datetime
    text_hash: str
    digest: str
    categories: tuple[str, ...]


@dataclass(slots=True)
class _Shelf:
    """What the store, and the batch so far, say of one paper."""

    is_new: bool = True
    is_revised: bool = False
    versions: list[_Version] = field(default_factory=list)
    listed: set[tuple[str, object, str]] = field(default_factory=set)
    said: set[tuple[object, int | None, tuple[str, ...]]] = field(default_factory=set)


@dataclass(slots=True)
class _Additions:
    """Rows to append, by table."""

    recorded_at: datetime
    versions: list[dict[str, Any]] = field(default_factory=list)
    listings: list[dict[str, Any]] = field(default_factory=list)
    community: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a batch, or a part of it, adds to the catalogue as it was at a mark: all reading, done before."""

    batch: Sequence[Listing]
    recorded_at: datetime
    mark: CatalogueMark
    rows: Sequence[Rows]
    new_ids: Sequence[str]
    n_revised: int
    n_papers: int


def prepare_listings(
    connection: Connection, batch: Sequence[Listing], recorded_at: datetime, n_papers: int | None = None
) -> list[Prepared]:
    """Decide which rows ``batch`` adds; see :meth:`features.store.papers.Papers.prepare`."""
    mark = MarkReader(connection).catalogue()
    shelves = _shelves(connection, {listing.paper.id for listing in batch})
    return [
        _prepared(connection, part, shelves, (recorded_at, mark)) for part in _parts(batch, n_papers or len(shelves))
    ]


def _parts(batch: Sequence[Listing], n_papers: int) -> Iterator[list[Listing]]:
    """The listings of so many papers, and of so many more, all listings of a paper in the same part."""
    of: dict[str, list[Listing]] = {}
    for listing in batch:
        of.setdefault(listing.paper.id, []).append(listing)
    papers_in_turn = iter(of.values())
    while part := list(islice(papers_in_turn, n_papers)):
        yield list(chain.from_iterable(part))


def _prepared(
    connection: Connection,
    part: Sequence[Listing],
    shelves: Mapping[str, _Shelf],
    when: tuple[datetime, CatalogueMark],
) -> Prepared:
    recorded_at, mark = when
    additions = _Additions(recorded_at)
    for listing in part:
        clean = replace(listing, paper=storable_paper(listing.paper))
        _take(clean, shelves[clean.paper.id], additions)
    own = {listing.paper.id: shelves[listing.paper.id] for listing in part}
    new_ids = sorted(paper_id for paper_id, shelf in own.items() if shelf.is_new)
    n_revised = sum(shelf.is_revised and not shelf.is_new for shelf in own.values())
    return Prepared(part, recorded_at, mark, _rows(connection, new_ids, additions), new_ids, n_revised, len(own))


def record_prepared(
    connection: Connection, prepared: Prepared, mark: CatalogueMark | None = None
) -> tuple[RecordCounts, CatalogueMark]:
    """Append the rows, decided anew where the catalogue has moved since; with the mark that they leave.

    ``mark`` is the one that the part before this one of the same batch left.
    """
    lock(connection, CATALOGUE_LOCK)  # two ingests at once must not both find a paper new
    if MarkReader(connection).catalogue() != (mark or prepared.mark):
        (prepared,) = prepare_listings(connection, prepared.batch, prepared.recorded_at)
    for rows in prepared.rows:
        rows.append(connection)
    attached = attach_pending(connection, prepared.new_ids, prepared.recorded_at)
    n_new, n_revised = len(prepared.new_ids), prepared.n_revised
    counts = RecordCounts(n_new, n_revised, prepared.n_papers - n_new - n_revised, attached)
    return counts, MarkReader(connection).catalogue()


def paper_digest(paper: Paper) -> str:
    """32 hex digits naming what makes a revision: title, abstract, authors, categories and, if any, references."""
    parts = [paper.title, paper.abstract, "\x1f".join(paper.authors), "\x1f".join(paper.categories)]
    if paper.references:
        parts.append("\x1f".join(paper.references))
    return hashlib.blake2b("\x1e".join(parts).encode(), digest_size=16).hexdigest()


def _rows(connection: Connection, new_ids: Sequence[str], additions: _Additions) -> list[Rows]:
    """Papers first, which the others are about."""
    new = [{"id": paper_id, "recorded_at": additions.recorded_at} for paper_id in new_ids]
    tables = (papers, new), (paper_versions, additions.versions), (listings, additions.listings)
    return [made_ready(connection, table, rows) for table, rows in (*tables, (community_records, additions.community))]


def _shelves(connection: Connection, ids: set[str]) -> dict[str, _Shelf]:
    shelves = {paper_id: _Shelf() for paper_id in sorted(ids)}
    for chunk in chunks(ids):
        known = connection.execute(select(papers.c.id).where(papers.c.id.in_(chunk))).scalars().all()
        for paper_id in known:
            shelves[paper_id].is_new = False
        if known:
            _fill(connection, known, shelves)
    return shelves


def _fill(connection: Connection, known: Sequence[str], shelves: Mapping[str, _Shelf]) -> None:
    kept = paper_versions.c
    query = select(
        kept.paper_id, kept.feed, kept.version, kept.occurred_at, kept.text_hash, kept.digest, kept.categories
    ).where(kept.paper_id.in_(known))
    for row in connection.execute(query.order_by(kept.id)):
        version = _Version(
            _is_catalogue(row.feed), row.version, row.occurred_at, row.text_hash, row.digest, tuple(row.categories)
        )
        shelves[row.paper_id].versions.append(version)
    days = listings.c
    seen = select(days.paper_id, days.feed, days.day, days.announce_type).where(days.paper_id.in_(known))
    for paper_id, feed, day, announce_type in connection.execute(seen):
        shelves[paper_id].listed.add((feed, day, announce_type))
    said = community_records.c
    records = select(said.paper_id, said.day, said.votes, said.keywords).where(said.paper_id.in_(known))
    for paper_id, day, votes, keywords in connection.execute(records):
        shelves[paper_id].said.add((day, votes, tuple(keywords)))


def _take(listing: Listing, shelf: _Shelf, additions: _Additions) -> None:
    """Append to ``additions`` the rows that ``listing`` needs, and remember them on the shelf."""
    occurred_at = midnight(listing.day)
    stamp = {"paper_id": listing.paper.id, "occurred_at": occurred_at, "recorded_at": additions.recorded_at}
    sighting = (listing.feed.value, listing.day, listing.announce_type.value)
    if sighting not in shelf.listed:
        shelf.listed.add(sighting)
        feed, day, announce_type = sighting
        additions.listings.append({**stamp, "feed": feed, "day": day, "announce_type": announce_type})
    keywords = () if listing.feed.is_catalogue else listing.paper.keywords
    record = (listing.day, listing.votes, keywords)
    if (listing.votes is not None or keywords) and record not in shelf.said:
        shelf.said.add(record)
        additions.community.append(
            {**stamp, "day": listing.day, "votes": listing.votes, "keywords": list(keywords)},
        )
    if listing.feed.is_catalogue or not any(version.is_catalogue for version in shelf.versions):
        _take_version(listing, shelf, additions, stamp)


def _take_version(listing: Listing, shelf: _Shelf, additions: _Additions, stamp: Mapping[str, Any]) -> None:
    """Append the version as of the listing's day, unless that very row is there.

    One row for each day that lists it, even with the same content: whatever is filled in later for days between, each
    day keeps what it said, and the same listings in any order leave the same rows.
    """
    version = _version(listing, listing.paper)
    if version in shelf.versions:
        return
    paper = _with_cross_lists(listing, shelf)
    if paper is not listing.paper:
        version = _version(listing, paper)
        if version in shelf.versions:
            return
    before = _latest(shelf.versions)
    is_unheard = all(version.digest != held.digest for held in shelf.versions)
    shelf.versions.append(version)
    shelf.is_revised |= is_unheard or not _same_content(before, _latest(shelf.versions))
    keywords = list(paper.keywords) if listing.feed.is_catalogue else []
    additions.versions.append({**stamp, **version_columns(paper), "feed": listing.feed.value, "keywords": keywords})


def _version(listing: Listing, paper: Paper) -> _Version:
    return _Version(
        listing.feed.is_catalogue,
        paper.version,
        midnight(listing.day),
        paper.content_hash,
        paper_digest(paper),
        paper.categories,
    )


def _with_cross_lists(listing: Listing, shelf: _Shelf) -> Paper:
    """The paper with the categories of its other listings, where this is one more listing of the same text.

    A cross-list, or another listing of the same day, adds categories; any other listing says which they are now.
    """
    paper, occurred_at = listing.paper, midnight(listing.day)
    held = _latest(
        held
        for held in shelf.versions
        if held.is_catalogue == listing.feed.is_catalogue
        and held.occurred_at <= occurred_at
        and (held.version, held.text_hash) == (paper.version, paper.content_hash)
    )
    if held is None or (listing.announce_type is not AnnounceType.CROSS and held.occurred_at != occurred_at):
        return paper
    return replace(paper, categories=merged(held.categories, paper.categories))


def _same_content(first: _Version | None, second: _Version | None) -> bool:
    return first is not None and second is not None and (first.version, first.digest) == (second.version, second.digest)


def _latest(versions: Iterable[_Version]) -> _Version | None:
    """The one that stands, by the order of :func:`features.store.asof.current_versions` (ties: the later row)."""
    latest: _Version | None = None
    for version in versions:
        if latest is None or version[:3] >= latest[:3]:
            latest = version
    return latest


def version_columns(paper: Paper) -> dict[str, Any]:
    """What a row of ``paper_versions`` says of the paper, other than when and where it was seen."""
    return {
        "version": paper.version,
        "title": paper.title,
        "abstract": paper.abstract,
        "authors": list(paper.authors),
        "categories": list(paper.categories),
        "comment": paper.comment,
        "cited_papers": list(paper.references),
        "published_at": paper.published_at,
        "text_hash": paper.content_hash,
        "digest": paper_digest(paper),
    }


def _is_catalogue(feed: str) -> bool:
    return Feed(feed).is_catalogue


def storable_paper(paper: Paper) -> Paper:
    """``paper`` without what no database takes as text: NUL and lone surrogates."""
    text = "\x1f".join((paper.title, paper.abstract, paper.comment, *paper.authors, *paper.categories, *paper.keywords))
    if "\x00" not in text and _encodes(text):
        return paper
    return replace(
        paper,
        title=_scrubbed(paper.title),
        abstract=_scrubbed(paper.abstract),
        comment=_scrubbed(paper.comment),
        authors=tuple(map(_scrubbed, paper.authors)),
        categories=tuple(map(_scrubbed, paper.categories)),
        keywords=tuple(map(_scrubbed, paper.keywords)),
    )


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _scrubbed(text: str) -> str:
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
