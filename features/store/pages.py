"""What a community page showed on which day, as of a cut."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, select

from features.domain import Clock, Cut, Feed, midnight
from features.store.asof import sightings
from features.store.tables import community_records, listings

_COMMUNITY = [feed.value for feed in Feed if not feed.is_catalogue]


@dataclass(frozen=True, slots=True)
class PageListing:
    """A paper on the page of ``day``; ``votes`` as last read for that day, None where nobody counted.

    ``in_catalogue`` is false for a paper that no catalogue has listed.
    """

    paper_id: str
    day: date
    votes: int | None
    in_catalogue: bool


def community_pages(connection: Connection, cut: Cut) -> list[PageListing]:
    """All that stood on pages as known at the cut, by day and paper.

    By ``Clock.OCCURRED`` a page is known from the midnight after its day.
    """
    stood = select(listings.c.paper_id).where(listings.c.feed.in_(_COMMUNITY))
    about = listings.c
    query = select(about.paper_id, about.feed, about.day, about.announce_type, about.recorded_at)
    rows = connection.execute(query.where(about.paper_id.in_(stood))).all()
    seen = sightings(rows, cut)
    votes = _votes(connection, cut)
    pages = {
        (row.day, row.paper_id) for row in rows if row.feed in _COMMUNITY and _is_known(row.day, row.recorded_at, cut)
    }
    return [
        PageListing(paper_id, day, votes.get((paper_id, day)), seen[paper_id].catalogue is not None)
        for day, paper_id in sorted(pages)
    ]


def _votes(connection: Connection, cut: Cut) -> dict[tuple[str, date], int]:
    """The last count of each paper and day."""
    said = community_records.c
    query = select(said.paper_id, said.day, said.votes, said.recorded_at).where(said.votes.is_not(None))
    rows = connection.execute(query.order_by(said.recorded_at, said.id))
    return {(row.paper_id, row.day): row.votes for row in rows if _is_known(row.day, row.recorded_at, cut)}


def _is_known(day: date, recorded_at: datetime, cut: Cut) -> bool:
    if cut.clock is Clock.RECORDED:
        return recorded_at <= cut.at
    return midnight(day) + timedelta(days=1) <= cut.at
