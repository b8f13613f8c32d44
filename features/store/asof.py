"""What a paper was as of a cut, from all rows about it: pure, and the only place that knows the rules.

First day of a paper: the least day over its non-revision catalogue listings, else over its community listings. The
candidates of a day are the papers whose first day it is; where a catalogue listed a new one, only those it listed.

Which rows a cut sees:

- by ``Clock.RECORDED``: those with ``recorded_at`` ≤ cut.
- by ``Clock.OCCURRED``: a catalogue's listings and versions from midnight of their day. Whatever a community page said
  of a paper that a catalogue lists (now or later) is about that listing: its text counts from
  midnight(max(day, first day)), its votes and keywords from a day after that, so that no record about a paper helps to
  rank the day the paper comes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from sys import intern
from typing import Any

from features.domain import AnnounceType, Clock, Cut, Feed, Paper, midnight
from features.store.queries import AnyRow

_ONE_DAY = timedelta(days=1)
_REVISIONS = frozenset(kind.value for kind in AnnounceType if kind.is_revision)
_COMMUNITY = frozenset(feed.value for feed in Feed if not feed.is_catalogue)


@dataclass(slots=True)
class Sightings:
    """The least day a paper stood in a listing, by kind of listing; None where it never did."""

    catalogue: date | None = None
    community: date | None = None
    revision: date | None = None

    def add(self, feed: str, day: date, announce_type: str) -> None:
        """Take one listing into account."""
        if feed in _COMMUNITY:
            self.community = day if self.community is None else min(self.community, day)
        elif announce_type in _REVISIONS:
            self.revision = day if self.revision is None else min(self.revision, day)
        else:
            self.catalogue = day if self.catalogue is None else min(self.catalogue, day)

    @property
    def announced(self) -> date | None:
        """The first day, or None for a paper only known from revisions."""
        return self.catalogue or self.community

    @property
    def first_day(self) -> date:
        """The first day; of a paper only known from revisions the day of the first of them."""
        return self.announced or self.revision or date.max


def sightings(rows: Iterable[AnyRow], cut: Cut) -> dict[str, Sightings]:
    """Per paper its sightings, from rows (paper_id, feed, day, announce_type, recorded_at).

    By ``Clock.OCCURRED`` all rows count: which of the days have come is asked with :func:`is_listed`.
    """
    found: dict[str, Sightings] = {}
    recorded_only = cut.clock is Clock.RECORDED
    for paper_id, feed, day, announce_type, recorded_at in rows:
        if recorded_only and recorded_at > cut.at:
            continue
        seen = found.get(paper_id)
        if seen is None:
            seen = found[paper_id] = Sightings()
        seen.add(feed, day, announce_type)
    return found


def is_listed(seen: Sightings, cut: Cut) -> bool:
    """Whether the paper's first day is known at the cut."""
    day = seen.announced
    return day is not None and (cut.clock is Clock.RECORDED or midnight(day) <= cut.at)


def first_day_at(seen: Sightings, cut: Cut) -> date:
    """The first day as known at the cut."""
    return seen.first_day if is_listed(seen, cut) or seen.revision is None else seen.revision


def candidate_days(papers: Mapping[str, Sightings], cut: Cut) -> dict[str, date]:
    """The papers that stand in the list of a day, each with that day."""
    listed = {paper_id: seen for paper_id, seen in papers.items() if is_listed(seen, cut)}
    of_catalogues = {seen.catalogue for seen in listed.values() if seen.catalogue is not None}
    return {
        paper_id: seen.first_day
        for paper_id, seen in listed.items()
        if seen.catalogue is not None or seen.community not in of_catalogues
    }


def label_known_at(occurred_at: datetime | None, recorded_at: datetime, first_day: date) -> datetime:
    """When an imported label counts by ``Clock.OCCURRED``: midnight(max(its day, the paper's first day) + 1 day).

    An undated one counts from when it was recorded.
    """
    if occurred_at is None:
        return recorded_at
    return midnight(max(occurred_at.date(), first_day) + _ONE_DAY)


def current_versions(rows: Iterable[AnyRow], seen: Mapping[str, Sightings], cut: Cut) -> dict[str, AnyRow]:
    """Per paper the version row that stood at the cut.

    A catalogue's text goes before a community page's, then the greatest (version, occurred_at, recorded_at, id).
    """
    best: dict[str, tuple[tuple[Any, ...], AnyRow]] = {}
    for row in rows:
        if _version_is_known(row, seen.get(row.paper_id), cut):
            key = (row.feed not in _COMMUNITY, row.version, row.occurred_at, row.recorded_at, row.id)
            held = best.get(row.paper_id)
            if held is None or held[0] < key:
                best[row.paper_id] = (key, row)
    return {paper_id: row for paper_id, (_, row) in best.items()}


def _version_is_known(row: AnyRow, seen: Sightings | None, cut: Cut) -> bool:
    if cut.clock is Clock.RECORDED:
        return bool(row.recorded_at <= cut.at)
    if row.feed in _COMMUNITY and seen is not None and seen.catalogue is not None:
        return bool(max(row.occurred_at, midnight(seen.catalogue)) <= cut.at)
    return bool(row.occurred_at <= cut.at)


@dataclass(slots=True)
class Community:
    """What a community page says of a paper: the latest count of votes, and all keywords."""

    votes: int | None = None
    keywords: tuple[str, ...] = ()


def community(rows: Sequence[AnyRow], seen: Mapping[str, Sightings], cut: Cut) -> dict[str, Community]:
    """Per paper what is known at the cut, from rows (paper_id, day, votes, keywords, recorded_at, id)."""
    found: dict[str, Community] = {}
    for row in sorted(rows, key=lambda row: (row.day, row.recorded_at, row.id)):
        if _community_is_known(row, seen.get(row.paper_id), cut):
            record = found.setdefault(row.paper_id, Community())
            record.votes = row.votes if row.votes is not None else record.votes
            record.keywords = merged(record.keywords, row.keywords)
    return found


def _community_is_known(row: AnyRow, seen: Sightings | None, cut: Cut) -> bool:
    if cut.clock is Clock.RECORDED:
        return bool(row.recorded_at <= cut.at)
    first_day = seen.first_day if seen is not None and seen.announced is not None else row.day
    return midnight(max(row.day, first_day) + _ONE_DAY) <= cut.at


def merged(words: Iterable[str], more: Iterable[str]) -> tuple[str, ...]:
    """``words`` and those of ``more`` that are not among them, in order."""
    return tuple(dict.fromkeys((*words, *more)))


def as_paper(row: AnyRow, said: Community | None) -> Paper:
    """The paper of a version row, with the keywords the community gave it."""
    keywords = tuple(row.keywords)
    return Paper(
        id=row.paper_id,
        title=row.title,
        abstract=row.abstract,
        authors=tuple(row.authors),
        categories=tuple(map(intern, row.categories)),  # a few names, which all papers of a history share
        comment=row.comment,
        keywords=merged(keywords, said.keywords) if said is not None else keywords,
        version=row.version,
        published_at=row.published_at,
        references=tuple(row.cited_papers),
    )
