from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.sources.announcements import is_listing_day, listing_day, newest_listing_day, window

INSTANTS = st.integers(800_000_000, 3_700_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(INSTANTS)
def test_every_instant_lies_in_the_window_of_its_listing_day(instant: datetime) -> None:
    day = listing_day(instant)
    start, end = window(day)
    assert is_listing_day(day)
    assert start <= instant < end


@given(st.dates(date(1995, 1, 1), date(2090, 1, 1)).filter(is_listing_day))
def test_the_windows_of_following_days_meet(day: date) -> None:
    following = day + timedelta(days=3 if day.weekday() == 4 else 1)
    assert window(day)[1] == window(following)[0]


@pytest.mark.parametrize(
    ("submitted_at", "listed_on"),
    [
        ("2025-09-15T17:59:00+00:00", date(2025, 9, 16)),  # Monday 13:59 in New York
        ("2025-09-15T18:00:00+00:00", date(2025, 9, 17)),  # Monday 14:00
        ("2025-09-18T18:00:00+00:00", date(2025, 9, 22)),  # Thursday 14:00 waits for Monday's listing
        ("2025-09-19T18:00:00+00:00", date(2025, 9, 23)),  # Friday 14:00 waits for Tuesday's
        ("2025-12-15T18:59:00+00:00", date(2025, 12, 16)),  # in winter the deadline is 19:00 UTC
    ],
)
def test_a_submission_is_listed_by_the_timetable(submitted_at: str, listed_on: date) -> None:
    assert listing_day(datetime.fromisoformat(submitted_at)) == listed_on


def test_a_listing_is_out_at_eight_in_the_evening_of_the_day_before() -> None:
    before, after = datetime(2026, 2, 26, 0, 59, tzinfo=UTC), datetime(2026, 2, 26, 1, 0, tzinfo=UTC)
    assert (newest_listing_day(before), newest_listing_day(after)) == (date(2026, 2, 25), date(2026, 2, 26))
    assert newest_listing_day(datetime(2026, 2, 28, 12, tzinfo=UTC)) == date(2026, 2, 27)
