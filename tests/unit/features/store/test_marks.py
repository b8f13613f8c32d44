from datetime import UTC, date, datetime, timedelta

import pytest

from features.domain import Exposure, Impression
from features.errors import StoreFailed
from features.store import Marks, Principal, Store, open_store

DAY = date(2026, 2, 27)
T1 = datetime(2026, 3, 1, 8, tzinfo=UTC)
T2 = T1 + timedelta(hours=1)


def in_transaction(store: Store, token: str, user_id: str) -> Marks:
    with store.transaction(readonly=True) as tx:
        return tx.marks.of(token, user_id)


def test_the_marks_of_a_request_are_those_of_a_transaction(store, listing, saved):
    nobody = store.marks_of("no token", "ada")
    assert (nobody.caller, nobody.user, set(nobody.catalogue)) == (None, None, {None})
    with store.transaction() as tx:
        tx.users.add("ada", created_at=T1)
        token = tx.tokens.issue("ada", admin=False, created_at=T1)
    begun = store.marks_of(token, "ada")
    assert begun.caller == Principal("ada", admin=False, label_counter=0)
    with store.transaction() as tx:
        tx.papers.record([listing("1", DAY)], recorded_at=T1)
        tx.interactions.record([saved("c1", "ada", "1")], recorded_at=T1)
        tx.impressions.record([Impression("ada", "s", "1", 1, Exposure.SHOWN, T1, 1.0, "3")], recorded_at=T2)
    moved = store.marks_of(token, "ada")
    assert (moved.user.user, moved.user.changed_at, moved.user.shown_at) == (begun.user.user, T1, T2)
    assert moved.catalogue != begun.catalogue
    for asked in [(token, "ada"), ("no token", "ada"), (token, "bob")]:
        assert store.marks_of(*asked) == in_transaction(store, *asked)


def test_the_question_outlives_its_connection_and_holds_no_snapshot(store):
    assert store.marks_of("t", "ada").user is None
    store.dispose()
    with store.transaction() as tx:
        tx.users.add("ada", created_at=T1)
    assert store.marks_of("t", "ada") == in_transaction(store, "t", "ada")


def test_a_question_to_a_database_without_tables_says_what_failed(tmp_path):
    url = f"sqlite:///{tmp_path}/one.db"
    open_store(url).dispose()
    with open_store(url) as store:
        (tmp_path / "one.db").write_bytes(b"no database at all" * 1000)
        for suffix in ("-wal", "-shm"):
            (tmp_path / f"one.db{suffix}").unlink(missing_ok=True)
        store.dispose()
        with pytest.raises(StoreFailed, match="the database failed"):
            store.marks_of("t", "ada")
