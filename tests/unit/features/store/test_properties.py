import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.domain import AnnounceType, Clock, Cut, Feed, Listing, Paper, midnight
from features.store import open_store

FIRST = date(2026, 2, 23)
T1 = datetime(2026, 3, 1, tzinfo=UTC)
T2 = T1 + timedelta(hours=1)
DAYS = [FIRST + timedelta(days=n) for n in range(4)]
_numbers = itertools.count()


@pytest.fixture(scope="module")
def one_store(tmp_path_factory):
    """One SQLite store for all examples, each with papers of its own."""
    with open_store(f"sqlite:///{tmp_path_factory.mktemp('store') / 'one.db'}") as store:
        yield store


listings = st.builds(
    lambda paper, title, categories, version, day, feed, kind, votes: Listing(
        Paper(paper, title, categories=tuple(categories), version=version), day, feed, kind, votes
    ),
    st.sampled_from(["a", "b"]),
    st.sampled_from(["Owls", "Maps"]),
    st.lists(st.sampled_from(["cs.LG", "cs.CL", "cs.CV"]), unique=True, max_size=2),
    st.integers(1, 2),
    st.sampled_from(DAYS),
    st.sampled_from([Feed.ARXIV, Feed.LOCAL, Feed.HUGGINGFACE]),
    st.sampled_from(AnnounceType),
    st.none() | st.integers(0, 2),
)
batches = st.lists(listings, min_size=1, max_size=8)
in_one_store = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def renamed(batch):
    """``batch`` about papers no other example has."""
    number = next(_numbers)
    return [
        Listing(
            Paper(
                f"{number}-{each.paper.id}",
                each.paper.title,
                categories=each.paper.categories,
                version=each.paper.version,
            ),
            each.day,
            each.feed,
            each.announce_type,
            each.votes,
        )
        for each in batch
    ]


def state(tx, ids, cut):
    papers = tx.papers.get_many(ids, cut)
    days = {day: [paper for paper in tx.papers.on_day(day, cut) if paper.id in ids] for day in DAYS}
    return papers, days, tx.papers.votes(ids, cut)


def texts(tx, batch, cut):
    papers = tx.papers.get_many({each.paper.id for each in batch}, cut)
    return [(paper.title, paper.categories, paper.version) for paper in papers.values()]


@given(batches)
@in_one_store
def test_recording_again_changes_nothing_at_any_cut(one_store, batch):
    batch = renamed(batch)
    ids = {each.paper.id for each in batch}
    with one_store.transaction() as tx:
        assert tx.papers.record(batch, recorded_at=T1).new == len(ids)
        cuts = [Cut(T2)] + [Cut(midnight(day), Clock.OCCURRED) for day in DAYS]
        before = [state(tx, ids, cut) for cut in cuts]
        counts = tx.papers.record(batch, recorded_at=T2)
        assert (counts.new, counts.revised, counts.unchanged) == (0, 0, len(ids))
        assert [state(tx, ids, cut) for cut in cuts] == before
        assert all(tx.papers.last_observed_at(each.day, Cut(T2)) == T1 for each in batch)


@given(batches, batches)
@in_one_store
def test_what_is_recorded_later_changes_no_earlier_as_of(one_store, early, late):
    both = renamed(early + late)
    early, late = both[: len(early)], both[len(early) :]
    ids = {each.paper.id for each in both}
    with one_store.transaction() as tx:
        tx.papers.record(early, recorded_at=T1)
        before = state(tx, ids, Cut(T1))
        tx.papers.record(late, recorded_at=T2)
        assert state(tx, ids, Cut(T1)) == before


@given(batches)
@in_one_store
def test_one_batch_or_many_leave_the_same_papers(one_store, batch):
    at_once, one_by_one = renamed(batch), renamed(batch)
    with one_store.transaction() as tx:
        tx.papers.record(at_once, recorded_at=T1)
        for each in one_by_one:
            tx.papers.record([each], recorded_at=T1)
        assert texts(tx, at_once, Cut(T1)) == texts(tx, one_by_one, Cut(T1))


@given(st.lists(listings, min_size=1, max_size=6, unique_by=lambda each: each.day), st.randoms(use_true_random=False))
@in_one_store
def test_a_catalogues_days_may_come_in_any_order(one_store, batch, random):
    batch = [each for each in batch if each.feed.is_catalogue and each.announce_type is not AnnounceType.CROSS]
    forth, back = renamed(batch), renamed(batch)
    random.shuffle(back)
    with one_store.transaction() as tx:
        for each in forth + back:
            tx.papers.record([each], recorded_at=T1)
        for cut in [Cut(T1)] + [Cut(midnight(day), Clock.OCCURRED) for day in DAYS]:
            assert texts(tx, forth, cut) == texts(tx, back, cut)
