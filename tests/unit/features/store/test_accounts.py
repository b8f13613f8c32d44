"""Signing in: addresses, links that work once, sessions that end, feed secrets that can be renewed."""

from datetime import UTC, datetime, timedelta

import pytest

from features.errors import AlreadyExists, InvalidValue

NOON = datetime(2026, 2, 27, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


@pytest.fixture
def tx(store):
    with store.transaction() as opened:
        for user_id in ("ada", "ben"):
            opened.users.add(user_id, created_at=NOON)
        yield opened


def test_an_address_has_one_user_and_is_found_in_any_case(tx):
    tx.accounts.add("ada", "Ada@Example.org", created_at=NOON)
    tx.accounts.add("ada", "ada@example.org", created_at=NOON)
    assert tx.accounts.user_of("ADA@example.org") == "ada"
    assert tx.accounts.address_of("ada") == "ada@example.org"
    assert tx.accounts.address_of("ben") is None
    with pytest.raises(AlreadyExists):
        tx.accounts.add("ben", "ada@example.org", created_at=NOON)


def test_a_second_address_is_refused(tx):
    tx.accounts.add("ada", "ada@example.org", created_at=NOON)
    with pytest.raises(AlreadyExists):
        tx.accounts.add("ada", "other@example.org", created_at=NOON)
    with pytest.raises(InvalidValue):
        tx.accounts.add("ben", "no address", created_at=NOON)


def test_a_link_works_once_in_its_time_and_for_its_purpose(tx):
    plain = tx.mailed_links.make("signin", "ada@example.org", "who", at=NOON, lifetime=QUARTER)
    assert tx.mailed_links.good(plain, "signin", at=NOON) == "ada@example.org"
    assert tx.mailed_links.use(plain, "subscribe", at=NOON) is None
    assert tx.mailed_links.use(plain, "signin", at=NOON + QUARTER) is None
    assert tx.mailed_links.use(plain, "signin", at=NOON) == "ada@example.org"
    assert tx.mailed_links.use(plain, "signin", at=NOON) is None
    assert tx.mailed_links.good(plain, "signin", at=NOON) is None
    assert tx.mailed_links.use("\ud800", "signin", at=NOON) is None


def test_links_are_counted_by_address_and_by_who_asked(tx):
    for minute, (address, requester) in enumerate([("a@x.org", "here"), ("b@x.org", "here"), ("a@x.org", "there")]):
        at = NOON + timedelta(minutes=minute)
        tx.mailed_links.make("signin", address, requester, at=at, lifetime=QUARTER)
    assert tx.mailed_links.n_asked(since=NOON - QUARTER, address="A@x.org") == 2
    assert tx.mailed_links.n_asked(since=NOON - QUARTER, requester="here") == 2
    assert tx.mailed_links.n_asked(since=NOON, address="a@x.org") == 1
    assert tx.mailed_links.forget(before=NOON + timedelta(hours=1)) == 3


def test_a_session_ends(tx):
    plain = tx.sessions.open("ada", at=NOON, lifetime=QUARTER)
    other = tx.sessions.open("ada", at=NOON, lifetime=QUARTER)
    assert tx.sessions.user_of(plain, at=NOON) == "ada"
    assert tx.sessions.user_of(plain, at=NOON + QUARTER) is None
    tx.sessions.close(plain)
    assert tx.sessions.user_of(plain, at=NOON) is None
    assert tx.sessions.user_of(other, at=NOON) == "ada"
    assert tx.sessions.close_all("ada") == 1


def test_a_renewed_feed_secret_closes_the_one_before(tx):
    first = tx.feed_secrets.renew("ada", at=NOON)
    second = tx.feed_secrets.renew("ada", at=NOON)
    assert tx.feed_secrets.user_of(first) is None
    assert tx.feed_secrets.user_of(second) == "ada"


def test_a_deleted_user_takes_accounts_sessions_and_links_along(tx):
    tx.accounts.add("ada", "ada@example.org", created_at=NOON)
    session = tx.sessions.open("ada", at=NOON, lifetime=QUARTER)
    link = tx.mailed_links.make("signin", "ada@example.org", "who", at=NOON, lifetime=QUARTER)
    secret = tx.feed_secrets.renew("ada", at=NOON)
    tx.users.delete("ada")
    assert tx.accounts.user_of("ada@example.org") is None
    assert tx.sessions.user_of(session, at=NOON) is None
    assert tx.mailed_links.good(link, "signin", at=NOON) is None
    assert tx.feed_secrets.user_of(secret) is None


def test_an_export_tells_the_address_and_no_secret(tx):
    tx.accounts.add("ada", "ada@example.org", created_at=NOON)
    tx.sessions.open("ada", at=NOON, lifetime=QUARTER)
    exported = tx.users.export("ada")
    assert exported["accounts"] == [{"address": "ada@example.org", "created_at": NOON.isoformat()}]
    assert exported["sessions"] == [
        {"created_at": NOON.isoformat(), "expires_at": (NOON + QUARTER).isoformat()},
    ]
