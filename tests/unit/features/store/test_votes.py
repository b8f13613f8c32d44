"""Votes are counted once, as of a moment, on both databases."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.community import Submission, valid_list_name, valid_why
from features.domain import Cut
from features.errors import InvalidValue, UnknownPaper, UnknownUser

DAY = date(2026, 2, 27)
T1 = datetime(2026, 3, 1, 8, tzinfo=UTC)
T2, T3 = T1 + timedelta(hours=1), T1 + timedelta(hours=2)
EVER = Cut(datetime(9000, 1, 1, tzinfo=UTC))


@pytest.fixture
def tx(store, listing):
    with store.transaction() as tx:
        tx.papers.record([listing("1", DAY), listing("2", DAY)], recorded_at=T1)
        for user_id in ("ada", "ben"):
            tx.users.add(user_id, created_at=T1)
        yield tx


def counts(tx, at=EVER):
    return {paper_id: len(cast) for paper_id, cast in tx.votes.cast_at(["1", "2"], at).items()}


def test_a_vote_counts_once_per_user_and_stands_until_it_is_withdrawn(tx):
    first = tx.votes.cast("ada", "1", recorded_at=T1)
    assert tx.votes.cast("ada", "1", recorded_at=T2) == first
    tx.votes.cast("ben", "1", recorded_at=T2)
    tx.votes.withdraw("ada", "1", recorded_at=T3)
    tx.votes.withdraw("ada", "1", recorded_at=T3)
    assert (counts(tx, Cut(T1)), counts(tx, Cut(T2)), counts(tx, Cut(T3))) == ({"1": 1}, {"1": 2}, {"1": 1})
    tx.votes.cast("ada", "1", recorded_at=T3 + timedelta(hours=1))
    assert counts(tx) == {"1": 2}


def test_a_submission_is_a_vote_and_says_why(tx):
    tx.votes.cast("ada", "1", recorded_at=T1)
    tx.votes.cast("ada", "1", recorded_at=T2, why="it  <b>settles</b> a bet")
    tx.votes.cast("ada", "1", recorded_at=T3)  # a vote after it changes nothing
    tx.lists.open("ada", "Robot-Hands", at=T3)
    assert counts(tx) == {"1": 1}
    assert tx.votes.submissions(EVER, limit=5) == [Submission("1", "it settles a bet", T2, "robot-hands")]
    assert tx.votes.submissions(Cut(T1), limit=5) == []
    assert tx.votes.submissions(EVER, limit=5, paper_id="2") == []


def test_only_known_users_vote_for_known_papers(tx):
    with pytest.raises(UnknownPaper):
        tx.votes.cast("ada", "3", recorded_at=T1)
    with pytest.raises(UnknownUser):
        tx.votes.cast("eve", "1", recorded_at=T1)


def test_votes_and_withdrawals_of_one_instant_stay_in_their_order(tx):
    tx.votes.cast("ada", "1", recorded_at=T1)
    tx.votes.withdraw("ada", "1", recorded_at=T1)
    last = tx.votes.cast("ada", "1", recorded_at=T1)
    assert last.recorded_at > T1
    assert counts(tx, Cut(T1)) == {"1": 1}
    assert counts(tx) == {"1": 1}


def test_a_deleted_users_votes_are_gone(tx):
    tx.votes.cast("ada", "1", recorded_at=T1, why="look")
    tx.users.delete("ada")
    assert counts(tx) == {}
    assert tx.votes.submissions(EVER, limit=5) == []


@given(st.text())
def test_a_word_why_is_plain_text_or_refused(text):
    with suppress(InvalidValue):
        assert valid_why(valid_why(text)) == valid_why(text)


@pytest.mark.parametrize("name", ["", "a", "-ab", "a b", "ä-list", "x" * 41, "a/b"])
def test_a_list_needs_a_name_for_addresses(name):
    with pytest.raises(InvalidValue):
        valid_list_name(name)
