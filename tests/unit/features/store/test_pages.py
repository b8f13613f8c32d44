from datetime import UTC, date, datetime, timedelta

from features.domain import Clock, Cut, Feed, Listing, Paper, midnight
from features.store import PageListing, Store

DAY = date(2026, 2, 25)
READ = datetime(2026, 2, 25, 20, tzinfo=UTC)
PAPER = Paper("2602.01234", "On graphs")


def record(store: Store, *listings: Listing, at: datetime = READ) -> None:
    with store.transaction() as tx:
        tx.papers.record(listings, recorded_at=at)


def pages(store: Store, at: datetime, clock: Clock = Clock.RECORDED) -> list[PageListing]:
    with store.transaction(readonly=True) as tx:
        return tx.papers.pages(Cut(at, clock))


def test_the_last_count_known_of_a_page_stands(store: Store) -> None:
    record(store, Listing(PAPER, DAY), Listing(PAPER, DAY, Feed.HUGGINGFACE, votes=2))
    later = READ + timedelta(hours=9)
    record(store, Listing(PAPER, DAY, Feed.HUGGINGFACE, votes=40), at=later)
    assert pages(store, READ) == [PageListing(PAPER.id, DAY, 2, in_catalogue=True)]
    assert pages(store, later) == [PageListing(PAPER.id, DAY, 40, in_catalogue=True)]


def test_a_page_is_unknown_before_it_was_recorded_and_in_the_world_until_its_day_is_over(store: Store) -> None:
    record(store, Listing(PAPER, DAY, Feed.HUGGINGFACE))
    assert pages(store, READ - timedelta(seconds=1)) == []
    over = midnight(DAY) + timedelta(days=1)
    assert pages(store, over - timedelta(seconds=1), Clock.OCCURRED) == []
    assert pages(store, over, Clock.OCCURRED) == [PageListing(PAPER.id, DAY, None, in_catalogue=False)]


def test_a_catalogue_alone_is_no_page(store: Store) -> None:
    record(store, Listing(PAPER, DAY, Feed.LOCAL, votes=3))
    assert pages(store, READ) == []
