"""arXiv's timetable: which submissions are announced on which day.

arXiv announces from Sunday to Thursday at 20:00 Eastern time what was received up to 14:00 Eastern time, and dates the
listing to the day after (info.arxiv.org, "Availability of submissions"): Monday's listing holds what came from
Thursday 14:00 to Friday 14:00, Tuesday's from Friday to Monday, and so on. There are none on Saturday and Sunday.
Holidays and papers held by moderators move an announcement, so a day computed here can be early, never late.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EASTERN = ZoneInfo("America/New_York")
_DEADLINE = time(14)
_ANNOUNCED = time(20)
_MONDAY, _FRIDAY = 0, 4
_DAY = timedelta(days=1)


def is_listing_day(day: date) -> bool:
    """Whether arXiv's timetable has a listing of ``day`` (Monday to Friday)."""
    return day.weekday() <= _FRIDAY


def window(day: date) -> tuple[datetime, datetime]:
    """``(start, end)``, end excluded: the submissions listed on ``day``, which is a listing day."""
    before = day - (3 * _DAY if day.weekday() == _MONDAY else _DAY)
    return _deadline(before), _deadline(day)


def listing_day(submitted_at: datetime) -> date:
    """The day whose :func:`window` holds ``submitted_at``."""
    local = submitted_at.astimezone(EASTERN)
    day = local.date() + _DAY
    while not (is_listing_day(day) and submitted_at < window(day)[1]):
        day += _DAY
    return day


def newest_listing_day(now: datetime) -> date:
    """The newest day whose listing is out at ``now``: they come at 20:00 Eastern time of the day before."""
    local = now.astimezone(EASTERN)
    day = local.date() + (_DAY if local.time() >= _ANNOUNCED else timedelta())
    while not is_listing_day(day):
        day -= _DAY
    return day


def _deadline(day: date) -> datetime:
    """The last instant at which a paper of the listing of ``day`` was received."""
    closing = day - (3 * _DAY if day.weekday() == _MONDAY else _DAY)
    return datetime.combine(closing, _DEADLINE, EASTERN).astimezone(UTC)
