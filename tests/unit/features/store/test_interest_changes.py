"""What a reader changed in their interests, as of a moment, on both databases."""

from datetime import UTC, date, datetime, timedelta

import pytest

from features.domain import Cut, InteractionKind
from features.errors import InvalidValue
from features.interest_changes import MAX_CHANGES, ChangeKind, InterestChange
from features.moment import latest_relevant_at, user_moment
from features.rules import Rule, RuleField, RuleKind
from features.settings import LabelSettings

DAY = date(2026, 2, 27)
T1 = datetime(2026, 3, 1, 8, tzinfo=UTC)
T2, T3 = T1 + timedelta(hours=1), T1 + timedelta(hours=2)
MUTE = InterestChange(ChangeKind.MUTE, "interest:‘é’", ("1", "2"))


@pytest.fixture
def tx(store, listing, saved):
    with store.transaction() as tx:
        tx.papers.record([listing(str(number), DAY) for number in range(4)], recorded_at=T1)
        tx.users.add("ada", created_at=T1)
        dismissed = saved("c2", "ada", "2", kind=InteractionKind.DISMISS)
        tx.interactions.record([saved("c1", "ada", "1"), dismissed, saved("c3", "ada", "3")], recorded_at=T1)
        yield tx


def at(tx, instant):
    return user_moment(tx, tx.users.get("ada"), DAY, Cut(instant), LabelSettings(), None)


def test_a_muted_paper_is_no_example_but_stays_hidden_and_a_no_stays_a_no(tx):
    known = tx.interest_changes.add("ada", MUTE, recorded_at=T2)
    muted, before = at(tx, T2), at(tx, T1)
    assert before.relevance.examples.paper_ids == ("1", "2", "3")
    assert (muted.relevance.examples.paper_ids, muted.changes) == (("2", "3"), (MUTE,))
    assert muted.hidden == before.hidden == {"1", "2", "3"}
    tx.rules.withdraw("ada", known.id, recorded_at=T3)
    assert at(tx, T3).relevance.examples.paper_ids == ("1", "2", "3")
    assert at(tx, T2).relevance.examples.paper_ids == ("2", "3")


def test_changes_and_rules_do_not_meet_and_both_move_the_moment(tx):
    tx.interest_changes.add("ada", MUTE, recorded_at=T2)
    tx.rules.add("ada", Rule(RuleKind.NEVER, RuleField.WORD, "x"), recorded_at=T2)
    moment = at(tx, T3)
    assert (len(moment.rules), len(moment.changes)) == (1, 1)
    assert T2 < latest_relevant_at(tx, tx.users.get("ada"), DAY, Cut(T3)) < T3


def test_there_is_an_end_to_changes(tx):
    for _ in range(MAX_CHANGES):
        tx.interest_changes.add("ada", MUTE, recorded_at=T2)
    with pytest.raises(InvalidValue, match="take one back first"):
        tx.interest_changes.add("ada", MUTE, recorded_at=T2)


@pytest.mark.parametrize(
    ("kind", "name", "papers", "into"),
    [
        (ChangeKind.RENAME, "x" * 61, ("1",), ()),
        (ChangeKind.RENAME, "   ", ("1",), ()),
        (ChangeKind.MUTE, "x", (), ()),
        (ChangeKind.MERGE, "x", ("1",), ()),
        (ChangeKind.RENAME, "x", ("1",), ("2",)),
    ],
)
def test_a_change_that_means_nothing_is_refused(kind, name, papers, into):
    with pytest.raises(InvalidValue):
        InterestChange(kind, name, papers, into)
