"""Days: which there are, which is the newest, and how far to trust each."""

from collections import Counter
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from features.domain import Clock, Cut, DayFeed, Feed, aware_utc, midnight
from features.errors import UnknownDay
from features.store.asof import candidate_days, sightings
from features.store.completeness import DayCounts, Fetch, day_feed
from features.store.papers import SIGHTING_COLUMNS
from features.store.queries import announced, insert_all
from features.store.tables import feed_fetches, listings, paper_versions

_COMMUNITY = [feed.value for feed in Feed if not feed.is_catalogue]


class Days:
    """The feed day by day, as of a cut."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def newest(self, cut: Cut) -> date:
        """The newest day on which a catalogue announced papers, or a community page where no catalogue ever did.

        Raises :class:`~features.errors.UnknownDay` for an empty store.
        """
        community = listings.c.feed.in_(_COMMUNITY)
        for kind in (~community, community):
            day = self._newest_listed(kind, cut, before=None)
            while day is not None:
                if self._candidates(cut, listings.c.day == day)[day]:
                    return day
                day = self._newest_listed(kind, cut, before=day)
        raise UnknownDay

    def feed(self, day: date, cut: Cut) -> DayFeed:
        """What is known of ``day`` at the cut: candidates, last good fetch, whether it is complete and why not."""
        return self.counted_feed(day, cut, self.n_candidates(day, cut), self.counts(cut))

    def counted_feed(self, day: date, cut: Cut, n_papers: int, counts: DayCounts) -> DayFeed:
        """The same where what has to be counted for it has been: :meth:`n_candidates` and :meth:`counts` of the cut."""
        return day_feed(
            day,
            n_papers,
            counts,
            self._fetches(cut, feed_fetches.c.day == day).get(day, []),
            self._listed_at(cut, listings.c.day == day).get(day),
        )

    def all(self, cut: Cut) -> list[DayFeed]:
        """All days with a listing or a fetch known at the cut, ascending."""
        everything = listings.c.day.is_not(None)
        candidates = self._candidates(cut, None)
        counts = self.counts(cut)
        fetches = self._fetches(cut, feed_fetches.c.day.is_not(None))
        listed_at = self._listed_at(cut, everything)
        return [
            day_feed(day, candidates[day], counts, fetches.get(day, []), listed_at.get(day))
            for day in sorted(listed_at.keys() | fetches.keys())
        ]

    def record_fetch(
        self, feed: Feed, day: date, fetched_at: datetime, ok: bool, n_papers: int, error: str | None = None
    ) -> None:
        """Log one try to fetch a day of a feed; ``error`` is one line."""
        row = {
            "feed": feed.value,
            "day": day,
            "ok": ok,
            "n_papers": n_papers,
            "error": error,
            "occurred_at": midnight(day),
            "recorded_at": aware_utc(fetched_at, "fetched_at"),
        }
        insert_all(self._connection, feed_fetches, [row])

    def last_fetch_of(self, day: date, cut: Cut) -> datetime | None:
        """When ``day`` was last fetched, well or not, up to the cut; by the recording clock."""
        query = select(func.max(feed_fetches.c.recorded_at)).where(
            feed_fetches.c.day == day, feed_fetches.c.recorded_at <= cut.at
        )
        found: datetime | None = self._connection.execute(query).scalar()
        return found

    def last_fetched_at(self) -> datetime | None:
        """When papers last came in: the last good fetch or recorded listing; None before the first."""
        instants = (
            self._connection.execute(select(func.max(feed_fetches.c.recorded_at)).where(feed_fetches.c.ok)).scalar(),
            self._connection.execute(select(func.max(listings.c.recorded_at))).scalar(),
        )
        return max((at for at in instants if at is not None), default=None)

    def last_recorded_at(self, cut: Cut) -> datetime | None:
        """When a listing, a version or a fetch of anything was last recorded up to the cut; None before the first."""
        clocks = [table.c.recorded_at for table in (listings, paper_versions, feed_fetches)]
        queries = [select(func.max(clock)).where(clock <= cut.at) for clock in clocks]
        instants = [self._connection.execute(query).scalar() for query in queries]
        return max((at for at in instants if at is not None), default=None)

    def _newest_listed(self, kind: ColumnElement[bool], cut: Cut, before: date | None) -> date | None:
        query = select(func.max(listings.c.day)).where(kind, announced(), _known(cut))
        if before is not None:
            query = query.where(listings.c.day < before)
        found: date | None = self._connection.execute(query).scalar()
        return found

    def _candidates(self, cut: Cut, on: ColumnElement[bool] | None) -> Counter[date]:
        query = select(*SIGHTING_COLUMNS)
        if on is not None:
            query = query.where(listings.c.paper_id.in_(select(listings.c.paper_id).where(on)))
        return Counter(candidate_days(sightings(self._connection.execute(query), cut), cut).values())

    def n_candidates(self, day: date, cut: Cut) -> int:
        """How many papers stand in the list of the day."""
        return self._candidates(cut, listings.c.day == day)[day]

    def is_of_catalogue(self, day: date) -> bool:
        """Whether a catalogue has announced papers on the day."""
        query = select(listings.c.id).where(listings.c.day == day, listings.c.feed.not_in(_COMMUNITY), announced())
        return self._connection.execute(query.limit(1)).first() is not None

    def counts(self, cut: Cut) -> DayCounts:
        """How many papers each feed announced on each day; reads every listing."""
        query = (
            select(listings.c.feed, listings.c.day, func.count())
            .where(announced(), _known(cut))
            .group_by(listings.c.feed, listings.c.day)
        )
        return DayCounts({(Feed(feed), day): n_papers for feed, day, n_papers in self._connection.execute(query)})

    def _fetches(self, cut: Cut, on: ColumnElement[bool]) -> dict[date, list[Fetch]]:
        clock: Any = feed_fetches.c.recorded_at if cut.clock is Clock.RECORDED else feed_fetches.c.occurred_at
        found: dict[date, list[Fetch]] = {}
        for row in self._connection.execute(select(feed_fetches).where(on, clock <= cut.at)):
            found.setdefault(row.day, []).append(Fetch(Feed(row.feed), row.recorded_at, row.ok))
        return found

    def _listed_at(self, cut: Cut, on: ColumnElement[bool]) -> dict[date, datetime]:
        query = select(listings.c.day, func.max(listings.c.recorded_at)).where(on, _known(cut)).group_by(listings.c.day)
        return dict(self._connection.execute(query).all())


def _known(cut: Cut) -> ColumnElement[bool]:
    return listings.c.recorded_at <= cut.at if cut.clock is Clock.RECORDED else listings.c.day <= cut.at.date()
