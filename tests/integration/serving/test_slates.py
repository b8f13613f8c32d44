"""Slates kept beside the answer: given from memory until stored, whole at a server's end, gone with their reader."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from time import sleep
from typing import Any

import pytest

from features.slate_request import SlateRequest
from features.store import Store, open_store
from models.slate import Slate, encode_slate
from models.slate_columns import Columns, SlateItem
from serving.slates import SlateShelf

AS_OF = datetime(2026, 2, 26, tzinfo=UTC)
ITEMS = [SlateItem(f"2602.{n}", n, n, 1.0 / n, 0.5, 1.0, (), ()) for n in range(1, 4)]
RECOMMENDATIONS = "/v1/users/ada/recommendations"


def slate_of(user_id: str, seed: int = 0) -> Slate:
    return Slate(SlateRequest(user_id, date(2026, 2, 26), AS_OF, "1", seed), "relevance", Columns.of(ITEMS))


@contextmanager
def shelf_of(place: Any, *, beside: bool = True) -> Iterator[tuple[SlateShelf, Store]]:
    with open_store(place.database_url) as store:
        shelf = SlateShelf(store, lambda: AS_OF, lambda: None, beside=beside)
        shelf.start()
        try:
            yield shelf, store
        finally:
            shelf.stop()


def stored(store: Store, slate: Slate) -> bytes | None:
    with store.transaction(readonly=True) as tx:
        found = tx.slates.get(slate.slate_id)
        return None if found is None else found.body


def test_a_slate_is_given_before_it_is_stored_and_stored_when_the_server_ends(sqlite_place: Any) -> None:
    slates = [slate_of("ada", seed) for seed in range(40)]
    with shelf_of(sqlite_place) as (shelf, store):
        with store.transaction(readonly=True) as tx:
            for slate in slates:
                shelf.keep(slate)
                assert shelf.get(tx, slate.slate_id) == slate
                assert shelf.page(tx, slate.slate_id, 1, 1) == slate.page(1, 1)
            assert shelf.get(tx, "nobody's") is None
            assert shelf.page(tx, "nobody's", 0, 1) is None
        shelf.stop()
        assert len(shelf) == 0
        assert [stored(store, slate) for slate in slates] == [encode_slate(slate) for slate in slates]


def test_what_was_stored_since_a_transaction_began_is_found_in_it(sqlite_place: Any) -> None:
    slate = slate_of("ada")
    with shelf_of(sqlite_place) as (shelf, store), store.transaction(readonly=True) as tx:
        assert tx.slates.get(slate.slate_id) is None  # its snapshot is from now on
        with store.transaction(derived=True) as writing:
            writing.slates.put(shelf._row(slate))
        assert tx.slates.get(slate.slate_id) is None
        assert shelf.get(tx, slate.slate_id) is None
        assert shelf.get(tx, slate.slate_id, answered=True) == slate
        assert shelf.page(tx, slate.slate_id, 0, 2, answered=True) == slate.page(0, 2)


@pytest.mark.parametrize("wait", [lambda shelf: None, lambda shelf: shelf.stop()], ids=["beside", "at once"])
def test_nothing_is_stored_of_a_reader_who_is_gone(sqlite_place: Any, wait: Callable[[SlateShelf], None]) -> None:
    ada, ben = slate_of("ada"), slate_of("ben")
    with shelf_of(sqlite_place) as (shelf, store):
        shelf.keep(ada)
        shelf.keep(ben)
        wait(shelf)
        shelf.forget("ada")
        with store.transaction() as tx:
            tx.users.delete("ada")
        shelf.stop()
        assert stored(store, ada) is None
        assert stored(store, ben) == encode_slate(ben)


def test_with_other_servers_beside_it_a_slate_is_stored_before_it_is_answered(place: Any) -> None:
    slate = slate_of("ada")
    with shelf_of(place, beside=False) as (shelf, store):
        shelf.keep(slate)
        assert stored(store, slate) == encode_slate(slate)


def test_a_page_goes_on_and_what_was_seen_is_logged_at_once(sqlite_client: Any) -> None:
    for seed in range(20):
        first = sqlite_client.get(RECOMMENDATIONS, params={"seed": seed, "limit": 1}).json()
        after = sqlite_client.get(RECOMMENDATIONS, params={"cursor": first["next_cursor"], "limit": 1})
        assert after.json()["items"][0]["position"] == 2
        row = {"slate_id": first["slate_id"], "paper_id": first["items"][0]["paper"]["id"]}
        shown = sqlite_client.post("/v1/impressions", json={"impressions": [row]})
        assert shown.json()["rows"][0]["status"] == "accepted"


def test_a_slate_that_cannot_be_written_does_not_keep_the_next_from_it(sqlite_place: Any) -> None:
    broken = replace(slate_of("ada"), columns=replace(Columns.of(ITEMS), scores=[object()]))
    good = slate_of("ada", seed=1)
    with shelf_of(sqlite_place) as (shelf, store):
        shelf.keep(broken)
        for _ in range(200):
            if not len(shelf):
                break
            sleep(0.05)
        shelf.keep(good)
        shelf.stop()
        assert stored(store, good) == encode_slate(good)
        assert stored(store, broken) is None


def test_more_than_may_wait_is_stored_at_once(sqlite_place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.slates._MOST_WAITING", 0)
    slate = replace(slate_of("ada"), n_left_out=1)
    with shelf_of(sqlite_place) as (shelf, store):
        shelf.keep(slate)
        assert stored(store, slate) == encode_slate(slate)
