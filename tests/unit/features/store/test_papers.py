from datetime import UTC, date, datetime, timedelta

import pytest

from features.domain import AnnounceType, Clock, Cut, Feed, midnight
from features.errors import UnknownPaper
from features.store import RecordCounts, queries

MONDAY, TUESDAY, FRIDAY = date(2026, 2, 23), date(2026, 2, 24), date(2026, 2, 27)
T1 = datetime(2026, 3, 1, 8, tzinfo=UTC)
T2, T3 = T1 + timedelta(hours=1), T1 + timedelta(hours=2)


def test_the_same_batch_again_changes_nothing(store, listing):
    batch = [listing("1", MONDAY), listing("2", MONDAY), listing("3", TUESDAY, feed=Feed.HUGGINGFACE, votes=4)]
    with store.transaction() as tx:
        assert tx.papers.record(batch, recorded_at=T1) == RecordCounts(new=3)
    with store.transaction() as tx:
        assert tx.papers.record(batch, recorded_at=T2) == RecordCounts(unchanged=3)
        assert tx.papers.last_observed_at(MONDAY, Cut(T3)) == T1
        assert tx.papers.last_observed_at(TUESDAY, Cut(T3)) == T1


def test_what_was_prepared_is_decided_anew_where_the_catalogue_has_moved(store, listing):
    with store.transaction(readonly=True) as tx:
        (prepared,) = tx.papers.prepare([listing("1", MONDAY), listing("2", MONDAY)], recorded_at=T2)
    with store.transaction() as tx:
        tx.papers.record([listing("1", MONDAY)], recorded_at=T1)
    with store.transaction() as tx:
        counts, mark = tx.papers.record_prepared(prepared)
        assert (counts, mark) == (RecordCounts(new=1, unchanged=1), tx.marks.catalogue())


def test_parts_of_a_batch_leave_what_the_whole_would(store, listing):
    batch = [listing("1", MONDAY), listing("2", MONDAY), listing("3", MONDAY), listing("1", TUESDAY, title="Other")]
    with store.transaction(readonly=True) as tx:
        parts = tx.papers.prepare(batch, recorded_at=T2, n_papers=2)
    mark, found = None, []
    for number, part in enumerate(parts):
        with store.transaction(bulk=True) as tx:
            counts, mark = tx.papers.record_prepared(part, mark)
            found.append(counts)
        if number == 0:
            with store.transaction() as tx:  # somebody else's ingest comes between
                tx.papers.record([listing("3", MONDAY)], recorded_at=T1)
    assert found == [RecordCounts(new=2), RecordCounts(unchanged=1)]
    with store.transaction() as tx:
        assert tx.papers.record(batch, recorded_at=T3) == RecordCounts(unchanged=3)
        assert tx.papers.get("1", Cut(T2)).title == "Other"


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Better"},
        {"abstract": "More"},
        {"authors": ("Ada",)},
        {"categories": ("cs.LG",)},
        {"references": ("2401.00001",)},
        {"version": 2},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_change_makes_a_paper_revised_and_leaves_the_old_version_readable(store, listing, change):
    with store.transaction() as tx:
        tx.papers.record([listing("1", MONDAY)], recorded_at=T1)
        revision = listing("1", FRIDAY, kind=AnnounceType.REPLACE, **change)
        assert tx.papers.record([revision], recorded_at=T2) == RecordCounts(revised=1)
        assert tx.papers.get("1", Cut(T1)) == listing("1", MONDAY).paper
        assert tx.papers.get("1", Cut(T2)) == revision.paper
        assert tx.papers.get("1", Cut(midnight(TUESDAY), Clock.OCCURRED)) == listing("1", MONDAY).paper
        assert tx.papers.get("1", Cut(midnight(FRIDAY), Clock.OCCURRED)) == revision.paper


def test_a_revision_is_not_new_again(store, listing):
    with store.transaction() as tx:
        tx.papers.record([listing("1", MONDAY)], recorded_at=T1)
        tx.papers.record([listing("1", FRIDAY, kind=AnnounceType.REPLACE, version=2)], recorded_at=T2)
        assert tx.papers.on_day(FRIDAY, Cut(T3)) == []
        assert [paper.version for paper in tx.papers.on_day(MONDAY, Cut(T3))] == [2]


def test_an_older_version_that_comes_late_does_not_become_the_paper(store, listing):
    with store.transaction() as tx:
        tx.papers.record([listing("1", FRIDAY, version=2, title="Second")], recorded_at=T1)
        tx.papers.record([listing("1", MONDAY, version=1, title="First")], recorded_at=T2)
        assert tx.papers.get("1", Cut(T3)).title == "Second"
        assert tx.papers.get("1", Cut(midnight(TUESDAY), Clock.OCCURRED)).title == "First"
        assert [paper.id for paper in tx.papers.on_day(MONDAY, Cut(T3))] == ["1"]


def test_a_text_changed_and_changed_back_is_followed_and_still_idempotent(store, listing):
    batch = [listing("1", MONDAY, title="A"), listing("1", TUESDAY, title="B"), listing("1", FRIDAY, title="A")]
    with store.transaction() as tx:
        tx.papers.record(batch, recorded_at=T1)
        assert tx.papers.record(batch, recorded_at=T2) == RecordCounts(unchanged=1)
        titles = [tx.papers.get("1", Cut(midnight(day), Clock.OCCURRED)).title for day in (MONDAY, TUESDAY, FRIDAY)]
    assert titles == ["A", "B", "A"]


def test_listings_in_several_categories_of_one_day_are_one_paper(store, listing):
    batch = [listing("1", MONDAY, categories=("cs.LG",)), listing("1", MONDAY, categories=("cs.CL", "cs.LG"))]
    with store.transaction() as tx:
        assert tx.papers.record(batch, recorded_at=T1) == RecordCounts(new=1)
        assert tx.papers.record(batch, recorded_at=T2) == RecordCounts(unchanged=1)
        assert tx.papers.get("1", Cut(T1)).categories == ("cs.LG", "cs.CL")


def test_a_later_cross_list_adds_its_category_and_is_not_new_again(store, listing):
    cross = listing("1", FRIDAY, kind=AnnounceType.CROSS, categories=("stat.ML",))
    with store.transaction() as tx:
        tx.papers.record([listing("1", MONDAY, categories=("cs.LG",))], recorded_at=T1)
        assert tx.papers.record([cross], recorded_at=T2) == RecordCounts(revised=1)
        assert tx.papers.record([cross], recorded_at=T3) == RecordCounts(unchanged=1)
        assert tx.papers.get("1", Cut(T3)).categories == ("cs.LG", "stat.ML")
        assert tx.papers.on_day(FRIDAY, Cut(T3)) == []


def test_a_community_page_adds_votes_and_keywords_and_no_text(store, listing):
    seen = listing("1", TUESDAY, feed=Feed.HUGGINGFACE, votes=7, title="Other", keywords=("agents",))
    with store.transaction() as tx:
        tx.papers.record([listing("1", MONDAY, title="Mine", keywords=("maps",))], recorded_at=T1)
        assert tx.papers.record([seen], recorded_at=T2) == RecordCounts(unchanged=1)
        paper = tx.papers.get("1", Cut(T2))
        assert (paper.title, paper.keywords) == ("Mine", ("maps", "agents"))
        assert tx.papers.votes(["1"], Cut(T2)) == {"1": 7}
        assert tx.papers.votes(["1"], Cut(T1)) == {}
        assert tx.papers.on_day(TUESDAY, Cut(T2)) == []


def test_a_catalogue_takes_over_a_paper_the_community_had_first(store, listing):
    with store.transaction() as tx:
        tx.papers.record([listing("1", MONDAY, feed=Feed.HUGGINGFACE, title="Theirs")], recorded_at=T1)
        assert [paper.title for paper in tx.papers.on_day(MONDAY, Cut(T1))] == ["Theirs"]
        tx.papers.record([listing("1", TUESDAY, title="Ours")], recorded_at=T2)
        assert [paper.title for paper in tx.papers.on_day(TUESDAY, Cut(T2))] == ["Ours"]
        assert tx.papers.on_day(MONDAY, Cut(T2)) == []
        assert [paper.title for paper in tx.papers.on_day(MONDAY, Cut(T1))] == ["Theirs"]


def test_papers_only_the_community_knows_are_the_day_when_no_catalogue_listed_one(store, listing):
    with store.transaction() as tx:
        tx.papers.record(
            [
                listing("1", MONDAY),
                listing("2", MONDAY, feed=Feed.HUGGINGFACE),
                listing("3", TUESDAY, feed=Feed.HUGGINGFACE),
            ],
            recorded_at=T1,
        )
        assert [paper.id for paper in tx.papers.on_day(MONDAY, Cut(T1))] == ["1"]
        assert [paper.id for paper in tx.papers.on_day(TUESDAY, Cut(T1))] == ["3"]
        assert tx.papers.history(Cut(T1)).is_candidate.tolist() == [True, False, True]


def test_by_the_occurring_clock_votes_count_from_the_day_after_the_papers_first_day(store, listing):
    with store.transaction() as tx:
        tx.papers.record([listing("1", MONDAY, feed=Feed.HUGGINGFACE, votes=9)], recorded_at=T1)
        tx.papers.record([listing("1", TUESDAY)], recorded_at=T1)
        votes = [tx.papers.votes(["1"], Cut(midnight(date(2026, 2, day)), Clock.OCCURRED)) for day in (23, 24, 25)]
    assert votes == [{}, {}, {"1": 9}]


def test_by_the_occurring_clock_the_community_does_not_tell_of_a_paper_before_its_listing(store, listing):
    with store.transaction() as tx:
        tx.papers.record([listing("1", MONDAY, feed=Feed.HUGGINGFACE), listing("1", FRIDAY)], recorded_at=T1)
        assert tx.papers.get_many(["1"], Cut(midnight(TUESDAY), Clock.OCCURRED)) == {}
        assert tx.papers.on_day(MONDAY, Cut(midnight(MONDAY), Clock.OCCURRED)) == []


def test_history_is_every_paper_known_at_the_cut_ascending_by_id(store, listing):
    with store.transaction() as tx:
        tx.papers.record([listing("b", TUESDAY, votes=3), listing("a", MONDAY)], recorded_at=T1)
        tx.papers.record([listing("c", FRIDAY)], recorded_at=T2)
        history = tx.papers.history(Cut(T1))
        assert history.ids == ("a", "b")
        assert [paper.id for paper in history.papers] == ["a", "b"]
        assert history.first_days.astype(str).tolist() == ["2026-02-23", "2026-02-24"]
        assert history.votes.tolist() == [0, 3]
        assert len(tx.papers.history(Cut(midnight(MONDAY), Clock.OCCURRED))) == 1


def test_histories_are_those_of_each_cut_and_hold_a_paper_that_stood_at_several_once(store, listing):
    cuts = [Cut(midnight(date(2026, 2, day)), Clock.OCCURRED) for day in (28, 25, 24)]
    with store.transaction() as tx:
        tx.papers.record([listing("a", MONDAY), listing("b", MONDAY, title="Before")], recorded_at=T1)
        revised = listing("b", FRIDAY, title="After", version=2, kind=AnnounceType.REPLACE)
        tx.papers.record([revised, listing("a", TUESDAY, feed=Feed.HUGGINGFACE, keywords=("owls",))], recorded_at=T2)
        found, alone = tx.papers.histories(cuts), [tx.papers.history(cut) for cut in cuts]
    assert [[(paper.title, paper.keywords) for paper in each.papers] for each in found] == [
        [("Title a", ("owls",)), ("After", ())],
        [("Title a", ("owls",)), ("Before", ())],
        [("Title a", ()), ("Before", ())],
    ]
    assert [each.papers for each in found] == [each.papers for each in alone]
    assert [each.first_days.tolist() for each in found] == [each.first_days.tolist() for each in alone]
    assert found[0].papers[0] is found[1].papers[0]


def test_a_history_is_the_same_however_few_papers_are_read_at_a_time(store, listing, monkeypatch):
    cuts = [Cut(midnight(FRIDAY), Clock.OCCURRED), Cut(midnight(MONDAY), Clock.OCCURRED)]
    with store.transaction() as tx:
        tx.papers.record([listing(name, MONDAY) for name in "edcba"] + [listing("f", TUESDAY)], recorded_at=T1)
        at_once = tx.papers.histories(cuts)
        monkeypatch.setattr(queries, "CHUNK", 2)
        found = tx.papers.histories(cuts)
    assert [each.ids for each in found] == [tuple("abcdef"), tuple("abcde")]
    assert [each.papers for each in found] == [each.papers for each in at_once]
    assert found[0].papers[4] is found[1].papers[4]


def test_a_paper_of_every_field_comes_back_as_it_was(store, listing):
    full = listing(
        "2602.01234",
        MONDAY,
        title="Über $\\alpha$-decay ∑ 🦉",
        abstract="<b>line</b>\n\u202ertl",
        authors=("Zoë Q.", "李"),
        categories=("cs.LG", "stat.ML"),
        comment="12 pages",
        keywords=("owls",),
        references=("2401.00001", "lab/7"),
        version=3,
        published_at=datetime(2026, 2, 20, 17, 59, 59, 123456, tzinfo=UTC),
    )
    with store.transaction() as tx:
        tx.papers.record([full], recorded_at=T1)
        assert tx.papers.get("2602.01234", Cut(T1)) == full.paper


def test_text_no_database_takes_is_replaced_and_the_rest_of_the_batch_stands(store, listing):
    with store.transaction() as tx:
        tx.papers.record(
            [listing("1", MONDAY, title="a\x00b", abstract="\ud800"), listing("2", MONDAY)], recorded_at=T1
        )
        assert tx.papers.get("1", Cut(T1)).title == "a\ufffdb"
        assert tx.papers.exists(["1", "2", "3"]) == {"1", "2"}


def test_a_paper_not_known_at_the_cut_is_unknown(store, listing):
    with store.transaction() as tx:
        tx.papers.record([listing("1", MONDAY)], recorded_at=T2)
        with pytest.raises(UnknownPaper, match="'1'"):
            tx.papers.get("1", Cut(T1))


def test_more_papers_than_one_in_list_holds_are_read_in_pieces(store, listing):
    ids = [f"p{n:05d}" for n in range(2500)]
    with store.transaction() as tx:
        tx.papers.record([listing(paper_id, MONDAY) for paper_id in ids], recorded_at=T1)
        assert list(tx.papers.get_many(ids, Cut(T1))) == ids
        assert tx.papers.exists(ids) == set(ids)
        assert tx.papers.record([listing(paper_id, MONDAY) for paper_id in ids], recorded_at=T2).unchanged == 2500
