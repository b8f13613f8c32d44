"""What is kept of the catalogue while papers come in equals what is read anew."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from features.domain import AnnounceType, Cut, Feed, Listing, Paper
from features.errors import UnknownDay
from features.store import Store, Transaction
from serving.observed import EVERYTHING, Observed, ObservedCache

FIRST = date(2026, 2, 2)
T0 = datetime(2026, 3, 1, 8, tzinfo=UTC)


def listed(rng: np.random.Generator) -> Listing:
    """A random listing of one of thirty papers: by either kind of feed, new or revised, of other words or votes."""
    feed = Feed.ARXIV if rng.random() < 0.7 else Feed.HUGGINGFACE
    kind = AnnounceType.REPLACE if feed is Feed.ARXIV and rng.random() < 0.3 else AnnounceType.NEW
    votes = int(rng.integers(9)) if feed is Feed.HUGGINGFACE else None
    paper = Paper(f"2602.{rng.integers(30):05d}", title=f"Title {rng.integers(3)}", version=int(rng.integers(1, 4)))
    return Listing(paper, FIRST + timedelta(days=int(rng.integers(12))), feed, kind, votes)


def known(observed: Observed, tx: Transaction, cut: Cut) -> list[object]:
    days = [FIRST + timedelta(days=n) for n in range(13)]
    try:
        newest = observed.newest(tx)
    except UnknownDay:
        newest = None
    return [
        newest,
        [observed.observed_at(tx, day) for day in days],
        [observed.papers_observed_at(tx, day, cut) for day in days],
        [observed.feed(tx, day, cut) for day in days],
        dict(observed.papers(tx, [f"2602.{n:05d}" for n in range(30)], cut)),
    ]


@pytest.mark.parametrize("seed", range(6))
def test_what_is_kept_while_papers_come_in_is_what_is_read_anew(store: Store, seed: int) -> None:
    rng, cache = np.random.default_rng(seed), ObservedCache(25)
    for turn in range(10):
        at = T0 + timedelta(hours=turn)
        with store.transaction() as tx:
            if rng.random() < 0.8:
                tx.papers.record([listed(rng) for _ in range(int(rng.integers(1, 8)))], recorded_at=at)
            else:
                tx.days.record_fetch(Feed.ARXIV, FIRST + timedelta(days=12), at, ok=bool(turn % 2), n_papers=0)
        with store.transaction(readonly=True) as tx:
            for cut in (EVERYTHING, Cut(at), Cut(at - timedelta(hours=3))):
                assert known(cache.of(tx), tx, cut) == known(Observed(25), tx, cut)


@pytest.mark.parametrize(
    ("paper_id", "day", "same"),
    [("new", FIRST, True), ("known", FIRST, False), ("new", FIRST + timedelta(days=1), False), (None, FIRST, False)],
    ids=["of another day", "a paper of the newest", "of the newest day", "a fetch"],
)
def test_the_mark_of_the_newest_day_stays_while_other_papers_come_in(
    store: Store, paper_id: str | None, day: date, same: bool
) -> None:
    cache = ObservedCache(5)
    with store.transaction() as tx:
        tx.papers.record([Listing(Paper("known", title="One"), FIRST + timedelta(days=1))], recorded_at=T0)
    before = cache.read_newest_mark(store)
    with store.transaction() as tx:
        if paper_id is None:
            tx.days.record_fetch(Feed.ARXIV, day, T0, ok=True, n_papers=0)
        else:
            tx.papers.record([Listing(Paper(paper_id, title="Two"), day)], recorded_at=T0)
    with store.transaction(readonly=True) as tx:
        assert cache.newest_mark(tx.marks.catalogue()) is None
    assert (cache.read_newest_mark(store) is before) is same
    with store.transaction(readonly=True) as tx:
        assert (cache.newest_mark(tx.marks.catalogue()) is before) is same


def test_a_state_between_two_that_are_known_is_told_from_the_earlier(store: Store) -> None:
    cache, listings = ObservedCache(5), [Listing(Paper(str(n), title="One"), FIRST) for n in range(4)]

    def record(number: int) -> None:
        with store.transaction() as tx:
            tx.papers.record([listings[number]], recorded_at=T0 + timedelta(hours=number))

    record(0)
    cache.read_newest_mark(store)
    record(1)
    with store.transaction(readonly=True) as early:
        early.marks.catalogue()
        record(2)
        late = cache.read_newest_mark(store)
        assert cache.of(early).feed(early, FIRST, EVERYTHING).n_papers == 2
    assert cache.read_newest_mark(store) is late
    record(3)
    with store.transaction(readonly=True) as tx:
        assert cache.of(tx).feed(tx, FIRST, EVERYTHING).n_papers == 4


def test_a_transaction_that_began_long_ago_takes_nothing_from_the_newest_state(store: Store) -> None:
    cache, day = ObservedCache(5), FIRST + timedelta(days=1)
    with store.transaction() as tx:
        tx.papers.record([Listing(Paper("known", title="One"), day)], recorded_at=T0)
    mark = cache.read_newest_mark(store)
    with store.transaction(readonly=True) as early, store.transaction(readonly=True) as asked_late:
        kept = cache.of(early)
        asked_late.marks.catalogue()
        for number in range(20):
            with store.transaction() as tx:
                tx.papers.record([Listing(Paper(str(number), title="Old"), FIRST)], recorded_at=T0)
            assert cache.read_newest_mark(store) is mark
        assert cache.of(early) is kept
        assert cache.of(asked_late).feed(asked_late, day, EVERYTHING).n_papers == 1
    with store.transaction() as tx:
        tx.papers.record([Listing(Paper("last", title="Old"), FIRST)], recorded_at=T0)
    assert cache.read_newest_mark(store) is mark


def test_a_catalogue_that_comes_after_a_community_page_has_the_newest_day(store: Store) -> None:
    cache = ObservedCache(5)
    paper = Paper("2602.00001", title="One")
    with store.transaction() as tx:
        tx.papers.record([Listing(paper, FIRST + timedelta(days=5), Feed.HUGGINGFACE, votes=1)], recorded_at=T0)
    with store.transaction(readonly=True) as tx:
        assert cache.of(tx).newest(tx) == FIRST + timedelta(days=5)
    with store.transaction() as tx:
        tx.papers.record([Listing(Paper("2602.00002", title="Two"), FIRST, Feed.ARXIV)], recorded_at=T0)
    with store.transaction(readonly=True) as tx:
        assert cache.of(tx).newest(tx) == FIRST


def test_a_transaction_that_began_earlier_keeps_its_own_state(store: Store) -> None:
    cache = ObservedCache(5)
    with store.transaction() as tx:
        tx.papers.record([Listing(Paper("1", title="Old"), FIRST, Feed.ARXIV)], recorded_at=T0)
    with store.transaction(readonly=True) as early:
        before = cache.of(early)
        assert before.papers(early, ["1"], EVERYTHING)["1"].title == "Old"
        with store.transaction() as tx:
            tx.papers.record([Listing(Paper("1", title="New", version=2), FIRST, Feed.ARXIV)], recorded_at=T0)
        with store.transaction(readonly=True) as late:
            assert cache.of(late).papers(late, ["1"], EVERYTHING)["1"].title == "New"
        assert cache.of(early) is before
        assert cache.of(early).papers(early, ["1"], EVERYTHING)["1"].title == "Old"


def test_what_moved_is_told_and_what_cannot_be_told_is_not(store: Store) -> None:
    with store.transaction() as tx:
        tx.papers.record([Listing(Paper("1", title="One"), FIRST, Feed.ARXIV)], recorded_at=T0)
    with store.transaction(readonly=True) as tx:
        first = tx.marks.catalogue()
    with store.transaction() as tx:
        tx.papers.record([Listing(Paper("2", title="Two"), FIRST, Feed.ARXIV)], recorded_at=T0)
    with store.transaction(readonly=True) as tx:
        later = tx.marks.catalogue()
        moved = tx.marks.moved_since(first)
        assert moved is not None
        assert (moved.paper_ids, moved.days) == ({"2"}, {FIRST})
        assert tx.marks.moved_since((later[0] + 1, *later[1:])) is None
        assert tx.marks.moved_since((*first[:-1], T0 + timedelta(hours=1))) is None
