from datetime import UTC, date, datetime, timedelta

import pytest

from features.domain import AnnounceType, Clock, Cut, DayFeed, EmptyReason, Feed, midnight
from features.errors import UnknownDay
from features.store.completeness import is_holiday

MONDAY, TUESDAY, FRIDAY, SATURDAY = (date(2026, 2, day) for day in (23, 24, 27, 28))
T1 = datetime(2026, 3, 2, 8, tzinfo=UTC)
T2 = T1 + timedelta(hours=1)
WEEK = timedelta(days=7)


@pytest.fixture
def tx(store):
    with store.transaction() as tx:
        yield tx


def fill(tx, listing, day, n_papers, *, feed=Feed.ARXIV, at=T1):
    tx.papers.record([listing(f"{day}-{feed}-{n}", day, feed=feed) for n in range(n_papers)], recorded_at=at)


def test_an_empty_store_has_no_newest_day(tx):
    with pytest.raises(UnknownDay):
        tx.days.newest(Cut(T1))
    assert tx.days.all(Cut(T1)) == []
    assert tx.days.last_fetched_at() is None


def test_a_complete_day_has_no_reason(tx, listing):
    fill(tx, listing, MONDAY, 4)
    assert tx.days.feed(MONDAY, Cut(T1)) == DayFeed(MONDAY, 4, T1, complete=True, reason=None)


def test_a_day_under_a_quarter_of_its_weekdays_median_is_incomplete(tx, listing):
    for weeks, n_papers in ((3, 9), (2, 8), (1, 2), (0, 1)):
        fill(tx, listing, MONDAY - weeks * WEEK, n_papers)
    fill(tx, listing, TUESDAY, 1)
    days = {day.day: (day.complete, day.reason) for day in tx.days.all(Cut(T1))}
    assert days[MONDAY] == (False, EmptyReason.FEW_PAPERS)  # 1 < (2 + 8) / 2 / 4
    assert days[MONDAY - WEEK] == (True, None)
    assert days[TUESDAY] == (True, None)
    assert tx.days.all(Cut(T1)) == [tx.days.feed(day, Cut(T1)) for day in sorted(days)]


def test_a_small_local_feed_is_not_judged_by_the_large_one(tx, listing):
    for weeks in range(3):
        fill(tx, listing, MONDAY - weeks * WEEK, 8)
    fill(tx, listing, TUESDAY, 1, feed=Feed.LOCAL)
    assert tx.days.feed(TUESDAY, Cut(T1)).complete


@pytest.mark.parametrize(
    ("day", "fetch", "reason", "complete"),
    [
        (SATURDAY, None, EmptyReason.WEEKEND, True),
        (date(2026, 12, 25), None, EmptyReason.HOLIDAY, True),
        (FRIDAY, None, EmptyReason.NOT_FETCHED, False),
        (FRIDAY, True, EmptyReason.NOTHING_LISTED, True),
        (FRIDAY, False, EmptyReason.FETCH_FAILED, False),
    ],
)
def test_an_empty_day_says_why(tx, listing, day, fetch, reason, complete):
    fill(tx, listing, MONDAY, 4)
    if fetch is not None:
        tx.days.record_fetch(Feed.ARXIV, day, T1, fetch, 0, None if fetch else "503")
    feed = tx.days.feed(day, Cut(T1))
    assert (feed.n_papers, feed.reason, feed.complete) == (0, reason, complete)
    assert feed.fetched_at == (T1 if fetch else None)


def test_a_fetch_that_failed_and_then_succeeded_has_succeeded(tx, listing):
    tx.days.record_fetch(Feed.ARXIV, MONDAY, T1, False, 0, "timed out")
    tx.days.record_fetch(Feed.ARXIV, MONDAY, T2, True, 4)
    fill(tx, listing, MONDAY, 4, at=T2)
    assert tx.days.feed(MONDAY, Cut(T1)).reason is EmptyReason.FETCH_FAILED
    assert tx.days.feed(MONDAY, Cut(T2)) == DayFeed(MONDAY, 4, T2, complete=True, reason=None)
    assert tx.days.last_fetched_at() == T2


def test_a_day_of_only_half_its_fetch_is_incomplete(tx, listing):
    fill(tx, listing, MONDAY, 4)
    tx.days.record_fetch(Feed.ARXIV, MONDAY, T1, False, 4, "stopped at page 2")
    assert tx.days.feed(MONDAY, Cut(T1)).reason is EmptyReason.FETCH_FAILED


@pytest.mark.parametrize(("fetch", "reason"), [(False, EmptyReason.FETCH_FAILED), (None, EmptyReason.FEW_PAPERS)])
def test_a_community_page_does_not_complete_a_day_its_catalogue_missed(tx, listing, fetch, reason):
    fill(tx, listing, MONDAY, 4)
    fill(tx, listing, TUESDAY, 4, feed=Feed.HUGGINGFACE)
    if fetch is not None:
        tx.days.record_fetch(Feed.ARXIV, TUESDAY, T1, fetch, 0, "503")
    feed = tx.days.feed(TUESDAY, Cut(T1))
    assert (feed.n_papers, feed.complete, feed.reason) == (4, False, reason)


def test_the_newest_day_is_the_last_on_which_a_catalogue_announced(tx, listing):
    fill(tx, listing, MONDAY, 2)
    fill(tx, listing, SATURDAY, 2, feed=Feed.HUGGINGFACE)
    replaced = listing(f"{MONDAY}-arxiv-0", FRIDAY, kind=AnnounceType.REPLACE, version=2)
    crossed = listing(f"{MONDAY}-arxiv-1", TUESDAY, kind=AnnounceType.CROSS)
    tx.papers.record([replaced, crossed], recorded_at=T1)
    assert tx.days.newest(Cut(T1)) == MONDAY
    assert tx.days.newest(Cut(midnight(MONDAY), Clock.OCCURRED)) == MONDAY
    with pytest.raises(UnknownDay):
        tx.days.newest(Cut(T1 - timedelta(seconds=1)))


def test_without_a_catalogue_the_newest_day_is_the_community_pages(tx, listing):
    fill(tx, listing, SATURDAY, 2, feed=Feed.HUGGINGFACE)
    assert tx.days.newest(Cut(T1)) == SATURDAY
    assert tx.days.feed(SATURDAY, Cut(T1)).n_papers == 2


def test_a_replay_does_not_see_the_weekdays_to_come(tx, listing):
    fill(tx, listing, MONDAY, 1)
    for weeks in (1, 2, 3):
        fill(tx, listing, MONDAY + weeks * WEEK, 8)
    assert tx.days.feed(MONDAY, Cut(midnight(MONDAY), Clock.OCCURRED)).complete
    assert not tx.days.feed(MONDAY, Cut(T1)).complete


@pytest.mark.parametrize(
    ("day", "closed"),
    [("2025-06-20", True), ("2025-07-07", True), ("2025-12-01", True), ("2026-01-20", True), ("2026-02-24", False)],
)
def test_the_day_after_a_holiday_lists_nothing(day, closed):
    assert is_holiday(date.fromisoformat(day)) == closed
