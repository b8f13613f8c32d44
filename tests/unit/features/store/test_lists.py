"""Public lists are opened by their owners and followed by others, on both databases."""

from datetime import UTC, datetime

import pytest

from features.community import PublicList
from features.errors import AlreadyExists, InvalidValue, UnknownList

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)


@pytest.fixture
def tx(store):
    with store.transaction() as tx:
        for user_id in ("ada", "ben", "eve"):
            tx.users.add(user_id, created_at=NOW)
        yield tx


def test_a_name_belongs_to_one_and_can_be_changed_without_losing_followers(tx):
    assert tx.lists.open("ada", " Robots ", at=NOW) == "robots"
    tx.lists.follow("ben", "robots", recorded_at=NOW)
    tx.lists.follow("ben", "ROBOTS", recorded_at=NOW)
    with pytest.raises(AlreadyExists):
        tx.lists.open("ben", "robots", at=NOW)
    tx.lists.open("ada", "arms", at=NOW)
    assert tx.lists.all() == [PublicList("arms", 1)]
    assert tx.lists.followed_by("ben") == [PublicList("arms", 1)]
    with pytest.raises(UnknownList):
        tx.lists.curator_of("robots")


def test_lists_come_by_followers_then_by_name(tx):
    for user_id, name in [("ada", "zz"), ("ben", "aa"), ("eve", "mm")]:
        tx.lists.open(user_id, name, at=NOW)
    tx.lists.follow("ada", "mm", recorded_at=NOW)
    assert [one.name for one in tx.lists.all()] == ["mm", "aa", "zz"]


def test_a_closed_list_has_no_followers_any_more(tx):
    tx.lists.open("ada", "robots", at=NOW)
    tx.lists.follow("ben", "robots", recorded_at=NOW)
    tx.lists.close("ada")
    tx.lists.close("ada")
    tx.lists.open("ada", "robots", at=NOW)
    assert tx.lists.all() == [PublicList("robots", 0)]


def test_nobody_follows_themselves_and_leaving_twice_is_leaving(tx):
    tx.lists.open("ada", "robots", at=NOW)
    with pytest.raises(InvalidValue, match="your own"):
        tx.lists.follow("ada", "robots", recorded_at=NOW)
    tx.lists.follow("ben", "robots", recorded_at=NOW)
    tx.lists.unfollow("ben", "robots")
    tx.lists.unfollow("ben", "robots")
    assert tx.lists.followed_by("ben") == []


def test_a_deleted_user_takes_list_and_follows_along(tx):
    tx.lists.open("ada", "robots", at=NOW)
    tx.lists.open("ben", "arms", at=NOW)
    tx.lists.follow("ben", "robots", recorded_at=NOW)
    tx.lists.follow("ada", "arms", recorded_at=NOW)
    tx.users.delete("ada")
    assert tx.lists.all() == [PublicList("arms", 0)]
    assert tx.lists.followed_by("ben") == []
