"""What was recorded between two states of the catalogue, so that all that is known of everything else can be kept."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select, union

from features.domain import Feed
from features.store.prepared import Question
from features.store.queries import announced
from features.store.tables import community_records, feed_fetches, listings, paper_versions

CATALOGUE = (listings, paper_versions, community_records, feed_fetches)
"""The tables whose last ids, in this order, make a catalogue's mark; after them comes the last version's instant."""

CatalogueMark = tuple[object, ...]
"""Equal to another one while nothing was recorded of papers, listings, community pages and fetches between them."""

MOST_MOVED = 20_000
"""More papers than this are not told one by one."""

_VERSIONS = CATALOGUE.index(paper_versions)
_OF_PAPERS = CATALOGUE[:3]


@dataclass(frozen=True, slots=True)
class Moved:
    """Papers of which something was recorded, and all days that they were ever listed on.

    ``announced`` counts what feeds listed since, revisions left out, by feed and day; ``n_fetches`` are the tries to
    fetch a day.
    """

    paper_ids: frozenset[str] = frozenset()
    days: frozenset[date] = frozenset()
    announced: Counter[tuple[Feed, date]] = field(default_factory=Counter)
    n_fetches: int = 0


def moved_between(connection: Connection, before: CatalogueMark, now: CatalogueMark) -> Moved | None:
    """What was recorded after ``before`` and up to ``now``, the state that ``connection`` sees.

    None where that cannot be told: ``now`` is the older one, rows were deleted, or there is too much.
    """
    *ids_before, _ = before
    *ids_now, _ = now
    first = [number if isinstance(number, int) else 0 for number in ids_before]
    last = [number if isinstance(number, int) else 0 for number in ids_now]
    grown = [after - earlier for earlier, after in zip(first, last, strict=True)]
    if min(grown) < 0 or sum(grown[: len(_OF_PAPERS)]) > MOST_MOVED or not _still_there(connection, first, before[-1]):
        return None
    since = {table.name: number for table, number in zip(_OF_PAPERS, first, strict=False)}
    recorded = _RECORDED.all(connection, since)
    return Moved(
        frozenset(row.paper_id for row in recorded),
        frozenset(row.day for row in recorded if row.day is not None),
        Counter((Feed(row.feed), row.day) for row in _LISTED.all(connection, since)),
        grown[CATALOGUE.index(feed_fetches)],
    )


def _still_there(connection: Connection, last_ids: Sequence[int], newest_version_at: object) -> bool:
    """Whether the last version of then is the one it was: deleting readers' own papers frees ids for others."""
    row = _VERSION_AT.first(connection, {"asked": last_ids[_VERSIONS]})
    return (None if row is None else row.recorded_at) == newest_version_at


def _recorded_since() -> Select[*tuple[Any, ...]]:
    """Papers of which something was recorded since ids of each table, each with the days that list it, or none."""
    parts: list[Select[str]] = [
        select(table.c.paper_id).where(table.c.id > bindparam(table.name)) for table in _OF_PAPERS
    ]
    recorded = union(*parts).subquery("recorded")
    joined = recorded.outerjoin(listings, listings.c.paper_id == recorded.c.paper_id)
    return select(recorded.c.paper_id, listings.c.day).select_from(joined)


_RECORDED = Question(_recorded_since())
# not grouped: asked for counts by feed and day, SQLite would read the whole index of days
_LISTED = Question(select(listings.c.feed, listings.c.day).where(announced(), listings.c.id > bindparam(listings.name)))
_VERSION_AT = Question(select(paper_versions.c.recorded_at).where(paper_versions.c.id == bindparam("asked")))
