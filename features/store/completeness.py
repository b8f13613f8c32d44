"""How far to trust a day: complete, or why not. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from features.domain import DayFeed, EmptyReason, Feed

FEWEST_SHARE = 0.25
"""A day with less than this share of its weekday's median is incomplete."""

_MONDAY, _THURSDAY = 0, 3


@dataclass(frozen=True, slots=True)
class Fetch:
    """One try to fetch a day of a feed."""

    feed: Feed
    fetched_at: datetime
    ok: bool


@dataclass(frozen=True, slots=True)
class DayCounts:
    """How many papers each feed listed (not as revisions) on each day known at a cut."""

    of: Mapping[tuple[Feed, date], int]

    def with_more(self, announced: Mapping[tuple[Feed, date], int]) -> "DayCounts":
        """The counts once these have been announced, too."""
        return DayCounts({**self.of, **{key: self.of.get(key, 0) + n for key, n in announced.items()}})

    def without(self, announced: Mapping[tuple[Feed, date], int]) -> "DayCounts":
        """The counts before these were announced."""
        left = {key: n - announced.get(key, 0) for key, n in self.of.items()}
        return DayCounts({key: n for key, n in left.items() if n})

    def feed_of(self, day: date) -> Feed:
        """The feed the day is judged by: the largest catalogue that listed something on it, else the largest at all.

        A community page stands in only where the store knows no catalogue: what it lists on a day that the catalogue
        missed does not make that day complete.
        """
        totals: dict[Feed, int] = dict.fromkeys(Feed, 0)
        for (feed, _), n_papers in self.of.items():
            totals[feed] += n_papers
        ranked = sorted(
            (feed for feed in Feed if totals[feed]), key=lambda feed: (not feed.is_catalogue, -totals[feed])
        )
        judges = [feed for feed in ranked if feed.is_catalogue] or ranked
        with_papers = [feed for feed in judges if self.of.get((feed, day))]
        return next(iter(with_papers or judges), Feed.ARXIV)

    def weekday_median(self, feed: Feed, day: date) -> float:
        """The median of papers over the feed's known days of this weekday, 0 without any."""
        same = [n for (of, on), n in self.of.items() if of is feed and on.weekday() == day.weekday()]
        return median(same) if same else 0.0


def day_feed(
    day: date, n_papers: int, counts: DayCounts, fetches: Iterable[Fetch], listed_at: datetime | None
) -> DayFeed:
    """What is known of a day.

    ``n_papers`` are its candidates; ``listed_at`` is when something was last listed on it, which counts as the fetch
    where none was logged.
    """
    feed = counts.feed_of(day)
    tries = [fetch for fetch in fetches if fetch.feed is feed]
    good = [fetch.fetched_at for fetch in tries if fetch.ok]
    n_listed = counts.of.get((feed, day), 0)
    too_few = n_listed == 0 or n_listed < FEWEST_SHARE * counts.weekday_median(feed, day)
    reason: EmptyReason | None = None
    if tries and not good:
        reason = EmptyReason.FETCH_FAILED
    elif n_papers == 0:
        reason = _why_empty(day, fetched=bool(good) or n_listed > 0)
    elif too_few:
        reason = EmptyReason.FEW_PAPERS
    complete = reason not in (EmptyReason.FETCH_FAILED, EmptyReason.FEW_PAPERS, EmptyReason.NOT_FETCHED)
    return DayFeed(day, n_papers, max(good, default=listed_at), complete, reason)


def _why_empty(day: date, *, fetched: bool) -> EmptyReason:
    if day.weekday() >= 5:
        return EmptyReason.WEEKEND
    if is_holiday(day):
        return EmptyReason.HOLIDAY
    return EmptyReason.NOTHING_LISTED if fetched else EmptyReason.NOT_FETCHED


def is_holiday(day: date) -> bool:
    """Whether arXiv announces nothing on ``day``: it keeps its host's holidays, and lists a night later."""
    before = day - timedelta(days=3 if day.weekday() == _MONDAY else 1)
    return any(_is_closed(each) for each in (day, before))


def _is_closed(day: date) -> bool:
    fixed = {(1, 1), (6, 19), (7, 4), (12, 24), (12, 25), (12, 31)}
    moving = {
        _nth_weekday(day.year, 1, _MONDAY, 3),  # Martin Luther King day
        _nth_weekday(day.year, 6, _MONDAY, 1) - timedelta(days=7),  # Memorial day, the last Monday of May
        _nth_weekday(day.year, 9, _MONDAY, 1),  # Labor day
        _nth_weekday(day.year, 11, _THURSDAY, 4),  # Thanksgiving
        _nth_weekday(day.year, 11, _THURSDAY, 4) + timedelta(days=1),
    }
    return (day.month, day.day) in fixed or day in moving


def _nth_weekday(year: int, month: int, weekday: int, n: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))
