from datetime import UTC, date, datetime, timedelta

import pytest

from features.domain import Clock, Cut, Feed, InteractionKind, midnight
from features.errors import InvalidValue, UnknownUser
from features.store import ImportCounts, RowStatus

MONDAY, TUESDAY, FRIDAY = date(2026, 2, 23), date(2026, 2, 24), date(2026, 2, 27)
T0 = datetime(2026, 3, 1, 7, tzinfo=UTC)
T1, T2, T3 = (T0 + timedelta(hours=hours) for hours in (1, 2, 3))
EVER = Cut(datetime(9999, 1, 1, tzinfo=UTC))


@pytest.fixture
def tx(store, listing):
    """A transaction on a store with papers 1 to 3 of Monday, and ada and bob."""
    with store.transaction() as tx:
        tx.papers.record([listing(paper_id, MONDAY) for paper_id in "123"], recorded_at=T0)
        tx.users.add("ada", created_at=T0)
        tx.users.add("bob", created_at=T0)
        yield tx


def client_ids(tx, user_id, cut=EVER):
    return [row.interaction.client_id for row in tx.interactions.of_user(user_id, cut)]


def test_each_row_of_a_batch_gets_its_status(tx, saved):
    batch = [
        saved("c1", "ada", "1"),
        saved("c1", "ada", "1"),
        saved("c1", "ada", "2"),
        saved("c1", "bob", "2"),
        saved("c2", "ada", "nowhere"),
    ]
    statuses = tx.interactions.record(batch, recorded_at=T1)
    assert statuses == ["recorded", "duplicate", "conflict", "recorded", "unknown_paper"]
    assert tx.interactions.record(batch[:3], recorded_at=T2) == ["duplicate", "duplicate", "conflict"]
    assert client_ids(tx, "ada") == ["c1"]


@pytest.mark.parametrize(
    "change",
    [{"kind": InteractionKind.OPEN}, {"slate_id": "s"}, {"position": 2}, {"occurred_at": T0}],
    ids=lambda change: next(iter(change)),
)
def test_a_client_id_with_other_content_is_a_conflict_and_the_first_stands(tx, saved, change):
    tx.interactions.record([saved("c1", "ada", "1", occurred_at=T1)], recorded_at=T1)
    assert tx.interactions.record([saved("c1", "ada", "1", **change)], recorded_at=T2) == [RowStatus.CONFLICT]
    assert tx.interactions.of_user("ada", EVER)[0].interaction == saved("c1", "ada", "1", occurred_at=T1)


def test_a_retry_without_an_instant_is_the_same_interaction(tx, saved):
    tx.interactions.record([saved("c1", "ada", "1")], recorded_at=T1)
    assert tx.interactions.record([saved("c1", "ada", "1")], recorded_at=T2) == [RowStatus.DUPLICATE]
    assert tx.interactions.of_user("ada", EVER)[0].interaction.occurred_at == T1


def test_an_unknown_user_costs_the_whole_batch(tx, saved):
    with pytest.raises(UnknownUser, match="'eve'"):
        tx.interactions.record([saved("c1", "eve", "1")], recorded_at=T1)


def test_a_slate_id_of_control_characters_is_refused(tx, saved):
    with pytest.raises(InvalidValue, match="slate id"):
        tx.interactions.record([saved("c1", "ada", "1", slate_id="a\x00")], recorded_at=T1)


def test_the_label_counter_moves_with_each_interaction_and_retraction(tx, saved):
    counters = [tx.interactions.label_counter("ada")]
    tx.interactions.record([saved("c1", "ada", "1"), saved("c2", "ada", "2")], recorded_at=T1)
    counters.append(tx.interactions.label_counter("ada"))
    tx.interactions.record([saved("c1", "ada", "1")], recorded_at=T2)
    counters.append(tx.interactions.label_counter("ada"))
    tx.interactions.retract("ada", "c1", recorded_at=T3)
    counters.append(tx.interactions.label_counter("ada"))
    assert counters == [0, 2, 2, 3]
    assert tx.interactions.label_counter("bob") == 0


def test_a_retracted_interaction_stands_for_earlier_cuts_only(tx, saved):
    tx.interactions.record([saved("c1", "ada", "1"), saved("c2", "ada", "2")], recorded_at=T1)
    assert tx.interactions.retract("ada", "c1", recorded_at=T2) == "retracted"
    assert tx.interactions.retract("ada", "c1", recorded_at=T3) == "duplicate"
    assert client_ids(tx, "ada", Cut(T1)) == ["c1", "c2"]
    assert client_ids(tx, "ada", Cut(T2)) == ["c2"]
    assert [row.retracted_at for row in tx.interactions.all(EVER)] == [T2, None]
    assert [row.retracted_at for row in tx.interactions.all(Cut(T1))] == [None, None]


def test_posting_a_retracted_client_id_again_does_not_bring_it_back(tx, saved):
    tx.interactions.record([saved("c1", "ada", "1")], recorded_at=T1)
    tx.interactions.retract("ada", "c1", recorded_at=T2)
    assert tx.interactions.record([saved("c1", "ada", "1")], recorded_at=T3) == [RowStatus.DUPLICATE]
    assert client_ids(tx, "ada") == []


def test_nothing_to_retract_is_unknown(tx, saved):
    tx.interactions.record([saved("c1", "ada", "1")], recorded_at=T1)
    assert tx.interactions.retract("bob", "c1", recorded_at=T2) == "unknown"


def test_what_a_user_does_is_strictly_later_than_before_even_if_the_clock_is_set_back(tx, saved):
    tx.interactions.record([saved("c1", "ada", "1")], recorded_at=T2)
    tx.interactions.record([saved("c2", "ada", "2")], recorded_at=T1)
    tx.interactions.retract("ada", "c1", recorded_at=T1)
    tick = timedelta(microseconds=1)
    assert [row.recorded_at for row in tx.interactions.of_user("ada", EVER)] == [T2 + tick]
    assert tx.interactions.last_recorded_at("ada", EVER) == T2 + 2 * tick
    assert tx.interactions.last_recorded_at("ada", Cut(T2)) == T2
    assert tx.interactions.last_recorded_at("bob", EVER) is None


def test_an_import_makes_users_and_waits_for_papers(tx, saved, listing):
    picks = [
        saved("p1", "carl", "1", occurred_at=T0),
        saved("p2", "carl", "9"),
        saved("p1", "carl", "1", occurred_at=T0),
    ]
    assert tx.interactions.record_imported(picks, recorded_at=T1) == ImportCounts(recorded=1, pending=1, duplicate=1)
    assert tx.interactions.record_imported(picks, recorded_at=T2) == ImportCounts(duplicate=3)
    assert (tx.interactions.n_pending(), tx.interactions.label_counter("carl")) == (1, 1)
    assert tx.papers.record([listing("9", MONDAY)], recorded_at=T3).attached == 1
    assert (tx.interactions.n_pending(), tx.interactions.label_counter("carl")) == (0, 2)


def test_an_attached_interaction_keeps_its_import_time_and_changes_no_earlier_cut(tx, saved, listing):
    tx.interactions.record_imported([saved("p1", "ada", "9")], recorded_at=T1)
    tx.papers.record([listing("9", MONDAY)], recorded_at=T2)
    (row,) = tx.interactions.of_user("ada", Cut(T2))
    assert (row.recorded_at, row.known_at) == (T1, T2)
    assert tx.interactions.of_user("ada", Cut(T1)) == []
    assert tx.interactions.last_recorded_at("ada", EVER) == T2


def test_a_pending_interaction_can_be_retracted_before_its_paper_comes(tx, saved, listing):
    tx.interactions.record_imported([saved("p1", "ada", "9")], recorded_at=T1)
    assert tx.interactions.retract("ada", "p1", recorded_at=T2) == "retracted"
    tx.papers.record([listing("9", MONDAY)], recorded_at=T3)
    assert client_ids(tx, "ada") == []


def test_the_batches_of_one_import_share_an_instant(tx, saved):
    tx.interactions.record_imported([saved("p1", "ada", "1")], recorded_at=T1)
    tx.interactions.record_imported([saved("p2", "ada", "2")], recorded_at=T1)
    assert client_ids(tx, "ada", Cut(T1)) == ["p1", "p2"]


def test_by_the_occurring_clock_an_imported_label_counts_from_the_day_after_it_and_its_paper(tx, saved, listing):
    tx.papers.record([listing("9", FRIDAY)], recorded_at=T0)
    early, late = midnight(MONDAY) - timedelta(days=3), midnight(TUESDAY) + timedelta(hours=5)
    batch = [
        saved("before-its-paper", "ada", "9", occurred_at=early),
        saved("on-tuesday", "ada", "1", occurred_at=late),
        saved("undated", "ada", "2"),
    ]
    tx.interactions.record_imported(batch, recorded_at=T1)
    known = {row.interaction.client_id: row.known_at for row in tx.interactions.all(Cut(T1, Clock.OCCURRED))}
    assert known == {
        "before-its-paper": midnight(date(2026, 2, 28)),
        "on-tuesday": midnight(date(2026, 2, 25)),
        "undated": T1,
    }
    assert client_ids(tx, "ada", Cut(midnight(FRIDAY), Clock.OCCURRED)) == ["on-tuesday"]


def test_by_the_occurring_clock_a_live_click_counts_from_when_it_was_recorded(tx, saved):
    tx.interactions.record([saved("c1", "ada", "1", occurred_at=midnight(MONDAY))], recorded_at=T2)
    assert client_ids(tx, "ada", Cut(T1, Clock.OCCURRED)) == []
    assert client_ids(tx, "ada", Cut(T2, Clock.OCCURRED)) == ["c1"]


def test_a_paper_the_community_brought_also_attaches_what_waited(tx, saved, listing):
    tx.interactions.record_imported([saved("p1", "ada", "9")], recorded_at=T1)
    counts = tx.papers.record([listing("9", MONDAY, feed=Feed.HUGGINGFACE)], recorded_at=T2)
    assert (counts.new, counts.attached) == (1, 1)
