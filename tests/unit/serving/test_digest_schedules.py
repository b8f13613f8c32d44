"""When a digest is due, which days it tells of, and how fast letters go out."""

from datetime import date, timedelta

import pytest

from features.subscription import Schedule, Wish
from serving.digest.schedules import MOST_DAYS, days_told, is_due
from serving.digest.sending import Pace
from serving.unsubscribe_links import UnsubscribeLinks

FRIDAY = date(2026, 2, 27)
DAILY, WEEKDAYS, WEEKLY = (Wish(Schedule(name)) for name in ("daily", "weekdays", "weekly"))
CHOOSY = Wish(Schedule.THRESHOLD, 0.3)


@pytest.mark.parametrize(
    ("wish", "days_later", "last_back", "due"),
    [
        (DAILY, 1, 1, True), (CHOOSY, 1, None, True), (WEEKDAYS, 0, None, True), (WEEKDAYS, 1, 1, False),
        (WEEKDAYS, 2, 2, False), (WEEKDAYS, 3, 3, True), (WEEKLY, 0, None, True), (WEEKLY, 1, None, False),
        (WEEKLY, 1, 1, False), (WEEKLY, 1, 8, True), (WEEKLY, 7, 6, True),
    ],
)  # fmt: skip
def test_a_digest_is_due_as_it_was_asked_for(wish, days_later, last_back, due):
    day = FRIDAY + timedelta(days=days_later)
    last = None if last_back is None else day - timedelta(days=last_back)
    assert is_due(wish, day, last) is due


@pytest.mark.parametrize(
    ("wish", "last_back", "n_days"),
    [
        (DAILY, None, 1),
        (DAILY, 1, 1),
        (WEEKDAYS, 3, 3),
        (DAILY, 5, 5),
        (DAILY, 90, 7),
        (WEEKLY, None, 7),
        (WEEKLY, 6, 6),
    ],
)
def test_a_digest_tells_of_the_days_since_the_last_one(wish, last_back, n_days):
    last = None if last_back is None else FRIDAY - timedelta(days=last_back)
    told = days_told(wish, FRIDAY, last)
    assert told == sorted(told)
    assert (len(told), told[-1]) == (n_days, FRIDAY)
    assert len(told) <= MOST_DAYS
    assert last is None or told[0] > last


def test_no_more_letters_go_out_in_a_minute_than_allowed():
    clock = [100.0]
    waits = []

    def sleep(seconds):
        waits.append(seconds)
        clock[0] += seconds

    pace = Pace(30, lambda: clock[0], sleep)
    for spent in (0.5, 5.0, 0.0):
        pace.wait()
        pace.handed_over()
        clock[0] += spent
    pace.wait()
    assert waits == [1.5, 2.0]


def test_an_unsubscribe_token_is_one_addresss_and_nobody_elses():
    links = UnsubscribeLinks(b"key")
    token = links.token("Ada@Example.org")
    assert links.read(token) == "ada@example.org"
    assert UnsubscribeLinks(b"other").read(token) is None
    assert links.read(token[:-4] + "AAAA") is None
    assert [links.read(text) for text in ("", "a", "%", "\ud800", "AAAA" * 20)] == [None] * 5
