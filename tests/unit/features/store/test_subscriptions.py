"""Who gets a digest, that it goes out once, and that no paper is mailed twice."""

from datetime import UTC, date, datetime, timedelta

import pytest

from features.domain import Listing, Paper
from features.errors import InvalidValue
from features.subscription import MailingState, Schedule, Wish

NOON = datetime(2026, 2, 27, 12, tzinfo=UTC)
DAY, NEXT = date(2026, 2, 27), date(2026, 2, 28)
ADDRESS = "ada@example.org"
DAILY = Wish()


@pytest.fixture
def tx(store):
    with store.transaction() as opened:
        opened.users.add("ada", created_at=NOON)
        opened.papers.record([Listing(Paper(paper, "T"), DAY) for paper in ("1", "2", "3")], recorded_at=NOON)
        yield opened


@pytest.fixture
def subscription(tx):
    return tx.subscriptions.confirm(ADDRESS, DAILY, at=NOON)


def test_a_subscription_begins_changes_and_ends(tx):
    assert tx.subscriptions.get(ADDRESS) is None
    tx.subscriptions.confirm("Ada@Example.org", DAILY, at=NOON)
    tx.subscriptions.confirm(ADDRESS, Wish(Schedule.THRESHOLD, 0.4), at=NOON + timedelta(hours=1))
    (found,) = tx.subscriptions.running()
    assert (found.address, found.user_id, found.wish) == (ADDRESS, None, Wish(Schedule.THRESHOLD, 0.4))
    assert tx.subscriptions.end(ADDRESS, at=NOON)
    assert not tx.subscriptions.end(ADDRESS, at=NOON)
    assert tx.subscriptions.running() == []
    assert tx.subscriptions.get(ADDRESS).ended_at == NOON
    tx.subscriptions.confirm(ADDRESS, DAILY, at=NOON)
    assert len(tx.subscriptions.running()) == 1


def test_an_account_made_later_makes_the_digest_personal(tx, subscription):
    assert subscription.user_id is None
    tx.accounts.add("ada", ADDRESS, created_at=NOON)
    assert tx.subscriptions.get(ADDRESS).user_id == "ada"
    assert tx.subscriptions.confirm(ADDRESS, DAILY, at=NOON).user_id == "ada"


@pytest.mark.parametrize(("schedule", "threshold"), [("daily", 0.5), ("threshold", None), ("threshold", 1.5)])
def test_a_threshold_goes_with_its_schedule(schedule, threshold):
    with pytest.raises(InvalidValue):
        Wish(Schedule(schedule), threshold)


def test_a_digest_is_begun_by_one_alone(tx, subscription):
    assert tx.mailings.begin(subscription, DAY, ["1"], at=NOON)
    assert not tx.mailings.begin(subscription, DAY, ["1"], at=NOON)
    tx.mailings.end(ADDRESS, DAY, MailingState.SENT, at=NOON)
    assert not tx.mailings.begin(subscription, DAY, ["1"], at=NOON, again=True)
    assert tx.mailings.get(ADDRESS, DAY).state is MailingState.SENT
    assert tx.mailings.get(ADDRESS, NEXT) is None


def test_a_failed_one_is_begun_again_and_its_papers_were_never_mailed(tx, subscription):
    tx.mailings.begin(subscription, DAY, ["1", "2"], at=NOON)
    assert tx.mailings.mailed(ADDRESS, besides=NEXT) == {"1", "2"}
    assert tx.mailings.mailed(ADDRESS, besides=DAY) == set()
    tx.mailings.end(ADDRESS, DAY, MailingState.FAILED, at=NOON)
    assert tx.mailings.mailed(ADDRESS, besides=NEXT) == set()
    assert tx.mailings.newest(ADDRESS, before=NEXT) is None
    assert tx.mailings.begin(subscription, DAY, ["3"], at=NOON)
    assert tx.mailings.get(ADDRESS, DAY).attempts == 2
    assert tx.mailings.mailed(ADDRESS, besides=NEXT) == {"3"}


def test_one_in_doubt_counts_as_mailed_and_goes_out_again_only_where_asked_to(tx, subscription):
    tx.mailings.begin(subscription, DAY, ["1"], at=NOON)
    assert tx.mailings.newest(ADDRESS, before=NEXT) == DAY
    assert not tx.mailings.begin(subscription, DAY, ["1"], at=NOON + timedelta(minutes=9), again=True)
    assert not tx.mailings.begin(subscription, DAY, ["1"], at=NOON + timedelta(hours=9))
    assert tx.mailings.begin(subscription, DAY, ["1"], at=NOON + timedelta(minutes=11), again=True)
    tx.mailings.end(ADDRESS, DAY, MailingState.DOUBTFUL, at=NOON)
    assert not tx.mailings.begin(subscription, DAY, ["1"], at=NOON)
    assert tx.mailings.begin(subscription, DAY, ["1"], at=NOON, again=True)


def test_a_refused_one_is_left_alone(tx, subscription):
    tx.mailings.begin(subscription, DAY, ["1"], at=NOON)
    tx.mailings.end(ADDRESS, DAY, MailingState.REFUSED, at=NOON)
    assert not tx.mailings.begin(subscription, DAY, ["1"], at=NOON, again=True)


def test_nothing_begins_for_somebody_who_has_just_left(tx, subscription):
    tx.subscriptions.end(ADDRESS, at=NOON)
    assert not tx.mailings.begin(subscription, DAY, ["1"], at=NOON)


def test_a_deleted_user_leaves_no_address_behind(tx):
    tx.accounts.add("ada", ADDRESS, created_at=NOON)
    subscription = tx.subscriptions.confirm(ADDRESS, DAILY, at=NOON)
    tx.mailings.begin(subscription, DAY, ["1"], at=NOON)
    tx.users.delete("ada")
    assert tx.subscriptions.get(ADDRESS) is None
    assert tx.mailings.get(ADDRESS, DAY) is None
    assert tx.mailings.mailed(ADDRESS, besides=NEXT) == set()
