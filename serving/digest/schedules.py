"""When a digest goes out, and which days it tells of."""

from datetime import date, timedelta

from features.subscription import Schedule, Wish

MOST_DAYS = 7
"""A digest after an absence goes back no further than a week."""

_FRIDAY, _SATURDAY = 4, 5


def is_due(wish: Wish, day: date, last: date | None) -> bool:
    """Whether a digest of ``day`` is wanted; ``last`` is the day of the one before, None before the first.

    The weekly one is Friday's, when arXiv's week is complete; one that was missed is made up for on the next day.
    """
    if wish.schedule is Schedule.WEEKDAYS:
        return day.weekday() < _SATURDAY
    if wish.schedule is Schedule.WEEKLY:
        return day.weekday() == _FRIDAY or (last is not None and (day - last).days > MOST_DAYS)
    return True


def days_told(wish: Wish, day: date, last: date | None) -> list[date]:
    """The days whose papers a digest of ``day`` chooses from, ascending: those since the last one, a week at most."""
    first = 1 if wish.schedule is not Schedule.WEEKLY else MOST_DAYS
    n_days = first if last is None else min(MOST_DAYS, (day - last).days)
    return [day - timedelta(days=back) for back in reversed(range(n_days))]
