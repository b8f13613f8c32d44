"""Search over HTTP: ids, words, new papers, and the page."""

import time
from datetime import UTC, date, datetime

from features.domain import Listing, Paper
from features.store import open_store


def found(client, query: str, **parameters):
    answer = client.get("/v1/search", params={"q": query, **parameters})
    assert answer.status_code == 200, answer.text
    return [row["paper"]["id"] for row in answer.json()["papers"]]


def test_an_id_or_its_address_comes_first(client):
    assert found(client, "260226.03")[0] == "260226.03"
    assert found(client, "grasping robot 260226.03")


def test_words_find_papers_about_them(client):
    best = found(client, "segmentation image pixels", limit=5)
    assert len(best) == 5
    assert all("cs.CV" in client.get(f"/v1/papers/{paper_id}").json()["categories"] for paper_id in best)
    assert best == found(client, "segmentation image pixels", limit=5)


def test_odd_queries_find_nothing_and_break_nothing(client):
    for query in ("", "%", "' OR 1=1 --", "<script>alert(1)</script>", "\x00\x01", "(*"):
        assert found(client, query) == []
    assert client.get("/v1/search", params={"q": "a" * 1001}).status_code == 422


def test_what_comes_later_is_found_soon(sqlite_client, sqlite_place):
    assert found(sqlite_client, "zymurgy") == []
    paper = Paper("2602.77777", "On zymurgy")
    with open_store(sqlite_place.database_url) as store, store.transaction() as tx:
        tx.papers.record([Listing(paper, date(2026, 2, 27))], recorded_at=datetime.now(UTC))
    deadline = time.monotonic() + 30
    while found(sqlite_client, "zymurgy") != ["2602.77777"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_page_shows_what_is_found_as_text(reader):
    html = reader.get("/search", params={"q": "robot <b>grasping</b>"}).text
    assert "&lt;b&gt;grasping" in html
    assert 'data-paper="' in html
    assert "Try fewer" in reader.get("/search", params={"q": "zzz"}).text
    assert "arXiv id" in reader.get("/search").text
