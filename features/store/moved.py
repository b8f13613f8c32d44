"""What was recorded between two states of the catalogue, so that all that is known of everything else can be kept."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection, Select, func, select, union

from features.domain import Feed
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

    ``announced`` counts what feeds listed since, revisions left out, by feed and day.
    """

    paper_ids: frozenset[str] = frozenset()
    days: frozenset[date] = frozenset()
    announced: Counter[tuple[Feed, date]] = field(default_factory=Counter)


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
    recorded = _recorded_since(first)
    days = select(listings.c.day).where(listings.c.paper_id.in_(recorded)).distinct()
    listed = (
        select(listings.c.feed, listings.c.day, func.count())
        .where(announced(), listings.c.id > first[0])
        .group_by(listings.c.feed, listings.c.day)
    )
    return Moved(
        frozenset(connection.execute(recorded).scalars()),
        frozenset(connection.execute(days).scalars()),
        Counter({(Feed(feed), day): n_papers for feed, day, n_papers in connection.execute(listed)}),
    )


def _still_there(connection: Connection, last_ids: Sequence[int], newest_version_at: object) -> bool:
    """Whether the last version of then is the one it was: deleting readers' own papers frees ids for others."""
    same = select(paper_versions.c.recorded_at).where(paper_versions.c.id == last_ids[_VERSIONS])
    return connection.execute(same).scalar() == newest_version_at


def _recorded_since(last_ids: Sequence[int]) -> Select[str]:
    parts: list[Select[str]] = [
        select(table.c.paper_id).where(table.c.id > number) for table, number in zip(_OF_PAPERS, last_ids, strict=False)
    ]
    return select(union(*parts).subquery().c.paper_id)
