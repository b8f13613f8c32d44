"""The temporal split: which days are ranked, and when what is fitted again."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from features.domain import DayFeed


@dataclass(frozen=True, slots=True)
class Split:
    """What the replay does when.

    ``days`` are ranked, ascending; models are fitted on what was known at the start of each of ``fits``, users'
    classifiers again at the start of each of ``refits``. Every fit is a refit; all are among ``days``.
    """

    days: tuple[date, ...]
    fits: tuple[date, ...]
    refits: tuple[date, ...]

    def fit_of(self, day: date) -> date:
        """The fit that ``day`` is ranked by: the latest not after it."""
        return self.fits[bisect_right(self.fits, day) - 1]

    def periods(self) -> list[tuple[date, tuple[date, ...]]]:
        """Each refit with the days ranked by it."""
        ends = [*self.refits, date.max][1:]
        starts = zip(self.refits, ends, strict=True)
        return [(start, tuple(day for day in self.days if start <= day < end)) for start, end in starts]


def split_last(feeds: Sequence[DayFeed], n_days: int, refit_days: int) -> Split:
    """Rank the last ``n_days`` complete days (never more than half of them), fit once before them."""
    complete = complete_days(feeds)
    n_ranked = min(n_days, len(complete) // 2)
    return _split(complete[len(complete) - n_ranked :], 1, refit_days)


def split_after(feeds: Sequence[DayFeed], share: float, n_fits: int, refit_days: int) -> Split:
    """Rank every complete day after the first ``share`` of them, fit ``n_fits`` times, evenly spread."""
    complete = complete_days(feeds)
    return _split(complete[math.ceil(share * len(complete)) :], n_fits, refit_days)


def complete_days(feeds: Sequence[DayFeed]) -> list[date]:
    """Days with papers whose feed is complete, ascending."""
    return sorted(feed.day for feed in feeds if feed.complete and feed.n_papers)


def _split(days: Sequence[date], n_fits: int, refit_days: int) -> Split:
    fits = tuple(sorted({days[len(days) * part // n_fits] for part in range(n_fits)})) if days else ()
    refits: list[date] = []
    for day in days:
        if not refits or day in fits or day - refits[-1] >= timedelta(days=refit_days):
            refits.append(day)
    return Split(tuple(days), fits, tuple(refits))
