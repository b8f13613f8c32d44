"""Which days have papers: what a page needs to lead from one to the next, kept until something is fetched."""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from threading import Lock

from features.domain import Cut, DayFeed
from features.store import Transaction


@dataclass(frozen=True, slots=True)
class DayCell:
    """A day in a month's table; ``feed`` is None where nothing is known, ``inside`` whether it is of the month."""

    day: date
    inside: bool
    feed: DayFeed | None

    @property
    def n_papers(self) -> int:
        """How many papers were new."""
        return self.feed.n_papers if self.feed else 0


class PublishedDays:
    """The days known to the store, ascending."""

    def __init__(self, feeds: Sequence[DayFeed]) -> None:
        self._feeds = {feed.day: feed for feed in feeds}
        self._with_papers = [feed.day for feed in feeds if feed.n_papers]

    @property
    def any(self) -> bool:
        """Whether there is a day with papers."""
        return bool(self._with_papers)

    def previous(self, day: date) -> date | None:
        """The last day with papers before ``day``."""
        return max((other for other in self._with_papers if other < day), default=None)

    def following(self, day: date) -> date | None:
        """The first day with papers after ``day``."""
        return min((other for other in self._with_papers if other > day), default=None)

    def within(self, first: date, last: date) -> list[date]:
        """The days with papers from ``first`` to ``last``, ascending."""
        return [day for day in self._with_papers if first <= day <= last]

    def month(self, day: date) -> list[list[DayCell]]:
        """The weeks, Monday first, of the month that ``day`` lies in."""
        weeks = calendar.Calendar().monthdatescalendar(day.year, day.month)
        return [[DayCell(one, one.month == day.month, self._feeds.get(one)) for one in week] for week in weeks]


class PublishedDaysCache:
    """The days as of the last fetch; counting them reads every listing."""

    def __init__(self) -> None:
        self._kept: tuple[datetime | None, PublishedDays] | None = None
        self._lock = Lock()

    def of(self, tx: Transaction, cut: Cut) -> PublishedDays:
        """The days that ``tx`` sees; ``cut`` lies after all that is recorded."""
        fetched_at = tx.days.last_fetched_at()
        with self._lock:
            kept = self._kept
        if kept is not None and kept[0] == fetched_at:
            return kept[1]
        days = PublishedDays(tx.days.all(cut))
        with self._lock:
            self._kept = fetched_at, days
        return days
