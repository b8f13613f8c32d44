import json
from datetime import UTC, date, datetime, timedelta

import pytest

from features.domain import Cut, Exposure, Impression, midnight
from features.errors import InvalidValue, UnknownUser
from features.store import Principal, StoredSlate

DAY = date(2026, 2, 27)
T1 = datetime(2026, 3, 1, 8, tzinfo=UTC)
T2 = T1 + timedelta(hours=1)
EVER = Cut(datetime(9999, 1, 1, tzinfo=UTC))
OWNED = ("interactions", "pending_interactions", "retractions", "impressions", "slates", "tokens")


@pytest.fixture
def tx(store, listing):
    with store.transaction() as tx:
        tx.papers.record([listing("1", DAY), listing("2", DAY)], recorded_at=T1)
        tx.users.add("ada", created_at=T1)
        yield tx


@pytest.fixture
def busy(tx, saved):
    """``tx`` with one of everything for ada and for bob; their tokens."""
    plain = {}
    for user_id in ("ada", "bob"):
        tx.users.add(user_id, created_at=T1)
        tx.interactions.record([saved("c1", user_id, "1"), saved("c2", user_id, "2")], recorded_at=T1)
        tx.interactions.record_imported([saved("p1", user_id, "later")], recorded_at=T1)
        tx.interactions.retract(user_id, "c2", recorded_at=T2)
        tx.slates.put(StoredSlate(f"slate-{user_id}", user_id, DAY, T1, b'{"items": []}'))
        tx.impressions.record([shown(user_id, "1")], recorded_at=T1)
        plain[user_id] = tx.tokens.issue(user_id, admin=False, created_at=T1)
    return plain


def shown(user_id, paper_id, exposure=Exposure.SHOWN):
    return Impression(user_id, f"slate-{user_id}", paper_id, 1, exposure, T1, 1.0, "3")


def test_adding_a_user_again_gives_the_same_user(tx):
    first = tx.users.get("ada")
    assert tx.users.add("ada", created_at=T2) == first
    assert (first.created_at, len(first.key)) == (T1, 32)
    assert tx.users.all() == [first]
    assert tx.users.keys() == {"ada": first.key}


def test_an_unknown_user_and_one_with_an_impossible_name_are_told_apart(tx):
    with pytest.raises(UnknownUser):
        tx.users.get("eve")
    with pytest.raises(InvalidValue):
        tx.users.add("no spaces", created_at=T1)


def test_a_token_speaks_for_its_user_with_the_label_counter(tx, busy):
    assert tx.tokens.principal(busy["ada"]) == Principal("ada", admin=False, label_counter=3)
    assert tx.tokens.principal(tx.tokens.issue(None, admin=True, created_at=T1)) == Principal(None, True, 0)
    assert tx.tokens.principal(busy["ada"] + "x") is None
    assert tx.tokens.principal("\ud800") is None


def test_a_token_is_256_random_bits_and_only_its_hash_is_kept(tx, busy, store):
    assert busy["ada"].startswith("bs_")
    assert len(busy["ada"]) == 3 + 43
    assert busy["ada"] not in json.dumps(tx.users.export("ada"))


def test_a_revoked_token_opens_nothing(tx, busy):
    other = tx.tokens.issue("bob", admin=False, created_at=T1)
    assert tx.tokens.revoke(busy["ada"], revoked_at=T2)
    assert not tx.tokens.revoke(busy["ada"], revoked_at=T2)
    assert tx.tokens.revoke_all("bob", revoked_at=T2) == 2
    assert [tx.tokens.principal(plain) for plain in (busy["ada"], busy["bob"], other)] == [None, None, None]


def test_a_token_for_nobody_is_refused(tx):
    with pytest.raises(UnknownUser):
        tx.tokens.issue("eve", admin=False, created_at=T1)


def test_a_deleted_user_leaves_nothing_and_others_stay(tx, busy):
    key, bob = tx.users.get("ada").key, tx.users.export("bob")
    tx.users.delete("ada")
    assert tx.users.export("bob") == bob
    assert tx.tokens.principal(busy["ada"]) is None
    assert tx.slates.get("slate-ada") is None
    assert key not in tx.users.keys().values()
    assert {row.interaction.user_id for row in tx.interactions.all(EVER)} == {"bob"}
    with pytest.raises(UnknownUser):
        tx.users.export("ada")
    with pytest.raises(UnknownUser):
        tx.users.delete("ada")


def test_a_user_of_a_deleted_users_name_begins_with_nothing(tx, busy, listing):
    key = tx.users.get("ada").key
    tx.users.delete("ada")
    assert tx.users.add("ada", created_at=T2).key != key
    tx.papers.record([listing("later", DAY)], recorded_at=T2)
    assert tx.interactions.of_user("ada", EVER) == []
    assert all(tx.users.export("ada")[part] == [] for part in OWNED)


def test_an_export_is_everything_and_ready_for_json(tx, busy):
    exported = json.loads(json.dumps(tx.users.export("ada")))
    assert {part: len(exported[part]) for part in OWNED} == {
        "interactions": 2,
        "pending_interactions": 1,
        "retractions": 1,
        "impressions": 1,
        "slates": 1,
        "tokens": 1,
    }
    assert exported["user"]["id"] == "ada"
    assert exported["slates"][0]["body"] == '{"items": []}'
    assert exported["interactions"][0]["recorded_at"] == "2026-03-01T08:00:00+00:00"


def test_an_impression_is_logged_once_by_slate_paper_and_exposure(tx):
    batch = [shown("ada", "1"), shown("ada", "1", Exposure.SERVED), shown("ada", "2"), shown("ada", "2")]
    assert tx.impressions.record(batch, recorded_at=T1) == 3
    assert tx.impressions.record(batch, recorded_at=T2) == 0
    assert tx.impressions.of_user("ada")[0] == shown("ada", "1", Exposure.SERVED)
    assert tx.impressions.shown("ada", Cut(T1)) == [("1", T1), ("2", T1)]
    assert tx.impressions.shown("ada", Cut(T1 - timedelta(seconds=1))) == []


def test_impressions_of_a_user_deleted_meanwhile_are_dropped(tx):
    tx.users.delete("ada")
    assert tx.impressions.record([shown("ada", "1")], recorded_at=T1) == 0


def test_the_last_paper_shown_before_a_day(tx):
    tx.impressions.record([shown("ada", "1")], recorded_at=T1)
    tx.impressions.record([shown("ada", "2")], recorded_at=T2)
    assert tx.impressions.last_shown_at("ada", T2, EVER) == T1
    assert tx.impressions.last_shown_at("ada", midnight(date(2026, 3, 2)), EVER) == T2
    assert tx.impressions.last_shown_at("ada", midnight(date(2026, 3, 2)), Cut(T1)) == T1
    assert tx.impressions.last_shown_at("ada", T1, EVER) is None


def test_the_first_slate_stored_under_an_id_stays(tx):
    first = StoredSlate("s", "ada", DAY, T1, b"\x00first")
    tx.slates.put(first)
    tx.slates.put(StoredSlate("s", "ada", DAY, T2, b"second"))
    assert tx.slates.get("s") == first
    with pytest.raises(UnknownUser):
        tx.slates.put(StoredSlate("t", "eve", DAY, T1, b""))


def test_a_secret_is_made_once(tx):
    first = tx.secrets.get_or_create("cursor")
    assert len(first) == 32
    assert tx.secrets.get_or_create("cursor") == first
    assert tx.secrets.get_or_create("other") != first
