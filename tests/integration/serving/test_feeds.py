"""Feeds over HTTP: public ones for everybody, private ones behind a secret that can be renewed."""

import json
from datetime import UTC, datetime

import feedparser
import pytest

from features.domain import Listing, Paper
from features.store import open_store
from tests.integration.serving.small_corpus import A_DAY, TODAY

FORMS = ("atom", "rss", "json")


def ids(answer):
    if "json" in answer.headers["content-type"]:
        return [item["id"] for item in answer.json()["items"]]
    parsed = feedparser.parse(answer.content)
    assert not parsed.bozo
    return [entry.id for entry in parsed.entries]


def secret_path(client, form="atom", user_id="ada"):
    urls = client.post(f"/v1/users/{user_id}/feed-secret").json()
    return urls[f"{form}_url"].removeprefix("http://127.0.0.1:8000")


@pytest.fixture
def visitor(shared_client, monkeypatch):
    monkeypatch.delitem(shared_client.headers, "Authorization")
    return shared_client


@pytest.mark.parametrize("name", ["daily", "trending", "topics/cs.CL", "topics/cs.RO"])
def test_the_three_forms_of_a_feed_hold_the_same_papers(visitor, name):
    listed = [ids(visitor.get(f"/feeds/{name}.{form}")) for form in FORMS]
    assert listed[0] == listed[1] == listed[2]
    assert len(listed[0]) == (A_DAY if name in ("daily", "trending") else A_DAY // 3)


def test_a_feed_names_itself_its_page_and_stable_ids(visitor):
    parsed = feedparser.parse(visitor.get("/feeds/daily.atom?day=2026-02-26").content)
    assert {(link.rel, link.href) for link in parsed.feed.links} == {
        ("self", "http://127.0.0.1:8000/feeds/daily.atom?day=2026-02-26"),
        ("alternate", "http://127.0.0.1:8000/daily/2026-02-26"),
    }
    assert parsed.entries[0].id == "http://127.0.0.1:8000/papers/260226.00"
    assert parsed.entries[0].published == "2026-02-26T00:00:00Z"


def test_who_has_a_feed_is_not_sent_it_again(visitor):
    first = visitor.get("/feeds/daily.rss")
    assert first.headers["cache-control"] == "public, max-age=900"
    for tag in (first.headers["etag"], f'"other", W/{first.headers["etag"]}'):
        again = visitor.get("/feeds/daily.rss", headers={"If-None-Match": tag})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert visitor.get("/feeds/daily.rss", headers={"If-None-Match": '"other"'}).status_code == 200
    assert visitor.head("/feeds/daily.rss").headers["etag"] == first.headers["etag"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/feeds/daily.xml", 422),
        ("/feeds/daily.atom?day=yesterday", 422),
        ("/feeds/topics/none.atom", 404),
        ("/feeds/u/guess.atom", 404),
        ("/feeds/u/%00%ff.atom", 404),
    ],
)
def test_what_is_no_feed_is_a_problem(visitor, path, status):
    answer = visitor.get(path)
    assert (answer.status_code, answer.json()["status"]) == (status, status)


def test_script_of_a_title_is_text_in_every_form(sqlite_client, sqlite_place):
    with open_store(sqlite_place.database_url) as store, store.transaction() as tx:
        paper = Paper("x.1", "<img src=x onerror=alert(1)> & co", "<script>alert(1)</script>")
        tx.papers.record([Listing(paper, TODAY)], recorded_at=datetime.now(UTC))
    for form in FORMS:
        answer = sqlite_client.get(f"/feeds/daily.{form}")
        assert ("<img" in answer.text) == (form == "json")
    titles = [item["title"] for item in json.loads(answer.text)["items"]]
    assert paper.title in titles


def test_the_private_feed_is_the_users_own_slate(client, place):
    for number in (0, 3, 6):
        row = {"client_id": f"c{number}", "paper_id": f"260226.{number:02d}", "kind": "save"}
        client.post("/v1/interactions", json={"interactions": [row]})
    ranked = client.get("/v1/users/ada/recommendations?limit=20").json()
    path = secret_path(client)
    answer = client.get(path, headers={"Authorization": ""})
    assert answer.headers["cache-control"] == "private, max-age=900"
    assert ids(answer) == [f"http://127.0.0.1:8000/papers/{item['paper']['id']}" for item in ranked["items"]]
    assert client.get(path, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    assert path not in feedparser.parse(answer.content).feed.id
    assert client.get("/v1/users/ada/recommendations?limit=20").json()["slate_id"] == ranked["slate_id"]


def test_a_renewed_secret_closes_the_address_before_it(sqlite_client):
    first, second = secret_path(sqlite_client), secret_path(sqlite_client)
    assert sqlite_client.get(first).status_code == 404
    assert sqlite_client.get(second).status_code == 200
    sqlite_client.delete("/v1/users/ada")
    assert sqlite_client.get(second).status_code == 404


def test_a_secret_is_the_owners_to_renew_and_is_not_kept(sqlite_client, sqlite_place):
    answer = sqlite_client.post("/v1/users/ada/feed-secret", headers=sqlite_place.headers("ben"))
    assert answer.status_code == 403
    secret = secret_path(sqlite_client).split("/")[-1].removesuffix(".atom")
    assert len(secret) >= 43
    assert secret not in sqlite_client.get("/v1/users/ada/export").text
