"""Days: which there are, which is the newest, and how far to trust each."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, select

from features.domain import Clock, Cut, DayFeed, Feed, aware_utc, midnight
from features.errors import UnknownDay
from features.store.asof import candidate_days, sightings
from features.store.completeness import DayCounts, Fetch, day_feed
from features.store.paper_rows import SIGHTING_COLUMNS
from features.store.prepared import Question
from features.store.queries import AnyRow, announced, insert_all
from features.store.tables import feed_fetches, listings, paper_versions

_EVER = datetime(9999, 1, 1, tzinfo=UTC)
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
            _as_fetches(_FETCHES_OF[cut.clock].all(self._connection, {"day": day, "at": cut.at})),
            self._listed_at_of(day, cut),
        )

    def all(self, cut: Cut) -> list[DayFeed]:
        """All days with a listing or a fetch known at the cut, ascending."""
        candidates = self._candidates(cut, None)
        counts = self.counts(cut)
        fetches = self._fetches(cut)
        listed_at = self._listed_at(cut)
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
        instants = _LAST_RECORDED.first(self._connection, {"at": cut.at})
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

    def announced_after(self, cut: Cut) -> Counter[tuple[Feed, date]]:
        """What :meth:`counts` of a later cut has more than this one's; reads the listings recorded since."""
        return Counter((Feed(row.feed), row.day) for row in _ANNOUNCED_AFTER.all(self._connection, {"at": cut.at}))

    def _fetches(self, cut: Cut) -> dict[date, list[Fetch]]:
        found: dict[date, list[AnyRow]] = {}
        for row in self._connection.execute(_fetches(cut.clock), {"at": cut.at}):
            found.setdefault(row.day, []).append(row)
        return {day: _as_fetches(rows) for day, rows in found.items()}

    def _listed_at_of(self, day: date, cut: Cut) -> datetime | None:
        if cut.clock is Clock.OCCURRED and day > cut.at.date():
            return None
        until = cut.at if cut.clock is Clock.RECORDED else _EVER
        found: datetime | None = _LISTED_AT.first(self._connection, {"day": day, "at": until}).at
        return found

    def _listed_at(self, cut: Cut) -> dict[date, datetime]:
        query = select(listings.c.day, func.max(listings.c.recorded_at)).where(_known(cut)).group_by(listings.c.day)
        return dict(self._connection.execute(query).all())


def _known(cut: Cut) -> ColumnElement[bool]:
    return listings.c.recorded_at <= cut.at if cut.clock is Clock.RECORDED else listings.c.day <= cut.at.date()


def _fetches(clock: Clock) -> Select[*tuple[Any, ...]]:
    at: Any = feed_fetches.c.recorded_at if clock is Clock.RECORDED else feed_fetches.c.occurred_at
    return select(feed_fetches).where(at <= bindparam("at", type_=at.type)).order_by(feed_fetches.c.id)


_FETCHES_OF = {clock: Question(_fetches(clock).where(feed_fetches.c.day == bindparam("day"))) for clock in Clock}
_LISTED_AT = Question(
    select(func.max(listings.c.recorded_at).label("at")).where(
        listings.c.day == bindparam("day"), listings.c.recorded_at <= bindparam("at")
    )
)
_LAST_RECORDED = Question(
    select(
        *(
            select(func.max(table.c.recorded_at)).where(table.c.recorded_at <= bindparam("at")).scalar_subquery()
            for table in (listings, paper_versions, feed_fetches)
        )
    )
)
# not grouped: asked for counts by feed and day, SQLite would read the whole index of days
_ANNOUNCED_AFTER = Question(
    select(listings.c.feed, listings.c.day).where(announced(), listings.c.recorded_at > bindparam("at"))
)


def _as_fetches(rows: Iterable[AnyRow]) -> list[Fetch]:
    return [Fetch(Feed(row.feed), row.recorded_at, row.ok) for row in rows]
