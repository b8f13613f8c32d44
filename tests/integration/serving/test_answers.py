"""Answers given again: only while nothing has changed, to nobody else, and not at all to whoever has them already."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from features.domain import Feed, Listing, Paper
from features.store import open_store
from features.store.engine import LOCK_WAIT_SECONDS
from models.shards import SERIAL
from serving.answers import is_known
from serving.dependencies import MOST_READERS, Services
from serving.kept_answers import Answer, Answers
from serving.scoring import score_day
from tests.integration.serving.small_corpus import TODAY

URL = "/v1/users/ada/recommendations"


def click(client: TestClient, client_id: str, paper_id: str = "260224.02", kind: str = "save") -> None:
    rows = [{"client_id": client_id, "paper_id": paper_id, "kind": kind}]
    assert client.post("/v1/interactions", json={"interactions": rows}).status_code == 200


def test_the_same_question_has_the_same_bytes_and_tag_until_a_click(client: TestClient) -> None:
    first, again = client.get(URL), client.get(URL)
    assert (again.content, again.headers["etag"]) == (first.content, first.headers["etag"])
    click(client, "1")
    after = client.get(URL)
    assert after.headers["etag"] != first.headers["etag"]
    assert after.content == client.get(URL).content


def test_whoever_has_the_answer_is_not_sent_it_again(client: TestClient) -> None:
    tag = client.get(URL).headers["etag"]
    same = client.get(URL, headers={"If-None-Match": f'"other", W/{tag}'})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    click(client, "1")
    assert client.get(URL, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("path", ["/v1/papers?day=2026-02-27", "/v1/trending?as_of=2026-02-27T12:00:00Z", "/v1/topics"])
def test_what_is_the_same_for_everybody_has_a_tag_too(client: TestClient, path: str) -> None:
    first = client.get(path)
    assert first.status_code == 200
    assert client.get(path, headers={"If-None-Match": first.headers["etag"]}).status_code == 304


@pytest.mark.parametrize(("plain", "full"), [("", "?seed=0"), ("?limit=3", "?limit=3&seed=0")])
def test_what_is_scored_ahead_is_answered_with_the_bytes_of_the_route(
    client: TestClient, place: Any, plain: str, full: str
) -> None:
    score_day(place.settings(), TODAY, SERIAL, so_far=lambda _: None)
    ahead = client.get(URL + plain)
    assert ahead.status_code == 200
    assert ahead.content == client.get(URL + full).content
    assert ahead.headers["etag"] == client.get(URL + plain).headers["etag"]
    assert "broadsheet_slates_total{" not in client.get("/metrics", headers=place.headers("admin")).text
    click(client, "1")
    assert client.get(URL + plain).headers["etag"] != ahead.headers["etag"]


@pytest.mark.parametrize("limit", ["0", "201", "2000000", "x", "-1", "1e1"])
def test_a_wrong_limit_is_refused_as_before(shared_client: TestClient, limit: str) -> None:
    shared_client.get(URL)
    assert shared_client.get(f"{URL}?limit={limit}").status_code == 422


def test_a_kept_answer_opens_to_its_reader_and_administrators_only(client: TestClient, place: Any) -> None:
    mine = client.get(URL)
    assert client.get(URL, headers=place.headers("admin")).content == mine.content
    assert client.get(URL, headers=place.headers("ben")).status_code == 403
    assert client.get(URL, headers={"Authorization": "Bearer nonsense"}).status_code == 401
    with open_store(place.database_url) as store, store.transaction() as tx:
        tx.tokens.revoke(place.tokens["ada"], revoked_at=tx.users.get("ada").created_at)
    assert client.get(URL).status_code == 401


def test_a_rule_and_another_champion_make_it_stale(watching_client: TestClient, place: Any) -> None:
    client = watching_client
    click(client, "1")
    first = client.get(URL).json()
    assert client.post("/v1/users/ada/rules", json={"kind": "never", "field": "word", "value": "robot"}).is_success
    ruled = client.get(URL).json()
    assert ruled["slate_id"] != first["slate_id"]
    place.registry.promote("2", reason="a test")
    assert any(client.get(URL).json()["model_version"] == "2" for _ in range(400))


def test_papers_of_another_day_leave_an_answer_as_it_is_and_papers_of_the_day_do_not(
    client: TestClient, place: Any
) -> None:
    def comes_in(paper_id: str, day: date) -> None:
        listing = Listing(Paper(paper_id, title="Robot grasping", categories=("cs.RO",)), day, Feed.ARXIV)
        with open_store(place.database_url) as store, store.transaction() as tx:
            tx.papers.record([listing], recorded_at=datetime.now(UTC))

    first = client.get(URL)
    comes_in("2601.00001", TODAY - timedelta(days=30))
    assert client.get(URL).content == first.content
    comes_in("2602.99999", TODAY)
    after = client.get(URL).json()
    assert after["slate_id"] != first.json()["slate_id"]
    assert "2602.99999" in [item["paper"]["id"] for item in after["items"]]


def test_a_deleted_readers_answers_are_gone(client: TestClient, place: Any) -> None:
    client.get(URL)
    assert client.delete("/v1/users/ada", headers=place.headers("admin")).is_success
    assert client.get(URL, headers=place.headers("admin")).status_code == 404


def test_a_kept_answer_counts_against_the_limit(sqlite_place: Any, open_client: Any) -> None:
    client = open_client(sqlite_place, requests_per_minute=3)
    client.headers.update(sqlite_place.headers("ada"))
    statuses = [client.get(URL).status_code for _ in range(5)]
    assert (statuses[0], statuses[-1]) == (200, 429)


def test_answers_are_forgotten_by_use_and_by_reader() -> None:
    answers = Answers(max_bytes=20)
    for name in ("ada", "ben"):
        answers.keep(name, b"", Answer(b"x" * 10, '"1"', ("state",)))
    assert answers.find("ada", b"", ("other",)) is None
    assert answers.find("ada", b"", ("state",)) is not None
    answers.keep("cy", b"", Answer(b"y" * 10, '"2"', ("state",)))
    assert (len(answers), answers.find("ben", b"", ("state",))) == (2, None)
    answers.forget("ada")
    assert len(answers) == 1


@pytest.mark.parametrize(
    ("given", "known"), [("", False), ('"a"', True), ('W/"a"', True), ("*", True), ('"b","c"', False)]
)
def test_if_none_match_is_compared_weakly(given: str, known: bool) -> None:
    assert is_known('"a"', given) is known


def test_many_who_ask_and_click_at_once_do_not_wait_for_each_other_for_ever(place: Any, open_client: Any) -> None:
    """More at once than the store has connections: each needs one before, and another while, it is at work."""
    client = open_client(place)
    client.headers.update(place.headers("ada"))

    def one(number: int) -> int:
        if number % 3:
            return int(client.get(URL, params={"seed": number}).status_code)
        rows = [{"client_id": f"many-{number}", "paper_id": "260224.05", "kind": "open"}]
        return int(client.post("/v1/interactions", json={"interactions": rows}).status_code)

    began = time.monotonic()
    with ThreadPoolExecutor(40) as pool:
        assert set(pool.map(one, range(160))) == {200}
    assert time.monotonic() - began < LOCK_WAIT_SECONDS  # nobody waited until the lock was given up


def test_a_click_is_answered_while_all_who_may_rank_at_once_stand_back_for_it(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.precedence.LONGEST", 60.0)
    services: Services = client.app.state.services  # type: ignore[attr-defined]  (an application, of whatever kind)
    client.get(URL)
    with ThreadPoolExecutor(MOST_READERS) as threads:
        with services.precedence.ahead():
            others = [threads.submit(client.get, f"{URL}?seed={number}") for number in range(1, MOST_READERS)]
            click(client, "1")
            assert client.get(URL).status_code == 200
            assert not any(other.done() for other in others)
        assert all(other.result().status_code == 200 for other in others)
