"""The questions that ask for all that is recorded of papers: where they were listed, their versions, what was said."""

from functools import partial
from typing import Any

from sqlalchemy import Select, bindparam, select

from features.domain import Clock
from features.store.prepared import About, QuestionAmong
from features.store.tables import community_records, listings, paper_versions

SIGHTING_COLUMNS = (
    listings.c.paper_id,
    listings.c.feed,
    listings.c.day,
    listings.c.announce_type,
    listings.c.recorded_at,
)


def listings_about(about: About) -> Select[*tuple[Any, ...]]:
    """Their listings."""
    return select(*SIGHTING_COLUMNS).where(about(listings.c.paper_id))


def versions_about(about: About, clock: Clock) -> Select[*tuple[Any, ...]]:
    """Their versions up to the instant ``at`` of the clock."""
    column = paper_versions.c.recorded_at if clock is Clock.RECORDED else paper_versions.c.occurred_at
    return select(paper_versions).where(about(paper_versions.c.paper_id), column <= bindparam("at", type_=column.type))


def said_about(about: About) -> Select[*tuple[Any, ...]]:
    """What community pages said of them."""
    return select(community_records).where(about(community_records.c.paper_id))


LISTED_OF, SAID_OF = QuestionAmong(listings_about), QuestionAmong(said_about)
VERSIONS_OF = {clock: QuestionAmong(partial(versions_about, clock=clock)) for clock in Clock}
